//! The answer of the GMC's service.

use domain::{BodyCode, GmcNumber, GmcRecord, Moment, RunNumber};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use gmc::{AnswerReader, Asked, ReadError};
use sync::chunker::{Chunker, Header};
use sync::messages::{ToRecommendationUpdate, read as read_message};
use sync::ports::gmc::{AnswerEnd, GmcFailure, RecordSink};
use uuid::Uuid;

use crate::told::assert_one_plain_line;
use crate::tree::{Refusal, by_the_contract};

/// The `ClientRequestID` that is said to have been sent.
pub const REQUEST_ID: Uuid = Uuid::from_u128(0x3f0c_6f0e_6d1c_4c55_8d0e_1f6f_3f7b_9a10);

/// The greatest message that a queue takes, in bytes.
const MAX_MESSAGE: usize = 256 * 1024;

/// Whatever the service sends, and however its bytes are cut:
///
/// - the reader gives the same doctors and the same end
/// - an answer is good only if another parser, which has the whole of it in memory, finds it well-formed, and finds the
///   same doctors in it by the contract; an answer that is good to that other parser is refused for a reason that the
///   reader may have, see `may_be_stricter`
/// - a beginning of an answer is never good, unless nothing but white space and comments is missing
/// - what went wrong is told in one line
/// - the doctors of a good answer are in messages of a size that the queues take
pub fn soap(data: &[u8]) {
    let (records, end) = read([data]);
    assert_eq!(read(data.chunks(1)), (records.clone(), end.clone()), "one byte at a time");
    assert_eq!(read(pieces(data)), (records.clone(), end.clone()), "in pieces");

    if let Err(error) = &end {
        assert_one_plain_line(&GmcFailure::from(error.clone()).to_string(), 400);
    }
    assert_as_another_parser_sees_it(data, &records, &end);
    if end.is_ok() {
        let cut =
            data.iter().fold(0_usize, |cut, &byte| cut.wrapping_mul(31) + usize::from(byte)) % data.len();
        let (beginning, cut_end) = read([&data[..cut]]);
        assert!(cut_end.is_err() || beginning == records, "the first {cut} bytes are another good answer");
        assert_messages_hold(&records);
    }
}

/// Whether the reader finds an answer good.
pub fn is_good(data: &[u8]) -> bool {
    read([data]).1.is_ok()
}

type Records = Vec<GmcRecord<'static>>;

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Records, Result<AnswerEnd, ReadError>) {
    let mut records = Vec::new();
    let mut sink = |record: &GmcRecord<'_>| records.push(owned(record));
    let mut reader = AnswerReader::new(Asked::new(REQUEST_ID));
    for piece in pieces {
        if reader.push(piece, &mut sink).is_err() {
            break;
        }
    }
    let end = reader.finish();
    (records, end)
}

/// Cuts data into pieces whose sizes, from none to 62 bytes, are taken from it.
fn pieces(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    data.iter().rev().chain(std::iter::repeat(&62)).map_while(move |&size| {
        let (piece, after) = rest.split_at(usize::from(size % 63).min(rest.len()));
        let is_left = !rest.is_empty();
        rest = after;
        is_left.then_some(piece)
    })
}

/// The reader and roxmltree, which know nothing of each other.
fn assert_as_another_parser_sees_it(data: &[u8], records: &Records, end: &Result<AnswerEnd, ReadError>) {
    let Some(text) = decoded(data) else {
        assert!(end.is_err(), "bytes that are not of their encoding are read");
        return;
    };
    match (by_the_contract(&text, REQUEST_ID), end) {
        (Ok(expected), Ok(_)) => assert_eq!(comparable(records), comparable(&expected)),
        (Err(refusal), Ok(_)) => {
            panic!("the reader finds an answer good, and another one does not: {refusal:?}")
        }
        (Ok(_), Err(error)) => assert!(may_be_stricter(&text, error), "{error:?}"),
        (Err(Refusal::Contract(_) | Refusal::NotXml(_)), Err(_)) => {}
    }
}

