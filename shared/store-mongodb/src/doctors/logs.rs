//! Documents of `connectionLogs`.

use domain::{GmcNumber, Moment};
use mongodb::bson::{Document, RawBsonRef, RawDocument, doc};
use sync::ports::doctors::ConnectionLog;

use crate::dates::stored_moment;

/// An entry as it is stored; a body that is absent is absent, which other services read as null.
pub(super) fn log_document(entry: &ConnectionLog) -> Document {
    let mut document = doc! {
        "_id": &entry.id,
        "gmcId": entry.gmc_id.to_string(),
        "updatedBy": &entry.updated_by,
        "requestTime": stored_moment(entry.request_time),
    };
    for (field, code) in [
        ("newDesignatedBodyCode", &entry.new_designated_body_code),
        ("previousDesignatedBodyCode", &entry.previous_designated_body_code),
    ] {
        if let Some(code) = code {
            document.insert(field, code);
        }
    }
    document
}

/// An entry of whoever's: what another service left out is empty, so that the history is shown all the same.
pub(super) fn log_of(document: &RawDocument, number: GmcNumber) -> ConnectionLog {
    let value = |field| document.get(field).ok().flatten();
    let text = |field| value(field).and_then(RawBsonRef::as_str).map(str::to_owned);
    let id = match value("_id") {
        Some(RawBsonRef::String(id)) => id.to_owned(),
        Some(RawBsonRef::ObjectId(id)) => id.to_hex(),
        _ => String::new(),
    };
    let at = value("requestTime").and_then(RawBsonRef::as_datetime);
    ConnectionLog {
        id,
        gmc_id: number,
        new_designated_body_code: text("newDesignatedBodyCode"),
        previous_designated_body_code: text("previousDesignatedBodyCode"),
        updated_by: text("updatedBy").unwrap_or_default(),
        request_time: at.map_or(Moment::default(), |at| Moment(at.timestamp_millis())),
    }
}
