//! The scheduler: it decides, by the seed, what happens next.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use domain::{BodyCode, GmcNumber, Moment, RunNumber, StoredDoctor};
use sync::fetch::FetchSettings;
use sync::ledger::Trigger;
use sync::open::{NightSettings, OpenError, OpenRequest, open_or_wait};
use sync::stage::{Outcome, StageError, StageResult};
use sync::watchdog;
use sync::worker::Stages;

use crate::check::{Violation, after_a_clean_night, after_trouble};
use crate::ports_queue::{MAX_RECEIVES, Receipt};
use crate::world::{Document, Sim, Trouble, World};

/// The designated bodies of every schedule.
pub const BODIES: [&str; 3] = ["1-A", "1-B", "1-C"];

/// More steps than this, and something goes round in circles.
const MAX_STEPS: u32 = 400_000;

/// Between two ticks of the watchdog, in milliseconds.
const TICK: i64 = 15 * 60 * 1_000;

/// What a schedule came to.
pub struct Ran {
    /// What was broken, by kind.
    pub made: BTreeMap<&'static str, u64>,
    /// Which states of runs and bodies were reached.
    pub states: BTreeSet<String>,
    /// Every promise that was not kept.
    pub violations: Vec<Violation>,
    /// Doctors who are outside the promise: a stale whole-document save landed after the run's last check.
    pub outside: u64,
    /// What happened, line by line, where it was asked for.
    pub trace: Vec<String>,
}

/// Runs the schedule of one seed: some nights with trouble, then a clean one.
#[must_use]
pub fn run(seed: u64, traced: bool) -> Ran {
    let sim = Sim::new(world(seed, traced));
    let mut schedule = Schedule::new(sim.clone());
    schedule.let_run_into_trouble();
    let (mut violations, outside) = after_trouble(&sim.world());
    violations.extend(schedule.stuck.take());

    schedule.clean_night();
    violations.extend(after_a_clean_night(&sim.world()));
    violations.extend(schedule.stuck.take());
    let mut world = sim.world();
    let states = world.runs.values().map(|run| format!("run {}", run.state));
    let body_states = world.bodies.values().map(|body| format!("body {}", body.state));
    Ran {
        states: states.chain(body_states).collect(),
        made: std::mem::take(&mut world.made),
        trace: world.trace.take().unwrap_or_default(),
        violations,
        outside,
    }
}

fn world(seed: u64, traced: bool) -> World {
    let mut random = fastrand::Rng::with_seed(seed);
    let is_calm = random.u32(..8) == 0;
    let mut up_to = |most: u32| if is_calm { 0 } else { random.u32(..=most) };
    let trouble = Trouble {
        failed_before: up_to(6),
        failed_after: up_to(6),
        killed: up_to(8),
        delivered_twice: up_to(8),
        outages: up_to(2),
        foreign_writes: up_to(12),
        gmc_changes: up_to(5),
        gmc_failures: up_to(3),
        gmc_lies: up_to(1),
        other_runs: up_to(3),
        aborts: up_to(1),
        items_failed: up_to(4),
    };
    let (truth, documents) = population(&mut random);
    World {
        random,
        now: Moment(1_700_000_000_000),
        asleep_until: None,
        trouble,
        made: BTreeMap::new(),
        away_until: BTreeMap::new(),
        hidden_at_first: documents
            .values()
            .filter(|document: &&Document| domain::body::is_hidden(document.doctor.code.as_deref()))
            .map(|document| document.doctor.number)
            .collect(),
        documents,
        recommendations: BTreeMap::new(),
        logs: BTreeMap::new(),
        lock: sync::ledger::Lock::default(),
        runs: BTreeMap::new(),
        bodies: BTreeMap::new(),
        rolls: BTreeMap::new(),
        chunks: BTreeMap::new(),
        looks: BTreeSet::new(),
        indexes: BTreeMap::new(),
        searchable: BTreeMap::new(),
        next_seq_no: 0,
        queues: BTreeMap::new(),
        next_message: 0,
        dead_letters: Vec::new(),
        truth,
        gmc_away: BTreeMap::new(),
        answers: Vec::new(),
        foreign: BTreeMap::new(),
        pending_saves: Vec::new(),
        trace: traced.then(Vec::new),
    }
}

