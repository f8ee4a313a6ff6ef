//! What goes over the wire, and what never does.

use std::time::Duration;

use gmc::{Credentials, GmcClient, GmcSettings, InvalidSettings};

use crate::server::{Server, Step, response};
use crate::support::{ANSWER, INTERNAL_USER, PASSWORD, REQUEST_ID, USERNAME, ask, settings};

#[tokio::test]
async fn a_request_is_what_the_wsdl_says() {
    let server = Server::start(vec![Step::Send(response("200 OK", "", ANSWER))]).await;

    ask(settings(server.url.clone())).await.1.unwrap();

    let requests = server.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /webservice.asmx http/1.1\r\n"), "{head}");
    for line in [
        "content-type: text/xml; charset=utf-8",
        "soapaction: \"https://webcache.gmc-uk.org/gmcwebservices/getdoctorsfordb\"",
        concat!("user-agent: gmc-sync/", env!("CARGO_PKG_VERSION")),
        "accept-encoding: gzip",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    assert!(body.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope "), "{body}");
    assert!(body.contains(&format!("<ClientRequestID>{REQUEST_ID}</ClientRequestID>")), "{body}");
    assert!(body.contains(&format!("<Password>{PASSWORD}</Password>")), "{body}");
}

#[tokio::test]
async fn one_call_is_one_request_however_it_fails() {
    let server = Server::start(vec![Step::Send(response("503 Busy", "", ""))]).await;

    ask(settings(server.url.clone())).await.1.unwrap_err();

    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_password() {
    let elsewhere = Server::start(vec![Step::Send(response("200 OK", "", ANSWER))]).await;
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let location = format!("Location: {}\r\n", elsewhere.url);
        let server = Server::start(vec![Step::Send(response(status, &location, ""))]).await;

        let failure = crate::support::transport(ask(settings(server.url)).await.1);

        let code = &status[..3];
        assert_eq!(
            failure.message,
            format!("http {code}: the service redirects elsewhere, which is not followed")
        );
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn debug_of_settings_and_client_shows_no_credentials() {
    let settings = settings(gmc::DEFAULT_URL.parse().unwrap());
    let shown = format!("{settings:?} {:?}", GmcClient::new(settings.clone()).unwrap());

    for hidden in [USERNAME, PASSWORD, INTERNAL_USER] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let good = || settings(gmc::DEFAULT_URL.parse().unwrap());
    let message = |settings: GmcSettings| GmcClient::new(settings).unwrap_err().to_string();

    assert_eq!(
        message(GmcSettings { url: "ftp://gmc/".parse().unwrap(), ..good() }),
        "the gmc url must begin with https:// (or http:// for a simulator), not with ftp://"
    );
    let with_password = GmcSettings { url: "https://u:secret@gmc/".parse().unwrap(), ..good() };
    assert!(matches!(GmcClient::new(with_password), Err(InvalidSettings::UserInfo)));
    assert_eq!(
        message(GmcSettings { idle_timeout: Duration::ZERO, ..good() }),
        "the gmc idle timeout must be more than zero"
    );
    assert_eq!(
        message(GmcSettings { max_answer_bytes: 0, ..good() }),
        "the gmc limit of an answer's bytes must be more than zero"
    );
    assert!(Credentials::new("", PASSWORD.into(), INTERNAL_USER).is_err());
}
