//! Every doctor's state follows from what the GMC truly answered, the settings and the writes of others, and from
//! nothing else.

use std::collections::BTreeSet;

use domain::body::is_hidden;
use domain::{BodyCode, GmcNumber};

use super::Violation;
use super::night::Night;
use crate::trouble::Refuses;
use crate::world::{ForeignWrite, World};

/// Checks everyone against the last run that knows them. Returns how many are outside the promise.
pub(super) fn check(world: &World, live: &[&Night<'_>], violations: &mut Vec<Violation>) -> u64 {
    let mut outside = 0;
    let found = |text: String| Violation::new("doctors", text);
    for (number, document) in &world.documents {
        let code = document.doctor.code.as_deref();
        let Some(night) = live.iter().rev().find(|night| night.knows(*number)) else {
            if is_hidden(code)
                && !was_hidden_at_first(world, *number)
                && !was_hidden_by_others(world, *number)
            {
                violations.push(found(format!("{number} is hidden as {code:?}, and no run knows why")));
            }
            continue;
        };
        if was_saved_over(world, night, *number) {
            outside += 1;
        } else if world.refuses(*number) == Some(Refuses::Everything) {
            violations.extend(told_unsettled(world, night, *number).map(found));
        } else {
            violations.extend(check_one(world, night, *number, code).map(found));
        }
    }
    violations.extend(live.iter().flat_map(|night| without_document(world, night)).map(found));
    outside
}

fn was_hidden_at_first(world: &World, number: GmcNumber) -> bool {
    let codes = world.observed.codes.get(&number);
    codes.and_then(|codes| codes.first()).is_some_and(|first| is_hidden(first.1.as_deref()))
}

fn was_hidden_by_others(world: &World, number: GmcNumber) -> bool {
    world.foreign.get(&number).is_some_and(|writes| writes.iter().any(|write| write.hides))
}

/// Whether someone saved the whole document, as read before, when this run's second look was on its way or over.
fn was_saved_over(world: &World, night: &Night<'_>, number: GmcNumber) -> bool {
    let last_check = world.observed.second_look_began.get(&night.run.number);
    let is_late = |write: &ForeignWrite| {
        write.read_at.is_some() && last_check.is_some_and(|last_check| write.at >= *last_check)
    };
    world.foreign.get(&number).is_some_and(|writes| writes.iter().any(is_late))
}

/// What another service set by hand after every answer of this run, if it was the last to write the body.
fn set_by_hand_since_asked(world: &World, night: &Night<'_>, number: GmcNumber) -> Option<Option<BodyCode>> {
    let answered_last = night.answered_last(world)?;
    let writes = world.foreign.get(&number)?;
    let last = writes.iter().rev().find(|write| write.by_hand.is_some() || write.read_at.is_some())?;
    // a later run may have asked again, and named the doctor in a chunk that came too late to count
    let is_overtaken =
        world.answers.iter().any(|answer| answer.at >= last.at && answer.doctors.contains_key(&number));
    last.by_hand.clone().filter(|_| last.at > answered_last && !is_overtaken)
}

/// Whether the doctor is where this run, the last that knows them, says.
fn check_one(world: &World, night: &Night<'_>, number: GmcNumber, code: Option<&str>) -> Option<String> {
    let (by, on) = (night.named_by(number), night.on_rolls(number));
    let run = night.run.number;
    let says = |text: String| Some(format!("{number} is stored as {code:?}: {text} (run {run})"));
    if let Some(by_hand) = set_by_hand_since_asked(world, night, number) {
        let is_kept = code == by_hand.as_ref().map(BodyCode::as_str);
        return if is_kept { None } else { says(format!("set by hand to {by_hand:?} after the answer")) };
    }
    if is_hidden(code) {
        if !by.is_empty() {
            return says(format!("named by {by:?}, and hidden"));
        }
        let left_out = |roll: &&&BodyCode| {
            night.answer(world, roll).is_some_and(|answer| !answer.doctors.contains_key(&number))
        };
        let was_left_out = on.iter().filter(left_out).any(|roll| night.is_done(roll));
        return if was_left_out {
            None
        } else {
            says(format!(
                "no complete answer of a body that is done left the doctor out; on the rolls of {on:?}"
            ))
        };
    }
    let was_set_by_hand = world.foreign.get(&number).is_some_and(|writes| {
        writes.iter().any(|write| write.by_hand.is_some() && write.at >= night.run.moments.opened)
    });
    let counted: BTreeSet<GmcNumber> = night.named.values().flatten().copied().collect();
    // a later run may have named the doctor in a chunk that came too late to count
    let by_later =
        world.chunks.values().any(|(chunk, numbers)| chunk.id.run > run && numbers.contains(&number));
    if was_set_by_hand || by_later || (night.ever_named.contains(&number) && !counted.contains(&number)) {
        return None;
    }
    match by.as_slice() {
        [] => {
            let is_gone = !on.is_empty() && on.iter().all(|roll| night.is_done(roll));
            let is_visible_there = on.iter().any(|roll| code == Some(roll.as_str()));
            if is_gone && is_visible_there { says(format!("left {on:?}, and visible")) } else { None }
        }
        [body] if code != Some(body.as_str()) => says(format!("named by {body} alone")),
        _ => None,
    }
}

/// A document that takes no write is told as one that would not agree, where it does not.
fn told_unsettled(world: &World, night: &Night<'_>, number: GmcNumber) -> Option<String> {
    let code = world.documents.get(&number)?.doctor.code.as_deref();
    let is_wrong = is_hidden(code) && !night.named_by(number).is_empty();
    let told = night.run.swept.iter().chain(&night.run.second_look);
    let is_told = told.flat_map(|swept| &swept.unsettled_first).any(|(told, _)| *told == number);
    let by_others = super::was_written_since(world, number, night.run.moments.opened);
    (is_wrong && !is_told && !by_others).then(|| {
        format!(
            "{number} is stored as {code:?}, cannot be written, and run {} tells nothing",
            night.run.number
        )
    })
}

/// Whoever was named by a body that was answered has a document.
fn without_document(world: &World, night: &Night<'_>) -> Vec<String> {
    let is_answered = |code: &BodyCode| night.bodies.get(code).is_some_and(|body| body.answer.is_some());
    let of_answered = night.counting.iter().filter(|(chunk, _)| {
        let answer = night.bodies.get(&chunk.id.code).and_then(|body| body.answer);
        is_answered(&chunk.id.code) && answer.is_some_and(|answer| answer.fetch == chunk.id.fetch)
    });
    let missing = of_answered
        .flat_map(|(_, numbers)| numbers.iter())
        .filter(|number| !world.documents.contains_key(number))
        .filter(|number| world.refuses(**number) != Some(Refuses::Everything));
    let run = night.run.number;
    let is_live = !night.run.settings.is_dry;
    missing
        .filter(|_| is_live)
        .map(|number| format!("{number} was named in run {run} and has no document"))
        .collect()
}
