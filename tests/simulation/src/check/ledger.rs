//! The ledger tells the truth: what it says of answers, verdicts and ends is what happened.

use std::collections::BTreeSet;

use domain::{BodyCode, BodyState, GmcNumber, RunState};
use sync::ledger::BodyDecision;

use super::Violation;
use super::night::Night;
use crate::world::World;

pub(super) fn check(world: &World, night: &Night<'_>) -> Vec<Violation> {
    let mut wrong = Vec::new();
    everything_recorded_counts(world, night, &mut wrong);
    for decided in &night.decision.bodies {
        answers_are_whole(world, night, decided, &mut wrong);
        verdict_follows(world, night, decided, &mut wrong);
    }
    ends_as_it_went(world, night, &mut wrong);
    let run = night.run.number;
    wrong.into_iter().map(|text| Violation::new("ledger", format!("run {run}: {text}"))).collect()
}

/// What was recorded before the last body was settled was there when the verdict was made.
fn everything_recorded_counts(world: &World, night: &Night<'_>, wrong: &mut Vec<String>) {
    let Some(settled) = night.bodies.values().filter_map(|body| body.settled_at).max() else { return };
    let of_run = world.chunks.values().filter(|(chunk, _)| chunk.id.run == night.run.number);
    for (chunk, _) in of_run {
        let is_earlier = world.observed.chunk_recorded_at.get(&chunk.id).is_some_and(|at| *at < settled);
        if is_earlier && !night.counts(chunk) {
            wrong.push(format!(
                "part {} of a fetch of body {} does not count",
                chunk.id.position, chunk.id.code
            ));
        }
    }
}

/// A body is answered by one whole answer that the GMC gave for it, with return code 0.
fn answers_are_whole(world: &World, night: &Night<'_>, decided: &BodyDecision, wrong: &mut Vec<String>) {
    let code = &decided.code;
    let Some(answered) = night.bodies.get(code).and_then(|body| body.answer) else {
        if decided.state != BodyState::Failed {
            wrong.push(format!("body {code} is {} without an answer", decided.state));
        }
        return;
    };
    let Some(answer) = night.answer(world, code) else {
        return wrong.push(format!("body {code} is answered, and the GMC gave no such answer"));
    };
    if answer.at < answered.asked_at {
        wrong.push(format!("body {code} was answered before the GMC was asked"));
    }
    let parts = world.chunks.values().filter(|(chunk, _)| {
        chunk.id.run == night.run.number && chunk.id.code == *code && chunk.id.fetch == answered.fetch
    });
    let named: BTreeSet<GmcNumber> = parts.flat_map(|(_, numbers)| numbers.iter().copied()).collect();
    if !named.iter().eq(answer.doctors.keys()) {
        wrong.push(format!(
            "body {code} is answered with {named:?}, and the GMC named {:?}",
            answer.doctors.keys()
        ));
    }
}

/// Done, held or failed, by the safeguard's rule.
fn verdict_follows(world: &World, night: &Night<'_>, decided: &BodyDecision, wrong: &mut Vec<String>) {
    let code = &decided.code;
    let stored = night.bodies.get(code).map(|body| body.state);
    if night.run.state.is_closed() && stored != Some(decided.state) {
        wrong.push(format!("the verdict on body {code} is {}, and it stands as {stored:?}", decided.state));
    }
    let Some(answer) = night.answer(world, code) else { return };
    let roll = night.rolls.get(code).map_or(0, BTreeSet::len) as u64;
    let possible = left_of(night, code) + answer.without_number;
    let guard = &night.run.settings.safeguard;
    let is_empty = answer.doctors.is_empty();
    let is_suspicious = if is_empty {
        roll > 0
    } else {
        possible > guard.max_disconnected_min && possible * 100 > guard.max_disconnected_percent * roll
    };
    let is_accepted =
        guard.accept.get(code).is_some_and(|most| possible <= *most) && (!is_empty || guard.accept_empty);
    let expected = if is_suspicious && !is_accepted { BodyState::Held } else { BodyState::Done };
    if decided.state != expected {
        wrong.push(format!(
            "body {code} is {} and should be {expected}: {possible} possible losses of {roll}",
            decided.state
        ));
    }
}

/// Who is on the roll, and named by nobody.
fn left_of(night: &Night<'_>, code: &BodyCode) -> u64 {
    let named: BTreeSet<&GmcNumber> = night.named.values().flatten().collect();
    night.rolls.get(code).into_iter().flatten().filter(|number| !named.contains(number)).count() as u64
}

/// The run's end follows from its bodies' verdicts, its looks and its sweep.
fn ends_as_it_went(world: &World, night: &Night<'_>, wrong: &mut Vec<String>) {
    let run = night.run;
    if !run.state.is_closed() {
        return;
    }
    let states = night.decision.bodies.iter().map(|body| body.state);
    let done = states.filter(|state| *state == BodyState::Done).count();
    let is_all_done = done == night.decision.bodies.len();
    let is_settled = run.swept.as_ref().is_some_and(|swept| swept.unsettled == 0);
    let is_right = match run.state {
        RunState::Succeeded => is_all_done && is_settled && night.is_looked_over(world),
        RunState::Failed => done == 0,
        _ => done > 0,
    };
    if !is_right {
        wrong.push(format!(
            "it is {} with {done} bodies done, settled: {is_settled}, looked over: {}",
            run.state,
            night.is_looked_over(world)
        ));
    }
    let on_rolls: usize = night.rolls.values().map(BTreeSet::len).sum();
    let hidden = if run.settings.hides && run.moments.running.is_some() { on_rolls as u64 } else { 0 };
    if run.hidden != hidden {
        wrong.push(format!("it hid {hidden} doctors, and says {}", run.hidden));
    }
    let everyone = night.everyone();
    let by_several = everyone.iter().filter(|number| night.named_by(**number).len() > 1).count() as u64;
    if run.swept.as_ref().is_some_and(|swept| swept.named_by_several != by_several) {
        wrong.push(format!("{by_several} doctors were named by several bodies, and it says otherwise"));
    }
}
