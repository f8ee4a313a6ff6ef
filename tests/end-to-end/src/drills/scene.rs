//! A stack before, in and after a drill: yesterday's night is over, a day has gone by at the GMC, and the functions reach
//! the engines over lines that can be cut.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use domain::{Moment, RunNumber};
use engines::Addresses;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use night_tests::{Expected, Snapshot, check};
use secrecy::SecretString;
use serde_json::{Value, json};
use simulator::{Population, PopulationConfig};
use store_mongodb::{MongoSettings, MongoStore};
use sync::ledger::{Moments, Run};
use sync::ports::Ledger as _;

use super::others::Others;
use super::sight::{Seen, Sight};
use super::toll::Toll;
use crate::binaries::Binaries;
use crate::failure::{Failure, Result, Told as _};
use crate::functions::Function;
use crate::line::Line;
use crate::stack::{Stack, StackConfig};

/// What takes longer has stopped; it is no time that anything is to take.
const LONG: Duration = Duration::from_mins(4);

/// How often it is looked whether something has happened.
const POLL: Duration = Duration::from_millis(20);

/// The bodies: few, so that a night is short, and each large enough for the safeguard.
pub(super) const BODIES: [&str; 6] =
    ["1-1RSG4X0", "1-1RSSPZ7", "1-1RSSQ05", "1-1RSSQ1B", "1-1RSSQ2H", "1-1RSSQ5L"];

/// How many doctors they have.
const DOCTORS: u32 = 1_200;

/// How many doctors of each body leave it for none, and how many for the next body, in the day before the drill.
const LEAVE: usize = 5;
const MOVE: usize = 3;

/// A stack, and what is done to it.
#[derive(Debug)]
pub struct Scene {
    /// The stack; everything in it goes to the engines directly, but for the functions and the event source mappings.
    pub(super) stack: Stack,
    /// The lines of those.
    pub(super) mongodb: Line,
    pub(super) opensearch: Line,
    pub(super) sqs: Line,
    /// When the drill's night began.
    pub(super) begun: Instant,
    /// Yesterday's run.
    pub(super) yesterday: u64,
    /// What was seen on the way.
    pub(super) notes: Vec<String>,
    /// How many events Lambda would have given up delivering.
    pub(super) undelivered: usize,
    /// Functions that failed when they were called by other than their queue.
    pub(super) failed: BTreeSet<Function>,
    store: MongoStore,
    others: Others,
    before: Snapshot,
    log_lines: BTreeMap<String, usize>,
}

impl Scene {
    /// Starts a stack, runs a first night, and lets a day go by.
    pub(super) async fn set(
        binaries: &Binaries,
        engines: &Addresses,
        config: fn(&mut StackConfig),
    ) -> Result<Self> {
        let mut settings = usual();
        config(&mut settings);
        let (mongodb, opensearch, sqs) = (
            Line::to(&engines.mongodb).await?,
            Line::to(&engines.opensearch).await?,
            Line::to(&engines.sqs).await?,
        );
        let over = Addresses {
            mongodb: mongodb.address().to_owned(),
            opensearch: opensearch.address().to_owned(),
            sqs: sqs.address().to_owned(),
        };
        let stack = Stack::start_over(&over, binaries, engines, &settings).await?;
        let uri = SecretString::from(stack.mongodb_uri());
        let store =
            MongoStore::connect(&MongoSettings::new(uri, stack.database.name())).await.told("the ledger")?;
        stack.set_up().await?;
        let gmc = population(&stack)?;
        let others = Others::index_some(&stack, &gmc).await?;
        let mut scene = Self {
            stack,
            mongodb,
            opensearch,
            sqs,
            begun: Instant::now(),
            yesterday: 0,
            notes: Vec::new(),
            undelivered: 0,
            failed: BTreeSet::new(),
            store,
            others,
            before: Snapshot::default(),
            log_lines: BTreeMap::new(),
        };
        scene.yesterday = scene.begin().await?;
        let report = scene.end_of(scene.yesterday).await?;
        expect(report["state"] == "SUCCEEDED", || format!("the first night is {}", report["state"]))?;
        scene.others.assign_admins(&scene.stack).await?;
        scene.a_day_goes_by()?;
        scene.before = scene.stack.snapshot().await?;
        scene.log_lines = scene.stack.log_lines();
        scene.begun = Instant::now();
        Ok(scene)
    }

    /// Takes the stack away; its logs may be kept, and then it is told where.
    pub(super) async fn strike(mut self, keeps_logs: bool) -> Result<()> {
        if keeps_logs {
            let directory = self.stack.keep_logs(true).display().to_string();
            self.notes.push(directory.clone());
            tell_logs(&directory);
        }
        self.stack.stop().await
    }

