//! The engine of a night: where the data is, and the workers around the stages.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::RunNumber;
use embedded::{DataDir, DataDirError, Store};
use sync::ledger::Run;
use sync::open::{NightSettings, OpenRequest, Opened, open};
use sync::ports::host::Machine;
use sync::ports::{Gmc, Host as _};
use sync::report::{Report, report};
use sync::stage::find_run;
use sync::watchdog;

use crate::args::Common;
use crate::error::Error;
use crate::interrupt::Interrupts;
use crate::output::Screen;
use crate::progress::Progress;
use crate::stores::Stores;
use crate::work::{NobodyToAsk, STOPPED, Work};

/// The data, and whoever is told about them.
///
/// A data file is this process's own (an operating-system lock says so), so whatever is unfinished in it has nobody any
/// more: it is settled before anything else. Commands that only look read it beside whoever has it. Live data are shared.
/// A run that is unfinished there may be worked on by the functions, or by another `gmc-sync night`, and nothing tells
/// whether it is: to settle it would fail bodies whose answers are on their way. So there
/// - commands that only look change nothing;
/// - a night begins with what the functions' watchdog does every fifteen minutes, which is made for being done by
///   several at once: it settles what is past its deadline, and takes second looks that are due;
/// - a run that is not past its deadline keeps the lock, and the night is refused; once it has expired the lock is given
///   to the next run, whose preparation settles it. That is the rule of [`sync::open`] for everybody.
pub(crate) struct Engine {
    stores: Stores,
    screen: Screen,
    /// The runs of killed programs that were settled when the data were opened.
    settled: Vec<RunNumber>,
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
    /// For a night: opens the data, and brings to its end what nobody works on.
    pub(crate) async fn open(common: &Common, screen: &Screen) -> Result<Self, Error> {
        #[cfg(feature = "live")]
        if crate::live::is_asked_for() {
            let engine = Self::live(screen).await?;
            engine.watch().await?;
            return Ok(engine);
        }
        Self::file(&common.data, screen).await
    }

    /// For commands that only look: a directory that is not there is not made, and while another process has it, it is
    /// read as far as that has come.
    pub(crate) async fn open_existing(common: &Common, screen: &Screen) -> Result<Self, Error> {
        #[cfg(feature = "live")]
        if crate::live::is_asked_for() {
            return Self::live(screen).await;
        }
        check_existing(&common.data)?;
        match Self::file(&common.data, screen).await {
            Err(Error::DataDir(DataDirError::InUse { pid, .. })) => {
                let by = pid.map_or_else(String::new, |pid| format!(" by process {pid}"));
                screen.tell(&format!("the data directory is in use{by}: this is how far it has come"));
                Self::read(&common.data, screen)
            }
            opened => opened,
        }
    }

