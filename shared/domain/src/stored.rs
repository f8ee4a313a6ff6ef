//! A doctor as `doctorsForDB` has one, and what is to be written there (docs/domain.md §5).

use std::time::Duration;

use jiff::civil::Date;

use crate::body::{is_hidden, plain};
use crate::planted::{Bug, planted};
use crate::{GmcNumber, Moment, RunNumber, UnderNotice};

/// How far the clock of another service may be ahead of ours. A date that is further ahead is no moment at which anything
/// happened: London's time was written as UTC, or a clock is wrong.
const CLOCKS_DIFFER_BY: Duration = Duration::from_mins(5);

/// The fields of a stored doctor that the sync reads; a document has others, which are not the sync's to touch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the collection's, explained in docs/domain.md §5")]
pub struct StoredDoctor {
    pub number: GmcNumber,
    /// designatedBodyCode as it stands there: plain, with the hiding prefix, empty or absent.
    pub code: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub submission_date: Option<Date>,
    pub date_added: Option<Date>,
    /// As it stands there, known or not.
    pub under_notice: Option<String>,
    pub sanction: Option<String>,
    /// As it stands there, known or not.
    pub status: Option<String>,
    pub last_updated_date: Option<Date>,
    pub exists_in_gmc: Option<bool>,
    /// Since when the body is known.
    pub gmc_last_updated: Option<Moment>,
    /// The run that last wrote the document: a hint of ours, which a save of the whole document by another service
    /// wipes. No decision about a doctor's place rests on it.
    pub sync_run: Option<RunNumber>,
}

impl StoredDoctor {
    /// A document that holds none of the fields.
    pub fn bare(number: GmcNumber) -> Self {
        Self {
            number,
            code: None,
            first_name: None,
            last_name: None,
            submission_date: None,
            date_added: None,
            under_notice: None,
            sanction: None,
            status: None,
            last_updated_date: None,
            exists_in_gmc: None,
            gmc_last_updated: None,
            sync_run: None,
        }
    }

    /// Whether another service connected or disconnected the doctor between `asked_at` and `now`: the code is plain or
    /// absent, and dated in between, by no fetch of this run (`asked_ats`).
    pub fn is_set_by_hand_since(&self, asked_at: Moment, asked_ats: &[Moment], now: Moment) -> bool {
        (!is_hidden(self.code.as_deref()) || planted(Bug::HiddenTakenForSetByHand))
            && self.gmc_last_updated.is_some_and(|at| at > asked_at && !asked_ats.contains(&at))
            && (!self.is_dated_ahead(now) || planted(Bug::DateAheadBelieved))
            && !planted(Bug::SetByHandIgnored)
    }

    /// Whether the document is dated later than any clock says now. Such a date is passed over (docs/domain.md §5): it would
    /// keep the doctor from every answer of the GMC.
    pub fn is_dated_ahead(&self, now: Moment) -> bool {
        self.gmc_last_updated.is_some_and(|at| at > now.plus(CLOCKS_DIFFER_BY))
    }

    /// Whether a fetch of this run that asked later than `asked_at` set the body.
    pub fn is_set_by_later_fetch(&self, asked_at: Moment, asked_ats: &[Moment]) -> bool {
        !is_hidden(self.code.as_deref())
            && self.gmc_last_updated.is_some_and(|at| at > asked_at && asked_ats.contains(&at))
    }

    /// The stored code without the prefix.
    pub fn plain_code(&self) -> Option<&str> {
        self.code.as_deref().map(plain)
    }

    /// What a write's filter repeats.
    pub fn seen(&self) -> Seen {
        Seen {
            code: self.code.clone(),
            gmc_last_updated: self.gmc_last_updated,
            status: self.status.clone(),
            under_notice: self.under_notice.clone(),
        }
    }
}

/// What was read of a document, for the filter of a write: it misses when another writer was there in between.
/// `None` matches a field that is absent or null.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of StoredDoctor")]
pub struct Seen {
    pub code: Option<String>,
    pub gmc_last_updated: Option<Moment>,
    pub status: Option<String>,
    pub under_notice: Option<String>,
}

/// One write to one doctor's document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorWrite {
    /// Whose document.
    pub number: GmcNumber,
    /// `None`: the document must not exist yet, and all of `set` is written only on insert.
    pub seen: Option<Seen>,
    /// What is set.
    pub set: DoctorPatch,
}

/// The fields a write sets. The outer `None` leaves a field as it is; an inner `None` removes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of StoredDoctor")]
pub struct DoctorPatch {
    pub code: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub submission_date: Option<Option<Date>>,
    pub date_added: Option<Option<Date>>,
    pub under_notice: Option<UnderNotice>,
    pub sanction: Option<Option<String>>,
    pub status: Option<&'static str>,
    pub last_updated_date: Option<Date>,
    pub exists_in_gmc: Option<bool>,
    pub gmc_last_updated: Option<Moment>,
    pub sync_run: Option<RunNumber>,
}

impl DoctorPatch {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Moment = Moment(1_000);
    const NOW: Moment = Moment(2_000);
    const FIVE_MINUTES: i64 = 5 * 60 * 1_000;

    fn dated(at: i64) -> StoredDoctor {
        StoredDoctor {
            code: Some("1-X".into()),
            gmc_last_updated: Some(Moment(at)),
            ..StoredDoctor::bare(GmcNumber::from_value(7_000_001).unwrap())
        }
    }

    #[test]
    fn a_date_after_the_question_is_a_setting_by_hand_unless_it_is_later_than_any_clock_says() {
        for (at, expected) in [
            (1_000, false),
            (1_001, true),
            (2_000, true),
            (2_000 + FIVE_MINUTES, true),
            (2_001 + FIVE_MINUTES, false),
            (i64::MAX, false),
        ] {
            assert_eq!(dated(at).is_set_by_hand_since(ASKED, &[ASKED], NOW), expected, "dated {at}");
        }
    }

    #[test]
    fn a_date_of_one_of_the_runs_own_questions_is_no_setting_by_hand() {
        assert!(!dated(1_500).is_set_by_hand_since(ASKED, &[ASKED, Moment(1_500)], NOW));
    }
}
