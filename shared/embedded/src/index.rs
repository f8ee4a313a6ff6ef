//! The port of the four search indexes.

use std::fmt::Write as _;

use async_trait::async_trait;
use domain::GmcNumber;
use domain::index::{Changes, Field, IndexDoc, IndexName, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, Row, Transaction, params, params_from_iter};
use sync::ports::PortResult;
use sync::ports::index::{Action, Index, IndexWrite, Indexed, Version, WriteOutcome};

use crate::sql::{Failure, NULL, integer, key, text};
use crate::store::Store;

/// There is one primary, for ever.
const PRIMARY_TERM: i64 = 1;

#[async_trait]
impl Index for Store {
    async fn read(&self, index: IndexName, numbers: &[GmcNumber]) -> PortResult<Vec<Indexed>> {
        let mut numbers = numbers.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        self.reading("read documents of an index", move |transaction| {
            let sql = format!("SELECT id, seqNo, {} FROM {} WHERE gmc = ?1", columns(), table(index));
            let mut statement = transaction.prepare_cached(&sql)?;
            let mut found = Vec::with_capacity(numbers.len());
            for number in numbers {
                let mut rows = statement.query([key(number)])?;
                while let Some(row) = rows.next()? {
                    found.push(indexed(number, row)?);
                }
            }
            Ok(found)
        })
        .await
    }

    async fn write(&self, writes: Vec<IndexWrite>) -> PortResult<Vec<WriteOutcome>> {
        self.writing("write documents of an index", move |transaction| {
            let mut next = reserve(transaction, writes.len())?;
            // Neighbours share a page. Writes to one document keep their order.
            let mut order: Vec<usize> = (0..writes.len()).collect();
            order.sort_by_key(|place| writes.get(*place).map(|write| (write.index, write.number)));
            let mut outcomes = vec![WriteOutcome::Done; writes.len()];
            for place in order {
                if let (Some(write), Some(outcome)) = (writes.get(place), outcomes.get_mut(place)) {
                    *outcome = write_one(transaction, write, next)?;
                    next += 1;
                }
            }
            Ok(outcomes)
        })
        .await
    }
}

/// The table behind an index.
pub(crate) fn table(index: IndexName) -> &'static str {
    match index {
        IndexName::Master => "masterDocuments",
        IndexName::Connected => "connectedDocuments",
        IndexName::Disconnected => "disconnectedDocuments",
        IndexName::Exception => "exceptionDocuments",
    }
}

/// The fields that have columns: all but the GMC number, which is the key.
pub(crate) fn stored_fields() -> impl Iterator<Item = Field> {
    Field::ALL.iter().copied().filter(|field| *field != Field::GmcReferenceNumber)
}

/// The columns of [`stored_fields`].
pub(crate) fn columns() -> String {
    stored_fields().map(Field::as_str).collect::<Vec<_>>().join(", ")
}

/// The first of `count` sequence numbers that no document has had.
pub(crate) fn reserve(transaction: &Transaction<'_>, count: usize) -> Result<i64, Failure> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let next: i64 = transaction
        .prepare_cached("UPDATE indexSequence SET seqNo = seqNo + ?1 RETURNING seqNo")?
        .query_row([count], |row| row.get(0))?;
    Ok(next - count + 1)
}

/// The value of a field, for its column; `None` where the column cannot tell it from another type.
pub(crate) fn stored(field: Field, value: Option<&Value>) -> Option<ToSqlOutput<'_>> {
    match value {
        None => Some(NULL),
        Some(Value::Text(value)) => Some(text(Some(value))),
        Some(Value::Number(value)) => (field != Field::ExistsInGmc).then(|| integer(*value)),
        Some(Value::Bool(value)) => (field == Field::ExistsInGmc).then(|| integer((*value).into())),
    }
}

/// The value of a field, from its column.
pub(crate) fn loaded(field: Field, stored: ValueRef<'_>) -> rusqlite::Result<Option<Value>> {
    Ok(match stored {
        ValueRef::Null => None,
        ValueRef::Integer(value) if field == Field::ExistsInGmc => Some(Value::Bool(value != 0)),
        ValueRef::Integer(value) => Some(Value::Number(value)),
        other => Some(Value::Text(other.as_str()?.to_owned())),
    })
}

/// Why a document cannot have this id, if it cannot: one of seven characters is taken for the GMC number.
pub(crate) fn check_id(id: &str, number: GmcNumber) -> Result<(), String> {
    if id.is_empty() || (id.len() == 7 && id != number.to_string()) {
        return Err(format!("id {id:?} is neither generated nor the GMC number {number}"));
    }
    Ok(())
}

