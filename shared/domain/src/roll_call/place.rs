//! Where one doctor belongs when the run is over, and the write that brings them there.

use std::fmt;

use crate::apply::Before;
use crate::body::is_hidden;
use crate::stored::{DoctorPatch, StoredDoctor};
use crate::{BodyCode, Moment};

/// Where a doctor on a roll, or named, belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// On the roll of bodies that are done, and named by nobody: hidden.
    Left {
        /// The bodies on whose roll the doctor is; nearly always one.
        bodies: Vec<&'a BodyCode>,
        /// When the GMC was asked for the answer that left the doctor out.
        since: Moment,
    },
    /// Named: visible in the body that named the doctor.
    Named {
        /// That body.
        body: &'a BodyCode,
        /// When it was asked.
        asked_at: Moment,
    },
    /// Named by nobody, on the roll of a body that failed or is held: visible as before.
    Keeps {
        /// The bodies on whose roll the doctor is; nearly always one.
        bodies: Vec<&'a BodyCode>,
    },
}

/// What the sweep does with one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Nothing: it is as it should be.
    Right,
    /// Nothing: somebody connected or disconnected the doctor by hand since the GMC was asked.
    SetByHand,
    /// This.
    Write(DoctorPatch),
}

/// What must be written so that `stored` is at `place`.
///
/// `asked_ats`: when each fetch of the run asked. `marks_gone`: whether who has left is marked as unknown to the GMC;
/// only a whole night of which every body is done can say so.
pub fn settle(
    place: &Place<'_>,
    stored: &StoredDoctor,
    asked_ats: &[Moment],
    marks_gone: bool,
    now: Moment,
) -> Settled {
    let code = stored.code.as_deref();
    let mut patch = DoctorPatch::default();
    match place {
        Place::Left { bodies, since } => {
            if stored.is_set_by_hand_since(*since, asked_ats, now) {
                return Settled::SetByHand;
            }
            let Some(body) = bodies.iter().find(|body| stored.plain_code() == Some(body.as_str())) else {
                return Settled::Right;
            };
            let hidden = body.hidden();
            if code != Some(&hidden) {
                patch.code = Some(hidden);
            }
            if marks_gone && stored.exists_in_gmc != Some(false) {
                patch.exists_in_gmc = Some(false);
            }
        }
        Place::Named { body, asked_at } => {
            if stored.is_set_by_hand_since(*asked_at, asked_ats, now) {
                return Settled::SetByHand;
            }
            if code != Some(body.as_str()) {
                patch.code = Some(body.to_string());
                if stored.plain_code() != Some(body.as_str()) {
                    patch.gmc_last_updated = Some(*asked_at);
                }
            }
            if stored.exists_in_gmc == Some(false) {
                patch.exists_in_gmc = Some(true);
            }
        }
        Place::Keeps { bodies } => {
            if is_hidden(code) {
                let own = bodies.iter().find(|body| stored.plain_code() == Some(body.as_str()));
                patch.code = own.or(bodies.last()).map(ToString::to_string);
            }
        }
    }
    if patch.is_empty() { Settled::Right } else { Settled::Write(patch) }
}

