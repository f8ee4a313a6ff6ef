//! Every fault does what it says, seen by a plain HTTP client.

mod support;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use simulator::{Fault, Simulator, SimulatorConfig};
use support::{
    Answer, BODY, End, OTHER_BODY, REQUEST_ID, Reply, ask, read, start_with, start_with_fault, truth,
};

/// The answer of a simulator with this fault, and the simulator.
async fn with_fault(kind: &str) -> (Simulator, Reply) {
    let gmc = start_with_fault(&format!("{BODY}={kind}")).await;
    let reply = ask(&gmc, BODY).await;
    (gmc, reply)
}

/// As above, where the answer is one of code 0 all the same; and the answer without the fault.
async fn spoiled(kind: &str) -> (Simulator, Answer, Answer) {
    let (gmc, reply) = with_fault(kind).await;
    assert_eq!((reply.status, reply.end), (200, End::Whole));
    let answer = read(reply.text());
    assert_eq!(answer.return_code.as_deref(), Some("0"));
    gmc.faults().clear();
    let truth = read(ask(&gmc, BODY).await.text());
    (gmc, answer, truth)
}

/// Those of a list whom the fault touches.
fn touched<T: Clone>(fault: Fault, list: &[T]) -> Vec<T> {
    list.iter().enumerate().filter(|(place, _)| fault.touches(*place)).map(|(_, item)| item.clone()).collect()
}

fn without(doctor: &BTreeMap<String, String>, fields: &[&str]) -> BTreeMap<String, String> {
    doctor
        .iter()
        .filter(|(name, _)| !fields.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect()
}

fn is_html(reply: &Reply) -> bool {
    reply.header("content-type").starts_with("text/html") && reply.text().starts_with("<!DOCTYPE html>")
}

#[tokio::test]
async fn code_n_answers_with_that_return_code_and_no_doctors() {
    for code in ["98", "80", "12345"] {
        let (_gmc, reply) = with_fault(&format!("code-{code}")).await;
        assert_eq!((reply.status, reply.end), (200, End::Whole));
        let answer = read(reply.text());
        assert_eq!(answer.return_code.as_deref(), Some(code));
        assert!(!answer.has_doctors_element);
    }
}

#[tokio::test]
async fn no_code_answers_with_all_doctors_and_no_return_code() {
    let (gmc, reply) = with_fault("no-code").await;
    let answer = read(reply.text());
    assert_eq!(answer.return_code, None);
    assert_eq!(answer.numbers(), truth(&gmc, BODY));
}

#[tokio::test]
async fn soap_fault_answers_with_http_500_and_a_fault() {
    let (_gmc, reply) = with_fault("soap-fault").await;
    assert_eq!((reply.status, reply.header("content-type")), (500, "text/xml; charset=utf-8"));
    let document = roxmltree::Document::parse(reply.text()).unwrap();
    let code = document.descendants().find(|node| node.tag_name().name() == "faultcode").unwrap();
    assert_eq!(code.text(), Some("soap:Server"));
}

#[tokio::test]
async fn http_403_is_the_page_of_the_firewall() {
    let (_gmc, reply) = with_fault("http-403").await;
    assert_eq!(reply.status, 403);
    assert!(is_html(&reply) && reply.text().contains("1020"));
    assert_eq!(reply.header("server"), "cloudflare");
}

#[tokio::test]
async fn http_503_and_http_429_are_pages_and_429_says_when_to_come_again() {
    let (_gmc, reply) = with_fault("http-503").await;
    assert_eq!(reply.status, 503);
    assert!(is_html(&reply));
    let (_gmc, reply) = with_fault("http-429").await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "1"));
    assert!(is_html(&reply));
}

#[tokio::test]
async fn not_soap_is_a_page_with_status_200() {
    let (_gmc, reply) = with_fault("not-soap").await;
    assert_eq!((reply.status, reply.end), (200, End::Whole));
    assert!(is_html(&reply));
}

#[tokio::test]
async fn reset_ends_the_connection_by_a_tcp_reset_after_half_of_the_doctors() {
    let (gmc, reply) = with_fault("reset").await;
    assert_eq!((reply.status, reply.end), (200, End::Reset));
    let complete = String::from_utf8_lossy(&reply.body).matches("</GetDoctorsForDBResponse_Doctor>").count();
    assert_eq!(complete, truth(&gmc, BODY).len() / 2);
}

