//! The port of the search indexes on OpenSearch (docs/domain.md §6).
//!
//! [`OpenSearchIndex`] reads and writes documents in the four indexes, and [`OpenSearchIndex::setup`] makes those that
//! are missing. Nothing else here makes an index: one that came into being by a write would have a mapping that
//! OpenSearch guessed.
//!
//! No error tells what stands in a document: that may be a doctor's name. OpenSearch's own reasons quote it, so of them
//! only what is known to be free of values is told (`failure`).

mod bulk;
mod client;
mod failure;
mod index;
mod lookup;
mod mapping;
mod settings;
mod setup;
mod write;

pub use index::OpenSearchIndex;
pub use settings::{Auth, OpenSearchError, OpenSearchSettings};
pub use setup::{SetupReport, SetupState};