    /// Some doctors are different, some leave, and some move to the next body.
    pub(super) fn a_day_goes_by(&self) -> Result<()> {
        let gmc = self.stack.gmc.population();
        let mut gmc = gmc.write().map_err(|error| Failure::new("the simulated gmc", error.to_string()))?;
        gmc.advance();
        for (place, body) in BODIES.iter().enumerate() {
            let numbers: Vec<String> =
                gmc.doctors_of(body).map(|doctor| doctor.number).take(LEAVE + MOVE).collect();
            for number in &numbers[..LEAVE] {
                gmc.disconnect(number).told("a doctor leaves")?;
            }
            for number in &numbers[LEAVE..] {
                gmc.connect(number, BODIES[(place + 1) % BODIES.len()]).told("a doctor moves")?;
            }
        }
        Ok(())
    }

    /// Begins a whole night by the API.
    pub(super) async fn begin(&self) -> Result<u64> {
        self.stack.begin(&json!({})).await
    }

    /// The same, and other services write meanwhile.
    pub(super) async fn begin_with_others(&mut self) -> Result<u64> {
        let run = self.begin().await?;
        self.others_write().await?;
        Ok(run)
    }

    /// Other services write to some documents, field by field.
    pub(super) async fn others_write(&mut self) -> Result<()> {
        self.others.write_some(&self.stack).await
    }

    /// Waits until a run is closed and no queue has a message; its report.
    pub(super) async fn end_of(&self, run: u64) -> Result<Value> {
        let report = self.stack.closed(run, LONG).await?;
        self.stack.idle(LONG).await?;
        Ok(report)
    }

    /// Lets the GMC answer wrongly, as in `1-X=half` or `*=hang:1`.
    pub(super) fn fault(&self, fault: &str) -> Result<()> {
        self.stack.gmc.faults().add(fault.parse().told(fault)?);
        Ok(())
    }

    /// A run as the ledger has it.
    pub(super) async fn run(&self, number: u64) -> Result<Run> {
        let number = i64::try_from(number).told("the number of a run")?;
        let run = self.store.run(RunNumber(number)).await.told("reading a run")?;
        run.ok_or_else(|| Failure::new("reading a run", "it is not in the ledger"))
    }

    /// Whether a run is in this state, as the ledger names it.
    pub(super) async fn is(&self, run: u64, state: &str) -> Result<bool> {
        Ok(self.run(run).await?.state.to_string() == state)
    }

