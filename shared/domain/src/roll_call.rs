//! The roll call: who was visible when the run began, whom the GMC named, and what follows for each of them.
//!
//! Everything here is a pure function of the ledger's lists (ARCHITECTURE.md, "Roll call"): the same lists give the
//! same verdict and the same places, whoever computes them and however often.

mod place;
mod verdict;

use std::collections::BTreeMap;

pub use place::{Fate, Place, Settled, settle};
pub use verdict::{Loss, Safeguard, Verdict};

use crate::apply::Before;
use crate::planted::{Bug, planted};
use crate::{BodyCode, BodyState, GmcNumber, Moment};

/// One body of the night, as the ledger has it when the sweep decides.
#[derive(Clone, Debug)]
pub struct BodyFacts {
    /// The plain code.
    pub code: BodyCode,
    /// Who was visible in it when the run began.
    pub roll: Vec<GmcNumber>,
    /// The answer to go by; `None` when there is none, or not a whole one.
    pub answer: Option<AnswerFacts>,
}

/// The one fetch that answered a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerFacts {
    /// When it asked.
    pub asked_at: Moment,
    /// How many different usable GMC numbers it had.
    pub usable: u64,
    /// How many records it had without a usable GMC number: possible losses.
    pub unusable: u64,
}

/// The numbers that one fetch named, of all its chunks that count; also of a fetch that was cut off half-way.
#[derive(Clone, Debug)]
pub struct Named {
    /// Which of the bodies was asked, by its position.
    pub body: usize,
    /// When the fetch asked.
    pub asked_at: Moment,
    /// Whom it named.
    pub numbers: Vec<GmcNumber>,
}

/// Everyone on a roll or named, in order of their numbers.
#[derive(Debug)]
pub struct RollCall {
    bodies: Vec<BodyCode>,
    answers: Vec<Option<AnswerFacts>>,
    roll_sizes: Vec<u64>,
    entries: Vec<Entry>,
    /// Who stands on more than one roll, having been moved by hand while the rolls were read.
    on_several_rolls: BTreeMap<GmcNumber, Vec<u16>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    number: GmcNumber,
    roll: Option<u16>,
    named: Option<(u16, Moment)>,
    named_by_several: bool,
}

impl RollCall {
    /// Brings the lists together. For a doctor named by two bodies, the roll's body counts if it is among them, else
    /// the one that was asked last.
    pub fn new(bodies: Vec<BodyFacts>, named: &[Named]) -> Self {
        let mut on_rolls: Vec<(GmcNumber, u16)> = bodies
            .iter()
            .enumerate()
            .flat_map(|(index, body)| body.roll.iter().map(move |number| (*number, small(index))))
            .collect();
        on_rolls.sort_unstable();
        on_rolls.dedup();
        let mut mentions: Vec<(GmcNumber, Moment, u16)> = named
            .iter()
            .flat_map(|fetch| fetch.numbers.iter().map(|number| (*number, fetch.asked_at, small(fetch.body))))
            .collect();
        mentions.sort_unstable();
        mentions.dedup();

        let mut entries = Vec::with_capacity(on_rolls.len().max(mentions.len()));
        let mut on_several_rolls = BTreeMap::new();
        let (mut rolls, mut mentions) = (on_rolls.as_slice(), mentions.as_slice());
        while let Some(number) =
            rolls.first().map(|entry| entry.0).into_iter().chain(mentions.first().map(|m| m.0)).min()
        {
            let of_roll;
            (of_roll, rolls) = rolls.split_at(rolls.partition_point(|entry| entry.0 <= number));
            let by;
            (by, mentions) = mentions.split_at(mentions.partition_point(|mention| mention.0 <= number));
            if of_roll.len() > 1 {
                on_several_rolls.insert(number, of_roll.iter().map(|entry| entry.1).collect());
            }
            entries.push(Entry::new(number, of_roll, by));
        }
        Self {
            roll_sizes: bodies.iter().map(|body| body.roll.len() as u64).collect(),
            answers: bodies.iter().map(|body| body.answer).collect(),
            bodies: bodies.into_iter().map(|body| body.code).collect(),
            entries,
            on_several_rolls,
        }
    }

