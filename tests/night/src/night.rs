//! The pieces put together, and how a test runs a night.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use domain::{BodyCode, GmcNumber, RunNumber, RunState};
use embedded::{DataDir, QueueSettings, Queues, Store};
use gmc::{GmcClient, GmcSettings};
use secrecy::SecretString;
use simulator::{Changes, Population, PopulationConfig, RequestRecord, Simulator, SimulatorConfig};
use sync::backoff::Backoff;
use sync::fetch::FetchSettings;
use sync::ledger::{Run, Trigger};
use sync::open::{NightSettings, OpenError, OpenRequest, Opened, open};
use sync::ports::queue::{Inbox, Outbox as _, Outgoing, QueueName};
use sync::ports::{Host as _, Ledger as _};
use sync::report::{BodyReport, Report, report};
use sync::watchdog::{self, SECOND_LOOK_AFTER};
use sync::worker::{Concurrency, Stages, start};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::hooks::Hooks;
use crate::others::Others;
use crate::ports::Hooked;
use crate::snapshot::{Snapshot, dump};
use crate::valve::Valve;

/// The bodies of the tests, as the simulator has them.
pub const YORKSHIRE: &str = "1-1RSG4X0";
/// The second of them.
pub const EAST_MIDLANDS: &str = "1-1RSSPZ7";
/// The third.
pub const EAST_OF_ENGLAND: &str = "1-1RSSQ05";
/// The last and smallest.
pub const NORTH_EAST: &str = "1-1RSSQ1B";

/// What the simulator wants, so that a test can look for it where it must not be.
pub const PASSWORD: &str = "correct-horse-battery-staple";

/// A night that does not end within this has stopped; it is no time that a test is to take.
const STANDSTILL: Duration = Duration::from_mins(1);

/// How often it is looked whether something has happened.
const POLL: Duration = Duration::from_millis(2);

/// How a test's nights are to be.
pub struct Setup {
    /// How many doctors there are on night 0.
    pub doctors: u32,
    /// The bodies, at the GMC and in the settings.
    pub bodies: Vec<&'static str>,
    /// Faults in the simulator's notation, such as `1-1RSSQ05=code-98:2`.
    pub faults: Vec<String>,
    /// Whether doctors are hidden while a run goes on.
    pub hides: bool,
    /// How long the GMC may send nothing.
    pub idle_timeout: Duration,
    /// How long one answer may take as a whole.
    pub total_timeout: Duration,
    /// The pause of the fault `drip`.
    pub drip_pause: Duration,
    /// Queues from which nobody receives until the test opens them.
    pub closed: Vec<QueueName>,
    /// The user who asks the GMC.
    pub internal_user: &'static str,
    /// What the sync sends as its password.
    pub password: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            doctors: 240,
            bodies: vec![YORKSHIRE, EAST_MIDLANDS, EAST_OF_ENGLAND, NORTH_EAST],
            faults: Vec::new(),
            hides: true,
            idle_timeout: Duration::from_secs(20),
            total_timeout: Duration::from_mins(1),
            drip_pause: Duration::from_millis(1),
            closed: Vec::new(),
            internal_user: "gmc-sync",
            password: PASSWORD,
        }
    }
}

impl Setup {
    /// Starts the simulated GMC, and the stages on an empty database.
    pub async fn start(self) -> Night {
        let population = PopulationConfig {
            doctors: self.doctors,
            bodies: self.bodies.iter().map(ToString::to_string).collect(),
            seed: 1,
        };
        let config = SimulatorConfig {
            credentials: simulator::Credentials {
                username: "night-tests".to_owned(),
                password: PASSWORD.to_owned(),
            },
            population,
            faults: self.faults.iter().map(|fault| fault.parse().unwrap()).collect(),
            drip_pause: self.drip_pause,
            ..SimulatorConfig::default()
        };
        let gmc = Simulator::start(config).await.unwrap();
        let credentials =
            gmc::Credentials::new("night-tests", SecretString::from(self.password), self.internal_user)
                .unwrap();
        let client = GmcClient::new(GmcSettings {
            idle_timeout: self.idle_timeout,
            total_timeout: self.total_timeout,
            ..GmcSettings::new(gmc.url().parse().unwrap(), credentials)
        })
        .unwrap();

        let dir = TempDir::new().unwrap();
        let store = Store::open(&DataDir::open(dir.path()).unwrap()).unwrap();
        let (clock, hooks) = (Arc::new(Clock::default()), Arc::new(Hooks::default()));
        let settings = NightSettings {
            hides: self.hides,
            // of a few dozen doctors, one or two may leave and ten may not
            max_disconnected_min: 5,
            ..NightSettings::new(self.bodies.iter().map(|code| body(code)).collect())
        };
        let pieces = Pieces { store, clock, hooks, client };
        let work = Work::start(&pieces, settings.clone(), &self.closed);
        Night { gmc, pieces, settings, work, events: AtomicU32::new(0), _dir: dir }
    }
}