#[tokio::test]
async fn truncated_is_whole_for_http_and_cut_for_xml() {
    let (gmc, reply) = with_fault("truncated").await;
    assert_eq!((reply.status, reply.end), (200, End::Whole));
    assert!(roxmltree::Document::parse(reply.text()).is_err());
    let complete = reply.text().matches("</GetDoctorsForDBResponse_Doctor>").count();
    assert_eq!(complete, truth(&gmc, BODY).len() / 2);
    assert!(reply.text().ends_with("<GMCReferenceNum"));
}

#[tokio::test]
async fn drip_comes_by_64_bytes_and_is_complete_if_one_waits() {
    let faults = vec![format!("{BODY}=drip").parse().unwrap()];
    let config =
        SimulatorConfig { faults, drip_pause: Duration::from_micros(1), ..SimulatorConfig::default() };
    let gmc = start_with(config).await;
    for number in truth(&gmc, BODY).iter().skip(10) {
        gmc.population().write().unwrap().disconnect(number).unwrap();
    }
    let reply = ask(&gmc, BODY).await;
    assert!(reply.chunks.len() > 50 && reply.chunks.iter().all(|size| *size <= 64), "{:?}", reply.chunks);
    assert_eq!(read(reply.text()).numbers(), truth(&gmc, BODY));
}

#[tokio::test]
async fn a_drip_does_not_keep_the_simulator_from_stopping() {
    let gmc = start_with_fault(&format!("{BODY}=drip")).await;
    let envelope = support::envelope(BODY);
    let headers = [("Content-Type", "text/xml")];
    let stream = support::begin(&gmc, "POST", simulator::PATH, &headers, envelope.as_bytes()).await;
    while gmc.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    gmc.stop().await;
    assert_eq!(support::receive(stream).await.end, End::Short);
}

#[tokio::test]
async fn hang_answers_nothing_until_the_simulator_stops() {
    let gmc = start_with_fault(&format!("{BODY}=hang")).await;
    let envelope = support::envelope(BODY);
    let headers = [("Content-Type", "text/xml")];
    let stream = support::begin(&gmc, "POST", simulator::PATH, &headers, envelope.as_bytes()).await;
    while gmc.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(gmc.requests().all()[0].status, None);
    let early = tokio::time::timeout(Duration::from_millis(50), stream.readable()).await;
    assert!(early.is_err(), "a byte came");
    gmc.stop().await;
    assert_eq!(support::receive(stream).await.status, 503);
}

#[tokio::test]
async fn empty_and_half_answer_with_code_0_and_too_few_doctors() {
    let (_gmc, answer, _) = spoiled("empty").await;
    assert!(answer.has_doctors_element && answer.doctors.is_empty());
    let (_gmc, answer, truth) = spoiled("half").await;
    assert_eq!(answer.doctors, truth.doctors[..truth.doctors.len() / 2]);
}

#[tokio::test]
async fn null_numbers_are_nil_empty_and_absent_and_the_rest_of_the_doctor_is_there() {
    for (kind, fault) in [("null-numbers", Fault::NullNumbers), ("all-null-numbers", Fault::AllNullNumbers)] {
        let (_gmc, answer, truth) = spoiled(kind).await;
        let wrong = touched(fault, &answer.doctors);
        let numbers: Vec<_> =
            wrong.iter().map(|doctor| doctor.get("GMCReferenceNumber").map(String::as_str)).collect();
        assert_eq!(numbers[..3], [Some("nil"), Some(""), None]);
        assert!(numbers.iter().all(|number| [Some("nil"), Some(""), None].contains(number)));
        let others = |answer: &Answer| -> Vec<_> {
            answer.doctors.iter().map(|doctor| without(doctor, &["GMCReferenceNumber"])).collect()
        };
        assert_eq!(others(&answer), others(&truth));
        let usable = answer.numbers().iter().filter(|number| number.len() == 7).count();
        assert_eq!(usable, truth.doctors.len() - wrong.len());
    }
}

