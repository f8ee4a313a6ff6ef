//! An answer that is no SOAP is told as what it is.

use gmc::{Asked, ReadError};
use secrecy::SecretString;
use sync::ports::gmc::FailureKind;

use crate::support::{ANSWER, REQUEST_ID, body, error, read_pieces};

fn fault(text: &str) -> String {
    body(&format!(
        "<soap:Fault><faultcode>soap:Server</faultcode><faultstring xml:lang='en'>{text}</faultstring>\
         <detail><a>stack</a></detail></soap:Fault>"
    ))
}

#[test]
fn a_fault_is_told_with_its_text_on_one_line() {
    let error = error(fault("Server was unable to process request.\r\n ---&gt; <![CDATA[Timeout]]>"));

    assert_eq!(error.kind(), FailureKind::Transport);
    assert_eq!(
        error.to_string(),
        "the service answered with a soap fault: Server was unable to process request. ---> Timeout"
    );
}

#[test]
fn a_faults_text_is_bounded_and_may_be_missing() {
    let ReadError::Fault { text: Some(text) } = error(fault(&"é".repeat(5000))) else { panic!() };
    assert_eq!(text.chars().count(), 201);

    for none in [fault(" "), body("<soap:Fault/>")] {
        assert_eq!(error(none).to_string(), "the service answered with a soap fault");
    }
}

#[test]
fn a_fault_counts_before_a_list_beside_it() {
    let both =
        ANSWER.replace("<soap:Body>", "<soap:Body><soap:Fault><faultstring>no</faultstring></soap:Fault>");

    assert_eq!(error(both), ReadError::Fault { text: Some("no".to_owned()) });
}

#[test]
fn a_fault_cut_off_after_its_text_is_told_all_the_same() {
    let answer = fault("gone");
    let cut = &answer[..answer.find("<detail>").unwrap()];

    assert_eq!(error(cut), ReadError::Fault { text: Some("gone".to_owned()) });
}

#[test]
fn a_fault_that_quotes_the_request_does_not_tell_the_credentials() {
    let credentials =
        gmc::Credentials::new("hee-user", SecretString::from("pa<ss  word"), "internal").unwrap();
    let asked = Asked { conceal: Some(credentials), ..Asked::new(REQUEST_ID) };
    let answer = fault("cannot read hee-user pa&lt;ss  word, internal, &amp;lt;");

    let (_, end) = read_pieces([answer.as_bytes()], asked);

    let Err(ReadError::Fault { text: Some(text) }) = end else { panic!("{end:?}") };
    assert_eq!(text, "cannot read [hidden] [hidden], [hidden], &lt;");
}

#[test]
fn an_html_page_is_told_with_its_title() {
    for page in [
        "<!DOCTYPE html>\n<!--[if lt IE 7]> <html class=\"no-js\"> <![endif]-->\n<html lang=\"en-US\"><head>\n\
         <title>Access denied |\n webcache.gmc-uk.org used Cloudflare to restrict access</title></head><body>Error 1020<br></body></html>",
        "<html><head><TITLE lang=en>Access denied | webcache.gmc-uk.org used Cloudflare to restrict access</TITLE>&nbsp;<p>",
        "\u{FEFF}\r\n<!doctype HTML public \"x\"><title>Access denied | webcache.gmc-uk.org used Cloudflare to restrict access",
        "<?xml version=\"1.0\"?><!-- x --><!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'><title>Access denied | \
         webcache.gmc-uk.org used Cloudflare to restrict access</title></html>",
    ] {
        let error = error(page);

        assert_eq!(error.kind(), FailureKind::Transport);
        assert_eq!(
            error.to_string(),
            "the service answered with an HTML page, title \
             'Access denied | webcache.gmc-uk.org used Cloudflare to restrict access'",
            "{page}"
        );
    }
}

#[test]
fn an_html_page_without_a_title_is_told_as_well() {
    for page in ["<html>", "<!DOCTYPE html><title> </title>", "<HTML><body>\u{1}"] {
        assert_eq!(error(page).to_string(), "the service answered with an HTML page", "{page}");
    }
}

#[test]
fn a_long_html_page_is_not_waited_for() {
    let page = format!("<!DOCTYPE html><title>Maintenance</title>{}", "<p>".repeat(10_000));
    let mut reader = gmc::AnswerReader::new(Asked::new(REQUEST_ID));

    let result = reader.push(page.as_bytes(), &mut |_: &domain::GmcRecord<'_>| {});

    assert_eq!(result, Err(ReadError::Html { title: Some("Maintenance".to_owned()) }));
}

#[test]
fn other_answers_are_told_as_what_they_are() {
    for (answer, message) in [
        ("", "the service answered with an empty body"),
        (" \r\n", "the service answered with an empty body"),
        (
            "error code: 1020",
            "the service answered with plain text instead of a soap envelope: error code: 1020",
        ),
        ("{\"doctors\": []}", "the service answered with json instead of a soap envelope"),
        ("Smith</DoctorLastName>", "the service answered with something else instead of a soap envelope"),
        ("\u{1f}\u{8b}\u{8}", "the service answered with something else instead of a soap envelope"),
        (
            "<Error xmlns='http://s3.amazonaws.com/'><Code>AccessDenied</Code></Error>",
            "the service answered with another xml document, <Error>, instead of a soap envelope",
        ),
        (
            "<Envelope/>",
            "the service answered with another xml document, <Envelope>, instead of a soap envelope",
        ),
        (
            "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body/></s:Envelope>",
            "the service answered with a soap 1.2 envelope to a soap 1.1 request",
        ),
        ("<1>", "the answer is broken after 0 doctors: a name that is none"),
    ] {
        let error = error(answer);

        assert_eq!(error.to_string(), message);
        assert_eq!(error.kind(), FailureKind::Transport);
    }
}

#[test]
fn an_encoding_that_is_not_read_is_told() {
    let error = error("<?xml version='1.0' encoding='ibm037'?><a/>");

    assert_eq!(error.kind(), FailureKind::Unacceptable);
    assert!(error.to_string().contains("its encoding is none of utf-8"), "{error}");
}
