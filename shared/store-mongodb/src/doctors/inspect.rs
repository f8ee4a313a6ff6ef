//! A whole document of `doctorsForDB`, other services' fields as well, for who looks a doctor up.

use domain::{GmcNumber, Moment};
use mongodb::bson::{Bson, doc};
use serde_json::Value;
use sync::ports::PortResult;

use crate::collections::DOCTORS;
use crate::dates::{day_of, midnight};
use crate::store::MongoStore;

impl MongoStore {
    /// The document of a doctor. In JSON a date is `"2026-11-23"`, a moment `"2026-11-23T01:02:03.004Z"`.
    pub async fn document(&self, number: GmcNumber) -> PortResult<Option<Value>> {
        let what = "read a document of doctorsForDB";
        let doctors = self.collection(DOCTORS);
        let filter = doc! {"_id": number.to_string()};
        let found = self.timed(what, async { doctors.find_one(filter).await }).await?;
        Ok(found.map(|document| shown(Bson::Document(document))))
    }
}

fn shown(value: Bson) -> Value {
    match value {
        Bson::Document(fields) => {
            Value::Object(fields.into_iter().map(|(field, value)| (field, shown(value))).collect())
        }
        Bson::Array(items) => Value::Array(items.into_iter().map(shown).collect()),
        Bson::String(text) => Value::String(text),
        Bson::Boolean(flag) => Value::Bool(flag),
        Bson::Int32(number) => number.into(),
        Bson::Int64(number) => number.into(),
        Bson::Double(number) => number.into(),
        Bson::Null => Value::Null,
        Bson::ObjectId(id) => Value::String(id.to_hex()),
        // a moment that happens to be at midnight is shown as its day
        Bson::DateTime(at) => Value::String(match day_of(at).filter(|day| midnight(*day) == at) {
            Some(day) => day.to_string(),
            None => Moment(at.timestamp_millis()).to_string(),
        }),
        other => Value::String(other.to_string()),
    }
}
