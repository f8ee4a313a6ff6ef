//! The promise, checked against what the GMC really answered and what really happened.

mod doctors;
mod index;
mod ledger;
mod messages;
mod night;
mod report;
mod rolls;

use std::fmt;

use domain::body::is_hidden;
use domain::{GmcNumber, RunState};

use crate::population::BODIES;
use crate::world::{Sim, World};
use night::Night;

/// A promise that was not kept.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which check noticed it.
    pub check: &'static str,
    text: String,
}

impl Violation {
    pub(crate) fn new(check: &'static str, text: String) -> Self {
        Self { check, text }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.check, self.text)
    }
}

/// After nights with trouble, when everything is settled: nobody is hidden whom the GMC did not leave out of a complete
/// answer, nobody is visible who must not be, the ledger tells the truth, the indexes agree, every message is
/// accounted for, and what others wrote is there. Also returns how many doctors are outside the promise, because a
/// stale save of the whole document landed after the last check.
pub(crate) fn after_trouble(sim: &Sim) -> (Vec<Violation>, u64) {
    let reports = report::all(sim);
    let mut world = sim.world();
    let mut violations = std::mem::take(&mut world.observed.broken);
    for run in world.runs.values().filter(|run| !run.state.is_closed()) {
        violations.push(Violation::new("end", format!("run {} is still {}", run.number, run.state)));
    }
    let nights: Vec<Night<'_>> = world.runs.values().filter_map(|run| Night::of(&world, run)).collect();
    for night in &nights {
        violations.extend(ledger::check(&world, night));
        violations.extend(rolls::check(&world, night));
        if let Some(report) = reports.get(&night.run.number) {
            violations.extend(report::check(&world, night, report));
        }
    }
    let live: Vec<&Night<'_>> = nights.iter().filter(|night| !night.run.settings.is_dry).collect();
    let outside = doctors::check(&world, &live, &mut violations);
    let (wrong, left) = live.last().map(|night| index::check_night(&world, night)).unwrap_or_default();
    violations.extend(wrong);
    violations.extend(messages::check(&world));
    violations.extend(kept(&world));
    drop(nights);
    *world
        .made
        .entry("index document left to the next night: who wrote it died, its message done")
        .or_default() += left;
    (violations, outside)
}

/// After a clean whole night: the database and the indexes are what the GMC says.
pub(crate) fn after_a_clean_night(sim: &Sim) -> Vec<Violation> {
    let mut world = sim.world();
    let mut violations = std::mem::take(&mut world.observed.broken);
    let wrong = |text: String| Violation::new("clean night", text);
    match world.runs.values().next_back() {
        Some(run) if run.state == RunState::Succeeded => {}
        last => violations.push(wrong(format!("the clean night is {:?}", last.map(|run| run.state)))),
    }
    let at_gmc = world.at_gmc();
    for (number, body) in &at_gmc {
        let doctor = world.documents.get(number).map(|document| &document.doctor);
        let code = doctor.and_then(|doctor| doctor.code.as_deref());
        if code != Some(body.as_str()) {
            violations.push(wrong(format!("{number} is in {body} at the GMC and {code:?} here")));
        }
        let name = doctor.and_then(|doctor| doctor.last_name.clone());
        let said = world.says.get(number).copied().unwrap_or_default().last_name();
        if name.as_ref() != Some(&said) {
            violations.push(wrong(format!("{number} is {said} at the GMC and {name:?} here")));
        }
    }
    for (number, document) in &world.documents {
        let code = document.doctor.code.as_deref();
        if !at_gmc.contains_key(number) && code.is_some_and(|code| BODIES.contains(&code)) {
            violations.push(wrong(format!("{number} is in no body at the GMC and visible as {code:?}")));
        }
        let is_of_a_body = BODIES.iter().any(|body| document.doctor.plain_code() == Some(*body));
        if is_hidden(code) && is_of_a_body && document.doctor.exists_in_gmc != Some(false) {
            violations.push(wrong(format!("{number} is in no body's answer, and not marked so")));
        }
        if is_hidden(code) || at_gmc.contains_key(number) {
            violations.extend(index::check(&world, *number));
        }
    }
    if world.lock.holder.is_some() {
        violations.push(wrong("the lock is not free".to_owned()));
    }
    violations.extend(messages::check(&world));
    violations.extend(kept(&world));
    violations
}

/// Whether the fields of other services are as they wrote them last.
fn kept(world: &World) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (number, admin) in &world.observed.admins {
        let found = world.documents.get(number).map(|document| document.admin);
        if found != Some(*admin) {
            let text = format!("the admin of {number} was set to {admin}, and is {found:?}");
            violations.push(Violation::new("others' fields", text));
        }
    }
    violations.extend(index::kept(world));
    violations
}

/// Whether another service wrote to the doctor's document at or after this moment.
fn was_written_since(world: &World, number: GmcNumber, since: domain::Moment) -> bool {
    world.foreign.get(&number).is_some_and(|writes| writes.iter().any(|write| write.at >= since))
}
