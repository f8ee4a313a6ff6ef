//! What is not well-formed, or not what the contract says, gives no doctors.

use gmc::ReadError;
use sync::ports::gmc::FailureKind;

use crate::support::{ANSWER, body, doctor, envelope, error, read, result};

/// Why an answer with this in the place of a doctor's fields is broken.
fn broken_fields(fields: &str) -> &'static str {
    broken(&envelope(&doctor(fields)))
}

fn broken(answer: &str) -> &'static str {
    match error(answer) {
        ReadError::Broken { what, .. } => what,
        other => panic!("{other:?} of {answer}"),
    }
}

#[test]
fn an_answer_cut_anywhere_gives_no_doctors() {
    for length in 0..ANSWER.len() {
        let (_, end) = read(&ANSWER.as_bytes()[..length]);

        let error = end.expect_err("a part of an answer");
        assert_eq!(error.kind(), FailureKind::Transport, "{length}: {error}");
        match length {
            0 => assert_eq!(error, ReadError::Empty),
            // "<?xml …" and the envelope's tag are no envelope yet, but nothing else either
            _ => assert!(matches!(error, ReadError::Truncated { .. }), "{length}: {error:?}"),
        }
    }
}

#[test]
fn an_answer_cut_anywhere_and_closed_by_somebody_gives_no_more_than_was_there() {
    // given a proxy that ends what it has with the envelope's end tags
    for length in 0..ANSWER.len() {
        let mut cut = ANSWER.as_bytes()[..length].to_vec();
        cut.extend_from_slice(b"</soap:Body></soap:Envelope>");

        // then it is good only where nothing but those was missing
        let whole = ANSWER.len() - "</soap:Body></soap:Envelope>".len();
        assert_eq!(read(cut).1.is_ok(), length == whole, "{length}");
    }
}

#[test]
fn an_answer_with_an_end_tag_missing_gives_no_doctors() {
    for (at, _) in ANSWER.match_indices("</") {
        let end = at + ANSWER[at..].find('>').unwrap() + 1;
        let without = format!("{}{}", &ANSWER[..at], &ANSWER[end..]);

        assert!(read(without).1.is_err(), "without {}", &ANSWER[at..end]);
    }
}

#[test]
fn a_truncated_answer_says_how_far_it_came() {
    let cut = &ANSWER[..ANSWER.rfind("<ClientRequestID>").unwrap()];

    let message = error(cut).to_string();
    assert_eq!(message, format!("the answer ends in the middle, after {} bytes and 3 doctors", cut.len()));
}

#[test]
fn a_document_type_is_refused_whatever_it_holds() {
    for document_type in [
        "<!DOCTYPE soap:Envelope>",
        "<!DOCTYPE x [<!ENTITY name \"value\">]>",
        "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">",
    ] {
        let error = error(ANSWER.replace("?><", &format!("?>{document_type}<")));

        assert_eq!(error.to_string(), "the answer must not be read: it has a document type (DTD)");
        assert_eq!(error.kind(), FailureKind::Unacceptable);
    }
    // and in the middle as well
    assert_eq!(error(envelope("<!DOCTYPE x>")).kind(), FailureKind::Unacceptable);
}

#[test]
fn entities_that_are_not_predefined_are_refused() {
    for reference in ["&nbsp;", "&x;", "&;", "&AMP;", "&#0;", "&#xFFFF;", "&#xD800;", "&#x110000;", "&#-1;"] {
        let what = broken_fields(&format!("<Breach>{reference}</Breach>"));

        assert!(what.starts_with("a reference to"), "{reference}: {what}");
    }
    assert!(broken_fields("<New>&x;</New>").starts_with("a reference to"), "in what is passed over as well");
    assert!(broken_fields("<Breach a='&x;'/>").starts_with("a reference to"));
    broken_fields("<Breach>a & b</Breach>");
    assert_eq!(
        broken_fields(&format!("<Breach>&{}</Breach>", "a".repeat(100))),
        "a '&' that begins no reference"
    );
}

