//! What is noted of a schedule for the checks alone: who stood where when, what became of each message, and how runs
//! and bodies went from state to state. The stages see none of it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{BodyCode, BodyState, GmcNumber, Moment, RunNumber, RunState, StoredDoctor};
use sync::ledger::{Body, ChunkId, Run};

use crate::check::Violation;
use crate::world::World;

/// From a state to a state; `None` is before there was any.
pub type Transition = (&'static str, Option<String>, String);

/// What is noted.
#[derive(Default)]
pub(crate) struct Observed {
    /// Each doctor's code, since when, in order.
    pub(crate) codes: BTreeMap<GmcNumber, Vec<(Moment, Option<String>)>>,
    pub(crate) roll_chosen_at: BTreeMap<(RunNumber, BodyCode), Moment>,
    pub(crate) chunk_recorded_at: BTreeMap<ChunkId, Moment>,
    /// The documents when a run began to ask.
    pub(crate) at_running: BTreeMap<RunNumber, BTreeMap<GmcNumber, StoredDoctor>>,
    /// When the call began that took a run's second look.
    pub(crate) second_look_began: BTreeMap<RunNumber, Moment>,
    pub(crate) transitions: BTreeMap<Transition, u64>,
    /// Messages that a stage was done with.
    pub(crate) finished: BTreeSet<u64>,
    /// Who responsible each other service wrote last.
    pub(crate) admins: BTreeMap<GmcNumber, u64>,
    /// Fields of other services in index documents, by the document's id.
    pub(crate) tis: BTreeMap<String, Option<String>>,
    /// When other services last wrote to a doctor's index documents, and when they last added one.
    pub(crate) foreign_index: BTreeMap<GmcNumber, Moment>,
    pub(crate) foreign_index_added: BTreeMap<GmcNumber, Moment>,
    /// Whose index documents each stage wrote.
    pub(crate) index_written: BTreeMap<u32, BTreeSet<GmcNumber>>,
    /// Whose index documents a stage wrote that died, by its message, until that is delivered again.
    pub(crate) index_orphaned: BTreeMap<u64, BTreeSet<GmcNumber>>,
    /// Whom a stage read last.
    pub(crate) just_read: Vec<GmcNumber>,
    /// What was seen to be wrong at once.
    pub(crate) broken: Vec<Violation>,
}

impl World {
    /// To be called whenever a doctor's code may have changed.
    pub(crate) fn observe_code(&mut self, number: GmcNumber) {
        let code = self.documents.get(&number).and_then(|document| document.doctor.code.clone());
        let now = self.now;
        let codes = self.observed.codes.entry(number).or_default();
        if codes.last().is_some_and(|last| last.1 == code) {
            return;
        }
        codes.push((now, code.clone()));
        self.note(|| format!("{number} is {code:?}"));
    }

    /// A stage died or failed. What it wrote last to the index is looked at when its message is delivered again; when
    /// that was delivered twice, and the other was done with it meanwhile, the next night mends it.
    pub(crate) fn observe_death(&mut self, stage: u32, message: Option<u64>) {
        let written = self.observed.index_written.remove(&stage);
        if let (Some(message), Some(written)) = (message, written) {
            self.observed.index_orphaned.entry(message).or_default().extend(written);
        }
    }

    /// Whose index documents a stage wrote that died, where another delivery of the message was done with it.
    pub(crate) fn index_orphans(&self) -> BTreeSet<GmcNumber> {
        let is_dead = |id: &u64| self.dead_letters.iter().any(|(_, dead, _)| dead == id);
        let is_done = |id: &u64| self.observed.finished.contains(id) && !is_dead(id);
        let orphaned = self.observed.index_orphaned.iter().filter(|(id, _)| is_done(id));
        orphaned.flat_map(|(_, numbers)| numbers.iter().copied()).collect()
    }

    /// The lock is given to a run, or back.
    pub(crate) fn observe_lock(&mut self, to: Option<&Run>) {
        let (Some(to), Some(held)) = (to, &self.lock.holder) else { return };
        let state = self.runs.get(&held.number).map_or(held.state, |run| run.state);
        let gives_way = held.settings.is_dry && !to.settings.is_dry;
        if state.is_before_swept() && self.now < held.moments.expires && !gives_way {
            let text = format!("run {} is opened while run {} is {state}", to.number, held.number);
            self.broken("one at a time", text);
        }
    }

    /// A run was added or replaced.
    pub(crate) fn observe_run(&mut self, before: Option<&Run>, run: &Run) {
        let (number, state) = (run.number, run.state);
        if before.is_none_or(|before| before.state != state) {
            self.note(|| format!("run {number} is {state}"));
            let from = before.map(|before| before.state.to_string());
            *self.observed.transitions.entry(("run", from, state.to_string())).or_default() += 1;
            if !may_follow(before.map(|before| before.state), state) {
                self.broken(
                    "transitions",
                    format!("run {number} went from {:?} to {state}", before.map(|b| b.state)),
                );
            }
            if state == RunState::Running {
                let documents = self.documents.iter();
                let documents =
                    documents.map(|(number, document)| (*number, document.doctor.clone())).collect();
                self.observed.at_running.insert(number, documents);
            }
        }
        let is_kept =
            before.is_none_or(|before| before.decision.is_none() || before.decision == run.decision);
        if !is_kept {
            self.broken("ledger", format!("the verdict of run {number} was replaced by another"));
        }
        if run.second_look.is_some() && before.is_some_and(|before| before.second_look.is_none()) {
            let began = self.turn.map_or(self.now, |turn| turn.began);
            self.observed.second_look_began.insert(number, began);
        }
    }

    /// A body of a run was added or replaced.
    pub(crate) fn observe_body(&mut self, before: Option<&Body>, body: &Body) {
        let (run, code, state) = (body.run, body.code.clone(), body.state);
        if before.is_none() && body.roll.is_some() {
            self.observed.roll_chosen_at.insert((run, code.clone()), self.now);
            self.no_earlier_run_hides(run);
        }
        if before.is_some_and(|before| before.state == state) {
            return;
        }
        self.note(|| format!("body {code} of run {run} is {state}"));
        let from = before.map(|before| before.state);
        *self
            .observed
            .transitions
            .entry(("body", from.map(|state| state.to_string()), state.to_string()))
            .or_default() += 1;
        let may_follow = matches!(
            (from, state),
            (None, BodyState::Pending | BodyState::Failed)
                | (Some(BodyState::Pending), BodyState::Answered | BodyState::Failed)
                | (Some(BodyState::Answered), BodyState::Done | BodyState::Held)
        );
        if !may_follow {
            self.broken("transitions", format!("body {code} of run {run} went from {from:?} to {state}"));
        }
    }

    /// Who is hidden by a run that is not swept would be missing from the rolls of a later one.
    fn no_earlier_run_hides(&mut self, run: RunNumber) {
        let is_live = self.runs.get(&run).is_some_and(|run| !run.settings.is_dry);
        let hides = |earlier: &&Run| {
            earlier.number < run && earlier.state.is_before_swept() && !earlier.settings.is_dry
        };
        let earlier = self.runs.values().find(hides).map(|earlier| earlier.number);
        // a run that cannot be settled, because a write was refused for good, does not stop the next
        let is_excused = self.made.contains_key(REFUSED_FOR_GOOD);
        if let Some(earlier) = earlier.filter(|_| is_live && !is_excused) {
            self.broken("rolls", format!("run {run} reads its rolls while run {earlier} is not swept"));
        }
    }

    fn broken(&mut self, check: &'static str, text: String) {
        self.note(|| format!("BROKEN {text}"));
        self.observed.broken.push(Violation::new(check, text));
    }
}

/// A call that the database refuses, and would refuse again.
pub(crate) const REFUSED_FOR_GOOD: &str = "call refused for good";

/// All transitions that a run and a body may make (ARCHITECTURE.md, "The ledger").
pub fn possible_transitions() -> Vec<Transition> {
    let run =
        |from: Option<RunState>, to: RunState| ("run", from.map(|state| state.to_string()), to.to_string());
    let body = |from: Option<BodyState>, to: BodyState| {
        ("body", from.map(|state| state.to_string()), to.to_string())
    };
    let mut all = vec![
        body(None, BodyState::Pending),
        body(None, BodyState::Failed),
        body(Some(BodyState::Pending), BodyState::Answered),
        body(Some(BodyState::Pending), BodyState::Failed),
        body(Some(BodyState::Answered), BodyState::Done),
        body(Some(BodyState::Answered), BodyState::Held),
    ];
    for from in [None].into_iter().chain(RUN_STATES.map(Some)) {
        all.extend(RUN_STATES.into_iter().filter(|to| may_follow(from, *to)).map(|to| run(from, to)));
    }
    all
}

const RUN_STATES: [RunState; 7] = [
    RunState::Preparing,
    RunState::Running,
    RunState::Sweeping,
    RunState::Swept,
    RunState::Succeeded,
    RunState::Partial,
    RunState::Failed,
];

fn may_follow(from: Option<RunState>, to: RunState) -> bool {
    match from {
        None => to == RunState::Preparing,
        Some(RunState::Preparing) => matches!(to, RunState::Running | RunState::Sweeping),
        Some(RunState::Running) => to == RunState::Sweeping,
        Some(RunState::Sweeping) => to == RunState::Swept,
        Some(RunState::Swept) => to.is_closed(),
        Some(RunState::Succeeded | RunState::Partial | RunState::Failed) => false,
    }
}
