//! An answer that is too large, too deep or too long in any way is refused before it costs anything.

use domain::GmcRecord;
use gmc::{AnswerReader, Asked, ReadError};
use sync::ports::gmc::FailureKind;

use crate::support::{ANSWER, REQUEST_ID, body, doctor, envelope, error, read, read_pieces};

const KIB: usize = 1024;

fn refused(fields: &str) -> &'static str {
    match error(envelope(&doctor(fields))) {
        ReadError::Unacceptable(what) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_larger_than_the_limit_is_refused_and_one_as_large_is_read() {
    let limited = |limit: usize| {
        let asked = Asked { max_answer_bytes: limit as u64, ..Asked::new(REQUEST_ID) };
        read_pieces(ANSWER.as_bytes().chunks(100), asked).1
    };

    assert!(limited(ANSWER.len()).is_ok());
    let error = limited(ANSWER.len() - 1).unwrap_err();
    assert_eq!(error, ReadError::TooLarge { limit: ANSWER.len() as u64 - 1 });
    assert_eq!(error.kind(), FailureKind::Unacceptable);
}

#[test]
fn depth_is_limited_in_what_is_passed_over_as_well() {
    // an unknown element in a body is the third in depth
    let nested = |depth: usize| body(&format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)));

    assert_eq!(error(nested(30)), ReadError::NoResponse);
    assert_eq!(error(nested(31)), ReadError::Unacceptable("elements are too deep in each other"));
    assert_eq!(error(body(&"<a>".repeat(1_000_000))).kind(), FailureKind::Unacceptable);
}

#[test]
fn attributes_and_names_are_limited() {
    let with = |count: usize| {
        let attributes = (0..count).map(|index| format!("a{index}=''")).collect::<Vec<_>>().join(" ");
        envelope(&doctor(&format!("<Breach {attributes}/>")))
    };

    assert!(read(with(32)).1.is_ok());
    assert_eq!(error(with(33)), ReadError::Unacceptable("an element has too many attributes"));
    assert_eq!(refused(&format!("<{}/>", "a".repeat(257))), "a name is too long");
    assert_eq!(refused(&format!("<a {}=''/>", "a".repeat(257))), "a name is too long");
}

#[test]
fn a_declaration_is_limited_because_the_encoding_may_stand_at_its_end() {
    let answer = envelope("");
    let declared = |gap: usize| format!("<?xml version='1.0'{} encoding='latin1'?>{answer}", " ".repeat(gap));

    assert!(read(declared(900)).1.is_ok());
    assert_eq!(error(declared(1024)), ReadError::Unacceptable("its xml declaration is too long"));
}

#[test]
fn a_million_attributes_are_not_waited_for() {
    let attributes: Vec<String> = (0..1_000_000).map(|index| format!(" a{index}=''")).collect();
    let answer = envelope(&doctor(&format!("<Breach{}/>", attributes.concat())));
    let mut reader = AnswerReader::new(Asked::new(REQUEST_ID));
    let mut nobody = |_: &GmcRecord<'_>| {};

    let refused = answer.as_bytes().chunks(KIB).find_map(|piece| reader.push(piece, &mut nobody).err());

    // then it is refused as soon as the tag is longer than any that is read
    assert_eq!(refused, Some(ReadError::Unacceptable("a tag, comment or CDATA section is too long")));
    assert!(reader.bytes() < 70 * KIB as u64, "{} of {} bytes", reader.bytes(), answer.len());
    assert!(reader.buffered() < 256 * KIB, "{} bytes", reader.buffered());
    // and a million of them on elements of their own cost no more than the largest of these
    let many = "<New a='' b='' c='' d=''/>".repeat(250_000);
    assert!(read(envelope(&doctor(&many))).1.is_ok());
}

#[test]
fn namespaces_are_limited() {
    let declarations = |depth: usize| (0..10).map(move |index| format!("xmlns:n{depth}.{index}='urn:x'"));
    let element = |depth: usize| format!("<a {}>", declarations(depth).collect::<Vec<_>>().join(" "));
    let nested = (0..10).map(element).collect::<Vec<_>>().concat();

    assert_eq!(refused(&nested), "it declares too many namespaces");
}

#[test]
fn a_value_is_limited_however_it_is_written() {
    let long = "x".repeat(64 * KIB);
    let name = |content: &str| envelope(&doctor(&format!("<DoctorLastName>{content}</DoctorLastName>")));

    assert_eq!(crate::support::last_name(name(&long)).map(|name| name.len()), Some(64 * KIB));
    for over in [format!("{long}x"), format!("{long}&amp;"), format!("{long}<![CDATA[x]]>")] {
        assert_eq!(error(name(&over)), ReadError::Unacceptable("a value is too long"));
    }
}

#[test]
fn a_piece_of_markup_is_limited_even_when_it_never_ends() {
    let long = "x".repeat(80 * KIB);
    for (begin, end) in
        [("<a b='", "'/>"), ("<", "/>"), ("<!--", "-->"), ("<?a ", "?>"), ("<![CDATA[", "]]>"), ("</", ">")]
    {
        assert_eq!(
            refused(&format!("{begin}{long}{end}")),
            "a tag, comment or CDATA section is too long",
            "{begin}"
        );
        let unended = body(&format!("{begin}{long}"));
        assert_eq!(error(unended).kind(), FailureKind::Unacceptable, "{begin}");
    }
}

#[test]
fn the_memory_of_the_reader_does_not_grow_with_the_doctors() {
    const DOCTORS: u64 = 100_000;
    let (begin, end) = ANSWER.split_at(ANSWER.find("</Doctors>").unwrap());
    let more = &ANSWER[ANSWER.find("<GetDoctorsForDBResponse_Doctor>").unwrap()..begin.len()]
        .replace("<GetDoctorsForDBResponse_Doctor xsi:nil=\"true\" />", "");
    let mut reader = AnswerReader::new(Asked::new(REQUEST_ID));
    let mut nobody = |_: &GmcRecord<'_>| {};

    // given 100,000 doctors in large pieces
    reader.push(begin.as_bytes(), &mut nobody).unwrap();
    let piece = more.repeat(500);
    let mut largest = 0;
    while reader.doctors() < DOCTORS {
        reader.push(piece.as_bytes(), &mut nobody).unwrap();
        largest = largest.max(reader.buffered());
    }
    reader.push(end.as_bytes(), &mut nobody).unwrap();

    // then the answer was read, and never more than some blocks of it were held
    assert!(reader.doctors() >= DOCTORS);
    assert!(reader.finish().is_ok());
    assert!(largest < 128 * KIB, "{largest} bytes");
}