fn indexed(number: GmcNumber, row: &Row<'_>) -> rusqlite::Result<Indexed> {
    let mut doc = IndexDoc::default();
    for (column, field) in stored_fields().enumerate() {
        let value = row.get_ref(column + 2)?;
        if value != ValueRef::Null {
            doc.set(field, loaded(field, value)?);
        }
    }
    doc.set(Field::GmcReferenceNumber, Some(Value::Text(number.to_string())));
    let version = Version { seq_no: row.get(1)?, primary_term: PRIMARY_TERM };
    Ok(Indexed { id: row.get(0)?, number, version, doc })
}

fn write_one(
    transaction: &Transaction<'_>,
    write: &IndexWrite,
    seq_no: i64,
) -> Result<WriteOutcome, Failure> {
    let result = match &write.action {
        Action::Create(doc) => create(transaction, write, doc, seq_no),
        Action::Update(version, changes) => update(transaction, write, *version, changes, seq_no),
        Action::Delete(version) => delete(transaction, write, *version),
    };
    match result {
        Ok(true) => Ok(WriteOutcome::Done),
        Ok(false) => Ok(WriteOutcome::Conflict),
        Err(Failure::Refused(reason)) => Ok(WriteOutcome::Refused(reason)),
        Err(Failure::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::TooBig) => {
            Ok(WriteOutcome::Refused(error.to_string()))
        }
        Err(failure) => Err(failure),
    }
}

fn create(
    transaction: &Transaction<'_>,
    write: &IndexWrite,
    doc: &IndexDoc,
    seq_no: i64,
) -> Result<bool, Failure> {
    check_id(&write.id, write.number).map_err(Failure::Refused)?;
    check_number(write.number, doc.get(Field::GmcReferenceNumber))?;
    let mut values = vec![integer(key(write.number)), text(Some(&write.id)), integer(seq_no)];
    for field in stored_fields() {
        values.push(column_value(field, doc.get(field))?);
    }
    let places = vec!["?"; values.len()].join(", ");
    let sql = format!(
        "INSERT INTO {} (gmc, id, seqNo, {}) VALUES ({places}) ON CONFLICT DO NOTHING",
        table(write.index),
        columns()
    );
    Ok(transaction.prepare_cached(&sql)?.execute(params_from_iter(values))? == 1)
}

fn update(
    transaction: &Transaction<'_>,
    write: &IndexWrite,
    version: Version,
    changes: &Changes,
    seq_no: i64,
) -> Result<bool, Failure> {
    if version.primary_term != PRIMARY_TERM {
        return Ok(false);
    }
    let mut sql = format!("UPDATE {} SET seqNo = ?", table(write.index));
    let mut values = vec![integer(seq_no)];
    for (field, value) in changes {
        if *field == Field::GmcReferenceNumber {
            check_number(write.number, value.as_ref())?;
            continue;
        }
        // Writing to a String cannot fail.
        let _ = write!(sql, ", {field} = ?");
        values.push(column_value(*field, value.as_ref())?);
    }
    sql.push_str(" WHERE gmc = ? AND id = ? AND seqNo = ?");
    values.extend([integer(key(write.number)), text(Some(&write.id)), integer(version.seq_no)]);
    Ok(transaction.prepare_cached(&sql)?.execute(params_from_iter(values))? == 1)
}

fn delete(transaction: &Transaction<'_>, write: &IndexWrite, version: Version) -> Result<bool, Failure> {
    if version.primary_term != PRIMARY_TERM {
        return Ok(false);
    }
    let sql = format!("DELETE FROM {} WHERE gmc = ?1 AND id = ?2 AND seqNo = ?3", table(write.index));
    let parameters = params![key(write.number), write.id, version.seq_no];
    Ok(transaction.prepare_cached(&sql)?.execute(parameters)? == 1)
}

fn column_value(field: Field, value: Option<&Value>) -> Result<ToSqlOutput<'_>, Failure> {
    stored(field, value).ok_or_else(|| {
        Failure::Refused(format!("field {field} cannot hold {value:?}: true and false are for existsInGmc"))
    })
}

/// A document is found by its number, so it cannot have another one.
fn check_number(number: GmcNumber, written: Option<&Value>) -> Result<(), Failure> {
    match written.and_then(Value::as_text) {
        Some(text) if text != number.to_string() => {
            Err(Failure::Refused(format!("a document of {number} cannot have gmcReferenceNumber {text:?}")))
        }
        _ => Ok(()),
    }
}
