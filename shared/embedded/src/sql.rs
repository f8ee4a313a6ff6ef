//! Failures and values on the way to SQLite and back.

use std::path::Path;
use std::rc::Rc;

use domain::GmcNumber;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::vtab::array::Array;
use rusqlite::{CachedStatement, Connection, ErrorCode, params_from_iter};
use sync::ports::PortError;

/// Why a piece of work in a transaction failed; the transaction is undone.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
    Json(serde_json::Error),
    /// What was asked cannot be, with the reason.
    Refused(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl Failure {
    /// The failure as a port tells it. `what` was asked of the file at `path`.
    pub(crate) fn of(self, what: &str, path: &Path) -> PortError {
        let path = path.display();
        match self {
            Self::Sqlite(error) => {
                let message = format!("could not {what} in {path}: {error}");
                match error.sqlite_error_code() {
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                        PortError::transient(message)
                    }
                    _ => PortError::permanent(message),
                }
            }
            Self::Json(error) => {
                PortError::permanent(format!("could not {what} in {path}: stored JSON: {error}"))
            }
            Self::Refused(reason) => PortError::permanent(format!("could not {what} in {path}: {reason}")),
        }
    }
}

/// The column `gmc`.
pub(crate) fn key(number: GmcNumber) -> i64 {
    i64::from(number.value())
}

/// Numbers for `rarray(?)`, each once and in the order of the indexes on numbers: one statement that goes through all of
/// them takes half the time of one a number.
pub(crate) fn keys(mut numbers: Vec<GmcNumber>) -> Array {
    numbers.sort_unstable();
    numbers.dedup();
    Rc::new(numbers.into_iter().map(|number| Value::Integer(key(number))).collect())
}

/// The writes of one transaction. Neighbours are mostly of one shape, so the latest statement is kept at hand.
pub(crate) struct Writes<'c> {
    connection: &'c Connection,
    shape: Vec<&'static str>,
    statement: Option<CachedStatement<'c>>,
}

impl<'c> Writes<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, shape: Vec::new(), statement: None }
    }

    /// Executes the statement that `sql` makes of `shape`; returns how many rows it wrote.
    pub(crate) fn execute(
        &mut self,
        shape: Vec<&'static str>,
        sql: impl FnOnce(&[&'static str]) -> String,
        values: &[ToSqlOutput<'_>],
    ) -> rusqlite::Result<usize> {
        let latest = self.statement.take().filter(|_| self.shape == shape);
        let mut statement = match latest {
            Some(statement) => statement,
            None => self.connection.prepare_cached(&sql(&shape))?,
        };
        self.shape = shape;
        let written = statement.execute(params_from_iter(values));
        self.statement = Some(statement);
        written
    }
}

/// A number from the column `gmc`.
pub(crate) fn number(key: i64) -> Result<GmcNumber, Failure> {
    u32::try_from(key)
        .ok()
        .and_then(GmcNumber::from_value)
        .ok_or_else(|| Failure::Refused(format!("{key} is no GMC number")))
}

/// A text to be written, not copied; `None` is NULL.
pub(crate) fn text(text: Option<&str>) -> ToSqlOutput<'_> {
    text.map_or(NULL, |text| ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())))
}

/// A text to be written that was made for it.
pub(crate) fn owned(text: String) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Value::Text(text))
}

/// A whole number to be written.
pub(crate) fn integer(value: i64) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Value::Integer(value))
}

/// What an absent field is stored as.
pub(crate) const NULL: ToSqlOutput<'static> = ToSqlOutput::Owned(Value::Null);
