//! What the stages need from outside, as traits; the adapters implement them.

pub mod doctors;
pub mod gmc;
pub mod host;
pub mod index;
pub mod ledger;
pub mod queue;

pub use doctors::Doctors;
pub use gmc::Gmc;
pub use host::Host;
pub use index::Index;
pub use ledger::Ledger;
pub use queue::Outbox;

/// Why a port could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PortError {
    /// What was asked of which engine, and what it answered; without doctors' names and credentials.
    pub message: String,
    /// Whether the same call may go through later.
    pub is_transient: bool,
}

impl PortError {
    /// A failure that may pass: the engine is busy, away, or was restarted.
    pub fn transient(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_transient: true }
    }

    /// A failure that stays until someone does something about it.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_transient: false }
    }
}

/// What a port answers.
pub type PortResult<T> = Result<T, PortError>;
