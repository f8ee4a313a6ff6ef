//! The workers around the stages, and the in-process queues between them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::{BodyCode, RunNumber};
use embedded::{QueueSettings, Queues};
use sync::backoff::Backoff;
use sync::fetch::FetchSettings;
use sync::open::NightSettings;
use sync::ports::gmc::{AnswerEnd, FailureKind, GmcFailure, RecordSink};
use sync::ports::host::Machine;
use sync::ports::queue::Inbox;
use sync::ports::{Gmc, Host as _};
use sync::watchdog;
use sync::worker::{Concurrency, Stages, start};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::error::Error;
use crate::progress::Progress;
use crate::stores::Stores;

/// How often the watchdog looks at a run that is past its deadline. Before, it would only do what a worker is at.
const WATCHDOG_EVERY: Duration = Duration::from_secs(5);
/// With nothing in the queues for so long, nobody works on the run any more.
const STANDSTILL: Duration = Duration::from_secs(1);
/// How often a run that stands still is recovered before it is left to the next command.
const RECOVERIES: u32 = 3;

/// How often it is looked whether the queues are empty.
const DRAIN_POLL: Duration = Duration::from_millis(25);

/// Longer than any stage works on one message.
const NEVER: Duration = Duration::from_hours(24);

/// What the reports say of a night whose program was killed.
pub(crate) const STOPPED: &str = "the program that ran the night was stopped";

/// Workers around the stages, with queues of their own. They end when it is dropped.
pub(crate) struct Work {
    /// What they work with.
    pub(crate) stages: Arc<Stages>,
    queues: Queues,
    workers: JoinSet<()>,
    watched: Instant,
    moved: Instant,
    recoveries: u32,
    /// Who settles a run that this process gives up.
    settled_by: &'static str,
}

impl Work {
    /// Starts them.
    pub(crate) fn start(stores: &Stores, gmc: Arc<dyn Gmc>, night: NightSettings) -> Self {
        // nobody takes a message over here: a worker ends with the program
        let queues = Queues::new(|_| QueueSettings { visibility: NEVER, ..QueueSettings::default() });
        let stages = Arc::new(Stages {
            doctors: Arc::clone(&stores.doctors),
            ledger: Arc::clone(&stores.ledger),
            index: Arc::clone(&stores.index),
            outbox: Arc::new(queues.clone()),
            gmc,
            host: Arc::new(Machine),
            night,
            fetch: fetch_settings(),
        });
        let inbox: Arc<dyn Inbox> = Arc::new(queues.clone());
        let workers = start(&stages, &inbox, Concurrency::default());
        let now = Instant::now();
        Self {
            stages,
            queues,
            workers,
            watched: now,
            moved: now,
            recoveries: 0,
            settled_by: stores.settled_by(),
        }
    }

    /// Whether a run is closed; looks after it if not.
    pub(crate) async fn is_closed(
        &mut self,
        number: RunNumber,
        progress: &mut Progress,
    ) -> Result<bool, Error> {
        let desk = self.stages.desk();
        let run = desk.ledger.run(number).await?;
        if let Some(run) = &run {
            progress.look(desk.ledger, run).await?;
        }
        if run.as_ref().is_some_and(|run| run.state.is_closed()) {
            return Ok(true);
        }
        self.check()?;
        let is_late = run.is_some_and(|run| Machine.now() >= run.moments.deadline);
        if is_late && self.watched.elapsed() >= WATCHDOG_EVERY {
            self.watched = Instant::now();
            if let Err(error) = watchdog::tick(self.stages.desk()).await {
                tracing::warn!(run = number.0, "the watchdog could not do its work: {error}");
            }
        }
        self.end_standstill(number).await?;
        Ok(false)
    }

    /// Works until nothing is in the queues any more.
    pub(crate) async fn drain(&mut self) -> Result<(), Error> {
        while !self.queues.is_idle() {
            self.check()?;
            tokio::time::sleep(DRAIN_POLL).await;
        }
        Ok(())
    }

    /// Messages that failed too often are dead letters: then the run goes on by what the ledger has.
    async fn end_standstill(&mut self, number: RunNumber) -> Result<(), Error> {
        if !self.queues.is_idle() {
            self.moved = Instant::now();
        }
        if self.moved.elapsed() < STANDSTILL {
            return Ok(());
        }
        if self.recoveries == RECOVERIES {
            return Err(Error::Told(format!(
                "run {number} does not end, because messages failed again and again: look at the warnings above; {}",
                self.settled_by
            )));
        }
        self.recoveries += 1;
        let desk = self.stages.desk();
        if let Some(run) = desk.ledger.run(number).await? {
            watchdog::recover_run(desk, &run, "messages of the night failed too often").await?;
        }
        self.moved = Instant::now();
        Ok(())
    }

    /// A worker only ever ends by a defect.
    fn check(&mut self) -> Result<(), Error> {
        match self.workers.try_join_next() {
            None => Ok(()),
            Some(_) => {
                Err(Error::Told(format!("a stage ended by a defect of this program: {}", self.settled_by)))
            }
        }
    }
}

/// For one machine, with somebody waiting: a body that always fails is given up within about 15 seconds.
fn fetch_settings() -> FetchSettings {
    FetchSettings {
        backoff: Backoff { first: Duration::from_millis(500), most: Duration::from_secs(8) },
        attempts: 5,
        attempt_needs: Duration::ZERO,
        max_receives: 1,
        hand_back: (Duration::from_secs(1), Duration::from_secs(2)),
        ..FetchSettings::default()
    }
}

/// Stands for the GMC while nobody is to be asked.
pub(crate) struct NobodyToAsk;

#[async_trait]
impl Gmc for NobodyToAsk {
    async fn doctors(
        &self,
        _body: &BodyCode,
        _request_id: Uuid,
        _within: Duration,
        _records: &mut dyn RecordSink,
    ) -> Result<AnswerEnd, GmcFailure> {
        Err(GmcFailure {
            kind: FailureKind::Refused,
            message: STOPPED.to_owned(),
            return_code: None,
            gmc_request_id: None,
            retry_after: None,
        })
    }
}
