//! The ledger's documents: real fields, moments as dates, so that an operator can read and query them in a shell.

use domain::{BodyCode, Moment, RunNumber};
use jiff::Timestamp;
use mongodb::bson::{Bson, DateTime, Document, doc};
use serde::Serialize;
use sync::ledger::{Body, Lock, Run};
use sync::ports::{PortError, PortResult};
use uuid::Uuid;

use crate::dates::stored_moment;

/// The `_id` of the one document of the lock.
pub(crate) const LOCK_ID: &str = "lock";

/// When a document was last written: what the TTL indexes go by.
pub(crate) const WRITTEN_AT: &str = "writtenAt";

/// The fields of the ledger that are moments, wherever they stand.
const MOMENTS: [&str; 13] = [
    "askedAt",
    "at",
    "closed",
    "deadline",
    "expires",
    "giveUp",
    "hiding",
    "lookingAgain",
    "opened",
    "running",
    "settledAt",
    "sweeping",
    "swept",
];

/// The lock.
pub(crate) fn lock_document(lock: &Lock) -> PortResult<Document> {
    let mut document = to_stored("the lock", lock)?;
    document.insert("_id", LOCK_ID);
    if let Ok(holder) = document.get_document_mut("holder") {
        accepted_to_list(holder);
    }
    Ok(document)
}

/// A run.
pub(super) fn run_document(run: &Run) -> PortResult<Document> {
    let mut document = to_stored("a run", run)?;
    document.insert("_id", run.number.0);
    document.insert("isOpen", run.is_open());
    accepted_to_list(&mut document);
    Ok(document)
}

/// A body of a run.
pub(super) fn body_document(body: &Body) -> PortResult<Document> {
    let mut document = to_stored("a body of a run", body)?;
    document.insert("_id", body_id(body.run, &body.code));
    Ok(document)
}

/// `<run>/<code>`.
pub(super) fn body_id(run: RunNumber, code: &BodyCode) -> String {
    format!("{run}/{code}")
}

/// All documents whose `_id` begins with the run and a slash.
pub(super) fn of_run(run: RunNumber) -> Document {
    beginning_with(&run.to_string())
}

/// All documents of one roll of a body, or of one fetch of it.
pub(super) fn of_list(run: RunNumber, code: &BodyCode, list: Uuid) -> Document {
    beginning_with(&format!("{run}/{code}/{list}"))
}

/// All documents of one sending of looks.
pub(super) fn of_looks(run: RunNumber, look: Uuid) -> Document {
    beginning_with(&format!("{run}/{look}"))
}

/// Whose `_id` begins with `start` and a slash: a range of the index on `_id`, after which comes `0`.
fn beginning_with(start: &str) -> Document {
    doc! {"_id": {"$gte": format!("{start}/"), "$lt": format!("{start}0")}}
}

/// A document as it is stored, without its `_id`.
pub(super) fn to_stored(what: &str, value: &impl Serialize) -> PortResult<Document> {
    let mut document = mongodb::bson::serialize_to_document(value)
        .map_err(|error| PortError::permanent(format!("{what} cannot be stored in MongoDB: {error}")))?;
    for (key, value) in document.iter_mut() {
        moments_to_dates(key, value);
    }
    document.insert(WRITTEN_AT, stored_moment(Timestamp::now().into()));
    Ok(document)
}

/// A stored document in the shape that [`to_stored`] got.
pub(super) fn from_stored(mut document: Document) -> Document {
    for (_, value) in document.iter_mut() {
        dates_to_moments(value);
    }
    accepted_to_map(&mut document);
    if let Ok(holder) = document.get_document_mut("holder") {
        accepted_to_map(holder);
    }
    document
}

/// A stored moment.
pub(super) fn moment_of(value: DateTime) -> Moment {
    Moment(value.timestamp_millis())
}

fn moments_to_dates(key: &str, value: &mut Bson) {
    match value {
        Bson::Int64(milliseconds) if MOMENTS.contains(&key) => {
            *value = DateTime::from_millis(*milliseconds).into();
        }
        Bson::Document(fields) => fields.iter_mut().for_each(|(key, value)| moments_to_dates(key, value)),
        Bson::Array(items) => items.iter_mut().for_each(|item| moments_to_dates(key, item)),
        _ => {}
    }
}

fn dates_to_moments(value: &mut Bson) {
    match value {
        Bson::DateTime(date) => *value = Bson::Int64(date.timestamp_millis()),
        Bson::Document(fields) => fields.iter_mut().for_each(|(_, value)| dates_to_moments(value)),
        Bson::Array(items) => items.iter_mut().for_each(dates_to_moments),
        _ => {}
    }
}

/// The accepted losses are a map by body, and a code may have a dot, which DocumentDB allows in no field's name
/// (<https://docs.aws.amazon.com/documentdb/latest/developerguide/functional-differences.html>).
fn accepted_to_list(run: &mut Document) {
    if let Some(accept) = accepted(run)
        && let Bson::Document(map) = accept
    {
        let list: Vec<Bson> = std::mem::take(map)
            .into_iter()
            .map(|(code, doctors)| doc! {"code": code, "doctors": doctors}.into())
            .collect();
        *accept = list.into();
    }
}

fn accepted_to_map(run: &mut Document) {
    if let Some(accept) = accepted(run)
        && let Bson::Array(list) = accept
    {
        let pairs = std::mem::take(list).into_iter().filter_map(|item| match item {
            Bson::Document(mut pair) => {
                Some((pair.get_str("code").ok()?.to_owned(), pair.remove("doctors")?))
            }
            _ => None,
        });
        *accept = Bson::Document(pairs.collect());
    }
}

fn accepted(run: &mut Document) -> Option<&mut Bson> {
    run.get_document_mut("settings").ok()?.get_document_mut("safeguard").ok()?.get_mut("accept")
}
