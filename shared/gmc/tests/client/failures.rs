//! Answers that are none, each told as what it is.

use std::time::Duration;

use gmc::GmcSettings;
use sync::ports::gmc::FailureKind;

use crate::server::{Server, Step, response};
use crate::support::{ANSWER, PASSWORD, SHORT, USERNAME, ask, ask_for, ask_script, settings, transport};

const FIREWALL: &str = "<!DOCTYPE html>\n<html><head><title>Access denied | webcache.gmc-uk.org used Cloudflare to \
                        restrict access</title></head><body><h1>Error 1020</h1></body></html>";

fn fault(text: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body><soap:Fault>\
         <faultcode>soap:Server</faultcode><faultstring>{text}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )
}

#[tokio::test]
async fn a_firewalls_page_is_told_with_status_and_title() {
    for status in ["403 Forbidden", "503 Service Unavailable", "200 OK"] {
        let failure =
            transport(ask_for(status, "Content-Type: text/html; charset=UTF-8\r\n", FIREWALL).await.1);

        let code = &status[..3];
        assert_eq!(
            failure.message,
            format!(
                "http {code}: the service answered with an HTML page, title \
                 'Access denied | webcache.gmc-uk.org used Cloudflare to restrict access'"
            )
        );
    }
}

#[tokio::test]
async fn every_status_but_200_is_a_transport_failure_that_names_it() {
    for status in [
        "201 Created",
        "204 No Content",
        "206 Partial",
        "400 Bad",
        "404 Not Found",
        "429 Slow",
        "500 Oops",
        "502 Bad",
        "504 Late",
    ] {
        let failure = transport(ask_for(status, "", "").await.1);

        let code = &status[..3];
        assert_eq!(failure.message, format!("http {code}: the service answered with an empty body"));
    }
}

#[tokio::test]
async fn a_list_under_another_status_is_no_list() {
    for status in ["500 Oops", "206 Partial", "203 Other"] {
        let (numbers, end) = ask_for(status, "", ANSWER).await;

        let failure = transport(end);
        assert!(
            failure.message.ends_with("the answer is a list, but its status says that it is none"),
            "{failure}"
        );
        assert!(numbers.is_empty());
    }
}

#[tokio::test]
async fn a_fault_comes_with_status_500_and_is_told() {
    let failure = transport(ask_for("500 Internal Server Error", "", fault("Server was unable")).await.1);

    assert_eq!(failure.message, "http 500: the service answered with a soap fault: Server was unable");
}

#[tokio::test]
async fn a_fault_that_quotes_the_credentials_is_told_without_them() {
    let text = format!("bad request: {USERNAME}/{PASSWORD}");

    let failure = transport(ask_for("500 Internal Server Error", "", fault(&text)).await.1);

    assert_eq!(
        failure.message,
        "http 500: the service answered with a soap fault: bad request: [hidden]/[hidden]"
    );
}

#[tokio::test]
async fn a_return_code_keeps_its_class_under_any_status() {
    let refused = ANSWER.replace("<ReturnCode>0<", "<ReturnCode>99<");
    for (status, prefix) in [("200 OK", ""), ("500 Oops", "http 500: ")] {
        let failure = ask_for(status, "", &refused).await.1.unwrap_err();

        assert_eq!(failure.kind, FailureKind::Refused);
        assert_eq!(failure.return_code.as_deref(), Some("99"));
        assert_eq!(failure.gmc_request_id.as_deref(), Some("20261124000317"));
        assert_eq!(
            failure.message,
            format!(
                "{prefix}the credentials are not accepted (user, password or ip address) (return code 99)"
            )
        );
    }
}

#[tokio::test]
async fn retry_after_is_told_with_any_failure() {
    for (status, header, wait) in [
        ("429 Slow", "Retry-After: 30\r\n", Some(30)),
        ("503 Busy", "retry-after: 7\r\n", Some(7)),
        ("503 Busy", "Retry-After: Thu, 01 Jan 2099 00:00:00 GMT\r\n", Some(24 * 60 * 60)),
        ("503 Busy", "Retry-After: Thu, 01 Jan 2015 00:00:00 GMT\r\n", None),
        ("503 Busy", "Retry-After: soon\r\n", None),
        ("503 Busy", "", None),
    ] {
        let failure = transport(ask_for(status, header, FIREWALL).await.1);

        assert_eq!(failure.retry_after, wait.map(Duration::from_secs), "{header}");
    }
}

