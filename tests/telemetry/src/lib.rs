//! docs/metrics.md and the sources, in the same words, so that the one can be held to the other.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test, in helpers as well")]

mod document;
mod sources;

pub use document::{DocumentedEvent, DocumentedMetric, events, metrics};
pub use sources::{LoggedEvent, logged_by_the_functions};

use std::path::{Path, PathBuf};

/// The project's own directory.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the tests stand in the project")
}
