//! Answers without an end, and what they cost. A process of its own, because its memory is measured.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fmt::Write as _;
use std::time::Duration;

use domain::{BodyCode, Moment, RunNumber};
use gmc::{Credentials, DEFAULT_MAX_ANSWER_BYTES, GmcClient, GmcSettings};
use sync::chunker::{Chunker, Header};
use sync::ports::gmc::{FailureKind, Gmc as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

const ANSWER: &str = include_str!("../data/answer.xml");
const REQUEST_ID: Uuid = Uuid::from_u128(0x3f0c_6f0e_6d1c_4c55_8d0e_1f6f_3f7b_9a10);

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// What a function has is 512 MiB, with everything else in it.
const MOST: u64 = 360 * MIB;

#[tokio::test]
async fn an_answer_of_a_gibibyte_is_read_to_the_limit_and_no_further_in_memory_that_a_function_has() {
    let before = peak_memory();

    // given doctors without an end, each with another number and with names that grow in messages
    let (url, server) = serve(GIB, "").await;
    let mut chunker = Chunker::default();
    let failure = client(url).doctors(&code(), REQUEST_ID, Duration::MAX, &mut chunker).await.unwrap_err();

    // then the answer is not good, and the service was not listened to for longer than to the limit
    assert_eq!(failure.kind, FailureKind::Unacceptable, "{failure}");
    assert_eq!(failure.message, format!("the answer is larger than {DEFAULT_MAX_ANSWER_BYTES} bytes"));
    let sent = server.await.unwrap();
    assert!(sent < DEFAULT_MAX_ANSWER_BYTES + 32 * MIB, "{sent} bytes were taken");
    assert!(chunker.usable() > 100, "{} doctors", chunker.usable());
    drop(chunker);

    // given the largest answer that is good
    let end = &ANSWER[ANSWER.find("</Doctors>").unwrap()..];
    let (url, server) = serve(DEFAULT_MAX_ANSWER_BYTES - MIB, end).await;
    let mut chunker = Chunker::default();
    client(url).doctors(&code(), REQUEST_ID, Duration::MAX, &mut chunker).await.unwrap();
    let doctors = chunker.usable();
    let header = Header {
        run: RunNumber(1),
        code: code(),
        fetch: REQUEST_ID,
        asked_at: Moment(0),
        gmc_request_id: None,
    };
    let messages = chunker.messages(&header).unwrap();

    // then all its doctors are in messages that the queues take
    assert!(server.await.unwrap() > DEFAULT_MAX_ANSWER_BYTES - 2 * MIB);
    assert!(doctors > 100, "{doctors} doctors");
    assert!(messages.iter().all(|message| message.body.len() <= 256 * 1024));

    if let (Some(before), Some(after)) = (before, peak_memory()) {
        let cost = after - before;
        assert!(cost < MOST, "{} MiB", cost / MIB);
    }
}

/// Answers one request with an envelope in which doctors go on for so many bytes, then with `end`. How many bytes were
/// taken.
async fn serve(bytes: u64, end: &'static str) -> (url::Url, JoinHandle<u64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 8 * 1024]).await.unwrap();
        let begin = &ANSWER[..ANSWER.find("<GetDoctorsForDBResponse_Doctor>").unwrap()];
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{begin}");
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut sent, mut number) = (0, 0);
        // what takes one byte here takes two in JSON
        let name = "\"".repeat(56 * 1024);
        let mut doctor = String::new();
        while sent < bytes {
            number += 1;
            doctor.clear();
            write!(
                doctor,
                "<GetDoctorsForDBResponse_Doctor><GMCReferenceNumber>{number:07}</GMCReferenceNumber>\
                 <DoctorLastName>{name}</DoctorLastName></GetDoctorsForDBResponse_Doctor>"
            )
            .unwrap();
            if stream.write_all(doctor.as_bytes()).await.is_err() {
                return sent;
            }
            sent += doctor.len() as u64;
        }
        let _ = stream.write_all(end.as_bytes()).await;
        sent
    });
    (url, serving)
}

fn client(url: url::Url) -> GmcClient {
    GmcClient::new(GmcSettings::new(url, Credentials::new("user", "password".into(), "us").unwrap())).unwrap()
}

fn code() -> BodyCode {
    BodyCode::parse("1-1RUZUSF").unwrap()
}

/// The most memory that this process has had, in bytes, where the system tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}
