//! A roll is who was visible in the body when the run began, by what really stood in the documents.

use domain::{BodyCode, GmcNumber, Moment};

use super::Violation;
use super::night::Night;
use crate::world::World;

pub(super) fn check(world: &World, night: &Night<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let opened = night.run.moments.opened;
    for (code, roll) in &night.rolls {
        let Some(chosen) = world.observed.roll_chosen_at.get(&(night.run.number, code.clone())) else {
            continue;
        };
        for number in world.documents.keys() {
            let stood = Stood::of(world, *number, code, opened, *chosen);
            let is_on = roll.contains(number);
            let (run, what) = match (stood, is_on) {
                (Stood::All, false) => (night.run.number, "was visible in it, and is not on it"),
                (Stood::Never, true) => (night.run.number, "was not visible in it, and is on it"),
                _ => continue,
            };
            violations
                .push(Violation::new("rolls", format!("the roll of {code} in run {run}: {number} {what}")));
        }
    }
    violations
}

/// For how much of a while a doctor's code was that of a body.
enum Stood {
    All,
    Never,
    Partly,
}

impl Stood {
    fn of(world: &World, number: GmcNumber, code: &BodyCode, from: Moment, to: Moment) -> Self {
        let empty = Vec::new();
        let codes = world.observed.codes.get(&number).unwrap_or(&empty);
        let before = codes.iter().rev().find(|(at, _)| *at < from).map(|(_, stored)| stored);
        let within = codes.iter().filter(|(at, _)| *at >= from && *at <= to).map(|(_, stored)| stored);
        let mut is_there: Vec<bool> =
            before.into_iter().chain(within).map(|stored| stored.as_deref() == Some(code.as_str())).collect();
        if before.is_none() && codes.first().is_none_or(|first| first.0 > from) {
            is_there.push(false);
        }
        match (is_there.iter().all(|there| *there), is_there.iter().any(|there| *there)) {
            (true, true) => Self::All,
            (_, true) => Self::Partly,
            (_, false) => Self::Never,
        }
    }
}
