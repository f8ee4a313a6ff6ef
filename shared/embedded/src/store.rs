//! The store: one file, one connection that writes, a few that read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use sync::ports::{PortError, PortResult};
use tokio::sync::Semaphore;

use crate::data_dir::DataDir;
use crate::schema::{OpenError, open_in_memory, open_reader, open_to_read, open_writer};
use crate::sql::Failure;

/// The data file's name in its directory.
pub const FILE_NAME: &str = "gmc-sync.sqlite3";

/// How many calls read at once; more would only wait for the processor and hold page caches.
const READERS: usize = 4;

/// The shared database, the ledger and the indexes, in one SQLite file. Clones are the same store.
///
/// Every call is one transaction. The data directory is released when the last clone is gone and its calls have ended.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// `None` for a store in memory, where the writer does everything.
    readers: Option<Readers>,
    /// Taken before a thread is, so that calls wait in order, and without one. Dropped after the readers: the last
    /// connection copies the write-ahead log into the file, which one that only reads cannot.
    writer: Arc<tokio::sync::Mutex<Connection>>,
    path: PathBuf,
    /// Dropped last: until then nobody else may open the file.
    access: Access,
}

/// What may be done with the file.
#[derive(Debug)]
enum Access {
    /// Everything, as long as the directory is ours; a store in memory has none.
    Write { _dir: Option<DataDir> },
    /// Somebody else may have the directory: nothing is written.
    Read,
}

#[derive(Debug)]
struct Readers {
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Store {
    /// Opens the store in a directory; makes the file, its schema and the ledger's lock when they are not there.
    pub fn open(dir: &DataDir) -> Result<Self, OpenError> {
        let path = dir.path().join(FILE_NAME);
        let writer = open_writer(&path)?;
        Ok(Self::new(writer, Some(Readers::new()), path, Access::Write { _dir: Some(dir.clone()) }))
    }

    /// Opens the store that is in a directory, to read it while another process may have the directory and write.
    ///
    /// It needs no [`DataDir`], makes and settles nothing, and refuses everything that writes. What it reads is what was
    /// written before each call; two calls may find two states of a night.
    pub fn open_to_read(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(FILE_NAME);
        Ok(Self::new(open_to_read(&path)?, Some(Readers::new()), path, Access::Read))
    }

    /// A store that is gone with its last clone. Its calls run on the caller's thread, one after another, so that a
    /// test with a seed replays.
    pub fn in_memory() -> Result<Self, OpenError> {
        Ok(Self::new(open_in_memory()?, None, PathBuf::from(":memory:"), Access::Write { _dir: None }))
    }

    /// The data file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    fn new(writer: Connection, readers: Option<Readers>, path: PathBuf, access: Access) -> Self {
        let writer = Arc::new(tokio::sync::Mutex::new(writer));
        Self { inner: Arc::new(Inner { readers, writer, path, access }) }
    }

    /// Does `work` in one transaction that reads; it sees everything that was written before. `what` completes the
    /// sentence "could not …".
    pub(crate) async fn reading<T, W>(&self, what: &'static str, work: W) -> PortResult<T>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let Some(readers) = &self.inner.readers else {
            let mut writer = self.inner.writer.lock().await;
            return within(&mut writer, TransactionBehavior::Deferred, work)
                .map_err(|failure| failure.of(what, &inner.path));
        };
        let permit = Arc::clone(&readers.permits)
            .acquire_owned()
            .await
            .map_err(|_closed| PortError::permanent(format!("could not {what}: the store is closed")))?;
        off_the_async_threads(what, move || {
            let result = inner.take_reader().map_err(Failure::from).and_then(|mut reader| {
                let result = within(&mut reader, TransactionBehavior::Deferred, work);
                inner.give_back(reader);
                result
            });
            drop(permit);
            result.map_err(|failure| failure.of(what, &inner.path))
        })
        .await
    }

    /// Does `work` in one transaction that reads a few rows by their keys, in turn with the writes: the writer's page
    /// cache is warm, while a reader's is empty again after every write of somebody else.
    pub(crate) async fn looking_up<T, W>(&self, what: &'static str, work: W) -> PortResult<T>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    {
        self.on_the_writer(what, TransactionBehavior::Deferred, work).await
    }

    /// Does `work` in one transaction that writes, after all that wait already; undone when it fails.
    pub(crate) async fn writing<T, W>(&self, what: &'static str, work: W) -> PortResult<T>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    {
        // refused here, since the transaction alone would keep the other process's writes waiting
        if matches!(self.inner.access, Access::Read) {
            let reason = Failure::Refused("it was opened for reading only".to_owned());
            return Err(reason.of(what, &self.inner.path));
        }
        self.on_the_writer(what, TransactionBehavior::Immediate, work).await
    }

    async fn on_the_writer<T, W>(
        &self,
        what: &'static str,
        behavior: TransactionBehavior,
        work: W,
    ) -> PortResult<T>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let mut writer = Arc::clone(&self.inner.writer).lock_owned().await;
        let run =
            move || within(&mut writer, behavior, work).map_err(|failure| failure.of(what, &inner.path));
        if self.inner.readers.is_none() { run() } else { off_the_async_threads(what, run).await }
    }
}

impl Readers {
    fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(READERS)), idle: Mutex::default() }
    }
}

impl Inner {
    fn take_reader(&self) -> rusqlite::Result<Connection> {
        let idle = self.idle().and_then(|mut idle| idle.pop());
        idle.map_or_else(|| open_reader(&self.path), Ok)
    }

    fn give_back(&self, reader: Connection) {
        if let Some(mut idle) = self.idle() {
            idle.push(reader);
        }
    }

    fn idle(&self) -> Option<std::sync::MutexGuard<'_, Vec<Connection>>> {
        self.readers.as_ref().map(|readers| readers.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn within<T>(
    connection: &mut Connection,
    behavior: TransactionBehavior,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let transaction = connection.transaction_with_behavior(behavior)?;
    let result = work(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

async fn off_the_async_threads<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> PortResult<T> + Send + 'static,
) -> PortResult<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(PortError::permanent(format!("could not {what}: {error}"))),
    }
}