#[tokio::test]
async fn an_endless_error_page_is_not_read_to_its_end() {
    let endless = format!("HTTP/1.1 503 Busy\r\n\r\n{}", FIREWALL.replace("<h1>", &"<p>".repeat(30_000)));
    let steps = vec![Step::Send(endless.into_bytes()), Step::Hang];

    let failure = transport(ask_script(steps).await.1);

    assert!(failure.message.starts_with("http 503: the service answered with an HTML page"), "{failure}");
}

#[tokio::test]
async fn an_error_page_that_stops_is_told_by_what_came() {
    let steps =
        vec![Step::Send(format!("HTTP/1.1 503 Busy\r\nContent-Length: 9999\r\n\r\n{FIREWALL}").into_bytes())];

    let failure = transport(ask_script(steps).await.1);

    assert!(failure.message.starts_with("http 503: the service answered with an HTML page"), "{failure}");
}

#[tokio::test]
async fn a_reset_in_the_middle_gives_no_doctors() {
    let half = response("200 OK", "", ANSWER);
    let half = half[..half.len() - 300].to_vec();

    let (_, end) = ask_script(vec![Step::Send(half), Step::Reset]).await;

    let failure = transport(end);
    assert!(failure.message.starts_with("the connection broke in the middle of the answer: "), "{failure}");
    assert!(failure.message.ends_with(" doctors"), "{failure}");
}

#[tokio::test]
async fn a_connection_closed_too_early_gives_no_doctors() {
    let whole = response("200 OK", "", ANSWER);
    for cut in [whole.len() - 1, whole.len() - 200, 30] {
        transport(ask_script(vec![Step::Send(whole[..cut].to_vec())]).await.1);
    }
    // and where no length says that something is missing
    let unbounded = format!("HTTP/1.1 200 OK\r\n\r\n{}", &ANSWER[..ANSWER.len() - 1]);
    let failure = transport(ask_script(vec![Step::Send(unbounded.into_bytes())]).await.1);
    assert!(failure.message.starts_with("the answer ends in the middle"), "{failure}");
}

#[tokio::test]
async fn a_reset_before_the_answer_is_told() {
    let failure = transport(ask_script(vec![Step::Reset]).await.1);

    assert!(failure.message.starts_with("the connection broke before an answer: "), "{failure}");
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told() {
    // given a port that was free a moment ago
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);

    let failure = transport(ask(settings(url)).await.1);

    assert!(failure.message.starts_with("no connection to the service: "), "{failure}");
}

#[tokio::test]
async fn silence_before_the_first_byte_is_ended_by_the_idle_timeout() {
    let server = Server::start(vec![Step::Hang]).await;

    let failure = transport(ask(GmcSettings { idle_timeout: SHORT, ..settings(server.url) }).await.1);

    assert_eq!(failure.message, "the service sent nothing for 500ms");
}

#[tokio::test]
async fn silence_in_the_middle_is_ended_by_the_idle_timeout() {
    let half = response("200 OK", "", ANSWER);
    let half = half[..half.len() - 300].to_vec();
    let server = Server::start(vec![Step::Send(half), Step::Hang]).await;

    let failure = transport(ask(GmcSettings { idle_timeout: SHORT, ..settings(server.url) }).await.1);

    let message = "the service sent nothing for 500ms in the middle of the answer, after ";
    assert!(failure.message.starts_with(message), "{failure}");
}

#[tokio::test]
async fn a_drip_that_never_stops_is_ended_by_the_total_timeout() {
    let slow = Step::Drip(response("200 OK", "", ANSWER), Duration::from_millis(20));
    let server = Server::start(vec![slow]).await;

    let failure = transport(ask(GmcSettings { total_timeout: SHORT * 2, ..settings(server.url) }).await.1);

    assert_eq!(failure.message, "the whole answer took longer than 1s");
}

#[tokio::test]
async fn an_answer_to_another_request_is_a_transport_failure() {
    let other = ANSWER.replace("3f0c6f0e", "4f0c6f0e");

    let failure = transport(ask_for("200 OK", "", other).await.1);

    assert_eq!(
        failure.message,
        "the answer belongs to another request: its ClientRequestID is not the one sent"
    );
}

#[tokio::test]
async fn a_document_type_is_no_matter_of_time_but_under_an_error_status_it_is() {
    let document_type = ANSWER.replace("?><", "?><!DOCTYPE a [<!ENTITY b 'c'>]><");

    let failure = ask_for("200 OK", "", &document_type).await.1.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unacceptable);
    assert_eq!(failure.message, "the answer must not be read: it has a document type (DTD)");

    transport(ask_for("502 Bad Gateway", "", &document_type).await.1);
}
