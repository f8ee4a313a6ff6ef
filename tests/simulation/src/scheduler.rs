//! The scheduler: it decides, by the seed, what happens next.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use domain::Moment;
use domain::planted::{Bug, planted};
use sync::fetch::FetchSettings;
use sync::open::NightSettings;
use sync::stage::{Outcome, StageResult};
use sync::worker::Stages;

use crate::check::{Violation, after_a_clean_night, after_trouble};
use crate::nights::TICK;
use crate::observed::Transition;
use crate::population::{bodies, world};
use crate::ports_queue::{MAX_RECEIVES, Receipt};
use crate::trouble::Made;
use crate::world::{Sim, Turn};

/// When everything asked for is over this long after the last was asked, in milliseconds, it never will be.
const PATIENCE: i64 = 24 * 3_600 * 1_000;

/// What a schedule came to.
pub struct Ran {
    /// What was broken, by kind.
    pub made: Made,
    /// How runs and bodies went from state to state.
    pub transitions: BTreeMap<Transition, u64>,
    /// Every promise that was not kept.
    pub violations: Vec<Violation>,
    /// Doctors who are outside the promise: a stale whole-document save landed after the run's last check.
    pub outside: u64,
    /// What happened, line by line, where it was asked for.
    pub trace: Vec<String>,
}

/// Runs the schedule of one seed: some nights with trouble, then a clean one.
#[must_use]
pub fn run(seed: u64, is_traced: bool) -> Ran {
    let sim = Sim::new(world(seed, is_traced));
    let mut schedule = Schedule::new(sim.clone());
    schedule.let_run_into_trouble();
    let (mut violations, outside) = after_trouble(&sim);
    violations.extend(schedule.stuck.take());
    // what is wrong already would only be found again
    if violations.is_empty() {
        schedule.clean_night();
        violations.extend(after_a_clean_night(&sim));
        violations.extend(schedule.stuck.take());
    }
    let mut world = sim.world();
    Ran {
        made: std::mem::take(&mut world.made),
        transitions: std::mem::take(&mut world.observed.transitions),
        trace: world.trace.take().unwrap_or_default(),
        violations,
        outside,
    }
}

type Task = Pin<Box<dyn Future<Output = StageResult<Outcome>> + Send>>;

/// A stage, or an operator's call, on its way.
pub(crate) struct Running {
    pub(crate) task: Task,
    pub(crate) turn: Turn,
    pub(crate) receipt: Option<Receipt>,
    pub(crate) asleep_until: Option<Moment>,
}

/// One schedule, on its way.
pub(crate) struct Schedule {
    pub(crate) sim: Sim,
    pub(crate) stages: Stages,
    /// How long a function may run.
    pub(crate) time_limit: Duration,
    pub(crate) running: Vec<Running>,
    pub(crate) begun: u32,
    pub(crate) next_tick: Moment,
    pub(crate) nights_left: u32,
    pub(crate) next_night: Moment,
    pub(crate) asked_last: Moment,
    pub(crate) keys: u32,
    pub(crate) stuck: Option<Violation>,
}