/// What became of a doctor in a night, as the report tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say which body")]
pub enum Fate<'a> {
    /// In the body as before.
    Stayed { body: &'a BodyCode },
    /// Named by another body than before.
    Moved { from: String, to: &'a BodyCode },
    /// Without a document before.
    New { body: &'a BodyCode },
    /// Without a body before.
    Joined { body: &'a BodyCode },
    /// Hidden in this very body before.
    Restored { body: &'a BodyCode },
    /// On the roll, and named by nobody.
    Left { body: &'a BodyCode },
    /// Named by nobody, in a body that failed or is held.
    Kept { body: &'a BodyCode },
}

impl<'a> Fate<'a> {
    pub(super) fn new(place: &Place<'a>, roll: Option<&'a BodyCode>, before: Option<&Before>) -> Self {
        match place {
            Place::Named { body, .. } => match (roll, before) {
                (Some(roll), _) if roll == *body => Self::Stayed { body },
                (Some(roll), _) => Self::Moved { from: roll.to_string(), to: body },
                (None, Some(Before::Unknown)) => Self::New { body },
                (None, Some(Before::Nowhere)) => Self::Joined { body },
                // another body's chunk found the doctor here already
                (None, Some(Before::Elsewhere(from))) if from == body.as_str() => Self::Restored { body },
                (None, Some(Before::Elsewhere(from))) => Self::Moved { from: from.clone(), to: body },
                (None, Some(Before::Here) | None) => Self::Restored { body },
            },
            Place::Left { bodies, .. } => Self::Left { body: roll.unwrap_or(bodies[0]) },
            Place::Keeps { bodies } => Self::Kept { body: roll.unwrap_or(bodies[0]) },
        }
    }

    /// The body before and after, for the audit of connections; `None` when the body did not really change.
    pub fn connection_change(&self) -> Option<(Option<&str>, Option<&str>)> {
        match self {
            Self::New { body } | Self::Joined { body } => Some((None, Some(body.as_str()))),
            Self::Moved { from, to } => Some((Some(from), Some(to.as_str()))),
            Self::Left { body } => Some((Some(body.as_str()), None)),
            Self::Stayed { .. } | Self::Restored { .. } | Self::Kept { .. } => None,
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list =
            |bodies: &[&BodyCode]| bodies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::Left { bodies, .. } => write!(f, "left {}", list(bodies)),
            Self::Named { body, .. } => write!(f, "named by {body}"),
            Self::Keeps { bodies } => write!(f, "keeps {}", list(bodies)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::body;
    use super::*;
    use crate::GmcNumber;

    const ASKED: Moment = Moment(1_000);
    const NOW: Moment = Moment(2_000);

    fn stored(code: &str, updated: i64) -> StoredDoctor {
        StoredDoctor {
            code: Some(code.to_owned()),
            exists_in_gmc: Some(true),
            gmc_last_updated: Some(Moment(updated)),
            ..StoredDoctor::bare(GmcNumber::parse("7000001").unwrap())
        }
    }

    fn code(settled: Settled) -> Option<String> {
        match settled {
            Settled::Write(patch) => patch.code,
            Settled::Right | Settled::SetByHand => None,
        }
    }

    #[test]
    fn who_has_left_is_hidden_and_marked_as_gone_only_by_a_whole_good_night() {
        let x = body("1-X");
        let left = Place::Left { bodies: vec![&x], since: ASKED };

        assert_eq!(code(settle(&left, &stored("1-X", 5), &[ASKED], false, NOW)).as_deref(), Some("last-1-X"));
        assert_eq!(settle(&left, &stored("last-1-X", 5), &[ASKED], false, NOW), Settled::Right);
        let gone = DoctorPatch { exists_in_gmc: Some(false), ..DoctorPatch::default() };
        assert_eq!(settle(&left, &stored("last-1-X", 5), &[ASKED], true, NOW), Settled::Write(gone));
    }

    #[test]
    fn who_has_left_and_was_connected_elsewhere_stays_there() {
        let x = body("1-X");
        let left = Place::Left { bodies: vec![&x], since: ASKED };
        assert_eq!(settle(&left, &stored("1-Z", 5), &[ASKED], true, NOW), Settled::Right);
    }

    #[test]
    fn whoever_was_set_by_hand_since_is_left_alone() {
        let x = body("1-X");
        let since = stored("1-X", 1_001);
        assert_eq!(
            settle(&Place::Left { bodies: vec![&x], since: ASKED }, &since, &[ASKED], true, NOW),
            Settled::SetByHand
        );
        let named = Place::Named { body: &x, asked_at: ASKED };
        assert_eq!(settle(&named, &stored("1-Z", 1_001), &[ASKED], true, NOW), Settled::SetByHand);
    }

    #[test]
    fn whoever_was_named_is_where_the_naming_body_says() {
        let x = body("1-X");
        let named = Place::Named { body: &x, asked_at: ASKED };

        let Settled::Write(moved) = settle(&named, &stored("1-Z", 5), &[ASKED], false, NOW) else {
            panic!("not written")
        };
        assert_eq!((moved.code.as_deref(), moved.gmc_last_updated), (Some("1-X"), Some(ASKED)));
        let Settled::Write(shown) = settle(&named, &stored("last-1-X", 5), &[ASKED], false, NOW) else {
            panic!("not written")
        };
        assert_eq!((shown.code.as_deref(), shown.gmc_last_updated), (Some("1-X"), None));
        assert_eq!(settle(&named, &stored("1-X", 5), &[ASKED], false, NOW), Settled::Right);
    }

    #[test]
    fn whoever_keeps_the_place_is_made_visible_under_the_rolls_code() {
        let x = body("1-X");
        let keeps = Place::Keeps { bodies: vec![&x] };

        assert_eq!(code(settle(&keeps, &stored("last-1-X", 5), &[], false, NOW)).as_deref(), Some("1-X"));
        assert_eq!(code(settle(&keeps, &stored("last-1-OLD", 5), &[], false, NOW)).as_deref(), Some("1-X"));
        assert_eq!(settle(&keeps, &stored("1-Z", 5), &[], false, NOW), Settled::Right);
    }
}
