//! However the bytes are cut, the answer is the same.

use gmc::Asked;
use proptest::prelude::*;

use crate::support::{ANSWER, REQUEST_ID, Read, body, doctor, envelope, read, read_pieces};

fn in_pieces_of(answer: &[u8], length: usize) -> Read {
    read_pieces(answer.chunks(length), Asked::new(REQUEST_ID))
}

/// Answers of every kind: good, broken, no SOAP at all.
fn answers() -> Vec<Vec<u8>> {
    let field = |content: &str| envelope(&doctor(&format!("<Breach>{content}</Breach>")));
    let mut answers: Vec<Vec<u8>> = [
        ANSWER.to_owned(),
        format!("\u{FEFF}{ANSWER}\r\n"),
        ANSWER.replace("><", ">\r\n<!-- ]]> - > -->\r<?pi ? > ?>\n<"),
        field("a\r\nb\r\rc]]&gt;]]<![CDATA[\r\n]]]>]]>é😀&#x1F600;"),
        field("]]>"),
        body("text]]>"),
        field("]"),
        field("]]]]x]>"),
        field("&nbsp;"),
        field("\u{1}"),
        field("\u{FFFE}"),
        field("<!-- -- -->"),
        field("</Breach>\u{FFFF}"),
        format!("{ANSWER}<"),
        format!("{ANSWER}x"),
        ANSWER[..ANSWER.len() - 9].to_owned(),
        body(&"<a>".repeat(40)),
        format!("<!DOCTYPE html><title>a — b</title>{}", "é ".repeat(5_000)),
        "<!DOCTYPE x [".to_owned(),
        "plain text".to_owned(),
        "é".repeat(6_000),
        "{}".to_owned(),
        String::new(),
        "<?xml version='1.0' encoding='ibm037'?><a/>".to_owned(),
    ]
    .map(String::into_bytes)
    .to_vec();
    answers.push(ANSWER.replace("utf-8", "utf-16").encode_utf16().flat_map(u16::to_be_bytes).collect());
    answers.push([ANSWER.as_bytes(), b"\xC3"].concat());
    answers.push(field("a").replace("<Breach>a", "<Breach>\u{0}").into_bytes());
    // bytes that are not UTF-8, before and after something broken
    answers.push([b"<html><title>a</title>\xE9<p>".as_slice(), &[b'x'; 9000]].concat());
    answers.push([field("</x>").as_bytes(), b"\xE9"].concat());
    answers.push([b"\xE9".as_slice(), ANSWER.as_bytes()].concat());
    answers
}

#[test]
fn one_byte_at_a_time_is_as_good_as_all_at_once() {
    for answer in answers() {
        assert_eq!(in_pieces_of(&answer, 1), read(&answer), "{}", String::from_utf8_lossy(&answer));
    }
}

#[test]
fn the_cut_at_the_end_of_a_block_is_no_different() {
    // given answers in which every kind of piece lies across the reader's blocks of 16 KiB
    for shift in 0..600 {
        let padding = format!("<New>{}</New>", "x".repeat(16 * 1024 - 900 + shift));
        let answer = ANSWER
            .replace("<Doctors>", &format!("{padding}<Doctors>"))
            .replace("Marsh &amp; Vale", "Marsh\r\n&amp;<![CDATA[ ]]]]><![CDATA[>]]>]]<!-- - -->Vale😀");

        let (records, end) = read(&answer);
        assert!(end.is_ok());
        assert_eq!(records[1].doctor_last_name.as_deref(), Some("Marsh\n& ]]>]]Vale😀"));
    }
}

proptest! {
    #[test]
    fn random_cuts_are_no_different(which in 0..answers().len(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let answer = &answers()[which];
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(answer.len() + 1)).collect();
        cuts.extend([0, answer.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &answer[pair[0]..pair[1]]);

        prop_assert_eq!(read_pieces(pieces, Asked::new(REQUEST_ID)), read(answer));
    }
}
