//! The ledger: what the night knows, kept apart from the doctors' documents (ARCHITECTURE.md, "The ledger").
//!
//! Everything that more than one caller may change is changed by a conditional write on its version, which one caller
//! wins. Lists of numbers are only ever added to.

use async_trait::async_trait;
use domain::{BodyCode, GmcNumber, Moment, RunNumber};
use uuid::Uuid;

use super::PortResult;
use crate::ledger::{Body, Chunk, ChunkId, Lock, Run};

/// The sync's own collections: `gmcSyncLock`, `gmcSyncRuns`, `gmcSyncBodies`, `gmcSyncRolls`, `gmcSyncAnswers`,
/// `gmcSyncLooks`. Everything is read from the primary.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The lock; an error that says to run `gmc-sync setup` when nothing made it yet.
    async fn lock(&self) -> PortResult<Lock>;

    /// Replaces the lock if its version is still `lock.version`; the new version is one more. Whether it did.
    async fn swap_lock(&self, lock: &Lock) -> PortResult<bool>;

    /// Adds a run unless one with its number or key is there. Whether it did.
    async fn add_run(&self, run: &Run) -> PortResult<bool>;

    /// A run.
    async fn run(&self, number: RunNumber) -> PortResult<Option<Run>>;

    /// The run that a key began.
    async fn run_by_key(&self, key: &str) -> PortResult<Option<Run>>;

    /// The latest runs, latest first.
    async fn latest_runs(&self, most: usize) -> PortResult<Vec<Run>>;

    /// The runs that are not closed, or whose second look is still to come, earliest first.
    async fn open_runs(&self) -> PortResult<Vec<Run>>;

    /// Replaces a run if its version is still `run.version`; the new version is one more. Whether it did.
    async fn swap_run(&self, run: &Run) -> PortResult<bool>;

    /// Adds a body of a run unless it is there. Whether it did.
    async fn add_body(&self, body: &Body) -> PortResult<bool>;

    /// The bodies of a run, in order of their codes.
    async fn bodies(&self, run: RunNumber) -> PortResult<Vec<Body>>;

    /// One body of a run.
    async fn body(&self, run: RunNumber, code: &BodyCode) -> PortResult<Option<Body>>;

    /// Replaces a body if its version is still `body.version`; the new version is one more. Whether it did.
    async fn swap_body(&self, body: &Body) -> PortResult<bool>;

    /// Stores a roll in pieces. It counts only once a body names `roll`.
    async fn add_roll(
        &self,
        run: RunNumber,
        code: &BodyCode,
        roll: Uuid,
        numbers: &[GmcNumber],
    ) -> PortResult<()>;

    /// A roll's numbers, in any order.
    async fn roll(&self, run: RunNumber, code: &BodyCode, roll: Uuid) -> PortResult<Vec<GmcNumber>>;

    /// Records a chunk of an answer and whom it named, not yet as applied, unless it is there. Whether it did.
    async fn record_chunk(&self, chunk: &Chunk, numbers: &[GmcNumber]) -> PortResult<bool>;

    /// Notes that a recorded chunk has been applied.
    async fn mark_applied(&self, chunk: &ChunkId) -> PortResult<()>;

    /// How many chunks of one fetch are recorded and applied.
    async fn applied_chunks(&self, run: RunNumber, code: &BodyCode, fetch: Uuid) -> PortResult<u32>;

    /// The recorded chunks of a run without their numbers, in any order.
    async fn chunks(&self, run: RunNumber) -> PortResult<Vec<Chunk>>;

    /// When each fetch of a run asked that has a chunk recorded; in any order, each once.
    async fn asked_ats(&self, run: RunNumber) -> PortResult<Vec<Moment>>;

    /// Whom the recorded chunks of one fetch named, by the chunks' positions.
    async fn named(
        &self,
        run: RunNumber,
        code: &BodyCode,
        fetch: Uuid,
    ) -> PortResult<Vec<(u32, Vec<GmcNumber>)>>;

    /// Notes that a look has been carried out, once however often it is said.
    async fn acknowledge_look(&self, run: RunNumber, look: Uuid, position: u32) -> PortResult<()>;

    /// How many of the looks of one sending have been carried out.
    async fn acknowledged_looks(&self, run: RunNumber, look: Uuid) -> PortResult<u32>;
}
