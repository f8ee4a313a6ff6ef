//! The port of the four search indexes.

use async_trait::async_trait;
use domain::GmcNumber;
use domain::index::{Changes, Field, IndexDoc, IndexName, Value};
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{ErrorCode, Row, Transaction};
use sync::ports::PortResult;
use sync::ports::index::{Action, Index, IndexWrite, Indexed, Version, WriteOutcome};

use crate::sql::{Failure, NULL, Writes, integer, key, keys, number, text};
use crate::store::Store;

/// There is one primary, for ever.
const PRIMARY_TERM: i64 = 1;

#[async_trait]
impl Index for Store {
    async fn read(&self, index: IndexName, numbers: &[GmcNumber]) -> PortResult<Vec<Indexed>> {
        let numbers = numbers.to_vec();
        self.looking_up("read documents of an index", move |transaction| {
            let sql = format!(
                "SELECT gmc, id, seqNo, {} FROM rarray(?1) CROSS JOIN {} ON gmc = value",
                columns(),
                table(index)
            );
            let mut found = Vec::with_capacity(numbers.len());
            let mut statement = transaction.prepare_cached(&sql)?;
            let mut rows = statement.query([keys(numbers)])?;
            while let Some(row) = rows.next()? {
                found.push(indexed(row)?);
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
            let mut statements = Writes::new(transaction);
            let mut outcomes = vec![WriteOutcome::Done; writes.len()];
            for place in order {
                if let (Some(write), Some(outcome)) = (writes.get(place), outcomes.get_mut(place)) {
                    *outcome = write_one(&mut statements, write, next)?;
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

/// The value of a field, for its column. What the column would take for another type is there as JSON in a blob.
pub(crate) fn stored(field: Field, value: Option<&Value>) -> Result<ToSqlOutput<'_>, Failure> {
    let is_flag = field == Field::ExistsInGmc;
    Ok(match value {
        None => NULL,
        Some(Value::Text(value)) => text(Some(value)),
        Some(Value::Number(value)) if !is_flag => integer(*value),
        Some(Value::Bool(value)) if is_flag => integer((*value).into()),
        Some(other) => ToSqlOutput::Owned(Stored::Blob(serde_json::to_vec(other)?)),
    })
}

/// The value of a field, from its column.
pub(crate) fn loaded(field: Field, stored: ValueRef<'_>) -> Result<Option<Value>, Failure> {
    Ok(match stored {
        ValueRef::Null => None,
        ValueRef::Integer(value) if field == Field::ExistsInGmc => Some(Value::Bool(value != 0)),
        ValueRef::Integer(value) => Some(Value::Number(value)),
        ValueRef::Blob(json) => Value::from_json(serde_json::from_slice(json)?),
        other => Some(Value::Text(other.as_str().map_err(rusqlite::Error::from)?.to_owned())),
    })
}

/// An id, for its column: the GMC number, which most documents have, takes no room.
pub(crate) fn stored_id(id: &str, number: GmcNumber) -> Result<&str, Failure> {
    if id == number.to_string() {
        return Ok("");
    }
    // One of seven characters is taken for a GMC number, and OpenSearch makes longer ones.
    if id.is_empty() || id.len() == 7 {
        return Err(Failure::Refused(format!("id {id:?} is neither generated nor the GMC number {number}")));
    }
    Ok(id)
}

/// An id, from its column.
pub(crate) fn loaded_id(stored: &str, number: GmcNumber) -> String {
    if stored.is_empty() { number.to_string() } else { stored.to_owned() }
}

fn indexed(row: &Row<'_>) -> Result<Indexed, Failure> {
    const KEYS: usize = 3;
    let number = number(row.get(0)?)?;
    let digits = number.to_string();
    let id = loaded_id(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?, number);
    let version = Version { seq_no: row.get(2)?, primary_term: PRIMARY_TERM };
    let mut doc = IndexDoc::default();
    doc.set(Field::GmcReferenceNumber, Some(Value::Text(digits)));
    for (column, field) in stored_fields().enumerate() {
        let value = row.get_ref(KEYS + column)?;
        if value != ValueRef::Null {
            doc.set(field, loaded(field, value)?);
        }
    }
    Ok(Indexed { id, number, version, doc })
}

fn write_one(statements: &mut Writes<'_>, write: &IndexWrite, seq_no: i64) -> Result<WriteOutcome, Failure> {
    let result = match &write.action {
        Action::Create(doc) => create(statements, write, doc, seq_no),
        Action::Update(version, changes) => update(statements, write, *version, changes, seq_no),
        Action::Delete(version) => delete(statements, write, *version),
    };
    match result {
        Ok(1) => Ok(WriteOutcome::Done),
        Ok(_) => Ok(WriteOutcome::Conflict),
        Err(Failure::Refused(reason)) => Ok(WriteOutcome::Refused(reason)),
        Err(Failure::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::TooBig) => {
            Ok(WriteOutcome::Refused(error.to_string()))
        }
        Err(failure) => Err(failure),
    }
}

fn create(
    statements: &mut Writes<'_>,
    write: &IndexWrite,
    doc: &IndexDoc,
    seq_no: i64,
) -> Result<usize, Failure> {
    check_number(write.number, doc.get(Field::GmcReferenceNumber))?;
    let id = stored_id(&write.id, write.number)?;
    let mut shape = vec!["INSERT INTO", table(write.index), "gmc", "id", "seqNo"];
    let mut values = vec![integer(key(write.number)), text(Some(id)), integer(seq_no)];
    for (field, value) in doc.iter().filter(|(field, _)| *field != Field::GmcReferenceNumber) {
        shape.push(field.as_str());
        values.push(stored(field, Some(value))?);
    }
    let sql = |shape: &[&str]| {
        let (into, columns) = shape.split_at(2);
        let places = vec!["?"; columns.len()].join(", ");
        format!("{} ({}) VALUES ({places}) ON CONFLICT DO NOTHING", into.join(" "), columns.join(", "))
    };
    Ok(statements.execute(shape, sql, &values)?)
}

fn update(
    statements: &mut Writes<'_>,
    write: &IndexWrite,
    version: Version,
    changes: &Changes,
    seq_no: i64,
) -> Result<usize, Failure> {
    if version.primary_term != PRIMARY_TERM {
        return Ok(0);
    }
    let id = stored_id(&write.id, write.number)?;
    let mut shape = vec!["UPDATE", table(write.index), "seqNo"];
    let mut values = vec![integer(seq_no)];
    for (field, value) in changes {
        if *field == Field::GmcReferenceNumber {
            check_number(write.number, value.as_ref())?;
            continue;
        }
        shape.push(field.as_str());
        values.push(stored(*field, value.as_ref())?);
    }
    values.extend([integer(key(write.number)), text(Some(id)), integer(version.seq_no)]);
    let sql = |shape: &[&str]| {
        let (update, columns) = shape.split_at(2);
        format!(
            "{} SET {} = ? WHERE gmc = ? AND id = ? AND seqNo = ?",
            update.join(" "),
            columns.join(" = ?, ")
        )
    };
    Ok(statements.execute(shape, sql, &values)?)
}

fn delete(statements: &mut Writes<'_>, write: &IndexWrite, version: Version) -> Result<usize, Failure> {
    if version.primary_term != PRIMARY_TERM {
        return Ok(0);
    }
    let shape = vec!["DELETE FROM", table(write.index)];
    let values = [
        integer(key(write.number)),
        text(Some(stored_id(&write.id, write.number)?)),
        integer(version.seq_no),
    ];
    let sql = |shape: &[&str]| format!("{} WHERE gmc = ? AND id = ? AND seqNo = ?", shape.join(" "));
    Ok(statements.execute(shape, sql, &values)?)
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