#[test]
fn end_tags_must_match() {
    for fields in [
        "<Breach>No</Sanction>",
        "<Breach>No</breach>",
        "<Breach>No</x:Breach>",
        "</Breach>",
        "<New><Sanction></New></Sanction>",
        "<Breach>No</Breach x='1'>",
    ] {
        assert_eq!(broken_fields(fields), "an end tag that does not match", "{fields}");
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for fields in [
        "< Breach/>",
        "<1/>",
        "<Breach a/>",
        "<Breach a=1/>",
        "<Breach a='1'b='2'/>",
        "<Breach a='<'/>",
        "<Breach a='1' a='2'/>",
        "<Breach xmlns:a='urn:x' xmlns:b='urn:x' a:c='1' b:c='2'/>",
        "<Breach / >",
        "<Breach>]]></Breach>",
        "<!-- a -- b -->",
        "<!-- a --->",
        "<![cdata[x]]>",
        "<!ENTITY a 'b'>",
        "<?xml version='1.0'?>",
        "<?XML?>",
        "<? pi?>",
        "<Breach>\u{1}</Breach>",
        "<Breach>\u{FFFE}</Breach>",
        "<Breach>&</Breach>",
        "<a:b:c/>",
        "<:a/>",
        "<a:/>",
    ] {
        broken_fields(fields);
    }
}

#[test]
fn namespaces_must_be_declared_and_declarations_allowed() {
    for fields in [
        "<x:Breach/>",
        "<Breach x:a='1'/>",
        "<Breach xmlns:x=''/>",
        "<Breach xmlns:xml='urn:x'/>",
        "<Breach xmlns:xmlns='urn:x'/>",
        "<Breach xmlns:x='http://www.w3.org/XML/1998/namespace'/>",
        "<Breach xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<xmlns:Breach/>",
        "<x:a xmlns:x='urn:x'/><x:b/>",
    ] {
        broken_fields(fields);
    }
}

#[test]
fn nothing_may_follow_the_envelope() {
    for after in ["<x/>", "x", "&amp;", "<![CDATA[]]>", "</x>", "\u{FEFF}", ANSWER] {
        broken(&format!("{ANSWER}{after}"));
    }
    assert!(read(format!("{ANSWER}\r\n <!-- fine --> <?fine?>\r")).1.is_ok());
    assert!(read([ANSWER.as_bytes(), b"\xC3"].concat()).1.is_err(), "half a character");
    assert!(matches!(error(format!("{ANSWER}<")), ReadError::Truncated { .. }));
    assert!(matches!(error(format!("{ANSWER}<!-")), ReadError::Truncated { .. }));
}

#[test]
fn nothing_but_a_declaration_comes_first() {
    for before in [" ", "x", "\n<!-- a -->"] {
        assert!(read(format!("{before}{ANSWER}")).1.is_err(), "{before:?}");
    }
}

#[test]
fn what_the_contract_has_once_may_not_come_twice() {
    let twice = "an element twice that may be there once";
    let code = "<ReturnCode>0</ReturnCode>";

    assert_eq!(broken(&result(&format!("{code}{code}"))), twice);
    assert_eq!(broken(&result(&format!("{code}<Doctors/><Doctors/>"))), twice);
    assert_eq!(broken(&result(&format!("{code}<GMCRequestID/><GMCRequestID/>"))), twice);
    assert_eq!(broken(&result(&format!("{code}<ClientRequestID/><ClientRequestID/>"))), twice);
    assert_eq!(broken(&result(&format!("{code}</GetDoctorsForDBResult><GetDoctorsForDBResult>"))), twice);
    let response = format!("<GetDoctorsForDBResponse xmlns='{}'/>", gmc::GMC_NAMESPACE);
    assert_eq!(broken(&body(&format!("{response}{response}"))), twice);
    assert_eq!(broken(&body("</soap:Body><soap:Body>")), twice);
    assert_eq!(broken_fields("<Breach>No</Breach><Breach>Yes</Breach>"), twice);
    assert_eq!(broken_fields("<Breach xsi:nil='true'/><Breach/>"), twice);
}

#[test]
fn a_field_twice_is_no_matter_in_two_doctors() {
    let answer = envelope(&doctor("<Breach>No</Breach>").repeat(2));

    assert_eq!(read(answer).0.len(), 2);
}

#[test]
fn text_and_elements_stand_only_where_the_contract_has_them() {
    let text = "text where only elements belong";

    assert_eq!(broken(&envelope("error 500")), text);
    assert_eq!(broken_fields("7000101"), text);
    assert_eq!(broken_fields("&amp;"), text);
    assert_eq!(broken(&result("<![CDATA[0]]>")), text);
    assert_eq!(broken(&body("stopped")), text);
    assert_eq!(broken_fields("<Breach>N<b>o</b></Breach>"), "an element inside a value");
    assert_eq!(broken(&result("<ReturnCode><a/>0</ReturnCode>")), "an element inside a value");
}

#[test]
fn a_doctor_in_another_namespace_is_no_doctor_left_out_but_a_broken_answer() {
    let answer = envelope("<GetDoctorsForDBResponse_Doctor xmlns=''/>");

    assert_eq!(broken(&answer), "a doctor in another namespace");
}

#[test]
fn an_answer_in_another_namespace_is_none() {
    let answer = ANSWER.replace(gmc::GMC_NAMESPACE, "https://webcache.gmc-uk.org/gmcwebservices/");

    assert_eq!(error(answer), ReadError::NoResponse);
}

#[test]
fn an_envelope_without_an_answer_is_none() {
    for content in [
        "",
        "<a/>",
        "<a:GetDoctorsForDBResponse xmlns:a='urn:a'><ReturnCode>0</ReturnCode></a:GetDoctorsForDBResponse>",
    ] {
        assert_eq!(error(body(content)), ReadError::NoResponse, "{content}");
    }
    let no_body = body("").replace("soap:Body", "soap:Header");
    assert_eq!(error(no_body), ReadError::NoResponse);
    assert_eq!(ReadError::NoResponse.kind(), FailureKind::Transport);
}

#[test]
fn an_answer_to_another_request_is_refused() {
    for echo in ["3f0c6f0e-6d1c-4c55-8d0e-1f6f3f7b9a11", "somebody else's", "0"] {
        let answer = result(&format!("<ClientRequestID>{echo}</ClientRequestID><ReturnCode>0</ReturnCode>"));

        assert_eq!(error(answer), ReadError::Foreign, "{echo}");
    }
    assert_eq!(ReadError::Foreign.kind(), FailureKind::Transport);
}

#[test]
fn a_failed_reader_stays_failed() {
    // given a reader whose error was overlooked, when the rest would be a good answer
    let (_, end) = crate::support::read_pieces(
        [&b"\x01"[..], ANSWER.as_bytes()],
        gmc::Asked::new(crate::support::REQUEST_ID),
    );

    assert!(end.is_err());
}
