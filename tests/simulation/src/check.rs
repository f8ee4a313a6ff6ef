//! The promise, checked against what the GMC really answered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::body::is_hidden;
use domain::index::{Field, IndexName};
use domain::{BodyCode, BodyState, GmcNumber, Moment, RunState};
use sync::ledger::{Decision, Run};

use crate::scheduler::BODIES;
use crate::world::{ForeignWrite, World};

/// How long a second look takes at most, in milliseconds of virtual time.
const LOOK_TAKES: i64 = 5_000;

/// A promise that was not kept.
#[derive(Clone, Debug)]
pub struct Violation(String);

impl Violation {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// After nights with trouble, when everything is settled: nobody is hidden whom the GMC did not leave out of a complete
/// answer, nobody is visible who must not be, and the ledger is closed. Also returns how many doctors are outside the
/// promise, because a stale save of the whole document landed after the last check.
pub(crate) fn after_trouble(world: &World) -> (Vec<Violation>, u64) {
    let mut violations = Vec::new();
    let mut outside = 0;
    for run in world.runs.values().filter(|run| !run.state.is_closed()) {
        violations.push(Violation::new(format!("run {} is still {}", run.number, run.state)));
    }
    let nights: Vec<Night<'_>> = world
        .runs
        .values()
        .filter(|run| !run.settings.is_dry)
        .filter_map(|run| Night::of(world, run))
        .collect();
    for (number, document) in &world.documents {
        let code = document.doctor.code.as_deref();
        let last = nights.iter().rev().find(|night| night.knows(*number));
        if last.is_some_and(|night| night.was_saved_over(world, *number)) {
            outside += 1;
            continue;
        }
        let Some(night) = last else {
            if is_hidden(code) && !world.hidden_at_first.contains(number) {
                violations
                    .push(Violation::new(format!("{number} is hidden as {code:?}, and no run knows why")));
            }
            continue;
        };
        violations.extend(night.check(world, *number, code));
    }
    violations.extend(nights.iter().filter_map(Night::check_verdicts));
    if let Some(night) = nights.last().filter(|night| night.is_looked_over(world)) {
        let known: Vec<GmcNumber> =
            night.rolls.values().chain(night.named.values()).flatten().copied().collect();
        for number in known {
            if !world.foreign.contains_key(&number) {
                violations.extend(check_index(world, number));
            }
        }
    }
    (violations, outside)
}

/// After a clean whole night: the database and the indexes are what the GMC says.
pub(crate) fn after_a_clean_night(world: &World) -> Vec<Violation> {
    let mut violations = Vec::new();
    let Some(run) = world.runs.values().next_back() else {
        return vec![Violation::new("there is no run")];
    };
    if run.state != RunState::Succeeded {
        violations.push(Violation::new(format!("the clean night is {}", run.state)));
    }
    let at_gmc: BTreeMap<GmcNumber, &BodyCode> = world
        .truth
        .iter()
        .flat_map(|(body, doctors)| doctors.iter().map(move |number| (*number, body)))
        .collect();
    for (number, body) in &at_gmc {
        let code = world.documents.get(number).and_then(|document| document.doctor.code.as_deref());
        if code != Some(body.as_str()) {
            violations.push(Violation::new(format!("{number} is in {body} at the GMC and {code:?} here")));
        }
    }
    for (number, document) in &world.documents {
        let code = document.doctor.code.as_deref();
        if !at_gmc.contains_key(number) && code.is_some_and(|code| BODIES.contains(&code)) {
            violations
                .push(Violation::new(format!("{number} is in no body at the GMC and visible as {code:?}")));
        }
        let is_of_a_body = BODIES.iter().any(|body| document.doctor.plain_code() == Some(*body));
        if is_hidden(code) && is_of_a_body && document.doctor.exists_in_gmc != Some(false) {
            violations.push(Violation::new(format!("{number} is in no body's answer, and not marked so")));
        }
        if is_hidden(code) || at_gmc.contains_key(number) {
            violations.extend(check_index(world, *number));
        }
    }
    violations
}

/// One live run, by what the ledger says of it.
struct Night<'a> {
    run: &'a Run,
    decision: &'a Decision,
    rolls: BTreeMap<BodyCode, BTreeSet<GmcNumber>>,
    named: BTreeMap<BodyCode, BTreeSet<GmcNumber>>,
    /// When each fetch of the run asked.
    asked_ats: Vec<Moment>,
    /// Also by chunks that came too late to count.
    ever_named: BTreeSet<GmcNumber>,
}

