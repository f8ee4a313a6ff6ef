//! Opening the file: whose it is, which schema it has, and how SQLite is to treat it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use sync::ledger::Lock;

/// In the file's header, so that another program's database is told from ours: "gmcS".
const APPLICATION_ID: i32 = 0x676d_6353;

/// How a schema becomes the next one; a file's `user_version` is how many it has been through. Never changed, only
/// added to.
///
/// `rusqlite_migration` counts in the same way, but its latest version, 2.6, requires rusqlite 0.40. It would replace only the
/// loop in [`migrate`]: the application's id and the lock's first row must be written in the same transaction.
const MIGRATIONS: [&str; 1] = [include_str!("schema/1.sql")];

/// The beginning of every SQLite file (<https://sqlite.org/fileformat.html>, 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// After how many pages of 4 KiB the write-ahead log is copied into the database. A night writes a page many times
/// over: the longer the log, the more of that is copied once. 16,384 pages are 64 MiB.
const CHECKPOINT_PAGES: i32 = 16_384;
/// How long the log's file may stay once it has been copied.
const LOG_BYTES: i64 = 64 << 20;

/// Page cache, in KiB, negative as SQLite wants it: what bounds the memory, however many doctors there are.
const WRITER_CACHE: i32 = -32 * 1024;
const READER_CACHE: i32 = -4 * 1024;

/// How long to wait for somebody who has opened the file in a shell.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// The statements of a night fit, those of partial updates included.
const CACHED_STATEMENTS: usize = 128;

/// Why the data file cannot be opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is there, and cannot be read or written, or is in use.
    #[error("data file {}: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// It is no database, or another program's.
    #[error("data file {}: {reason}; it was left as it is: move it away, or choose another directory", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// SQLite finds it damaged.
    #[error(
        "data file {}: damaged ({reason}); it was left as it is: keep a copy, try `sqlite3 FILE .recover`, or move it \
         away to begin with an empty one",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// A later version of this program has written it.
    #[error(
        "data file {}: its schema {found} is newer than this program's {known}; use the program that wrote it, or a \
         later one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema of the file.
        found: i32,
        /// The latest schema that this program knows.
        known: i32,
    },
    /// It cannot be read as it is, and whoever only reads changes nothing.
    #[error(
        "data file {}: its schema {found} is older than this program's {known}; the next night there brings it up to date",
        path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// The schema of the file; 0 when it is only just being made.
        found: i32,
        /// The schema that this program reads.
        known: i32,
    },
}

/// The connection that writes; the file is made, or brought to the latest schema.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    check_header(path)?;
    let open = || -> Result<Connection, Reason> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        configure(&connection, WRITER_CACHE)?;
        check_owner(&connection)?;
        // A log survives a killed process; only a power cut may cost its last transactions, never their order
        // (https://sqlite.org/pragma.html#pragma_synchronous).
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
        migrate(&mut connection)?;
        Ok(connection)
    };
    open().map_err(|reason| reason.about(path))
}

/// A connection beside another process's that writes: nothing is made, nothing is changed.
///
/// It is opened for writing all the same. Only so can it read what a killed process has left in the write-ahead log, and
/// put the log away when it is the last to close the file; SQLite itself refuses it every statement that writes.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, OpenError> {
    check_header(path)?;
    let open = || -> Result<Connection, Reason> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        configure(&connection, READER_CACHE)?;
        connection.pragma_update(None, "query_only", true)?;
        check_owner(&connection)?;
        match version(&connection)? {
            found if found < latest() => Err(Reason::Older(found)),
            _ => Ok(connection),
        }
    };
    open().map_err(|reason| reason.about(path))
}

/// A connection that reads.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection, READER_CACHE)?;
    Ok(connection)
}

/// A database that is nowhere but in memory.
pub(crate) fn open_in_memory() -> Result<Connection, OpenError> {
    let open = || -> Result<Connection, Reason> {
        let mut connection = Connection::open_in_memory()?;
        configure(&connection, WRITER_CACHE)?;
        migrate(&mut connection)?;
        Ok(connection)
    };
    open().map_err(|reason| reason.about(Path::new(":memory:")))
}