#[tokio::test]
async fn unknown_numbers_are_the_word_unknown() {
    let (_gmc, answer, _) = spoiled("unknown-numbers").await;
    let wrong = touched(Fault::UnknownNumbers, &answer.numbers());
    assert!(wrong.len() > 1 && wrong.iter().all(|number| *number == "UNKNOWN"));
    assert_eq!(answer.numbers().iter().filter(|number| **number == "UNKNOWN").count(), wrong.len());
}

#[tokio::test]
async fn duplicate_numbers_are_some_doctors_twice() {
    let (_gmc, answer, truth) = spoiled("duplicate-numbers").await;
    let mut expected = truth.doctors.clone();
    expected.extend(touched(Fault::DuplicateNumbers, &truth.doctors));
    assert_eq!(answer.doctors, expected);
    assert!(expected.len() > truth.doctors.len());
}

#[tokio::test]
async fn empty_under_notice_is_an_empty_element() {
    let (_gmc, answer, truth) = spoiled("empty-under-notice").await;
    for (place, doctor) in answer.doctors.iter().enumerate() {
        if Fault::EmptyUnderNotice.touches(place) {
            assert_eq!(doctor["UnderNotice"], "");
        } else {
            assert_eq!(doctor, &truth.doctors[place]);
        }
    }
}

#[tokio::test]
async fn odd_dates_are_none_of_the_calendar_of_another_format_or_words() {
    let (_gmc, answer, _) = spoiled("odd-dates").await;
    let wrong = touched(Fault::OddDates, &answer.doctors);
    let dates: Vec<_> = wrong.iter().map(|doctor| doctor["SubmissionDate"].as_str()).collect();
    assert_eq!(dates[..3], ["31/02/2025", "2025-01-31", "to be confirmed"]);
    assert_eq!(wrong[0]["DateAdded"], "2025-01-31");
}

#[tokio::test]
async fn two_bodies_returns_some_doctors_of_the_next_body_as_well() {
    let (gmc, answer, _) = spoiled("two-bodies").await;
    let other = read(ask(&gmc, OTHER_BODY).await.text());
    let mut expected = truth(&gmc, BODY);
    expected.extend(touched(Fault::TwoBodies, &truth(&gmc, OTHER_BODY)));
    assert_eq!(answer.numbers(), expected);
    let both: HashSet<_> = answer.numbers().into_iter().filter(|n| other.numbers().contains(n)).collect();
    assert!(both.len() > 1);
}

#[tokio::test]
async fn wrong_request_id_is_not_the_clients() {
    let (_gmc, answer, truth) = spoiled("wrong-request-id").await;
    assert_ne!(answer.client_request_id.as_deref(), Some(REQUEST_ID));
    assert_eq!(answer.doctors, truth.doctors);
}

#[tokio::test]
async fn a_fault_is_its_bodys_alone_and_as_often_as_was_said() {
    let gmc = start_with_fault(&format!("{BODY}=empty:2")).await;
    let count = async |body| read(ask(&gmc, body).await.text()).doctors.len();
    assert!(count(OTHER_BODY).await > 0);
    assert_eq!((count(BODY).await, count(BODY).await), (0, 0));
    assert!(count(BODY).await > 0);
    gmc.faults().add("*=empty:1".parse().unwrap());
    assert_eq!(count(OTHER_BODY).await, 0);
    assert!(count(BODY).await > 0);
}

#[tokio::test]
async fn every_fault_can_strike_a_body_without_doctors() {
    for fault in Fault::all().filter(|fault| !matches!(fault, Fault::Hang | Fault::TwoBodies)) {
        let faults = vec![format!("{BODY}={fault}").parse().unwrap()];
        let drip_pause = Duration::from_micros(1);
        let gmc = start_with(SimulatorConfig { faults, drip_pause, ..SimulatorConfig::default() }).await;
        for number in truth(&gmc, BODY) {
            gmc.population().write().unwrap().disconnect(&number).unwrap();
        }
        let reply = ask(&gmc, BODY).await;
        assert_eq!(reply.end == End::Reset, fault == Fault::Reset, "{fault}");
        let is_xml = roxmltree::Document::parse(reply.text()).is_ok();
        assert_eq!(is_xml, !matches!(fault, Fault::Reset | Fault::Truncated) && !is_html(&reply), "{fault}");
    }
}
