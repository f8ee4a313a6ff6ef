//! Bulk requests: their lines, their sizes, and what is answered for each line.

use std::ops::Range;

use bytes::Bytes;
use domain::index::Changes;
use opensearch::http::Method;
use opensearch::http::request::Body as _;
use opensearch::{BulkOperation, BulkOperations};
use serde::Deserialize;
use serde_json::Value;
use sync::ports::PortResult;
use sync::ports::index::{Action, IndexWrite, Version};

use crate::client::{Body, Client, Request};
use crate::failure::{Exception, Refusal};

/// The most bytes of one request. A managed domain's smallest nodes take 10 MiB.
const REQUEST_BYTES: usize = 3 << 20;

/// Gives up before the client does.
const SHARD_TIMEOUT: &str = "20s";

/// What is needed of an answer. Without wildcards, which a signature would have to write in another way.
const ANSWER: &str = "items.create.status,items.create.error.type,items.create.error.reason,\
    items.create.error.caused_by,items.update.status,items.update.error.type,items.update.error.reason,\
    items.update.error.caused_by,items.delete.status,items.delete.error.type,items.delete.error.reason,\
    items.delete.error.caused_by";

/// What was answered for one line.
pub(crate) enum LineOutcome {
    /// By OpenSearch, with its status.
    Answered(u16, Option<Exception>),
    /// The whole request was refused for a while: with its status.
    Later(u16, Refusal),
    /// It alone is larger than a request may be.
    TooLarge,
    /// There is no such index, which nobody has made in its place.
    MissingIndex,
}

/// Sends the lines in as few requests as they fit in; the outcomes are in their order.
pub(crate) async fn send(client: &Client, lines: &[Bytes]) -> PortResult<Vec<LineOutcome>> {
    let mut outcomes = Vec::with_capacity(lines.len());
    let mut pending = requests(lines);
    pending.reverse();
    while let Some(range) = pending.pop() {
        let answer = client
            .send(Request {
                what: "write documents",
                method: Method::Post,
                path: "/_bulk",
                query: &[("filter_path", ANSWER), ("timeout", SHARD_TIMEOUT)],
                body: Body::Lines(Bytes::from(lines[range.clone()].concat())),
            })
            .await?;
        match answer.status {
            413 if range.len() > 1 => {
                let middle = range.start + range.len() / 2;
                pending.extend([middle..range.end, range.start..middle]);
            }
            413 => outcomes.push(LineOutcome::TooLarge),
            429 => outcomes.extend(range.map(|_| LineOutcome::Later(429, answer.refusal()))),
            _ => {
                let Answered { items } = answer.read()?;
                if items.len() != range.len() {
                    return Err(answer.unexpected(&format!(
                        "{} answers to {} writes",
                        items.len(),
                        range.len()
                    )));
                }
                outcomes.extend(items.into_iter().map(|Item { result: ItemResult { status, error } }| {
                    if error.as_ref().is_some_and(Exception::is_missing_index) {
                        return LineOutcome::MissingIndex;
                    }
                    LineOutcome::Answered(status, error)
                }));
            }
        }
    }
    Ok(outcomes)
}

/// Which lines go together.
fn requests(lines: &[Bytes]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (place, line) in lines.iter().enumerate() {
        match ranges.last_mut() {
            Some(range) if bytes + line.len() <= REQUEST_BYTES => range.end += 1,
            _ => {
                ranges.push(place..place + 1);
                bytes = 0;
            }
        }
        bytes += line.len();
    }
    ranges
}

