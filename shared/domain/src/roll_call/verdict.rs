//! The safeguard: a wrong answer of the GMC is stopped before it empties a region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::AnswerFacts;
use crate::planted::{Bug, planted};
use crate::{BodyCode, BodyState};

/// How large a loss goes through without someone having looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Safeguard {
    /// In percent of the roll; a loss must be larger than this and than the minimum to be held.
    pub max_disconnected_percent: u64,
    /// In doctors.
    pub max_disconnected_min: u64,
    /// The loss that someone who has looked accepts, by body.
    pub accept: BTreeMap<BodyCode, u64>,
    /// Whether an answer without any usable number is accepted, for the bodies in `accept`.
    pub accept_empty: bool,
}

/// What the sweep makes of one body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Done, held or failed.
    pub state: BodyState,
    /// What the answer would cost the body; `None` without an answer.
    pub loss: Option<Loss>,
}

/// Who is on a body's roll and in nobody's answer, and what may hide among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// How many doctors of the roll nobody named.
    pub left: u64,
    /// How many records of the answer had no usable GMC number.
    pub unusable: u64,
    /// Whether the answer had no usable number at all.
    pub is_empty: bool,
}

impl Loss {
    /// The number that the safeguard judges, and that someone who has looked accepts.
    pub fn possible(self) -> u64 {
        self.left + self.unusable
    }
}

impl Safeguard {
    pub(super) fn judge(&self, body: &BodyCode, roll: u64, left: u64, answer: &AnswerFacts) -> Verdict {
        let is_empty = answer.usable == 0;
        let loss = Loss { left, unusable: answer.unusable, is_empty };
        let possible = loss.possible();
        let most = self.max_disconnected_min + u64::from(planted(Bug::SafeguardOffByOne));
        let is_large = possible > most && possible * 100 > self.max_disconnected_percent * roll;
        let is_suspicious = if is_empty && !planted(Bug::EmptyAnswerAccepted) { roll > 0 } else { is_large };
        let is_accepted = self.accept.get(body).is_some_and(|accepted| possible <= *accepted)
            && (!is_empty || self.accept_empty);
        let state = if is_suspicious && !is_accepted { BodyState::Held } else { BodyState::Done };
        Verdict { state, loss: Some(loss) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Moment;

    fn safeguard(accept: &[(&str, u64)], accept_empty: bool) -> Safeguard {
        Safeguard {
            max_disconnected_percent: 20,
            max_disconnected_min: 50,
            accept: accept.iter().map(|(code, count)| (BodyCode::parse(code).unwrap(), *count)).collect(),
            accept_empty,
        }
    }

    fn state(safeguard: &Safeguard, roll: u64, left: u64, usable: u64, unusable: u64) -> BodyState {
        let answer = AnswerFacts { asked_at: Moment(0), usable, unusable };
        safeguard.judge(&BodyCode::parse("1-X").unwrap(), roll, left, &answer).state
    }

    #[test]
    fn a_loss_is_held_when_it_is_larger_than_both_limits() {
        let usual = safeguard(&[], false);
        for (roll, left, expected) in [
            (1_000, 200, BodyState::Done),
            (1_000, 201, BodyState::Held),
            (100, 50, BodyState::Done),
            (100, 51, BodyState::Held),
            (0, 0, BodyState::Done),
        ] {
            assert_eq!(state(&usual, roll, left, roll - left + 1, 0), expected, "{left} of {roll}");
        }
    }

    #[test]
    fn records_without_a_usable_number_count_as_possible_losses() {
        assert_eq!(state(&safeguard(&[], false), 1_000, 100, 900, 100), BodyState::Done);
        assert_eq!(state(&safeguard(&[], false), 1_000, 100, 900, 101), BodyState::Held);
    }

    #[test]
    fn an_empty_answer_for_a_roll_that_is_not_empty_is_held_however_small_the_roll() {
        assert_eq!(state(&safeguard(&[], false), 1, 1, 0, 0), BodyState::Held);
        assert_eq!(state(&safeguard(&[], false), 0, 0, 0, 0), BodyState::Done);
    }

    #[test]
    fn what_someone_has_accepted_goes_through_and_a_larger_loss_is_held_again() {
        let accepted = safeguard(&[("1-X", 812)], false);
        assert_eq!(state(&accepted, 1_000, 812, 188, 0), BodyState::Done);
        assert_eq!(state(&accepted, 1_000, 813, 187, 0), BodyState::Held);
        assert_eq!(state(&safeguard(&[("1-Y", 812)], false), 1_000, 812, 188, 0), BodyState::Held);
    }

    #[test]
    fn an_empty_answer_needs_to_be_accepted_as_such_besides() {
        assert_eq!(state(&safeguard(&[("1-X", 812)], false), 812, 812, 0, 0), BodyState::Held);
        assert_eq!(state(&safeguard(&[("1-X", 812)], true), 812, 812, 0, 0), BodyState::Done);
        assert_eq!(state(&safeguard(&[], true), 812, 812, 0, 0), BodyState::Held);
    }
}
