//! Everything outside the stages: the database, the ledger, the indexes, the queues, the GMC, and who breaks them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use domain::index::{IndexDoc, IndexName};
use domain::status::Recommendation;
use domain::{BodyCode, GmcNumber, Moment, RunNumber, StoredDoctor};
use sync::ledger::{Body, Chunk, ChunkId, Lock, Run};
use sync::ports::doctors::ConnectionLog;
use sync::ports::index::Version;
use sync::ports::queue::QueueName;
use sync::ports::{PortError, PortResult};
use uuid::Uuid;

use crate::clock::GiveWay;

/// The world, as the ports see it.
#[derive(Clone)]
pub struct Sim(Arc<Mutex<World>>);

/// What can be away or fail on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// The database and the ledger in it.
    Database,
    /// The search indexes.
    Index,
    /// The queues.
    Queues,
}

/// How much of each kind of trouble is left to be made; counted down, and counted up in `made`.
#[derive(Clone, Debug, Default)]
pub struct Trouble {
    /// A call fails before its effect.
    pub failed_before: u32,
    /// A call fails after its effect.
    pub failed_after: u32,
    /// A stage is killed between two calls.
    pub killed: u32,
    /// A message is delivered twice at once.
    pub delivered_twice: u32,
    /// An engine is away for a while, sometimes longer than all redeliveries.
    pub outages: u32,
    /// Another service writes to a doctor.
    pub foreign_writes: u32,
    /// The GMC changes its mind.
    pub gmc_changes: u32,
    /// The GMC fails, for a while or for good.
    pub gmc_failures: u32,
    /// The GMC lies: an empty list, or half of it.
    pub gmc_lies: u32,
    /// Another run is asked for.
    pub other_runs: u32,
    /// A run is to be given up.
    pub aborts: u32,
    /// An item of a bulk request fails on its own.
    pub items_failed: u32,
}

/// A document of `doctorsForDB` with a field of another service.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the sync knows of it.
    pub doctor: StoredDoctor,
    /// Who is responsible: another service's field.
    pub admin: u64,
}

/// A message in a queue.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) body: Arc<str>,
    pub(crate) visible_from: Moment,
    pub(crate) receive_count: u32,
    pub(crate) receipt: u64,
}

/// What the GMC answered, and to whom.
#[derive(Clone, Debug)]
pub struct GmcAnswer {
    /// Which body was asked.
    pub code: BodyCode,
    /// When it answered: at or after the moment the stage noted.
    pub at: Moment,
    /// Whom it named.
    pub numbers: BTreeSet<GmcNumber>,
}

/// A document of an index.
#[derive(Clone, Debug)]
pub(crate) struct IndexEntry {
    pub(crate) number: GmcNumber,
    pub(crate) version: Version,
    pub(crate) doc: IndexDoc,
}

/// What another service wrote by hand, or by saving a whole document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignWrite {
    /// When.
    pub at: Moment,
    /// The body it connected the doctor to, or none, dated now; `None` where it did neither.
    pub by_hand: Option<Option<BodyCode>>,
    /// When the document was read that was saved; `None` for a write by field.
    pub read_at: Option<Moment>,
}