/// A write as bulk has it: a line that says what to do, and mostly one that says with what.
pub(crate) fn line(index: &str, write: &IndexWrite) -> Result<Bytes, opensearch::Error> {
    let id = write.id.as_str();
    let mut line = BulkOperations::new();
    match &write.action {
        Action::Create(doc) => line.push(BulkOperation::create(id, doc).index(index))?,
        Action::Update(Version { seq_no, primary_term }, changes) => {
            let update = BulkOperation::update(id, body_of(changes)).index(index);
            line.push(update.if_seq_no(*seq_no).if_primary_term(*primary_term))?;
        }
        Action::Delete(Version { seq_no, primary_term }) => {
            let delete = BulkOperation::<()>::delete(id).index(index);
            line.push(delete.if_seq_no(*seq_no).if_primary_term(*primary_term))?;
        }
    }
    Ok(line.bytes().unwrap_or_default())
}

/// A partial document: what it does not name stays, and a null empties. OpenSearch would merge an object into the one
/// that is there, so objects, which only other services write, are put in their place by a script.
fn body_of(changes: &Changes) -> Value {
    let is_object = |value: &Value| value.is_object();
    let doc: serde_json::Map<String, Value> = changes
        .iter()
        .map(|(field, value)| {
            let value = value.clone().map_or(Value::Null, domain::index::Value::into_json);
            (field.as_str().to_owned(), value)
        })
        .collect();
    if doc.values().any(is_object) {
        return serde_json::json!({"script": {"source": "ctx._source.putAll(params.doc)", "params": {"doc": doc}}});
    }
    serde_json::json!({ "doc": doc })
}

#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(alias = "create", alias = "update", alias = "delete")]
    result: ItemResult,
}

#[derive(Deserialize)]
struct ItemResult {
    status: u16,
    error: Option<Exception>,
}

#[cfg(test)]
mod tests {
    use domain::GmcNumber;
    use domain::index::{Field, IndexDoc, IndexName, Value as FieldValue};
    use serde_json::json;

    use super::*;

    fn written(action: Action) -> String {
        let number = GmcNumber::parse("7000001").unwrap();
        let write = IndexWrite { index: IndexName::Master, id: "7000001".into(), number, action };
        String::from_utf8(line("masterdoctorindex", &write).unwrap().into()).unwrap()
    }

    #[test]
    fn a_write_names_what_it_was_made_from() {
        let version = Version { seq_no: 5, primary_term: 2 };
        let changes = vec![(Field::DesignatedBody, None), (Field::ConnectionStatus, Some("No".into()))];
        let target = r#""_index":"masterdoctorindex","_id":"7000001""#;
        assert_eq!(
            written(Action::Update(version, changes)),
            format!(
                "{{\"update\":{{{target},\"if_seq_no\":5,\"if_primary_term\":2}}}}\n\
                 {{\"doc\":{{\"connectionStatus\":\"No\",\"designatedBody\":null}}}}\n"
            )
        );
        assert_eq!(
            written(Action::Delete(version)),
            format!("{{\"delete\":{{{target},\"if_seq_no\":5,\"if_primary_term\":2}}}}\n")
        );
        let mut doc = IndexDoc::default();
        doc.set(Field::DoctorLastName, Some("O'Neill\nŁuczak".into()));
        assert_eq!(
            written(Action::Create(doc)),
            format!("{{\"create\":{{{target}}}}}\n{{\"doctorLastName\":\"O'Neill\\nŁuczak\"}}\n")
        );
    }

    #[test]
    fn an_object_is_put_in_the_place_of_another() {
        let value = FieldValue::from_json(json!({"a": 1}));
        let body = body_of(&vec![(Field::ProgrammeOwner, value), (Field::Admin, None)]);
        assert_eq!(body["script"]["params"]["doc"], json!({"programmeOwner": {"a": 1}, "admin": null}));
    }

    #[test]
    fn requests_hold_as_much_as_fits_and_every_line_once() {
        let line = |bytes: usize| Bytes::from(vec![b'x'; bytes]);
        let half = REQUEST_BYTES / 2;
        assert_eq!(requests(&[]), []);
        assert_eq!(requests(&[line(half), line(half), line(1)]), [0..2, 2..3]);
        assert_eq!(requests(&[line(1), line(REQUEST_BYTES + 1), line(1), line(1)]), [0..1, 1..2, 2..4]);
    }
}
