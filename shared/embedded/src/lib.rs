//! The ports on one SQLite file and an in-process queue with SQS's rules.
//!
//! A [`DataDir`] is a directory that one process at a time has for itself. A [`Store`] in it is the file
//! `gmc-sync.sqlite3`: the shared database, the ledger and the indexes. [`Queues`] live as long as the process: what a
//! killed process had in them is lost, which a night survives, because the next program settles what is unsettled.
//! Beside all that [`Store::open_to_read`] lets any other process look on.

mod data_dir;
mod doctors;
mod documents;
mod index;
mod index_documents;
mod ledger;
mod queue;
mod schema;
mod sql;
mod store;

pub use data_dir::{DataDir, DataDirError};
pub use queue::{DeadLetter, Depth, QueueSettings, Queues};
pub use schema::OpenError;
pub use store::{FILE_NAME, Store};
