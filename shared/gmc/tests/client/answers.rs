//! Answers that are good, in the forms that HTTP gives them.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use gmc::GmcSettings;
use sync::ports::gmc::FailureKind;

use crate::server::{Server, Step, response};
use crate::support::{ANSWER, ask, ask_for, ask_script, settings, transport};

const GZIP: &str = "Content-Encoding: gzip\r\nContent-Type: text/xml; charset=utf-8\r\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn an_answer_gives_its_doctors() {
    let (numbers, end) = ask_for("200 OK", "Content-Type: text/xml; charset=utf-8\r\n", ANSWER).await;

    assert_eq!(end.unwrap().gmc_request_id.as_deref(), Some("20261124000317"));
    assert_eq!(numbers, ["7000101", "0700102", "-"]);
}

#[tokio::test]
async fn an_answer_in_chunks_or_without_a_length_is_as_good() {
    let mut chunks = Vec::new();
    for chunk in ANSWER.as_bytes().chunks(100) {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunked = [head, chunks.as_slice(), b"0\r\n\r\n"].concat();
    let until_closed = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{ANSWER}");

    for answer in [chunked, until_closed.into_bytes()] {
        let (numbers, end) = ask_script(vec![Step::Send(answer)]).await;

        assert!(end.is_ok(), "{end:?}");
        assert_eq!(numbers.len(), 3);
    }
}

#[tokio::test]
async fn gzip_is_taken_off() {
    let (numbers, end) = ask_for("200 OK", GZIP, gzip(ANSWER.as_bytes())).await;

    assert!(end.is_ok(), "{end:?}");
    assert_eq!(numbers.len(), 3);
}

#[tokio::test]
async fn gzip_that_is_cut_or_broken_gives_no_doctors() {
    let whole = gzip(ANSWER.as_bytes());
    let mut broken = whole.clone();
    let middle = broken.len() / 2;
    broken[middle] ^= 0x40;

    for bytes in [&whole[..whole.len() - 20], &whole[..5], &broken, b"not gzip"] {
        transport(ask_for("200 OK", GZIP, bytes).await.1);
    }
}

#[tokio::test]
async fn a_gzip_bomb_is_stopped_at_the_limit() {
    // given 50 MB of white space in 50 kB
    let bomb = gzip(&[b" ".repeat(50_000_000), ANSWER.as_bytes().to_vec()].concat());
    assert!(bomb.len() < 100_000);
    let server = Server::start(vec![Step::Send(response("200 OK", GZIP, bomb))]).await;

    let (numbers, end) = ask(GmcSettings { max_answer_bytes: 1_000_000, ..settings(server.url) }).await;

    let failure = end.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unacceptable, "{failure:?}");
    assert_eq!(failure.message, "the answer is larger than 1000000 bytes");
    assert!(numbers.is_empty());
}

#[tokio::test]
async fn a_bomb_inside_the_envelope_is_stopped_as_well() {
    let filled = ANSWER.replace("<Doctors>", &format!("<Doctors>{}", " ".repeat(2_000_000)));
    let server = Server::start(vec![Step::Send(response("200 OK", GZIP, gzip(filled.as_bytes())))]).await;

    let (_, end) = ask(GmcSettings { max_answer_bytes: 1_000_000, ..settings(server.url) }).await;

    assert_eq!(end.unwrap_err().kind, FailureKind::Unacceptable);
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_told() {
    let failure = transport(ask_for("200 OK", "Content-Encoding: br\r\n", ANSWER).await.1);

    assert_eq!(failure.message, "http 200: the answer is in the encoding 'br', which was not asked for");
}

#[tokio::test]
async fn the_charset_of_http_counts_before_the_declaration() {
    // given Latin-1 bytes that call themselves UTF-8
    let latin: Vec<u8> =
        ANSWER.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect();

    let (_, end) = ask_for("200 OK", "Content-Type: text/xml; charset=ISO-8859-1\r\n", &latin).await;
    assert!(end.is_ok(), "{end:?}");

    let failure = transport(ask_for("200 OK", "Content-Type: text/xml\r\n", &latin).await.1);
    assert_eq!(failure.message, "the answer is broken after 1 doctors: bytes that are not of its encoding");
}

#[tokio::test]
async fn a_slow_answer_is_read_as_long_as_it_goes_on() {
    // given an answer that takes longer than the idle timeout, but never stops for that long
    let (head, rest) = ANSWER.split_at(ANSWER.len() - 40);
    let start = response("200 OK", "", ANSWER);
    let start = start[..start.len() - rest.len()].to_vec();
    let drip = Step::Drip(rest.as_bytes().to_vec(), Duration::from_millis(25));
    let server = Server::start(vec![Step::Send(start), drip]).await;

    let idle_timeout = Duration::from_millis(700);
    let (numbers, end) = ask(GmcSettings { idle_timeout, ..settings(server.url) }).await;

    assert!(end.is_ok(), "{end:?}, {}", head.len());
    assert_eq!(numbers.len(), 3);
}