impl<'a> Night<'a> {
    fn of(world: &World, run: &'a Run) -> Option<Self> {
        let decision = run.decision.as_ref()?;
        let mut rolls = BTreeMap::new();
        for body in world.bodies.values().filter(|body| body.run == run.number) {
            let roll = body.roll.and_then(|roll| world.rolls.get(&(run.number, body.code.clone(), roll)));
            rolls.insert(body.code.clone(), roll.into_iter().flatten().copied().collect());
        }
        let mut named: BTreeMap<BodyCode, BTreeSet<GmcNumber>> = BTreeMap::new();
        let mut ever_named = BTreeSet::new();
        let mut asked_ats = Vec::new();
        for (chunk, numbers) in world.chunks.values().filter(|(chunk, _)| chunk.id.run == run.number) {
            ever_named.extend(numbers.iter().copied());
            asked_ats.push(chunk.asked_at);
            let counts = decision.fetches.iter().any(|fetch| {
                fetch.fetch == chunk.id.fetch
                    && (fetch.only.is_empty() || fetch.only.contains(&chunk.id.position))
            });
            if counts {
                named.entry(chunk.id.code.clone()).or_default().extend(numbers.iter().copied());
            }
        }
        Some(Self { run, decision, rolls, named, asked_ats, ever_named })
    }

    fn knows(&self, number: GmcNumber) -> bool {
        self.rolls.values().chain(self.named.values()).any(|numbers| numbers.contains(&number))
    }

    /// Whether someone saved the whole document, as read before, when this run's second look was on its way or over.
    fn was_saved_over(&self, world: &World, number: GmcNumber) -> bool {
        let last_check = self.run.second_look.as_ref().map_or(i64::MAX, |look| look.at.0 - LOOK_TAKES);
        let is_late = |write: &ForeignWrite| write.read_at.is_some() && write.at.0 >= last_check;
        world.foreign.get(&number).is_some_and(|writes| writes.iter().any(is_late))
    }

    /// Whether someone connected or disconnected the doctor after the run began.
    fn was_set_by_hand(&self, world: &World, number: GmcNumber) -> bool {
        let since = self.run.moments.opened;
        world
            .foreign
            .get(&number)
            .is_some_and(|writes| writes.iter().any(|write| write.by_hand.is_some() && write.at >= since))
    }

    /// What another service set by hand after every question of this run, if it was the last to write the body.
    fn set_by_hand_since_asked(&self, world: &World, number: GmcNumber) -> Option<Option<BodyCode>> {
        let asked_last = self.asked_ats.iter().max()?;
        let writes = world.foreign.get(&number)?;
        let last = writes.iter().rev().find(|write| write.by_hand.is_some() || write.read_at.is_some())?;
        // a later run may have asked again, and named the doctor in a chunk that came too late to count
        let is_overtaken = |(chunk, numbers): &(sync::ledger::Chunk, Vec<GmcNumber>)| {
            chunk.asked_at >= last.at && numbers.contains(&number)
        };
        let is_last_word = last.at > *asked_last && !world.chunks.values().any(is_overtaken);
        last.by_hand.clone().filter(|_| is_last_word)
    }

    fn is_done(&self, code: &BodyCode) -> bool {
        self.decision.bodies.iter().any(|body| body.code == *code && body.state == BodyState::Done)
    }