/// Bodies with doctors, and a database that is nearly right: some doctors hidden by an old night, some elsewhere, some
/// unknown, some under a code that is no body any more.
fn population(
    random: &mut fastrand::Rng,
) -> (BTreeMap<BodyCode, BTreeSet<GmcNumber>>, BTreeMap<GmcNumber, Document>) {
    let bodies: Vec<BodyCode> = BODIES.iter().filter_map(|code| BodyCode::parse(code).ok()).collect();
    let mut truth: BTreeMap<BodyCode, BTreeSet<GmcNumber>> =
        bodies.iter().map(|body| (body.clone(), BTreeSet::new())).collect();
    let mut documents = BTreeMap::new();
    for value in 0..random.u32(6..22) {
        let Some(number) = GmcNumber::from_value(7_000_000 + value) else { continue };
        let at_gmc = (random.u32(..10) > 0).then(|| bodies[random.usize(..bodies.len())].clone());
        if let Some(doctors) = at_gmc.as_ref().and_then(|body| truth.get_mut(body)) {
            doctors.insert(number);
        }
        let code = match (random.u32(..12), at_gmc) {
            (0, _) => continue,
            (1, _) => Some("1-OLD".to_owned()),
            (2, _) => None,
            (3, Some(body)) => Some(body.hidden()),
            (4, _) => Some(bodies[random.usize(..bodies.len())].to_string()),
            (_, Some(body)) => Some(body.to_string()),
            (_, None) => Some(bodies[random.usize(..bodies.len())].hidden()),
        };
        let mut doctor = StoredDoctor::bare(number);
        doctor.code = code;
        doctor.gmc_last_updated = random.bool().then_some(Moment(1_600_000_000_000));
        documents.insert(number, Document { doctor, admin: 0 });
    }
    (truth, documents)
}

type Task = Pin<Box<dyn Future<Output = StageResult<Outcome>> + Send>>;

/// A stage, or an operator's call, on its way.
struct Running {
    task: Task,
    receipt: Option<Receipt>,
    asleep_until: Option<Moment>,
    name: String,
}

struct Schedule {
    sim: Sim,
    stages: Stages,
    running: Vec<Running>,
    next_tick: Moment,
    nights_left: u32,
    next_night: Moment,
    keys: u32,
    stuck: Option<Violation>,
}

impl Schedule {
    fn new(sim: Sim) -> Self {
        let mut night =
            NightSettings::new(BODIES.iter().filter_map(|code| BodyCode::parse(code).ok()).collect());
        night.max_disconnected_percent = 40;
        night.max_disconnected_min = 2;
        night.hides = sim.world().random.u32(..4) > 0;
        let stages = Stages {
            doctors: Arc::new(sim.clone()),
            ledger: Arc::new(sim.clone()),
            index: Arc::new(sim.clone()),
            outbox: Arc::new(sim.clone()),
            gmc: Arc::new(sim.clone()),
            host: Arc::new(sim.clone()),
            night,
            fetch: FetchSettings {
                attempts: 2,
                max_receives: MAX_RECEIVES,
                // most answers come in several parts
                doctors_at_once: sim.world().random.usize(1..=6),
                ..FetchSettings::default()
            },
        };
        let (now, nights_left) = {
            let mut world = sim.world();
            (world.now, world.random.u32(1..=3))
        };
        Self {
            sim,
            stages,
            running: Vec::new(),
            next_tick: Moment(now.0 + TICK),
            nights_left,
            next_night: now,
            keys: 0,
            stuck: None,
        }
    }