    /// The verdict on each body, in the order of the bodies.
    pub fn verdicts(&self, safeguard: &Safeguard) -> Vec<Verdict> {
        let mut left = vec![0_u64; self.bodies.len()];
        for entry in self.entries.iter().filter(|entry| entry.named.is_none()) {
            for body in self.rolls_of(entry) {
                left[usize::from(*body)] += 1;
            }
        }
        (0..self.bodies.len())
            .map(|index| match &self.answers[index] {
                None => Verdict { state: BodyState::Failed, loss: None },
                Some(answer) => {
                    safeguard.judge(&self.bodies[index], self.roll_sizes[index], left[index], answer)
                }
            })
            .collect()
    }

    /// Where everyone on a roll or named belongs by these verdicts, in order of their numbers.
    pub fn places<'a>(&'a self, states: &'a [BodyState]) -> impl Iterator<Item = (GmcNumber, Place<'a>)> {
        self.entries.iter().map(move |entry| (entry.number, self.place(entry, states)))
    }

    /// What became of everyone on a roll or named. `before` tells where a doctor who was on no roll stood when an
    /// answer first named them; `None` is under the body that named them.
    pub fn fates<'a>(
        &'a self,
        states: &'a [BodyState],
        before: impl Fn(GmcNumber) -> Option<&'a Before> + 'a,
    ) -> impl Iterator<Item = (GmcNumber, Fate<'a>)> {
        self.entries.iter().map(move |entry| {
            let place = self.place(entry, states);
            (entry.number, Fate::new(&place, entry.roll.map(|roll| self.body(roll)), before(entry.number)))
        })
    }

    /// How many doctors more than one body named.
    pub fn named_by_several(&self) -> u64 {
        self.entries.iter().filter(|entry| entry.named_by_several).count() as u64
    }

    /// Everyone on a roll or named, in order.
    pub fn numbers(&self) -> impl Iterator<Item = GmcNumber> {
        self.entries.iter().map(|entry| entry.number)
    }

    fn place(&self, entry: &Entry, states: &[BodyState]) -> Place<'_> {
        if let Some((body, asked_at)) = entry.named {
            return Place::Named { body: self.body(body), asked_at };
        }
        let rolls = self.rolls_of(entry);
        let asked_at = |body: &u16| self.answers[usize::from(*body)].map(|answer| answer.asked_at);
        let since = rolls
            .iter()
            .map(|body| asked_at(body).filter(|_| states[usize::from(*body)] == BodyState::Done))
            .collect::<Option<Vec<_>>>()
            .and_then(|asked| asked.into_iter().min());
        let bodies = rolls.iter().map(|body| self.body(*body)).collect();
        match since {
            Some(since) => Place::Left { bodies, since },
            None => Place::Keeps { bodies },
        }
    }

    fn rolls_of<'a>(&'a self, entry: &'a Entry) -> &'a [u16] {
        match self.on_several_rolls.get(&entry.number) {
            Some(several) => several,
            None => entry.roll.as_slice(),
        }
    }

    fn body(&self, index: u16) -> &BodyCode {
        &self.bodies[usize::from(index)]
    }
}

impl Entry {
    /// `rolls` and `mentions` are all those of `number`; mentions in the order of when they asked.
    fn new(number: GmcNumber, rolls: &[(GmcNumber, u16)], mentions: &[(GmcNumber, Moment, u16)]) -> Self {
        let latest = |of: &dyn Fn(u16) -> bool| {
            mentions.iter().rev().find(|mention| of(mention.2)).map(|mention| (mention.2, mention.1))
        };
        let named = latest(&|body| rolls.iter().any(|roll| roll.1 == body))
            .or_else(|| latest(&|_| rolls.is_empty() || !planted(Bug::SweptPerBody)));
        Self {
            number,
            roll: rolls.last().map(|roll| roll.1),
            named,
            named_by_several: mentions.iter().any(|mention| mention.2 != mentions[0].2),
        }
    }
}

