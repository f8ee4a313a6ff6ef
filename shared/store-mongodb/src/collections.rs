//! The names of the collections.

/// One document a doctor; other services write there too (docs/domain.md §5).
pub(crate) const DOCTORS: &str = "doctorsForDB";
/// Other services' own; the sync only reads it.
pub(crate) const RECOMMENDATIONS: &str = "recommendation";
/// The audit of connections.
pub(crate) const CONNECTION_LOGS: &str = "connectionLogs";

/// The one lock.
pub(crate) const LOCK: &str = "gmcSyncLock";
/// One document a run.
pub(crate) const RUNS: &str = "gmcSyncRuns";
/// One document a body of a run.
pub(crate) const BODIES: &str = "gmcSyncBodies";
/// Pieces of rolls.
pub(crate) const ROLLS: &str = "gmcSyncRolls";
/// Chunks of answers.
pub(crate) const ANSWERS: &str = "gmcSyncAnswers";
/// Looks that have been carried out.
pub(crate) const LOOKS: &str = "gmcSyncLooks";
