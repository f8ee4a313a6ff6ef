//! Everything outside the stages: the database, the ledger, the indexes, the queues, the GMC, and who breaks them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use domain::index::{IndexDoc, IndexName};
use domain::status::Recommendation;
use domain::{BodyCode, GmcNumber, Moment, RunNumber, StoredDoctor};
use sync::ledger::{Body, Chunk, ChunkId, Lock, Run};
use sync::ports::doctors::ConnectionLog;
use sync::ports::index::Version;
use sync::ports::queue::QueueName;
use sync::ports::{Host as _, PortError, PortResult};
use uuid::Uuid;

use crate::clock::GiveWay;
use crate::gmc::{Answer, Said};
use crate::observed::Observed;
use crate::trouble::{Made, Refuses, Trouble};

/// The world, as the ports see it.
#[derive(Clone)]
pub(crate) struct Sim(Arc<Mutex<World>>);

/// What can be away or fail on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    /// The database and the ledger in it.
    Database,
    /// The search indexes.
    Index,
    /// The queues.
    Queues,
}

/// A document of `doctorsForDB` with a field of another service.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// What the sync knows of it.
    pub(crate) doctor: StoredDoctor,
    /// Who is responsible: another service's field.
    pub(crate) admin: u64,
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

/// A document of an index.
#[derive(Clone, Debug)]
pub(crate) struct IndexEntry {
    pub(crate) number: GmcNumber,
    pub(crate) version: Version,
    pub(crate) doc: IndexDoc,
}

/// What another service wrote to a doctor's document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignWrite {
    /// When.
    pub(crate) at: Moment,
    /// The body it connected the doctor to, or none, dated now; `None` where it did neither.
    pub(crate) by_hand: Option<Option<BodyCode>>,
    /// When the document was read that was saved as a whole; `None` for a write by field.
    pub(crate) read_at: Option<Moment>,
    /// Whether it hid the doctor, as the system before this one does in its night.
    pub(crate) hides: bool,
}

/// The stage whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) stage: u32,
    pub(crate) began: Moment,
    /// When its time is up, if it has a limit.
    pub(crate) ends: Option<Moment>,
}

/// The state of everything.
pub(crate) struct World {
    pub(crate) random: fastrand::Rng,
    pub(crate) now: Moment,
    pub(crate) turn: Option<Turn>,
    pub(crate) asleep_until: Option<Moment>,
    pub(crate) trouble: Trouble,
    /// What has been broken so far.
    pub(crate) made: Made,
    /// What is noted besides, for the checks alone.
    pub(crate) observed: Observed,
    pub(crate) away_until: BTreeMap<Engine, Moment>,
    pub(crate) refusing: BTreeMap<GmcNumber, Refuses>,
    /// `doctorsForDB`.
    pub(crate) documents: BTreeMap<GmcNumber, Document>,
    pub(crate) recommendations: BTreeMap<GmcNumber, Recommendation>,
    /// `connectionLogs`.
    pub(crate) logs: BTreeMap<String, ConnectionLog>,
    pub(crate) lock: Lock,
    /// `gmcSyncRuns`.
    pub(crate) runs: BTreeMap<RunNumber, Run>,
    /// `gmcSyncBodies`.
    pub(crate) bodies: BTreeMap<(RunNumber, BodyCode), Body>,
    /// `gmcSyncRolls`, each number on its own.
    pub(crate) rolls: BTreeMap<(RunNumber, BodyCode, Uuid), BTreeSet<GmcNumber>>,
    /// `gmcSyncAnswers`.
    pub(crate) chunks: BTreeMap<ChunkId, (Chunk, Vec<GmcNumber>)>,
    pub(crate) looks: BTreeSet<(RunNumber, Uuid, u32)>,
    pub(crate) indexes: BTreeMap<IndexName, BTreeMap<String, IndexEntry>>,
    /// Ids that a search finds; newer ones only by id.
    pub(crate) searchable: BTreeMap<IndexName, BTreeSet<String>>,
    pub(crate) next_seq_no: i64,
    pub(crate) queues: BTreeMap<QueueName, Vec<Message>>,
    pub(crate) next_message: u64,
    /// Messages received too often.
    pub(crate) dead_letters: Vec<(QueueName, u64, Arc<str>)>,
    /// Which doctors each body has, at the GMC, now.
    pub(crate) truth: BTreeMap<BodyCode, BTreeSet<GmcNumber>>,
    /// What the GMC says of a doctor, now.
    pub(crate) says: BTreeMap<GmcNumber, Said>,
    pub(crate) gmc_away: BTreeMap<BodyCode, Moment>,
    /// Every complete answer that the GMC gave; the GMC's id of the request is its position.
    pub(crate) answers: Vec<Answer>,
    /// What others wrote.
    pub(crate) foreign: BTreeMap<GmcNumber, Vec<ForeignWrite>>,
    /// Whether the others' documents have existsInGmc.
    pub(crate) others_know_later_schema: bool,
    pub(crate) pending_saves: Vec<crate::foreign::Save>,
    pub(crate) hiding_underway: Vec<crate::ports_database::HidingUnderway>,
    pub(crate) trace: Option<Vec<String>>,
}