    /// Steps until every night is over and nothing is left to do.
    fn let_run_into_trouble(&mut self) {
        for _ in 0..MAX_STEPS {
            self.begin_what_is_due();
            self.make_trouble();
            if !self.step() && self.is_over() {
                return;
            }
        }
        self.stuck = Some(Violation::new("the schedule does not come to an end"));
    }

    /// One whole night without any trouble, in which every loss is accepted.
    fn clean_night(&mut self) {
        {
            let mut world = self.sim.world();
            world.trouble = Trouble::default();
            world.away_until.clear();
            world.gmc_away.clear();
            world.pending_saves.clear();
            world.now = Moment(world.now.0 + 24 * 3_600_000);
            world.note(|| "--- a clean night".to_owned());
            self.next_tick = Moment(world.now.0 + TICK);
        }
        let accept = self.stages.night.bodies.iter().map(|body| (body.clone(), 1_000)).collect();
        let request = OpenRequest { accept, accept_empty: true, ..self.request(None, false) };
        self.open(request);
        self.let_run_into_trouble();
    }

    fn begin_what_is_due(&mut self) {
        let now = self.sim.world().now;
        if self.nights_left > 0 && now >= self.next_night {
            self.nights_left -= 1;
            let gap = [5_000, 40 * 60_000, 24 * 3_600_000][self.sim.world().random.usize(..3)];
            self.next_night = Moment(now.0 + gap);
            let request = self.request(None, false);
            self.open(request);
        }
        if now >= self.next_tick {
            self.next_tick = Moment(now.0 + TICK);
            let stages = self.stages.clone();
            self.begin("watchdog", None, async move {
                watchdog::tick(stages.desk()).await.map(|()| Outcome::Done)
            });
        }
    }

    /// What nobody asked for.
    fn make_trouble(&mut self) {
        let mut world = self.sim.world();
        world.save_whole_documents();
        if world.random.u32(..12) == 0 {
            world.refresh();
        }
        if !self.running.is_empty() && world.strikes(|trouble| &mut trouble.killed, 60, "stage killed") {
            let victim = world.random.usize(..self.running.len());
            let killed = self.running.swap_remove(victim);
            world.note(|| format!("killed: {}", killed.name));
        }
        if world.strikes(|trouble| &mut trouble.outages, 150, "engine away") {
            world.take_an_engine_away();
        }
        if world.strikes(|trouble| &mut trouble.foreign_writes, 25, "another service wrote") {
            world.another_service_writes();
        }
        if world.strikes(|trouble| &mut trouble.gmc_changes, 40, "the GMC changed its mind") {
            world.gmc_changes_its_mind();
        }
        let wants_run = world.strikes(|trouble| &mut trouble.other_runs, 150, "another run was asked for");
        let wants_abort = world.strikes(|trouble| &mut trouble.aborts, 150, "a run was to be given up");
        let bodies = (world.random.bool()).then(|| vec![world.any_body()]);
        let is_dry = world.random.u32(..4) == 0;
        drop(world);
        if wants_run {
            let request = self.request(bodies, is_dry);
            self.open(request);
        }
        if wants_abort {
            self.abort_latest();
        }
    }

    /// Lets somebody go on, or delivers a message, or lets time pass to the next thing that happens. Whether there was
    /// anything.
    fn step(&mut self) -> bool {
        let now = {
            let mut world = self.sim.world();
            let passed = world.random.i64(1..20);
            world.now = Moment(world.now.0 + passed);
            world.now
        };
        let ready: Vec<usize> = (0..self.running.len())
            .filter(|place| self.running[*place].asleep_until.is_none_or(|until| until <= now))
            .collect();
        let wants_message =
            ready.is_empty() || (self.running.len() < 6 && self.sim.world().random.u32(..3) == 0);
        if wants_message && self.deliver() {
            return true;
        }
        if ready.is_empty() {
            return self.pass_time();
        }
        let place = ready[self.sim.world().random.usize(..ready.len())];
        self.go_on(place);
        true
    }

