//! Everything that is stored, at one moment, read with the plain driver and plain HTTP.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, doc};
use night_tests::Snapshot;
use serde_json::{Map, Value};

use crate::failure::{Failure, Result, Told as _};
use crate::indexes::NAMES;
use crate::stack::Stack;

/// The fields that hold a day: midnight UTC, and nothing else.
const DAYS: [&str; 3] = ["submissionDate", "dateAdded", "lastUpdatedDate"];

impl Stack {
    /// Reads it. Days are texts, moments are milliseconds, and what is null in an index counts as absent: a search cannot
    /// tell the two apart.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        self.indexes.refresh().await?;
        let mut doctors = BTreeMap::new();
        for mut document in self.documents("doctorsForDB").await? {
            // the sync's own hint, on which nothing rests
            document.remove("gmcSyncRun");
            doctors
                .insert(document.get_str("_id").told("an id of doctorsForDB")?.to_owned(), json(document)?);
        }
        let logs = self.documents("connectionLogs").await?.into_iter().map(json).collect::<Result<_>>()?;
        let mut indexes: [BTreeMap<_, BTreeMap<_, _>>; 4] = Default::default();
        for (name, index) in NAMES.iter().zip(&mut indexes) {
            for mut hit in self.indexes.all(name).await? {
                let (Value::String(id), Value::Object(mut source)) =
                    (hit["_id"].take(), hit["_source"].take())
                else {
                    return Err(Failure::new(*name, "a hit without an id or a document"));
                };
                source.retain(|_, value| !value.is_null());
                let number = source.get("gmcReferenceNumber").and_then(Value::as_str).unwrap_or_default();
                index.entry(number.to_owned()).or_default().insert(id, source);
            }
        }
        Ok(Snapshot { doctors, indexes, logs })
    }

    async fn documents(&self, collection: &str) -> Result<Vec<Document>> {
        let collection: Collection<Document> = self.database.collection(collection);
        let what = collection.name().to_owned();
        let found = collection.find(doc! {}).sort(doc! { "requestTime": 1 }).await.told(what.as_str())?;
        found.try_collect().await.told(what)
    }
}

fn json(document: Document) -> Result<Map<String, Value>> {
    document.into_iter().map(|(field, value)| Ok((field.clone(), plain(&field, value)?))).collect()
}

fn plain(field: &str, value: Bson) -> Result<Value> {
    match value {
        Bson::DateTime(moment) if DAYS.contains(&field) => {
            let moment = jiff::Timestamp::from_millisecond(moment.timestamp_millis()).told(field)?;
            let text = moment.to_string();
            let day = text.strip_suffix("T00:00:00Z");
            day.map(Value::from)
                .ok_or_else(|| Failure::new(format!("{field} is {text}"), "no midnight in utc"))
        }
        Bson::DateTime(moment) => Ok(moment.timestamp_millis().into()),
        Bson::String(text) => Ok(text.into()),
        Bson::Boolean(flag) => Ok(flag.into()),
        Bson::Int32(number) => Ok(number.into()),
        Bson::Int64(number) => Ok(number.into()),
        other => Err(Failure::new(format!("{field} is {other}"), "no kind of value that belongs there")),
    }
}