impl Sim {
    pub(crate) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world; a panic elsewhere does not hide what it was like.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// One step of an engine: the scheduler may let others go first, and the call may fail before or after its effect.
    pub(crate) async fn call<T>(
        &self,
        engine: Engine,
        what: &'static str,
        effect: impl FnOnce(&mut World) -> T + Send,
    ) -> PortResult<T> {
        GiveWay::default().await;
        self.may_take_long().await;
        let mut world = self.world();
        if world.away_until.get(&engine).is_some_and(|until| world.now < *until) {
            world.note(|| format!("{what}: {engine:?} is away"));
            return Err(PortError::transient(format!("{engine:?} is away ({what})")));
        }
        if world.strikes(|trouble| &mut trouble.failed_before, 300, "call failed before its effect") {
            return Err(PortError::transient(format!("{what} failed")));
        }
        let result = effect(&mut world);
        world.note(|| what.to_owned());
        if world.strikes(|trouble| &mut trouble.failed_after, 300, "call failed after its effect") {
            return Err(PortError::transient(format!("{what} failed after all")));
        }
        Ok(result)
    }
}

impl Sim {
    /// A statement may be on its way for a while, and land when nobody reckons with it any more.
    async fn may_take_long(&self) {
        let span = self.world().takes_long(|trouble| &mut trouble.paused, 300);
        if let Some(span) = span {
            self.sleep(span).await;
        }
    }
}

impl World {
    /// For how long a statement is on its way, if it is one of those that take minutes.
    pub(crate) fn takes_long(&mut self, of: fn(&mut Trouble) -> &mut u32, rarity: u32) -> Option<Duration> {
        let strikes = self.strikes(of, rarity, "statement on its way for minutes");
        strikes.then(|| Duration::from_secs(self.random.u64(20..540)))
    }

    /// Adds a line to the trace, if there is one: when, whose turn it is, and what happened.
    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        let now = self.now.0 - crate::population::BEGINNING.0;
        let turn = self.turn.map_or_else(String::new, |turn| format!("#{}", turn.stage));
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>6}.{:03} {turn:>5} {}", now / 1_000, now % 1_000, line()));
        }
    }

    /// Any of the bodies.
    pub(crate) fn any_body(&mut self) -> BodyCode {
        let bodies: Vec<&BodyCode> = self.truth.keys().collect();
        bodies[self.random.usize(..bodies.len())].clone()
    }

    /// Any of the doctors that there are; as often as not one whom a stage has just read, and is about to write.
    pub(crate) fn any_doctor(&mut self) -> Option<GmcNumber> {
        if !self.observed.just_read.is_empty() && self.random.bool() {
            let place = self.random.usize(..self.observed.just_read.len());
            return self
                .observed
                .just_read
                .get(place)
                .copied()
                .filter(|number| self.documents.contains_key(number));
        }
        let place = self.random.usize(..self.documents.len().max(1));
        self.documents.keys().nth(place).copied()
    }

    /// Lets searches find what has been written so far.
    pub(crate) fn refresh(&mut self) {
        for (index, entries) in &self.indexes {
            self.searchable.insert(*index, entries.keys().cloned().collect());
        }
    }
}