    /// For commands that look on and on: takes a data directory over from a process that has ended, which settles what
    /// that left; `None` while it goes on.
    pub(crate) async fn open_if_free(common: &Common, screen: &Screen) -> Result<Option<Self>, Error> {
        match Self::file(&common.data, screen).await {
            Err(Error::DataDir(DataDirError::InUse { .. })) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// For commands that look on and on: whoever has the data directory keeps it, and nothing is settled or changed.
    #[cfg_attr(not(feature = "live"), expect(clippy::unused_async, reason = "live engines are connected to"))]
    pub(crate) async fn open_to_read(common: &Common, screen: &Screen) -> Result<Self, Error> {
        #[cfg(feature = "live")]
        if crate::live::is_asked_for() {
            return Self::live(screen).await;
        }
        check_existing(&common.data)?;
        Self::read(&common.data, screen)
    }

    /// For commands that change something and begin no night: a directory that is not there is not made, and one that
    /// another process has is refused.
    pub(crate) async fn open_to_change(common: &Common, screen: &Screen) -> Result<Self, Error> {
        #[cfg(feature = "live")]
        if crate::live::is_asked_for() {
            return Self::live(screen).await;
        }
        check_existing(&common.data)?;
        Self::file(&common.data, screen).await
    }

    fn read(path: &Path, screen: &Screen) -> Result<Self, Error> {
        Ok(Self::on(Stores::file(Store::open_to_read(path)?), screen))
    }

    async fn file(path: &Path, screen: &Screen) -> Result<Self, Error> {
        #[cfg(not(feature = "live"))]
        if settings::Env::process().optional("MONGODB_URI").is_some() {
            screen.tell(
                "warning: MONGODB_URI is not used, because this program was built without --features live: the data are in a file",
            );
        }
        let store = Store::open(&DataDir::open(path)?)?;
        let mut engine = Self::on(Stores::file(store.clone()), screen);
        engine.settle().await?;
        store.expire(Machine.now()).await?;
        Ok(engine)
    }

    #[cfg(feature = "live")]
    async fn live(screen: &Screen) -> Result<Self, Error> {
        Ok(Self::on(Stores::live(Box::new(crate::live::connect().await?)), screen))
    }

    fn on(stores: Stores, screen: &Screen) -> Self {
        Self { stores, screen: screen.clone(), settled: Vec::new() }
    }

    /// The data.
    pub(crate) fn stores(&self) -> &Stores {
        &self.stores
    }

    /// The report of a run.
    pub(crate) async fn report(&self, run: RunNumber) -> Result<Option<Report>, Error> {
        Ok(report(&*self.stores.ledger, run, Machine.now()).await?)
    }

    /// Runs a night to its end. An interrupt settles it early.
    pub(crate) async fn night(
        &self,
        night: Night,
        progress: &mut Progress,
        interrupts: &mut Interrupts,
    ) -> Result<Report, Error> {
        let mut work = Work::start(&self.stores, night.gmc, night.settings);
        let opened = open(work.stages.desk(), &work.stages.night, &night.request).await?;
        let run = match opened {
            Opened::Begun(run) | Opened::Resumed(run) | Opened::Over(run) => run.number,
            Opened::Busy(other) => return Err(self.busy(other).await),
        };
        let mut is_aborted = false;
        let mut patience = Patience::default();
        loop {
            match work.is_closed(run, progress).await {
                Ok(true) => break,
                Ok(false) => patience = Patience::default(),
                Err(error) => patience.outlast(error, self.stores.is_shared())?,
            }
            tokio::select! {
                () = tokio::time::sleep(self.stores.poll()) => continue,
                () = interrupts.wait(), if !is_aborted => {}
            }
            let reason = interrupts.reason().unwrap_or_default();
            match watchdog::abort(work.stages.desk(), run, reason).await {
                Ok(_) => is_aborted = true,
                Err(error) => {
                    tracing::warn!(run = run.0, "the run is not settled yet: {error}");
                    tokio::time::sleep(self.stores.poll()).await;
                }
            }
        }
        self.report(run).await?.ok_or_else(|| Error::Told(format!("run {run} is not in the ledger")))
    }

    /// Gives a run up, and brings it to its end. Whoever else is at work on it does no harm: the verdict is stored once,
    /// and what follows from it is the same for everybody.
    pub(crate) async fn abort(&self, number: RunNumber, reason: &str) -> Result<(), Error> {
        let mut work = self.work();
        watchdog::abort(work.stages.desk(), number, reason).await?;
        if let Some(run) = self.find_run(number).await? {
            watchdog::recover_run(work.stages.desk(), &run, reason).await?;
        }
        while !work.is_closed(number, &mut Progress::none()).await? {
            tokio::time::sleep(self.stores.poll()).await;
        }
        work.drain().await
    }

    /// A run; one whose program died at once is only in the lock, and is written down first.
    pub(crate) async fn find_run(&self, number: RunNumber) -> Result<Option<Run>, Error> {
        Ok(find_run(self.work().stages.desk(), number).await?)
    }

    /// Whether opening the data has settled this run.
    pub(crate) fn has_settled(&self, number: RunNumber) -> bool {
        self.settled.contains(&number)
    }

    /// Workers around the stages, for what needs no GMC.
    pub(crate) fn work(&self) -> Work {
        Work::start(&self.stores, Arc::new(NobodyToAsk), NightSettings::new(Vec::new()))
    }

    /// Brings to their end the runs of programs that were killed, and takes second looks that are due. Needs no GMC.
    async fn settle(&mut self) -> Result<(), Error> {
        let holder = self.stores.ledger.lock().await?.holder;
        if let Some(holder) = &holder {
            self.stores.ledger.add_run(holder).await?;
        }
        let open_runs = self.stores.ledger.open_runs().await?;
        if open_runs.is_empty() {
            return Ok(());
        }
        let mut work = self.work();
        let unfinished: Vec<&Run> = open_runs.iter().filter(|run| !run.state.is_closed()).collect();
        if !unfinished.is_empty() {
            watchdog::recover(work.stages.desk(), STOPPED).await?;
        }
        for run in unfinished {
            self.settled.push(run.number);
            while !work.is_closed(run.number, &mut Progress::none()).await? {
                tokio::time::sleep(self.stores.poll()).await;
            }
            self.screen.tell(&format!(
                "run {} was stopped in the middle; it is settled now, and nobody stays hidden by it (gmc-sync report {})",
                run.number, run.number
            ));
        }
        watchdog::tick(work.stages.desk()).await?;
        work.drain().await
    }

    /// What the functions' watchdog does at a tick. Needs no GMC; what it cannot do now, it does not keep a night from.
    #[cfg(feature = "live")]
    async fn watch(&self) -> Result<(), Error> {
        // without a lock no night can begin, and the error says what to do
        self.stores.ledger.lock().await?;
        let mut work = self.work();
        if let Err(error) = watchdog::tick(work.stages.desk()).await {
            self.screen.tell(&format!("warning: not every earlier run could be brought to its end: {error}"));
        }
        work.drain().await
    }

    /// Why a night cannot begin now, and when it can.
    async fn busy(&self, other: RunNumber) -> Error {
        let until = match self.stores.ledger.run(other).await {
            Ok(Some(run)) => format!(
                ", since {}: it has until {}, and from then on the next night settles it",
                run.moments.opened, run.moments.deadline
            ),
            _ => String::new(),
        };
        Error::Told(format!("run {other} is still going on{until} (gmc-sync report {other})"))
    }
}

fn check_existing(data: &Path) -> Result<(), Error> {
    if data.join(embedded::FILE_NAME).exists() {
        return Ok(());
    }
    Err(Error::Told(format!(
        "data directory {}: no night was run there yet; run one with gmc-sync night, or choose another with --data DIR",
        data.display()
    )))
}

/// How long a night goes on although the engines do not answer who watches it: its messages are tried again as well.
const OUTAGE: Duration = Duration::from_mins(2);

/// Since when the engines have not answered.
#[derive(Default)]
struct Patience(Option<Instant>);

impl Patience {
    /// Passes over a failure that may pass, for a while; a file's are passed over never, since nobody else is at it.
    fn outlast(&mut self, error: Error, is_shared: bool) -> Result<(), Error> {
        let since = *self.0.get_or_insert_with(Instant::now);
        if !is_shared || !error.may_pass() || since.elapsed() > OUTAGE {
            return Err(error);
        }
        tracing::warn!("how far the night is cannot be read: {error}");
        Ok(())
    }
}
