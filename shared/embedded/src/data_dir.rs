//! The directory that a process has for itself.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file whose lock says that a process has the directory; the process writes its id there.
const LOCK_FILE: &str = "lock";

/// A data directory, held under an exclusive lock of the operating system until the last clone is dropped.
///
/// The system releases the lock when the process ends, however it ends: a killed process leaves nothing to clean up.
#[derive(Clone, Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: Arc<File>,
}

/// Why a data directory cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// The directory or its lock file cannot be made or opened.
    #[error("data directory {}: {source}; choose one that can be written, with --data DIR", path.display())]
    Unusable {
        /// The directory, or the file in it.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process has it.
    #[error(
        "data directory {}: in use by {}; wait until it has ended, or choose another with --data DIR",
        path.display(),
        pid.as_deref().map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The other's process id, where it has written it down already.
        pid: Option<String>,
    },
}

impl DataDir {
    /// Makes the directory if need be and takes it for this process.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DataDirError> {
        let path = path.into();
        fs::create_dir_all(&path).map_err(|source| DataDirError::Unusable { path: path.clone(), source })?;
        let lock_file = path.join(LOCK_FILE);
        let unusable = |source| DataDirError::Unusable { path: lock_file.clone(), source };

        // Not truncated on opening: until the lock is had, what stands there is another process's.
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_file)
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DataDirError::InUse { path, pid: pid_in(&mut lock) });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        write_pid(&mut lock).map_err(unusable)?;
        Ok(Self { path, _lock: Arc::new(lock) })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Who holds the lock, as far as that can be read: it is only for the message.
fn pid_in(lock: &mut File) -> Option<String> {
    let mut text = String::new();
    lock.take(32).read_to_string(&mut text).ok()?;
    let pid = text.trim();
    (!pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit())).then(|| pid.to_owned())
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.seek(SeekFrom::Start(0))?;
    writeln!(lock, "{}", std::process::id())
}
