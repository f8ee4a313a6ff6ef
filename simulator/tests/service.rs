//! The service as the WSDL says, seen by a plain HTTP client.

mod support;

use std::time::Duration;

use simulator::{Credentials, Simulator, SimulatorConfig};
use support::{
    ACTION, BODY, End, OTHER_BODY, REQUEST_ID, ask, digest, envelope, envelope_of, post, read, send,
};
use support::{start, start_with, truth};

#[tokio::test]
async fn the_answer_has_all_doctors_of_the_body_and_ends_with_the_return_code() {
    let gmc = start().await;
    let reply = ask(&gmc, BODY).await;
    assert_eq!((reply.status, reply.end), (200, End::Whole));
    assert_eq!(reply.header("content-type"), "text/xml; charset=utf-8");
    let answer = read(reply.text());
    assert_eq!(answer.numbers(), truth(&gmc, BODY));
    assert_eq!(answer.client_request_id.as_deref(), Some(REQUEST_ID));
    assert_eq!(answer.return_code.as_deref(), Some("0"));
    let id = answer.gmc_request_id.unwrap();
    assert!(id.len() == 14 && id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    gmc.stop().await;
}

#[tokio::test]
async fn each_field_is_as_the_population_has_it() {
    let gmc = start().await;
    let answer = read(ask(&gmc, BODY).await.text());
    let population = gmc.population().read().unwrap();
    let shown = |text: simulator::Text<'_>| match text {
        simulator::Text::Value(value) => Some(value.to_owned()),
        simulator::Text::Empty => Some(String::new()),
        simulator::Text::Nil => Some("nil".to_owned()),
        simulator::Text::Absent => None,
    };
    for (place, doctor) in population.doctors_of(BODY).enumerate() {
        let fields = [
            ("DoctorFirstName", doctor.first_name),
            ("DoctorLastName", doctor.last_name),
            ("SubmissionDate", doctor.submission_date),
            ("DoctorStatus", doctor.status),
            ("Breach", doctor.breach),
            ("DateAdded", doctor.date_added),
            ("UnderNotice", doctor.under_notice),
            ("Investigation", doctor.investigation),
            ("PreliminaryInvestigation", doctor.preliminary_investigation),
            ("Sanction", doctor.sanction),
        ];
        for (name, text) in fields {
            assert_eq!(answer.field(place, name).map(str::to_owned), shown(text), "{} {name}", doctor.number);
        }
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes_on_every_machine() {
    let gmc = start().await;
    let mut doctors = Vec::new();
    for body in [BODY, OTHER_BODY] {
        let reply = ask(&gmc, body).await;
        let end = reply.text().find("<ClientRequestID>").unwrap();
        doctors.extend_from_slice(&reply.body[..end]);
    }
    gmc.population().write().unwrap().advance();
    let reply = ask(&gmc, BODY).await;
    doctors.extend_from_slice(&reply.body[..reply.text().find("<ClientRequestID>").unwrap()]);
    // A change here changes what everybody sees on the first night: say so in the message of the commit.
    assert_eq!(format!("{:016x}", digest(&doctors)), "1b1b498e921320a9");
}

#[tokio::test]
async fn a_large_body_comes_in_pieces_of_64_kib() {
    let gmc = start().await;
    let reply = ask(&gmc, "1-1RSSQ2H").await;
    let (last, full) = reply.chunks.split_last().unwrap();
    assert!(full.iter().all(|size| (64 * 1024..66 * 1024).contains(size)), "{full:?}");
    assert!(full.len() > 1 && *last < 66 * 1024);
}

#[tokio::test]
async fn a_foreign_request_with_other_prefixes_and_white_space_is_understood() {
    let gmc = start().await;
    let foreign = format!(
        "<?xml version='1.0'?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV='http://schemas.xmlsoap.org/soap/envelope/'\n \
         xmlns:ns1='https://webcache.gmc-uk.org/GMCWebServices/'><SOAP-ENV:Header/>\n<SOAP-ENV:Body>\n\
         <ns1:GetDoctorsForDB>\n\t<ns1:request>\n\t\t<ns1:DesignatedBodyCode>\n{BODY}\n\
         </ns1:DesignatedBodyCode>\n<ns1:ClientRequestID>a&lt;b<![CDATA[&c]]></ns1:ClientRequestID>\n\
         <ns1:InternalUser>x</ns1:InternalUser>\n</ns1:request>\n<ns1:Username>simulator</ns1:Username>\n\
         <ns1:Password>simulator</ns1:Password>\n</ns1:GetDoctorsForDB>\n</SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n"
    );
    for action in [format!("\"{ACTION}\""), String::new(), "\"\"".to_owned()] {
        let answer = read(post(&gmc, &foreign, &[("SOAPAction", &action)]).await.text());
        assert_eq!(answer.return_code.as_deref(), Some("0"));
        assert_eq!(answer.numbers().len(), truth(&gmc, BODY).len());
        assert_eq!(answer.client_request_id.as_deref(), Some("a<b&c"));
    }
}

#[tokio::test]
async fn soap_12_is_answered_in_soap_12() {
    let gmc = start().await;
    let request = envelope(BODY)
        .replace("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope");
    let content_type = ("Content-Type", "application/soap+xml; charset=\"UTF-8\"; action=\"x\"");
    let reply = post(&gmc, &request, &[content_type]).await;
    assert_eq!(reply.header("content-type"), "application/soap+xml; charset=utf-8");
    assert!(reply.text().contains("xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\""));
    assert!(reply.text().contains("<ReturnCode>0</ReturnCode>"));
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_told_by_the_return_code() {
    let credentials = Credentials { username: "us&er".into(), password: "pass<word".into() };
    let gmc = start_with(SimulatorConfig { credentials, ..SimulatorConfig::default() }).await;
    let (user, password) = ("us&amp;er", "pass&lt;word");
    let cases = [
        (envelope_of(BODY, user, password, "x"), "0"),
        (envelope_of(BODY, "someone", password, "x"), "99"),
        (envelope_of(BODY, user, "", "x"), "99"),
        (envelope_of(BODY, user, password, " "), "110"),
        (envelope_of("", user, password, "x"), "80"),
        (envelope_of("1-1RSS Q05", user, password, "x"), "80"),
        (envelope_of("1-UNKNOWN", user, password, "x"), "81"),
    ];
    for (request, code) in cases {
        let reply = post(&gmc, &request, &[("SOAPAction", ACTION)]).await;
        assert_eq!(reply.status, 200);
        let answer = read(reply.text());
        assert_eq!(answer.return_code.as_deref(), Some(code), "{request}");
        assert_eq!(answer.has_doctors_element, code == "0");
        assert_eq!(answer.client_request_id.as_deref(), Some(REQUEST_ID));
    }
}

#[tokio::test]
async fn whoever_is_refused_uses_up_no_fault() {
    let gmc = support::start_with_fault(&format!("{BODY}=code-98:1")).await;
    let refused = post(&gmc, &envelope_of(BODY, "someone", "else", "x"), &[]).await;
    assert_eq!(read(refused.text()).return_code.as_deref(), Some("99"));
    assert_eq!(read(ask(&gmc, BODY).await.text()).return_code.as_deref(), Some("98"));
    assert_eq!(read(ask(&gmc, BODY).await.text()).return_code.as_deref(), Some("0"));
}

#[tokio::test]
async fn the_log_says_what_was_asked_and_answered_and_no_password() {
    let gmc = support::start_with_fault(&format!("{BODY}=http-503:1")).await;
    ask(&gmc, BODY).await;
    let answer = read(ask(&gmc, BODY).await.text());
    ask(&gmc, "1-UNKNOWN").await;
    let records = gmc.requests().all();
    assert_eq!(records.len(), 3);
    assert_eq!(records[0].fault, Some(simulator::Fault::Http503));
    assert_eq!((records[0].status, records[0].doctors), (Some(503), 0));
    assert_eq!(records[1].fault, None);
    assert_eq!((records[1].status, records[1].doctors), (Some(200), answer.doctors.len()));
    assert_eq!(records[1].return_code.as_deref(), Some("0"));
    assert_eq!(records[1].gmc_request_id, answer.gmc_request_id);
    assert_eq!(records[1].client_request_id, REQUEST_ID);
    assert_eq!(records[1].user_agent.as_deref(), Some("a test"));
    assert_eq!(records[2].return_code.as_deref(), Some("81"));
    assert_eq!(gmc.requests().of(BODY).len(), 2);
    assert!(!format!("{records:?}{:?}", Credentials::default()).contains("password: "));
    gmc.requests().clear();
    assert!(gmc.requests().is_empty());
}

#[tokio::test]
async fn no_two_answers_have_the_same_gmc_request_id() {
    let gmc = start().await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..5 {
        ids.insert(read(ask(&gmc, BODY).await.text()).gmc_request_id);
    }
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn the_wsdl_is_served_with_the_simulators_own_address() {
    let gmc = start().await;
    for query in ["wsdl", "WSDL"] {
        let reply = send(&gmc, "GET", &format!("{}?{query}", simulator::PATH), &[], b"").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "text/xml; charset=utf-8");
        let document = roxmltree::Document::parse(reply.text()).unwrap();
        let addresses = document.descendants().filter(|node| node.tag_name().name() == "address");
        let locations: Vec<_> = addresses.filter_map(|node| node.attribute("location")).collect();
        assert_eq!(locations, [gmc.url(), gmc.url()]);
    }
    let reply = send(&gmc, "GET", simulator::PATH, &[], b"").await;
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn other_paths_methods_and_content_types_are_refused() {
    let gmc = start().await;
    let status = |reply: support::Reply| reply.status;
    assert_eq!(status(send(&gmc, "GET", "/", &[], b"").await), 404);
    assert_eq!(status(send(&gmc, "POST", "/GMCWebServices/Other.asmx", &[], b"").await), 404);
    let reply = send(&gmc, "DELETE", simulator::PATH, &[], b"").await;
    assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD, POST"));
    for content_type in ["application/json", "text/xml; charset=utf-16"] {
        let reply = post(&gmc, &envelope(BODY), &[("Content-Type", content_type)]).await;
        assert_eq!(reply.status, 415);
    }
    let large = envelope(&"x".repeat(70_000));
    assert_eq!(status(post(&gmc, &large, &[]).await), 413);
}

#[tokio::test]
async fn what_is_no_request_of_ours_gets_a_soap_fault() {
    let gmc = start().await;
    let cases = [
        ("hello".to_owned(), ACTION, "not well-formed"),
        (envelope(BODY)[..300].to_owned(), ACTION, "not well-formed"),
        (envelope(BODY).replace("GetDoctorsForDB", "TryAddDoctor"), "", "TryAddDoctor is not simulated"),
        (envelope(BODY).replace("GetDoctorsForDB", "GetNurses"), "", "no operation GetNurses"),
        (envelope(BODY).replace("https://webcache", "https://other"), ACTION, "not in the namespace"),
        (envelope(BODY), "https://webcache.gmc-uk.org/GMCWebServices/TryAddDoctor", "soapaction"),
    ];
    for (request, action, reason) in cases {
        let reply = post(&gmc, &request, &[("SOAPAction", action)]).await;
        assert_eq!((reply.status, reply.header("content-type")), (500, "text/xml; charset=utf-8"));
        let document = roxmltree::Document::parse(reply.text()).unwrap();
        let text = |name: &str| {
            let node = document.descendants().find(|node| node.tag_name().name() == name);
            node.and_then(|node| node.text()).unwrap_or_default().to_owned()
        };
        assert_eq!(text("faultcode"), "soap:Client");
        assert!(text("faultstring").contains(reason), "{}", text("faultstring"));
    }
}

#[tokio::test]
async fn an_answer_is_compressed_only_if_both_sides_want_it() {
    let plain = start().await;
    let zipping = start_with(SimulatorConfig { gzip: true, ..SimulatorConfig::default() }).await;
    let accepts = [("Accept-Encoding", "deflate, gzip;q=0.8")];
    let expected = post(&plain, &envelope(BODY), &accepts).await;
    assert_eq!(expected.header("content-encoding"), "");
    for refuses in [&[][..], &[("Accept-Encoding", "gzip;q=0")], &[("Accept-Encoding", "br")]] {
        assert_eq!(post(&zipping, &envelope(BODY), refuses).await.header("content-encoding"), "");
    }
    let reply = post(&zipping, &envelope(BODY), &accepts).await;
    assert_eq!(reply.header("content-encoding"), "gzip");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&reply.body[..]), &mut text).unwrap();
    assert!(reply.body.len() < text.len() / 4);
    assert_eq!(read(&text).doctors, read(expected.text()).doctors);
}

#[tokio::test]
async fn an_answer_is_of_the_moment_when_its_request_came() {
    let gmc = start().await;
    let before = truth(&gmc, BODY);
    let request = envelope(BODY);
    let headers = [("Content-Type", "text/xml")];
    let stream = support::begin(&gmc, "POST", simulator::PATH, &headers, request.as_bytes()).await;
    while gmc.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for number in &before {
        gmc.population().write().unwrap().disconnect(number).unwrap();
    }
    let answer = read(support::receive(stream).await.text());
    assert_eq!(answer.numbers(), before);
    assert_eq!(read(ask(&gmc, BODY).await.text()).numbers().len(), 0);
}

#[tokio::test]
async fn a_stopped_simulator_answers_nobody_and_a_taken_address_is_told() {
    let gmc = start().await;
    let address = gmc.address();
    let taken = Simulator::start(SimulatorConfig { address, ..SimulatorConfig::default() }).await;
    assert!(taken.unwrap_err().to_string().starts_with(&format!("cannot listen on {address}")));
    gmc.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
