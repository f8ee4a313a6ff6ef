//! The night on one machine: the data directory, the in-process queues, and the workers around the stages.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::{BodyCode, RunNumber};
use embedded::{DataDir, QueueSettings, Queues, Store};
use sync::backoff::Backoff;
use sync::fetch::FetchSettings;
use sync::ledger::Run;
use sync::open::{NightSettings, OpenRequest, Opened, open};
use sync::ports::gmc::{AnswerEnd, FailureKind, GmcFailure, RecordSink};
use sync::ports::host::Machine;
use sync::ports::queue::Inbox;
use sync::ports::{Gmc, Host as _, Ledger as _};
use sync::report::{Report, report};
use sync::watchdog;
use sync::worker::{Concurrency, Stages, start};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::error::Error;
use crate::interrupt::Interrupts;
use crate::output::Screen;
use crate::progress::Progress;

/// How often the ledger is asked whether the night is over.
const POLL: Duration = Duration::from_millis(25);
/// How often the watchdog looks at a run that is past its deadline. Before, it would only do what a worker is at.
const WATCHDOG_EVERY: Duration = Duration::from_secs(5);
/// With nothing in the queues for so long, nobody works on the run any more.
const STANDSTILL: Duration = Duration::from_secs(1);
/// How often a run that stands still is recovered before it is left to the next command.
const RECOVERIES: u32 = 3;

/// Longer than any stage works on one message.
const NEVER: Duration = Duration::from_hours(24);

/// What the reports say of a night whose program was killed.
const STOPPED: &str = "the program that ran the night was stopped";

/// A data directory that this process has for itself; nothing in it is unsettled.
pub(crate) struct Engine {
    store: Store,
    screen: Screen,
}

/// A night to be run.
pub(crate) struct Night {
    /// Whom to ask.
    pub(crate) gmc: Arc<dyn Gmc>,
    /// How nights are run here.
    pub(crate) settings: NightSettings,
    /// What the night is asked to be.
    pub(crate) request: OpenRequest,
}

impl Engine {
    /// Opens a data directory, and first of all settles what a program left there that was killed.
    pub(crate) async fn open(path: &Path, screen: &Screen) -> Result<Self, Error> {
        let store = Store::open(&DataDir::open(path)?)?;
        let engine = Self { store, screen: screen.clone() };
        engine.settle().await?;
        engine.store.expire(Machine.now()).await?;
        Ok(engine)
    }

    /// The same for commands that only look: a directory that is not there is not made.
    pub(crate) async fn open_existing(path: &Path, screen: &Screen) -> Result<Self, Error> {
        if !path.join(embedded::FILE_NAME).exists() {
            return Err(Error::Told(format!(
                "data directory {}: no night was run there yet; run one with gmc-sync night, or choose another with --data DIR",
                path.display()
            )));
        }
        Self::open(path, screen).await
    }

    /// The data.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The report of a run.
    pub(crate) async fn report(&self, run: RunNumber) -> Result<Option<Report>, Error> {
        Ok(report(&self.store, run, Machine.now()).await?)
    }

    /// Runs a night to its end. An interrupt settles it early.
    pub(crate) async fn night(
        &self,
        night: Night,
        progress: &mut Progress,
        interrupts: &mut Interrupts,
    ) -> Result<Report, Error> {
        let mut work = Work::start(&self.store, night.gmc, night.settings);
        let opened = open(work.stages.desk(), &work.stages.night, &night.request).await?;
        let run = match opened {
            Opened::Begun(run) | Opened::Resumed(run) | Opened::Over(run) => run.number,
            Opened::Busy(other) => return Err(Error::Told(format!("run {other} is still going on"))),
        };
        let mut is_aborted = false;
        while !work.is_closed(run, progress).await? {
            tokio::select! {
                () = tokio::time::sleep(POLL) => continue,
                () = interrupts.wait(), if !is_aborted => {}
            }
            let reason = interrupts.reason().unwrap_or_default();
            match watchdog::abort(work.stages.desk(), run, reason).await {
                Ok(_) => is_aborted = true,
                Err(error) => {
                    tracing::warn!(run = run.0, "the run is not settled yet: {error}");
                    tokio::time::sleep(POLL).await;
                }
            }
        }
        self.report(run).await?.ok_or_else(|| Error::Told(format!("run {run} is not in the ledger")))
    }

    /// Brings to their end the runs of programs that were killed, and takes second looks that are due. Needs no GMC.
    async fn settle(&self) -> Result<(), Error> {
        let holder = self.store.lock().await?.holder;
        if let Some(holder) = &holder {
            self.store.add_run(holder).await?;
        }
        let open_runs = self.store.open_runs().await?;
        if open_runs.is_empty() {
            return Ok(());
        }
        let mut work = Work::start(&self.store, Arc::new(NobodyToAsk), NightSettings::new(Vec::new()));
        let unfinished: Vec<&Run> = open_runs.iter().filter(|run| !run.state.is_closed()).collect();
        if !unfinished.is_empty() {
            watchdog::recover(work.stages.desk(), STOPPED).await?;
        }
        for run in unfinished {
            while !work.is_closed(run.number, &mut Progress::none()).await? {
                tokio::time::sleep(POLL).await;
            }
            self.screen.tell(&format!(
                "run {} was stopped in the middle; it is settled now, and nobody stays hidden by it (gmc-sync report {})",
                run.number, run.number
            ));
        }
        watchdog::tick(work.stages.desk()).await?;
        while !work.queues.is_idle() {
            work.check()?;
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

/// Workers around the stages, with queues of their own. They end when it is dropped.
struct Work {
    stages: Arc<Stages>,
    queues: Queues,
    workers: JoinSet<()>,
    watched: Instant,
    moved: Instant,
    recoveries: u32,
}

impl Work {
    fn start(store: &Store, gmc: Arc<dyn Gmc>, night: NightSettings) -> Self {
        // nobody takes a message over here: a worker ends with the program
        let queues = Queues::new(|_| QueueSettings { visibility: NEVER, ..QueueSettings::default() });
        let stages = Arc::new(Stages {
            doctors: Arc::new(store.clone()),
            ledger: Arc::new(store.clone()),
            index: Arc::new(store.clone()),
            outbox: Arc::new(queues.clone()),
            gmc,
            host: Arc::new(Machine),
            night,
            fetch: fetch_settings(),
        });
        let inbox: Arc<dyn Inbox> = Arc::new(queues.clone());
        let workers = start(&stages, &inbox, Concurrency::default());
        let now = Instant::now();
        Self { stages, queues, workers, watched: now, moved: now, recoveries: 0 }
    }

    /// Whether a run is closed; looks after it if not.
    async fn is_closed(&mut self, number: RunNumber, progress: &mut Progress) -> Result<bool, Error> {
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
                "run {number} does not end, because messages failed again and again: look at the warnings above; the next \
                 command on this data directory settles it"
            )));
        }
        self.recoveries += 1;
        watchdog::recover(self.stages.desk(), "messages of the night failed too often").await?;
        self.moved = Instant::now();
        Ok(())
    }

    /// A worker only ever ends by a defect.
    fn check(&mut self) -> Result<(), Error> {
        match self.workers.try_join_next() {
            None => Ok(()),
            Some(_) => Err(Error::Told(
                "a stage ended by a defect of this program: the next command on this data directory settles the night"
                    .to_owned(),
            )),
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
struct NobodyToAsk;

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