    /// Waits until it is so.
    pub(super) async fn until(&self, what: &str, is_so: impl AsyncFn(&Self) -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        while !is_so(self).await? {
            expect(begun.elapsed() < LONG, || format!("it never came to this: {what}"))?;
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// How many documents of a collection are so.
    pub(super) async fn count(&self, collection: &str, filter: Document) -> Result<u64> {
        let collection: Collection<Document> = self.stack.database.collection(collection);
        let what = collection.name().to_owned();
        collection.count_documents(filter).await.told(what)
    }

    /// Whether somebody is hidden who was visible before the night.
    pub(super) async fn some_are_hidden(&self) -> Result<bool> {
        let hidden = doc! { "designatedBodyCode": { "$regex": "^last-" } };
        Ok(self.count("doctorsForDB", hidden).await? > self.before.hidden().len() as u64)
    }

    /// Whether a chunk of an answer of this run is recorded.
    pub(super) async fn some_are_recorded(&self, run: u64) -> Result<bool> {
        Ok(self.count("gmcSyncAnswers", doc! { "_id": { "$regex": format!("^{run}/") } }).await? > 0)
    }

    /// Kills a process of this function in the middle of an invocation.
    pub(super) async fn kill(&self, function: Function) -> Result<()> {
        self.until(&format!("{function} is at work"), async |scene| {
            Ok(scene.stack.runtime.kill_a_busy_one(function))
        })
        .await?;
        self.until(&format!("an invocation of {function} is lost"), async |scene| {
            Ok(scene.stack.invocations.summary(scene.begun, function).errors > 0)
        })
        .await
    }

    /// Waits until this function has handed a message back, or could not be invoked.
    pub(super) async fn hands_back(&self, function: Function) -> Result<()> {
        self.until(&format!("{function} hands a message back"), async |scene| {
            Ok(scene.stack.invocations.summary(scene.begun, function).handed_back > 0)
        })
        .await
    }

    /// Moves the moments of a run, which its deadline is one of, so far into the past that `which` is over: as if so much
    /// time had gone by. The ledger's own conditional writes do it, so nothing else is changed.
    pub(super) async fn let_pass(&self, number: u64, which: fn(&Moments) -> i64) -> Result<()> {
        let run = self.run(number).await?;
        let by = which(&run.moments) - jiff::Timestamp::now().as_millisecond() + 1_000;
        self.age(number, by).await
    }

    /// As if a day had gone by since a run.
    pub(super) async fn let_a_day_pass(&self, number: u64) -> Result<()> {
        self.age(number, 24 * 60 * 60 * 1_000).await
    }

    async fn age(&self, number: u64, by: i64) -> Result<()> {
        let is_written = async |scene: &Self| {
            let mut run = scene.run(number).await?;
            earlier(&mut run.moments, by);
            scene.store.swap_run(&run).await.told("ageing a run")
        };
        self.until("the run is older", is_written).await?;
        let mut lock = self.store.lock().await.told("the lock")?;
        if let Some(holder) = lock.holder.as_mut() {
            earlier(&mut holder.moments, by);
            self.store.swap_lock(&lock).await.told("ageing the lock")?;
        }
        Ok(())
    }

    /// The watchdog ticks; whether it could do all that there was to do.
    pub(super) async fn tick(&mut self) -> bool {
        let ticked = self.stack.watchdog_ticks().await.is_ok();
        if !ticked {
            self.failed.insert(Function::RecommendationUpdate);
        }
        ticked
    }

    /// The nightly rule fires; what was answered, if the function did not fail.
    pub(super) async fn rule_fires(&mut self, event: uuid::Uuid) -> Option<Value> {
        let answer = self.stack.rule_fires(event).await.ok();
        if answer.is_none() {
            self.failed.insert(Function::PrepareSync);
        }
        answer
    }

    /// What an operator sees now, and what the night has cost.
    pub(super) async fn look(&self, run: Option<u64>) -> Result<(Sight, Toll)> {
        let report = match run {
            Some(run) => Some(self.end_of(run).await?),
            None => None,
        };
        self.stack.idle(LONG).await?;
        let mut dead_letters = BTreeMap::new();
        let mut errors = self.failed.clone();
        for function in Function::WITH_QUEUE {
            dead_letters.insert(function, self.stack.queues.dead_letters(function).await?.len());
            if self.stack.invocations.summary(self.begun, function).errors > 0 {
                errors.insert(function);
            }
        }
        let sight = Sight::of(Seen {
            report: report.as_ref(),
            metrics: &self.stack.metrics_since(&self.log_lines),
            dead_letters,
            errors,
            undelivered: self.undelivered,
            notes: self.notes.clone(),
        });
        let toll = self.toll(&self.before, &self.stack.snapshot().await?, report.as_ref())?;
        Ok((sight, toll))
    }

    /// Everything is as it should be, and a night is run; what is not as the GMC says after it.
    pub(super) async fn a_clean_night(&self) -> Result<Toll> {
        self.stack.gmc.faults().clear();
        for line in [&self.mongodb, &self.opensearch, &self.sqs] {
            line.restore();
        }
        let before = self.stack.snapshot().await?;
        let run = self.begin().await?;
        let report = self.end_of(run).await?;
        expect(report["state"] == "SUCCEEDED", || format!("the clean night is {}", report["state"]))?;
        let now = self.stack.snapshot().await?;
        let gmc = population(&self.stack)?;
        let otherwise = check::wrong(&gmc, &today(), &before, &now, &Expected::of_gmc(&gmc));
        Ok(Toll { otherwise, ..self.toll(&before, &now, Some(&report))? })
    }

    fn toll(&self, before: &Snapshot, now: &Snapshot, report: Option<&Value>) -> Result<Toll> {
        Ok(Toll::of(&population(&self.stack)?, &today(), before, now, report, &self.others))
    }
}

/// Fails unless it is so.
pub(super) fn expect(is_so: bool, what: impl FnOnce() -> String) -> Result<()> {
    if is_so { Ok(()) } else { Err(Failure::new("not as it was to be", what())) }
}

fn usual() -> StackConfig {
    let settings = [("GMC_IDLE_TIMEOUT_SECONDS", "5")];
    StackConfig {
        population: PopulationConfig {
            doctors: DOCTORS,
            bodies: BODIES.map(str::to_owned).into(),
            ..PopulationConfig::default()
        },
        visibility: Duration::from_secs(5),
        settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..StackConfig::default()
    }
}

fn population(stack: &Stack) -> Result<Population> {
    let gmc = stack.gmc.population().read();
    gmc.map(|gmc| gmc.clone()).map_err(|error| Failure::new("the simulated gmc", error.to_string()))
}

fn today() -> String {
    Moment::from(jiff::Timestamp::now()).london_date().to_string()
}

fn earlier(moments: &mut Moments, by: i64) {
    let fixed = [&mut moments.opened, &mut moments.give_up, &mut moments.deadline, &mut moments.expires];
    let reached = [
        &mut moments.hiding,
        &mut moments.running,
        &mut moments.sweeping,
        &mut moments.swept,
        &mut moments.looking_again,
        &mut moments.closed,
    ];
    for moment in fixed.into_iter().chain(reached.into_iter().flatten()) {
        moment.0 -= by;
    }
}

#[expect(clippy::print_stderr, reason = "whoever looks for what went wrong needs the logs")]
fn tell_logs(directory: &str) {
    eprintln!("logs of the functions: {directory}");
}