/// Where the reader may refuse what roxmltree takes:
///
/// - what is beyond a limit; roxmltree has none
/// - an encoding that is not among those that are read
/// - a reference that is longer than any that is needed, or stands for half a surrogate: roxmltree takes both
/// - a name that begins with a colon: roxmltree takes `:a` for `a`
fn may_be_stricter(text: &str, error: &ReadError) -> bool {
    let has_many = |mark: char, more_than: usize| text.matches(mark).count() > more_than;
    match error {
        ReadError::Unacceptable("elements are too deep in each other") => has_many('<', 32),
        ReadError::Unacceptable("an element has too many attributes") => has_many('=', 32),
        ReadError::Unacceptable("it declares too many namespaces") => has_many('=', 64),
        ReadError::Unacceptable("a name is too long") => text.len() > 256,
        ReadError::Unacceptable("its xml declaration is too long") => text.len() > 1024,
        ReadError::Unacceptable("a value is too long" | "a tag, comment or CDATA section is too long") => {
            text.len() > 64 * 1024
        }
        ReadError::Unacceptable(what) => what.starts_with("its encoding is none of"),
        ReadError::Broken {
            what: "a '&' that begins no reference" | "a reference to a character that xml does not allow",
            ..
        } => text.contains("&#"),
        ReadError::Broken {
            what: "a name with a colon too many" | "an end tag that does not match", ..
        } => {
            let begins_a_name = |before: char| before.is_ascii_whitespace() || "</".contains(before);
            text.match_indices(':').any(|(at, _)| text[..at].ends_with(begins_a_name))
        }
        _ => false,
    }
}

/// The text of a document, decoded as a whole: by its byte order mark, by the look of UTF-16, by its declaration, or as
/// UTF-8; `None` when the bytes are not of that encoding.
fn decoded(data: &[u8]) -> Option<String> {
    let (encoding, length) = Encoding::for_bom(data).unwrap_or_else(|| {
        let encoding = match data {
            [0, b'<', ..] => UTF_16BE,
            [b'<', 0, ..] => UTF_16LE,
            _ => declared(data).unwrap_or(UTF_8),
        };
        (encoding, 0)
    });
    let text = encoding.decode_without_bom_handling_and_without_replacement(&data[length..])?;
    Some(text.into_owned())
}

/// The encoding that a legible declaration names. That it is legible says that it is no UTF-16, whatever it names.
fn declared(data: &[u8]) -> Option<&'static Encoding> {
    let end = data.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&data[..end]).ok()?.strip_prefix("<?xml")?;
    // a declaration is written like an element's attributes
    let element = format!("<xml{declaration}/>");
    let document = roxmltree::Document::parse(&element).ok()?;
    let encoding = Encoding::for_label(document.root_element().attribute("encoding")?.as_bytes())?;
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

/// What is compared: roxmltree takes a carriage return for a line end that a reference stands for.
fn comparable(records: &[GmcRecord<'_>]) -> String {
    format!("{records:#?}").replace("\\r\\n", "\\n").replace("\\r", "\\n")
}

/// The messages that carry the doctors of an answer.
fn assert_messages_hold(records: &Records) {
    let mut chunker = Chunker::default();
    for record in records {
        chunker.record(record);
    }
    let usable = chunker.usable();
    let Ok(code) = BodyCode::parse("1-1RUZUSF") else { return };
    let header =
        Header { run: RunNumber(1), code, fetch: REQUEST_ID, asked_at: Moment(0), gmc_request_id: None };
    let messages = match chunker.messages(&header) {
        Ok(messages) => messages,
        Err(error) => panic!("{error}"),
    };
    let mut numbers: Vec<GmcNumber> = Vec::new();
    for message in &messages {
        assert!(message.body.len() <= MAX_MESSAGE, "a message of {} bytes", message.body.len());
        match read_message(&message.body) {
            Ok(ToRecommendationUpdate::Chunk(chunk)) => {
                let text =
                    |record: &GmcRecord<'_>| record.gmc_reference_number.as_deref().map(GmcNumber::parse);
                numbers.extend(chunk.doctors.iter().filter_map(|record| text(record)?.ok()));
            }
            other => panic!("no chunk: {other:?}"),
        }
    }
    assert!(numbers.is_sorted() && numbers.len() == usable, "{usable} doctors became {numbers:?}");
}

fn owned(record: &GmcRecord<'_>) -> GmcRecord<'static> {
    let own = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(|text| text.to_owned().into());
    GmcRecord {
        gmc_reference_number: own(&record.gmc_reference_number),
        doctor_first_name: own(&record.doctor_first_name),
        doctor_last_name: own(&record.doctor_last_name),
        submission_date: own(&record.submission_date),
        doctor_status: own(&record.doctor_status),
        breach: own(&record.breach),
        date_added: own(&record.date_added),
        under_notice: own(&record.under_notice),
        investigation: own(&record.investigation),
        preliminary_investigation: own(&record.preliminary_investigation),
        sanction: own(&record.sanction),
    }
}