    /// Whether the doctor is where this run, the last that knows them, says.
    fn check(&self, world: &World, number: GmcNumber, code: Option<&str>) -> Option<Violation> {
        let by: Vec<&BodyCode> =
            self.named.iter().filter(|(_, numbers)| numbers.contains(&number)).map(|entry| entry.0).collect();
        let on: Vec<&BodyCode> =
            self.rolls.iter().filter(|(_, numbers)| numbers.contains(&number)).map(|entry| entry.0).collect();
        let run = self.run.number;
        let says = |text: String| {
            Some(Violation::new(format!("{number} is stored as {code:?}: {text} (run {run})")))
        };
        if is_hidden(code) {
            if !by.is_empty() {
                return says(format!("named by {by:?}, and hidden"));
            }
            let was_left_out = on.iter().any(|roll| self.is_done(roll) && self.left_out(world, roll, number));
            if !was_left_out {
                return says(format!(
                    "hidden, and no complete answer of a body that is done left the doctor out; on the rolls of {on:?}"
                ));
            }
            return None;
        }
        if let Some(by_hand) = self.set_by_hand_since_asked(world, number) {
            let kept = code == by_hand.as_ref().map(BodyCode::as_str);
            return if kept {
                None
            } else {
                says(format!("set by hand to {by_hand:?} after the GMC was asked"))
            };
        }
        if self.was_set_by_hand(world, number)
            || self.ever_named.len() > self.named.values().map(BTreeSet::len).sum()
        {
            return None;
        }
        match by.as_slice() {
            [] => {
                let is_gone = !on.is_empty()
                    && on.iter().all(|roll| self.is_done(roll))
                    && !self.ever_named.contains(&number);
                let is_visible_there = on.iter().any(|roll| code == Some(roll.as_str()));
                if is_gone && is_visible_there { says(format!("left {on:?}, and visible")) } else { None }
            }
            [body] if code != Some(body.as_str()) => says(format!("named by {body} alone")),
            _ => None,
        }
    }

    /// Whether the GMC, in this run's time, really gave an answer for the body without the doctor.
    fn left_out(&self, world: &World, body: &BodyCode, number: GmcNumber) -> bool {
        let moments = &self.run.moments;
        let is_of_run = |at: Moment| at >= moments.opened && at <= moments.expires;
        world
            .answers
            .iter()
            .any(|answer| answer.code == *body && is_of_run(answer.at) && !answer.numbers.contains(&number))
    }

    /// Whether each verdict follows from the lists.
    fn check_verdicts(&self) -> Option<Violation> {
        let everyone: BTreeSet<GmcNumber> = self.named.values().flatten().copied().collect();
        let guard = &self.run.settings.safeguard;
        for body in self.decision.bodies.iter().filter(|body| body.state == BodyState::Done) {
            let roll = self.rolls.get(&body.code)?;
            let left = roll.difference(&everyone).count() as u64;
            let is_large = left > guard.max_disconnected_min
                && left * 100 > guard.max_disconnected_percent * roll.len() as u64;
            let is_accepted = guard.accept.get(&body.code).is_some_and(|accepted| left <= *accepted);
            if is_large && !is_accepted {
                return Some(Violation::new(format!(
                    "body {} of run {} is done, although {left} of {} left",
                    body.code,
                    self.run.number,
                    roll.len()
                )));
            }
        }
        None
    }

    fn is_looked_over(&self, world: &World) -> bool {
        self.run.looks.is_some_and(|looks| {
            world.looks.iter().filter(|known| known.0 == self.run.number && known.1 == looks.id).count()
                >= looks.count as usize
        })
    }
}

/// Whether the four indexes say of a doctor what the database says.
fn check_index(world: &World, number: GmcNumber) -> Option<Violation> {
    let document = world.documents.get(&number)?;
    let code = document.doctor.code.as_deref().filter(|code| !code.is_empty() && !is_hidden(Some(code)));
    let in_index = |index: IndexName| {
        let entries = world.indexes.get(&index).into_iter().flatten();
        entries.filter(|(_, entry)| entry.number == number).map(|(_, entry)| &entry.doc).collect::<Vec<_>>()
    };
    let masters = in_index(IndexName::Master);
    let [master] = masters.as_slice() else {
        return Some(Violation::new(format!("{number} has {} master documents", masters.len())));
    };
    if master.text(Field::DesignatedBody) != code {
        let found = master.text(Field::DesignatedBody);
        return Some(Violation::new(format!(
            "{number} is {code:?} in the database and {found:?} in the master index"
        )));
    }
    let copies = (in_index(IndexName::Connected).len(), in_index(IndexName::Disconnected).len());
    let expected = if code.is_some() { (1, 0) } else { (0, 1) };
    (copies != expected).then(|| {
        Violation::new(format!("{number} is {code:?} and has (connected, disconnected) copies {copies:?}"))
    })
}