/// What outlives the workers.
struct Pieces {
    store: Store,
    clock: Arc<Clock>,
    hooks: Arc<Hooks>,
    client: GmcClient,
}

/// The workers and their queues: what is lost with a process.
struct Work {
    stages: Arc<Stages>,
    queues: Queues,
    valve: Arc<Valve>,
    workers: JoinSet<()>,
}

/// A simulated GMC, and everything of ours around it.
pub struct Night {
    /// The GMC.
    pub gmc: Simulator,
    /// How nights are run; a change counts from the next [`Night::restart`] on, and for runs that are opened.
    pub settings: NightSettings,
    pieces: Pieces,
    work: Work,
    events: AtomicU32,
    _dir: TempDir,
}

impl Work {
    fn start(pieces: &Pieces, night: NightSettings, closed: &[QueueName]) -> Self {
        let Pieces { store, clock, hooks, client } = pieces;
        let queues = Queues::new(|_| QueueSettings::default());
        let hooked = || Hooked { inner: store.clone(), hooks: Arc::clone(hooks) };
        let stages = Arc::new(Stages {
            doctors: Arc::new(hooked()),
            ledger: Arc::new(store.clone()),
            index: Arc::new(hooked()),
            outbox: Arc::new(Hooked { inner: queues.clone(), hooks: Arc::clone(hooks) }),
            gmc: Arc::new(Hooked { inner: client.clone(), hooks: Arc::clone(hooks) }),
            host: Arc::clone(clock) as _,
            night,
            fetch: fetch_settings(),
        });
        let valve = Arc::new(Valve::new(queues.clone(), closed));
        let inbox: Arc<dyn Inbox> = Arc::clone(&valve) as _;
        let workers = start(&stages, &inbox, Concurrency::default());
        Self { stages, queues, valve, workers }
    }
}

/// Four attempts, two by two: after the second the message is handed back.
fn fetch_settings() -> FetchSettings {
    FetchSettings {
        backoff: Backoff { first: Duration::from_millis(2), most: Duration::from_millis(10) },
        attempts: 2,
        attempt_needs: Duration::ZERO,
        max_receives: 3,
        hand_back: (Duration::from_millis(2), Duration::from_millis(10)),
        ..FetchSettings::default()
    }
}

impl Night {
    /// A request for a whole night, by an event of its own.
    pub fn request(&self) -> OpenRequest {
        OpenRequest {
            key: format!("event {}", self.events.fetch_add(1, Ordering::SeqCst)),
            trigger: Trigger::CommandLine,
            bodies: None,
            accept: [].into(),
            accept_empty: false,
            is_dry: false,
        }
    }

    /// Opens a run.
    pub async fn open(&self, request: &OpenRequest) -> Result<Opened, OpenError> {
        open(self.work.stages.desk(), &self.settings, request).await
    }

    /// Opens a run that must be a new one.
    pub async fn begin(&self, request: &OpenRequest) -> RunNumber {
        match self.open(request).await.unwrap() {
            Opened::Begun(run) => run.number,
            other => panic!("no new run: {other:?}"),
        }
    }

    /// Runs a night to its end, and until nothing is left in the queues.
    pub async fn run(&self, request: &OpenRequest) -> Report {
        let run = self.begin(request).await;
        self.closed(run).await
    }

    /// Runs a whole night.
    pub async fn whole_night(&self) -> Report {
        self.run(&self.request()).await
    }

    /// A day goes by at the GMC, and the clock comes to the next night.
    pub fn next_day(&self) -> Changes {
        self.pieces.clock.advance(Duration::from_hours(24));
        self.population(Population::advance)
    }

    /// Waits until a run is closed and nothing is left in the queues.
    pub async fn closed(&self, run: RunNumber) -> Report {
        self.reached(run, |run| run.state.is_closed()).await;
        self.idle().await;
        self.report(run).await
    }