/// A position among the bodies; there are never more than a few hundred.
fn small(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn body(code: &str) -> BodyCode {
        BodyCode::parse(code).unwrap()
    }

    pub(super) fn numbers(values: impl IntoIterator<Item = u32>) -> Vec<GmcNumber> {
        values.into_iter().map(|value| GmcNumber::from_value(value).unwrap()).collect()
    }

    fn answered(code: &str, roll: &[u32], asked_at: i64, usable: u64) -> BodyFacts {
        let answer = AnswerFacts { asked_at: Moment(asked_at), usable, unusable: 0 };
        BodyFacts { code: body(code), roll: numbers(roll.iter().copied()), answer: Some(answer) }
    }

    fn named(body: usize, asked_at: i64, by: &[u32]) -> Named {
        Named { body, asked_at: Moment(asked_at), numbers: numbers(by.iter().copied()) }
    }

    fn places(call: &RollCall, states: &[BodyState]) -> Vec<String> {
        call.places(states).map(|(number, place)| format!("{number} {place}")).collect()
    }

    #[test]
    fn who_was_named_by_nobody_has_left() {
        let call = RollCall::new(vec![answered("1-X", &[1, 2], 100, 1)], &[named(0, 100, &[1])]);

        assert_eq!(places(&call, &[BodyState::Done]), ["0000001 named by 1-X", "0000002 left 1-X"]);
    }

    #[test]
    fn a_doctor_who_moved_is_not_disconnected() {
        // given a doctor on the roll of X whom only Y names
        let bodies = vec![answered("1-X", &[1, 2], 100, 1), answered("1-Y", &[], 110, 1)];
        let call = RollCall::new(bodies, &[named(0, 100, &[1]), named(1, 110, &[2])]);

        assert_eq!(
            places(&call, &[BodyState::Done, BodyState::Done]),
            ["0000001 named by 1-X", "0000002 named by 1-Y"]
        );
    }

    #[test]
    fn what_a_fetch_named_before_it_was_cut_off_still_counts() {
        let call = RollCall::new(
            vec![answered("1-X", &[1, 2], 200, 1)],
            &[named(0, 100, &[2]), named(0, 200, &[1])],
        );
        assert_eq!(places(&call, &[BodyState::Done]), ["0000001 named by 1-X", "0000002 named by 1-X"]);
    }

    #[test]
    fn nobody_leaves_a_body_that_failed_or_is_held() {
        let failed = BodyFacts { answer: None, ..answered("1-X", &[1], 0, 0) };
        let call = RollCall::new(vec![failed, answered("1-Y", &[2], 100, 0)], &[]);

        assert_eq!(
            places(&call, &[BodyState::Failed, BodyState::Held]),
            ["0000001 keeps 1-X", "0000002 keeps 1-Y"]
        );
    }

    #[test]
    fn a_doctor_named_by_two_bodies_stays_in_the_rolls_if_it_is_among_them() {
        let bodies =
            vec![answered("1-X", &[1], 100, 1), answered("1-Y", &[], 300, 2), answered("1-Z", &[], 200, 1)];
        let call = RollCall::new(bodies, &[named(0, 100, &[1]), named(1, 300, &[1, 2]), named(2, 200, &[2])]);

        let states = [BodyState::Done; 3];
        assert_eq!(places(&call, &states), ["0000001 named by 1-X", "0000002 named by 1-Y"]);
        assert_eq!(call.named_by_several(), 2);
    }

    #[test]
    fn who_stands_on_two_rolls_leaves_only_when_both_are_done() {
        // given a doctor moved by hand while the rolls were read
        let bodies = || vec![answered("1-X", &[1], 100, 0), answered("1-Y", &[1], 120, 0)];
        let call = RollCall::new(bodies(), &[]);

        assert_eq!(places(&call, &[BodyState::Done, BodyState::Held]), ["0000001 keeps 1-X, 1-Y"]);
        assert_eq!(places(&call, &[BodyState::Done, BodyState::Done]), ["0000001 left 1-X, 1-Y"]);
    }

    #[test]
    fn what_became_of_everyone_is_told_from_the_lists() {
        // given a roll, and answers that name doctors who stood elsewhere
        let bodies = vec![answered("1-X", &[1, 2, 3], 100, 6), answered("1-Y", &[], 100, 1)];
        let call = RollCall::new(bodies, &[named(0, 100, &[1, 4, 5, 6, 7]), named(1, 100, &[2])]);
        let stood = BTreeMap::from([
            (4, Before::Unknown),
            (5, Before::Nowhere),
            (6, Before::Elsewhere("1-Q".into())),
        ]);

        // when their fates are told
        let states = [BodyState::Done, BodyState::Done];
        let fates: Vec<_> = call
            .fates(&states, |number| stood.get(&number.value()))
            .map(|(number, fate)| format!("{number} {fate:?}"))
            .collect();

        // then each is what the lists say
        assert_eq!(
            fates,
            [
                "0000001 Stayed { body: 1-X }",
                "0000002 Moved { from: \"1-X\", to: 1-Y }",
                "0000003 Left { body: 1-X }",
                "0000004 New { body: 1-X }",
                "0000005 Joined { body: 1-X }",
                "0000006 Moved { from: \"1-Q\", to: 1-X }",
                "0000007 Restored { body: 1-X }",
            ]
        );
    }
}
