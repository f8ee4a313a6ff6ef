//! Why a stack could not be started, or something of it not be done.

use std::error::Error;

/// What was tried, and what came in the way.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Failure {
    what: String,
    why: String,
}

/// What most of this crate returns.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Says what was tried, and why it was in vain.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

/// Says of an error what was tried.
pub trait Told<T> {
    /// What was tried.
    fn told(self, what: impl Into<String>) -> Result<T>;
}

impl<T, E: Error> Told<T> for std::result::Result<T, E> {
    fn told(self, what: impl Into<String>) -> Result<T> {
        self.map_err(|error| Failure::new(what, chain(&error)))
    }
}

/// An error with everything that it comes from: the clients of the engines tell the reason there.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