    /// Waits until a run is as it is to be.
    pub async fn reached(&self, number: RunNumber, is_so: impl Fn(&Run) -> bool) -> Run {
        let begun = Instant::now();
        loop {
            let run = self.ledger_run(number).await;
            if is_so(&run) {
                return run;
            }
            assert!(begun.elapsed() < STANDSTILL, "run {number} stands still: {run:?}, {}", self.depths());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until nothing is left in the queues, but for those that are closed.
    pub async fn idle(&self) {
        let begun = Instant::now();
        while !self.work.queues.is_idle() {
            assert!(begun.elapsed() < STANDSTILL, "messages are left: {}", self.depths());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < STANDSTILL, "never came: {what}; {}", self.depths());
            tokio::time::sleep(POLL).await;
        }
    }

    /// The report of a run.
    pub async fn report(&self, run: RunNumber) -> Report {
        report(&self.pieces.store, run, self.pieces.clock.now()).await.unwrap().unwrap()
    }

    /// A run as the ledger has it.
    pub async fn ledger_run(&self, run: RunNumber) -> Run {
        self.pieces.store.run(run).await.unwrap().unwrap()
    }

    /// Where a run stands.
    pub async fn state(&self, run: RunNumber) -> RunState {
        self.ledger_run(run).await.state
    }

    /// One tick of the watchdog.
    pub async fn tick(&self) {
        watchdog::tick(self.work.stages.desk()).await.unwrap();
    }

    /// A quarter of an hour after the sweep, the watchdog takes the second look, and the index follows.
    pub async fn second_look(&self) {
        self.pieces.clock.advance(SECOND_LOOK_AFTER + Duration::from_secs(1));
        self.tick().await;
        self.idle().await;
    }

    /// Asks for a run to be given up.
    pub async fn abort(&self, run: RunNumber, reason: &str) -> bool {
        watchdog::abort(self.work.stages.desk(), run, reason).await.unwrap()
    }

    /// The process dies with its queues, and another one opens the database; it has settled nothing yet.
    pub async fn restart(&mut self, closed: &[QueueName]) {
        self.work.workers.shutdown().await;
        self.work = Work::start(&self.pieces, self.settings.clone(), closed);
    }

    /// What a program does first with a database: settle what another one left.
    pub async fn recover(&self, reason: &str) {
        watchdog::recover(self.work.stages.desk(), reason).await.unwrap();
    }

    /// Nobody receives from this queue any more.
    pub fn close_queue(&self, queue: QueueName) {
        self.work.valve.close(queue);
    }

    /// Whoever waits for this queue receives from it again.
    pub fn open_queue(&self, queue: QueueName) {
        self.work.valve.open(queue);
    }

    /// The queues.
    pub fn queues(&self) -> &Queues {
        &self.work.queues
    }

    /// Sends a message as it is.
    pub async fn send(&self, queue: QueueName, message: &str) {
        let message = Outgoing { body: message.into(), delay: Duration::ZERO, is_bulk: false };
        self.work.queues.send(queue, vec![message]).await.unwrap();
    }

    /// Time.
    pub fn clock(&self) -> &Arc<Clock> {
        &self.pieces.clock
    }

    /// What is to be done at chosen calls.
    pub fn hooks(&self) -> &Hooks {
        &self.pieces.hooks
    }

    /// The other services.
    pub fn others(&self) -> Others {
        Others { store: self.pieces.store.clone(), clock: Arc::clone(&self.pieces.clock) }
    }

    /// The database, the ledger and the indexes.
    pub fn store(&self) -> &Store {
        &self.pieces.store
    }

    /// The stages, for calling one of them.
    pub fn stages(&self) -> &Arc<Stages> {
        &self.work.stages
    }

    /// The data file.
    pub fn file(&self) -> PathBuf {
        self.pieces.store.path().to_owned()
    }

    /// Everything that is stored.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.file())
    }

    /// Every row that a night writes beside the ledger, with what tells that it was written.
    pub fn dump(&self) -> Vec<String> {
        dump(&self.file())
    }

    /// Looks at the GMC's doctors, or changes them.
    pub fn population<T>(&self, look: impl FnOnce(&mut Population) -> T) -> T {
        look(&mut self.gmc.population().write().unwrap())
    }

    /// The GMC numbers of a body, in the order of the answer.
    pub fn doctors_of(&self, body: &str) -> Vec<String> {
        self.population(|gmc| gmc.doctors_of(body).map(|doctor| doctor.number).collect())
    }

    /// Adds a fault, in the simulator's notation.
    pub fn fault(&self, fault: &str) {
        self.gmc.faults().add(fault.parse().unwrap());
    }

    /// How the GMC was asked for a body.
    pub fn asked(&self, body: &str) -> Vec<RequestRecord> {
        self.gmc.requests().of(body)
    }

    fn depths(&self) -> String {
        let depth = |queue| format!("{queue}: {:?}", self.work.queues.depth(queue));
        QueueName::ALL.map(depth).join(", ")
    }
}

/// A body's report.
pub fn of<'a>(report: &'a Report, code: &str) -> &'a BodyReport {
    report.bodies.iter().find(|body| body.code.as_str() == code).expect("a body of the run")
}

/// A body's code.
pub fn body(code: &str) -> BodyCode {
    BodyCode::parse(code).unwrap()
}

/// A GMC number.
pub fn number(text: &str) -> GmcNumber {
    GmcNumber::parse(text).unwrap()
}
