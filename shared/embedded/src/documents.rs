//! Whole documents of the shared database, as other services save and read them (docs/domain.md §5).
//!
//! In JSON a date is `"2026-11-23"`, a moment `"2026-11-23T01:02:03.004Z"`; absent values are absent.

use domain::{GmcNumber, Moment};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension as _, Row, params_from_iter};
use serde_json::{Map, Value};
use sync::ports::PortResult;

use crate::sql::{Failure, NULL, integer, key, owned};
use crate::store::Store;

/// What a column of `doctors` holds.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Date,
    Bool,
    Integer,
    Moment,
}

/// The fields of `doctorsForDB` that have columns of their own; all others are in `rest`.
const DOCTOR_FIELDS: [(&str, Kind); 12] = [
    ("designatedBodyCode", Kind::Text),
    ("doctorStatus", Kind::Text),
    ("underNotice", Kind::Text),
    ("gmcLastUpdatedDateTime", Kind::Moment),
    ("gmcSyncRun", Kind::Integer),
    ("existsInGmc", Kind::Bool),
    ("doctorFirstName", Kind::Text),
    ("doctorLastName", Kind::Text),
    ("submissionDate", Kind::Date),
    ("dateAdded", Kind::Date),
    ("lastUpdatedDate", Kind::Date),
    ("sanction", Kind::Text),
];

impl Store {
    /// Saves a whole document of `doctorsForDB` as another service does: what was there is gone. Its `_id` must be a
    /// GMC number, and the fields that docs/domain.md §5 lists of the types it says.
    pub async fn put_document(&self, document: Value) -> PortResult<()> {
        self.writing("save a document of doctorsForDB", move |transaction| {
            let mut fields = object(document)?;
            let number = take_number(&mut fields, "_id")?;
            let mut values = vec![integer(key(number))];
            for (field, kind) in DOCTOR_FIELDS {
                values.push(take(&mut fields, field, kind)?);
            }
            values.push(rest(&fields)?);
            // by name: a column that is added later stands behind the others
            let columns = DOCTOR_FIELDS.map(|(field, _)| field).join(", ");
            let places = vec!["?"; values.len()].join(", ");
            transaction
                .prepare_cached(&format!("REPLACE INTO doctors (gmc, {columns}, rest) VALUES ({places})"))?
                .execute(params_from_iter(values))?;
            Ok(())
        })
        .await
    }

    /// A whole document of `doctorsForDB`, as another service reads it.
    pub async fn document(&self, number: GmcNumber) -> PortResult<Option<Value>> {
        self.reading("read a document of doctorsForDB", move |transaction| {
            let mut statement = transaction.prepare_cached("SELECT * FROM doctors WHERE gmc = ?1")?;
            let fields = statement.query_row([key(number)], |row| Ok(doctor_fields(row))).optional()?;
            let Some(fields) = fields.transpose()? else {
                return Ok(None);
            };
            Ok(Some(with("_id", number.to_string().into(), fields)))
        })
        .await
    }

    /// Saves a whole document of `recommendation`; it must have an `_id`, and a `gmcNumber` that is one.
    pub async fn put_recommendation(&self, document: Value) -> PortResult<()> {
        self.writing("save a document of recommendation", move |transaction| {
            let mut fields = object(document)?;
            let Some(Value::String(id)) = fields.remove("_id") else {
                return Err(Failure::Refused("_id must be a text".into()));
            };
            let number = take_number(&mut fields, "gmcNumber")?;
            let outcome = take(&mut fields, "outcome", Kind::Text)?;
            let date = take(&mut fields, "actualSubmissionDate", Kind::Date)?;
            let values = [owned(id), integer(key(number)), outcome, date, rest(&fields)?];
            transaction
                .prepare_cached("REPLACE INTO recommendations VALUES (?, ?, ?, ?, ?)")?
                .execute(params_from_iter(values))?;
            Ok(())
        })
        .await
    }
}

/// The fields of a JSON object.
pub(crate) fn object(document: Value) -> Result<Map<String, Value>, Failure> {
    match document {
        Value::Object(fields) => Ok(fields),
        _ => Err(Failure::Refused("a document is a JSON object".into())),
    }
}

/// Takes a GMC number out of a document.
pub(crate) fn take_number(fields: &mut Map<String, Value>, field: &str) -> Result<GmcNumber, Failure> {
    match fields.remove(field) {
        Some(Value::String(text)) => {
            GmcNumber::parse(&text).map_err(|error| Failure::Refused(format!("{field} {text:?}: {error}")))
        }
        _ => Err(Failure::Refused(format!("{field} must be a GMC number"))),
    }
}

/// What is left of a document, for the column `rest`.
pub(crate) fn rest(fields: &Map<String, Value>) -> Result<ToSqlOutput<'static>, Failure> {
    if fields.is_empty() { Ok(NULL) } else { Ok(owned(serde_json::to_string(fields)?)) }
}

/// The fields of the column `rest`.
pub(crate) fn from_rest(stored: ValueRef<'_>) -> Result<Map<String, Value>, Failure> {
    match stored.as_str_or_null().map_err(rusqlite::Error::from)? {
        Some(text) => Ok(serde_json::from_str(text)?),
        None => Ok(Map::new()),
    }
}

/// A document with one more field.
pub(crate) fn with(field: &str, value: Value, mut fields: Map<String, Value>) -> Value {
    fields.insert(field.to_owned(), value);
    Value::Object(fields)
}

fn take(fields: &mut Map<String, Value>, field: &str, kind: Kind) -> Result<ToSqlOutput<'static>, Failure> {
    let value = match fields.remove(field) {
        None | Some(Value::Null) => return Ok(NULL),
        Some(value) => value,
    };
    let (stored, expected) = match kind {
        Kind::Text => (value.as_str().map(|text| owned(text.to_owned())), "a text"),
        Kind::Date => (
            value.as_str().and_then(|text| text.parse::<Date>().ok()).map(|date| owned(date.to_string())),
            "a date such as \"2026-11-23\"",
        ),
        Kind::Bool => (value.as_bool().map(|flag| integer(flag.into())), "true or false"),
        Kind::Integer => (value.as_i64().map(integer), "a whole number"),
        Kind::Moment => (
            value
                .as_str()
                .and_then(|text| text.parse::<Timestamp>().ok())
                .map(|at| integer(Moment::from(at).0)),
            "a moment such as \"2026-11-23T01:02:03.004Z\"",
        ),
    };
    // Without the value: it may be a name.
    stored.ok_or_else(|| Failure::Refused(format!("{field} must be {expected}")))
}

fn doctor_fields(row: &Row<'_>) -> Result<Map<String, Value>, Failure> {
    let mut fields = from_rest(row.get_ref("rest")?)?;
    for (field, kind) in DOCTOR_FIELDS {
        let value = match (row.get_ref(field)?, kind) {
            (ValueRef::Null, _) => continue,
            (ValueRef::Integer(flag), Kind::Bool) => Value::Bool(flag != 0),
            (ValueRef::Integer(at), Kind::Moment) => Value::String(Moment(at).to_string()),
            (ValueRef::Integer(value), _) => Value::from(value),
            (stored, _) => Value::from(stored.as_str().map_err(rusqlite::Error::from)?),
        };
        fields.insert(field.to_owned(), value);
    }
    Ok(fields)
}