/// The state of everything.
pub struct World {
    pub(crate) random: fastrand::Rng,
    pub(crate) now: Moment,
    pub(crate) asleep_until: Option<Moment>,
    pub(crate) trouble: Trouble,
    /// What has been broken so far.
    pub made: BTreeMap<&'static str, u64>,
    pub(crate) away_until: BTreeMap<Engine, Moment>,
    /// `doctorsForDB`.
    pub documents: BTreeMap<GmcNumber, Document>,
    /// Who was hidden before the first run.
    pub(crate) hidden_at_first: BTreeSet<GmcNumber>,
    pub(crate) recommendations: BTreeMap<GmcNumber, Recommendation>,
    /// `connectionLogs`.
    pub logs: BTreeMap<String, ConnectionLog>,
    pub(crate) lock: Lock,
    /// `gmcSyncRuns`.
    pub runs: BTreeMap<RunNumber, Run>,
    /// `gmcSyncBodies`.
    pub bodies: BTreeMap<(RunNumber, BodyCode), Body>,
    /// `gmcSyncRolls`.
    pub rolls: BTreeMap<(RunNumber, BodyCode, Uuid), Vec<GmcNumber>>,
    /// `gmcSyncAnswers`.
    pub chunks: BTreeMap<ChunkId, (Chunk, Vec<GmcNumber>)>,
    pub(crate) looks: BTreeSet<(RunNumber, Uuid, u32)>,
    pub(crate) indexes: BTreeMap<IndexName, BTreeMap<String, IndexEntry>>,
    /// Ids that a search finds; newer ones only by id.
    pub(crate) searchable: BTreeMap<IndexName, BTreeSet<String>>,
    pub(crate) next_seq_no: i64,
    pub(crate) queues: BTreeMap<QueueName, Vec<Message>>,
    pub(crate) next_message: u64,
    /// Messages received too often.
    pub dead_letters: Vec<(QueueName, Arc<str>)>,
    /// Which doctors each body has, at the GMC, now.
    pub truth: BTreeMap<BodyCode, BTreeSet<GmcNumber>>,
    pub(crate) gmc_away: BTreeMap<BodyCode, Moment>,
    /// Every answer the GMC gave.
    pub answers: Vec<GmcAnswer>,
    /// What others wrote.
    pub foreign: BTreeMap<GmcNumber, Vec<ForeignWrite>>,
    pub(crate) pending_saves: Vec<(Moment, Moment, Document)>,
    pub(crate) trace: Option<Vec<String>>,
}

impl Sim {
    pub(crate) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world; a panic elsewhere does not hide what it was like.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// One call of an engine: the scheduler may let others go first, and the call may fail before or after its effect.
    pub(crate) async fn call<T>(
        &self,
        engine: Engine,
        what: &'static str,
        effect: impl FnOnce(&mut World) -> T + Send,
    ) -> PortResult<T> {
        GiveWay::default().await;
        let mut world = self.world();
        if world.away_until.get(&engine).is_some_and(|until| world.now < *until) {
            return Err(PortError::transient(format!("{engine:?} is away ({what})")));
        }
        if world.strikes(|trouble| &mut trouble.failed_before, 300, "call failed before its effect") {
            return Err(PortError::transient(format!("{what} failed")));
        }
        let result = effect(&mut world);
        world.note(|| format!("  {what}"));
        if world.strikes(|trouble| &mut trouble.failed_after, 300, "call failed after its effect") {
            return Err(PortError::transient(format!("{what} failed after all")));
        }
        Ok(result)
    }
}

impl World {
    /// Whether trouble of a kind happens now: one time in `rarity`, while there is any left.
    pub(crate) fn strikes(
        &mut self,
        of: fn(&mut Trouble) -> &mut u32,
        rarity: u32,
        name: &'static str,
    ) -> bool {
        let left = of(&mut self.trouble);
        if *left == 0 || self.random.u32(..rarity) != 0 {
            return false;
        }
        *left -= 1;
        *self.made.entry(name).or_default() += 1;
        self.note(|| format!("! {name}"));
        true
    }

    /// Adds a line to the trace, if there is one.
    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9} {}", now.0, line()));
        }
    }

    /// Any of the bodies.
    pub(crate) fn any_body(&mut self) -> BodyCode {
        let bodies: Vec<BodyCode> = self.truth.keys().cloned().collect();
        bodies[self.random.usize(..bodies.len())].clone()
    }

    /// Any of the doctors that there are.
    pub(crate) fn any_doctor(&mut self) -> Option<GmcNumber> {
        let numbers: Vec<GmcNumber> = self.documents.keys().copied().collect();
        (!numbers.is_empty()).then(|| numbers[self.random.usize(..numbers.len())])
    }
}

impl World {
    /// Lets searches find what has been written so far.
    pub(crate) fn refresh(&mut self) {
        for (index, entries) in &self.indexes {
            self.searchable.insert(*index, entries.keys().cloned().collect());
        }
    }

    /// Takes an engine away for a while: from a blink to longer than all redeliveries.
    pub(crate) fn take_an_engine_away(&mut self) {
        let engine = [Engine::Database, Engine::Index, Engine::Queues][self.random.usize(..3)];
        let span = [2_000, 60_000, 20 * 60_000, 150 * 60_000][self.random.usize(..4)];
        self.note(|| format!("{engine:?} is away for {} s", span / 1_000));
        self.away_until.insert(engine, Moment(self.now.0 + span));
    }
}
