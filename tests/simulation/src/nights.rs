//! What is asked for and when: nights, other runs, abandonments, and the trouble that nobody asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{BodyCode, Moment, RunNumber};
use sync::ledger::Trigger;
use sync::open::{OpenError, OpenRequest, open_or_wait};
use sync::stage::{Outcome, StageError};
use sync::watchdog;

use crate::scheduler::Schedule;
use crate::trouble::Trouble;

/// Between two ticks of the watchdog, in milliseconds.
pub(crate) const TICK: i64 = 15 * 60 * 1_000;

impl Schedule {
    pub(crate) fn begin_what_is_due(&mut self) {
        let now = self.sim.world().now;
        if self.nights_left > 0 && now >= self.next_night {
            self.nights_left -= 1;
            let gap = [5_000, 40 * 60_000, 23 * 3_600_000][self.sim.world().random.usize(..3)];
            self.next_night = Moment(now.0 + gap);
            let request = self.request(None, false);
            self.open(request);
        }
        if now >= self.next_tick {
            self.next_tick = Moment(now.0 + TICK);
            let stages = self.stages.clone();
            self.begin("watchdog", None, Some(self.time_limit), async move {
                watchdog::tick(stages.desk()).await.map(|()| Outcome::Done)
            });
        }
    }

    /// What nobody asked for.
    pub(crate) fn make_trouble(&mut self) {
        let mut world = self.sim.world();
        world.save_whole_documents();
        world.land_hiding();
        if world.random.u32(..12) == 0 {
            world.refresh();
        }
        if !self.running.is_empty() && world.strikes(|trouble| &mut trouble.killed, 60, "stage killed") {
            let victim = world.random.usize(..self.running.len());
            let killed = self.running.swap_remove(victim);
            world.note(|| format!("killed: #{}", killed.turn.stage));
            world.observe_death(killed.turn.stage, killed.receipt.map(|receipt| receipt.id));
        }
        if !self.running.is_empty() && world.strikes(|trouble| &mut trouble.paused, 40, "stage paused") {
            let victim = world.random.usize(..self.running.len());
            let span = [5_000, 60_000, 240_000, 600_000][world.random.usize(..4)];
            let running = &mut self.running[victim];
            running.asleep_until =
                Some(Moment(world.now.0 + span).max(running.asleep_until.unwrap_or(world.now)));
            world.note(|| format!("paused for {} s: #{}", span / 1_000, running.turn.stage));
        }
        if world.strikes(|trouble| &mut trouble.outages, 150, "engine away") {
            world.take_an_engine_away();
        }
        if world.strikes(|trouble| &mut trouble.foreign_writes, 25, "another service wrote to the database") {
            world.another_service_writes();
        }
        if world.strikes(
            |trouble| &mut trouble.foreign_index_writes,
            60,
            "another service wrote to the index",
        ) {
            world.another_service_indexes();
        }
        if world.strikes(|trouble| &mut trouble.foreign_messages, 100, "a message that is not ours") {
            world.put_foreign_message();
        }
        if world.strikes(|trouble| &mut trouble.gmc_changes, 40, "the GMC changed its mind") {
            world.gmc_changes_its_mind();
        }
        let wants_run = world.strikes(|trouble| &mut trouble.other_runs, 150, "another run was asked for");
        let wants_abort = world.strikes(|trouble| &mut trouble.aborts, 100, "a run was to be given up");
        let bodies = (world.random.bool()).then(|| vec![world.any_body()]);
        let is_dry = world.random.u32(..4) == 0;
        if wants_run {
            world.count(match (is_dry, &bodies) {
                (true, _) => "another run: dry",
                (false, Some(_)) => "another run: one body",
                (false, None) => "another run: whole",
            });
        }
        drop(world);
        if wants_run {
            let request = self.request(bodies, is_dry);
            self.open(request);
        }
        if wants_abort {
            self.abort_latest();
        }
    }

    /// One whole night without any trouble, in which every loss is accepted.
    pub(crate) fn clean_night(&mut self) {
        let mut world = self.sim.world();
        world.trouble = Trouble::default();
        world.away_until.clear();
        world.gmc_away.clear();
        world.refusing.clear();
        world.refresh();
        world.now = Moment(world.now.0 + 24 * 3_600_000);
        world.note(|| "--- a clean night".to_owned());
        self.next_tick = Moment(world.now.0 + TICK);
        drop(world);
        let accept = self.stages.night.bodies.iter().map(|body| (body.clone(), 1_000)).collect();
        let request = OpenRequest { accept, accept_empty: true, ..self.request(None, false) };
        self.open(request);
        self.let_run_into_trouble();
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
        self.asked_last = self.sim.world().now;
        let stages = self.stages.clone();
        self.begin("open", None, None, async move {
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
        self.begin("abort", None, Some(self.time_limit), async move {
            watchdog::abort(stages.desk(), number, "the operator said so").await.map(|_| Outcome::Done)
        });
    }
}