impl Schedule {
    fn new(sim: Sim) -> Self {
        let mut night = NightSettings::new(bodies());
        night.max_disconnected_percent = 40;
        night.max_disconnected_min = 2;
        let mut world = sim.world();
        night.hides = world.random.u32(..5) > 1;
        let (now, nights_left) = (world.now, [1, 1, 2, 3][world.random.usize(..4)]);
        let time_limit = Duration::from_mins([2, 5, 15][world.random.usize(..3)]);
        // most answers come in several parts
        let doctors_at_once = world.random.usize(1..=6);
        drop(world);
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
                doctors_at_once,
                ..FetchSettings::default()
            },
        };
        Self {
            sim,
            stages,
            time_limit,
            running: Vec::new(),
            begun: 0,
            next_tick: Moment(now.0 + TICK),
            nights_left,
            next_night: now,
            asked_last: now,
            keys: 0,
            stuck: None,
        }
    }

    /// Steps until every night is over and nothing is left to do.
    pub(crate) fn let_run_into_trouble(&mut self) {
        loop {
            self.begin_what_is_due();
            self.make_trouble();
            if !self.step() && self.is_over() {
                return;
            }
            if self.sim.world().now.0 > self.asked_last.0 + PATIENCE {
                self.stuck = Some(Violation::new("end", "the schedule does not come to an end".to_owned()));
                return;
            }
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
        let turn = self.running[place].turn;
        let mut world = self.sim.world();
        if turn.ends.is_some_and(|ends| ends <= world.now) {
            world.count("stage ran out of time");
            world.note(|| format!("out of time: #{}", turn.stage));
            let dead = self.running.swap_remove(place);
            world.observe_death(turn.stage, dead.receipt.map(|receipt| receipt.id));
            return;
        }
        world.asleep_until = None;
        world.turn = Some(turn);
        drop(world);
        let running = &mut self.running[place];
        let polled = running.task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let mut world = self.sim.world();
        world.turn = None;
        let Poll::Ready(result) = polled else {
            running.asleep_until = world.asleep_until.take();
            return;
        };
        let ended = self.running.swap_remove(place);
        world.note(|| format!("ended: #{}: {result:?}", turn.stage));
        let (Some(receipt), now) = (ended.receipt, world.now) else { return };
        match result {
            Ok(Outcome::Done) => {
                world.observed.finished.insert(receipt.id);
                if world.strikes(|trouble| &mut trouble.acknowledgement_lost, 40, "acknowledgement lost") {
                    return;
                }
                world.delete(receipt);
            }
            Ok(Outcome::Again(after)) => world.hand_back(receipt, now.plus(after)),
            Err(_) => {
                world.observe_death(turn.stage, Some(receipt.id));
                let after = Duration::from_millis(world.random.u64(..60_000));
                world.hand_back(receipt, now.plus(after));
            }
        }
    }

    fn deliver(&mut self) -> bool {
        let received = self.sim.world().receive();
        let Some((receipt, message)) = received else { return false };
        self.sim.world().observed.index_orphaned.remove(&receipt.id);
        if planted(Bug::AcknowledgedBeforeTheWork) {
            self.sim.world().delete(receipt);
        }
        let stages = self.stages.clone();
        let name =
            format!("{} {:.150} (received {} times)", receipt.queue, message.body, message.receive_count);
        self.begin(&name, Some(receipt), Some(self.time_limit), async move {
            stages.handle(receipt.queue, &message).await
        });
        true
    }

    /// Jumps to the next moment at which anything can happen; `false` when nothing ever will but the watchdog.
    fn pass_time(&mut self) -> bool {
        let mut world = self.sim.world();
        let asleep = self.running.iter().filter_map(|running| running.asleep_until).min();
        let saves = world.pending_saves.iter().map(|save| save.due).min();
        let landing = world.hiding_underway.iter().map(|underway| underway.due).min();
        let night = (self.nights_left > 0).then_some(self.next_night);
        let soonest = [asleep, world.next_visible(), saves, landing, night].into_iter().flatten().min();
        world.now = world.now.max(soonest.unwrap_or(self.next_tick).min(self.next_tick));
        soonest.is_some()
    }

    fn is_over(&self) -> bool {
        let world = self.sim.world();
        self.running.is_empty()
            && self.nights_left == 0
            && world.runs.values().all(|run| !run.is_open())
            && world.lock.holder.is_none()
    }

    pub(crate) fn begin(
        &mut self,
        name: &str,
        receipt: Option<Receipt>,
        time_limit: Option<Duration>,
        task: impl Future<Output = StageResult<Outcome>> + Send + 'static,
    ) {
        self.begun += 1;
        let mut world = self.sim.world();
        let began = world.now;
        world.note(|| format!("begun: #{} {name}", self.begun));
        let turn = Turn { stage: self.begun, began, ends: time_limit.map(|limit| began.plus(limit)) };
        self.running.push(Running { task: Box::pin(task), turn, receipt, asleep_until: None });
    }
}
