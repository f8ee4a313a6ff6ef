//! The messages of every queue.

use domain::{GmcDoctor, Moment};
use sync::messages::{
    ChunkMessage, ToConnectionIndex, ToGmcFetch, ToPrepareSync, ToRecommendationUpdate, outgoing, read,
};

use crate::told::assert_one_plain_line;

/// Reads a message as one queue's: what is read is the same when it is written and read again, and what is not read is
/// told by kind and place alone, since a doctor's name may stand there. Whether it was read.
macro_rules! read_as {
    ($queue:ty, $text:expr) => {
        match read::<$queue>($text) {
            Ok(message) => {
                let written = outgoing(&message).map(|outgoing| outgoing.body).unwrap_or_default();
                match read::<$queue>(&written) {
                    Ok(again) => assert_eq!(again, message),
                    Err(error) => panic!("{message:?} was written as {written}: {error}"),
                }
                Some(message)
            }
            Err(error) => {
                assert_only_a_place_is_told(&error.to_string());
                assert_only_a_place_is_told(&format!("{error:?}"));
                None
            }
        }
    };
}

/// Whatever stands in a queue is read by the stage that it is for, and is the same when it is sent on, or is refused
/// without a word of it.
pub fn messages(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let to_prepare = read_as!(ToPrepareSync, text).is_some();
    let to_fetch = read_as!(ToGmcFetch, text).is_some();
    let to_database = read_as!(ToRecommendationUpdate<'_>, text);
    let to_index = read_as!(ToConnectionIndex<'_>, text);

    // a message that went to the wrong queue does nothing there; only a chunk is for two
    let chunks = match (&to_database, &to_index) {
        (Some(ToRecommendationUpdate::Chunk(one)), Some(ToConnectionIndex::Chunk(other))) => {
            assert_eq!(one, other);
            1
        }
        _ => 0,
    };
    let readers = [to_prepare, to_fetch, to_database.is_some(), to_index.is_some()];
    assert!(readers.iter().filter(|&&read| read).count() <= 1 + chunks, "{text}");

    if let Some(ToRecommendationUpdate::Chunk(chunk)) = &to_database {
        use_chunk(chunk);
    }
}

/// What every stage does with a chunk before anything else.
fn use_chunk(chunk: &ChunkMessage<'_>) {
    let moment = chunk.asked_at;
    let _ =
        (moment.to_string(), moment.london_date(), Moment(0).since(moment), moment.since(Moment(i64::MAX)));
    for record in &chunk.doctors {
        let Ok(doctor) = GmcDoctor::read(record) else { continue };
        let number = doctor.number.to_string();
        assert!(number.len() == 7 && number.bytes().all(|byte| byte.is_ascii_digit()), "{number:?}");
        for (_, text) in doctor.unreadable() {
            // 40 characters, and the mark of a cut
            assert_one_plain_line(text, 41);
        }
        let _ = doctor.missing().count();
    }
}

/// Nothing but the kind of the error, and numbers.
#[track_caller]
fn assert_only_a_place_is_told(told: &str) {
    const WORDS: [&str; 17] = [
        "a",
        "message",
        "that",
        "cannot",
        "be",
        "read",
        "Io",
        "Syntax",
        "Data",
        "Eof",
        "error",
        "at",
        "line",
        "column",
        "Unreadable",
        "kind",
        "",
    ];
    let words = told.split(|character: char| !character.is_ascii_alphabetic());
    let quoted: Vec<&str> = words.filter(|word| !WORDS.contains(word)).collect();
    assert!(quoted.is_empty() && told.len() < 100, "{told}");
}