enum Reason {
    Sqlite(rusqlite::Error),
    Foreign(String),
    Newer(i32),
    Older(i32),
}

impl From<rusqlite::Error> for Reason {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Reason {
    fn about(self, path: &Path) -> OpenError {
        let path = path.to_owned();
        match self {
            Self::Foreign(reason) => OpenError::Foreign { path, reason },
            Self::Newer(found) => OpenError::Newer { path, found, known: latest() },
            Self::Older(found) => OpenError::Older { path, found, known: latest() },
            Self::Sqlite(error) => {
                let reason = error.to_string();
                match error.sqlite_error_code() {
                    Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, reason },
                    Some(ErrorCode::NotADatabase) => OpenError::Foreign { path, reason },
                    _ => OpenError::Unusable { path, reason },
                }
            }
        }
    }
}

/// Before SQLite touches the file: it would take an unknown one of a few bytes for an empty database.
fn check_header(path: &Path) -> Result<(), OpenError> {
    let unusable =
        |error: io::Error| OpenError::Unusable { path: path.to_owned(), reason: error.to_string() };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unusable(error)),
    };
    let mut header = Vec::with_capacity(MAGIC.len());
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut header).map_err(unusable)?;
    if header.is_empty() || header == MAGIC {
        return Ok(());
    }
    Err(OpenError::Foreign { path: path.to_owned(), reason: "not an SQLite database".into() })
}

fn configure(connection: &Connection, cache: i32) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    rusqlite::vtab::array::load_module(connection)?;
    connection.pragma_update(None, "cache_size", cache)
}

fn check_owner(connection: &Connection) -> Result<(), Reason> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let owner: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if tables > 0 && owner != APPLICATION_ID {
        return Err(Reason::Foreign("an SQLite database of another program".into()));
    }
    let found = version(connection)?;
    if found > latest() { Err(Reason::Newer(found)) } else { Ok(()) }
}

fn migrate(connection: &mut Connection) -> Result<(), Reason> {
    if version(connection)? == latest() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(version(&transaction)?).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    let lock = serde_json::to_string(&Lock::default())
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    transaction.execute("INSERT OR IGNORE INTO gmcSyncLock VALUES (1, 0, ?1)", [lock])?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", latest())?;
    Ok(transaction.commit()?)
}

fn version(connection: &Connection) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn latest() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use domain::index::Field;

    use super::*;

    #[test]
    fn every_field_of_an_index_document_has_a_column() {
        let connection = open_in_memory().unwrap();
        for view in ["masterdoctorindex", "connectedindex", "disconnectedindex", "exceptionindex"] {
            for field in Field::ALL {
                connection.prepare(&format!("SELECT {view}.{field} FROM {view}")).unwrap();
            }
        }
    }

    #[test]
    fn every_collection_has_a_view_that_a_person_can_read() {
        let connection = open_in_memory().unwrap();
        connection
            .execute_batch(
                "INSERT INTO doctors (gmc, existsInGmc, gmcLastUpdatedDateTime) VALUES (700002, 0, 1763856000123);
                 INSERT INTO connections VALUES (700002, 'x', NULL, NULL, 'someone', 1763856000123);
                 INSERT INTO recommendations (id, gmc) VALUES ('y', 700002);",
            )
            .unwrap();
        let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();

        assert_eq!(text("SELECT _id FROM doctorsForDB"), "0700002");
        assert_eq!(text("SELECT existsInGmc FROM doctorsForDB"), "false");
        assert_eq!(text("SELECT gmcLastUpdatedDateTime FROM doctorsForDB"), "2025-11-23T00:00:00.123Z");
        assert_eq!(text("SELECT gmcId FROM connectionLogs"), "0700002");
        assert_eq!(text("SELECT gmcNumber FROM recommendation"), "0700002");
    }
}
