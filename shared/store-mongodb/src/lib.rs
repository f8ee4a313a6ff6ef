//! The ports of the database and the ledger on MongoDB or DocumentDB.
//!
//! Only what MongoDB, DocumentDB and `FerretDB` share is used (docs/domain.md §5): operator updates, upserts on
//! equality, conditional replacements, plain, unique and TTL indexes, and the `update` command with many statements.
//! Everything is read from the primary, and written to a majority, whatever the URI says about reading.

mod collections;
mod commands;
mod dates;
mod doctors;
mod failure;
mod indexes;
mod ledger;
mod settings;
mod setup;
mod store;
mod uri;

pub use settings::{MongoError, MongoSettings};
pub use setup::{Finding, SetupItem, SetupReport};
pub use store::MongoStore;