    fn go_on(&mut self, place: usize) {
        self.sim.world().asleep_until = None;
        let running = &mut self.running[place];
        let result = match running.task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => {
                running.asleep_until = self.sim.world().asleep_until.take();
                return;
            }
            Poll::Ready(result) => result,
        };
        let ended = self.running.swap_remove(place);
        let mut world = self.sim.world();
        world.note(|| format!("ended: {}: {result:?}", ended.name));
        let (Some(receipt), now) = (ended.receipt, world.now) else { return };
        match result {
            Ok(Outcome::Done) => {
                if world.strikes(|trouble| &mut trouble.delivered_twice, 40, "acknowledgement lost") {
                    return;
                }
                world.delete(receipt);
            }
            Ok(Outcome::Again(after)) => world.hand_back(receipt, now.plus(after)),
            Err(_) => {
                let after = Duration::from_millis(world.random.u64(..60_000));
                world.hand_back(receipt, now.plus(after));
            }
        }
    }

    fn deliver(&mut self) -> bool {
        let received = self.sim.world().receive();
        let Some((receipt, message)) = received else { return false };
        let stages = self.stages.clone();
        let name = format!("{} {:.60} ({})", receipt.queue, message.body, message.receive_count);
        self.begin(&name, Some(receipt), async move { stages.handle(receipt.queue, &message).await });
        true
    }

    /// Jumps to the next moment at which anything can happen; `false` when nothing ever will but the watchdog.
    fn pass_time(&mut self) -> bool {
        let mut world = self.sim.world();
        let asleep = self.running.iter().filter_map(|running| running.asleep_until).min();
        let saves = world.pending_saves.iter().map(|save| save.1).min();
        let night = (self.nights_left > 0).then_some(self.next_night);
        let soonest = [asleep, world.next_visible(), saves, night].into_iter().flatten().min();
        world.now = world.now.max(soonest.unwrap_or(self.next_tick).min(self.next_tick));
        soonest.is_some()
    }

    fn is_over(&self) -> bool {
        let world = self.sim.world();
        let is_settled = |run: &sync::ledger::Run| {
            run.state.is_closed() && (run.second_look.is_some() || run.settings.is_dry)
        };
        self.running.is_empty()
            && self.nights_left == 0
            && world.runs.values().all(is_settled)
            && world.lock.holder.is_none()
    }

    fn begin(
        &mut self,
        name: &str,
        receipt: Option<Receipt>,
        task: impl Future<Output = StageResult<Outcome>> + Send + 'static,
    ) {
        self.sim.world().note(|| format!("begun: {name}"));
        self.running.push(Running {
            task: Box::pin(task),
            receipt,
            asleep_until: None,
            name: name.to_owned(),
        });
    }

    fn request(&mut self, bodies: Option<Vec<BodyCode>>, is_dry: bool) -> OpenRequest {
        self.keys += 1;
        OpenRequest {
            key: format!("event {}", self.keys),
            trigger: Trigger::Rule,
            bodies,
            accept: BTreeMap::new(),
            accept_empty: false,
            is_dry,
        }
    }

    /// The event is delivered until it has been taken in, as an asynchronous invocation is.
    fn open(&mut self, request: OpenRequest) {
        let stages = self.stages.clone();
        self.begin("open", None, async move {
            let until = stages.host.now().plus(stages.night.rule_waits);
            for _ in 0..50 {
                match open_or_wait(stages.desk(), &stages.night, &request, until).await {
                    Err(OpenError::Stage(_)) => stages.host.sleep(Duration::from_secs(30)).await,
                    Err(error) => return Err(StageError::TooEarly(error.to_string())),
                    Ok(_) => break,
                }
            }
            Ok(Outcome::Done)
        });
    }

    fn abort_latest(&mut self) {
        let latest: Option<RunNumber> = self.sim.world().runs.keys().last().copied();
        let Some(number) = latest else { return };
        let stages = self.stages.clone();
        self.begin("abort", None, async move {
            watchdog::abort(stages.desk(), number, "the operator said so").await.map(|_| Outcome::Done)
        });
    }
}
