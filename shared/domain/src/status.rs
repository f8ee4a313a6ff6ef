//! Where a doctor's revalidation stands: doctorStatus (docs/domain.md §5).

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use crate::UnderNotice;

/// The values of doctorStatus that the sync sets; other services set others, which it keeps as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the stored ones, explained in docs/domain.md §5")]
pub enum DoctorStatus {
    NotStarted,
    SubmittedToGmc,
    Completed,
    Draft,
}

impl DoctorStatus {
    /// The stored form.
    pub fn stored(self) -> &'static str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::SubmittedToGmc => "SUBMITTED_TO_GMC",
            Self::Completed => "COMPLETED",
            Self::Draft => "DRAFT",
        }
    }
}

/// What the GMC made of a recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the stored ones, explained in docs/domain.md §5")]
pub enum Outcome {
    Approved,
    Rejected,
    UnderReview,
}

impl Outcome {
    /// Reads the stored form; anything else is no outcome that the rule knows.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "APPROVED" => Some(Self::Approved),
            "REJECTED" => Some(Self::Rejected),
            "UNDER_REVIEW" => Some(Self::UnderReview),
            _ => None,
        }
    }
}

/// A doctor's latest recommendation: the one with the greatest actualSubmissionDate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// `None` while the GMC has not answered, or for an outcome that the rule does not know.
    pub outcome: Option<Outcome>,
    /// When it was sent to the GMC.
    pub actual_submission_date: Option<Date>,
}

/// The status of a doctor who is stored already.
///
/// `said` is the UnderNotice of the message (`None`: absent, empty or unknown, which counts as Yes), `stored` what
/// was stored before it.
pub fn status_of_stored_doctor(
    said: Option<UnderNotice>,
    stored: Option<UnderNotice>,
    latest: Option<&Recommendation>,
    today: Date,
) -> DoctorStatus {
    if said == Some(UnderNotice::No) {
        return DoctorStatus::Completed;
    }
    let Some(latest) = latest else {
        return DoctorStatus::NotStarted;
    };
    match latest.outcome {
        Some(Outcome::Approved)
            if stored == Some(UnderNotice::Yes) && is_over_a_month_ago(*latest, today) =>
        {
            DoctorStatus::NotStarted
        }
        Some(Outcome::Approved | Outcome::Rejected) => DoctorStatus::Completed,
        Some(Outcome::UnderReview) => DoctorStatus::SubmittedToGmc,
        None => DoctorStatus::Draft,
    }
}

fn is_over_a_month_ago(latest: Recommendation, today: Date) -> bool {
    let month: Span = 1.month();
    latest.actual_submission_date.is_some_and(|sent| sent < today.saturating_sub(month))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    fn sent(days_ago: i64, outcome: Outcome) -> Recommendation {
        Recommendation {
            outcome: Some(outcome),
            actual_submission_date: Some(TODAY.saturating_sub(days_ago.days())),
        }
    }

    #[test]
    fn the_table_of_domain_md_holds() {
        use DoctorStatus as S;
        use UnderNotice as U;
        let draft = Recommendation { outcome: None, actual_submission_date: None };
        for (stored, said, latest, expected) in [
            (None, U::No, None, S::Completed),
            (None, U::Yes, None, S::NotStarted),
            (None, U::Yes, Some(draft), S::Draft),
            (None, U::Yes, Some(sent(3, Outcome::UnderReview)), S::SubmittedToGmc),
            (None, U::Yes, Some(sent(10, Outcome::Approved)), S::Completed),
            (Some(U::Yes), U::Yes, Some(sent(10, Outcome::Approved)), S::Completed),
            (Some(U::Yes), U::Yes, Some(sent(40, Outcome::Approved)), S::NotStarted),
            (Some(U::No), U::Yes, Some(sent(40, Outcome::Approved)), S::Completed),
            (Some(U::Yes), U::OnHold, Some(sent(40, Outcome::Rejected)), S::Completed),
        ] {
            let status = status_of_stored_doctor(Some(said), stored, latest.as_ref(), TODAY);
            assert_eq!(status, expected, "stored {stored:?}, said {said:?}, {latest:?}");
        }
    }

    #[test]
    fn an_under_notice_that_is_empty_counts_as_yes() {
        let status = |said| status_of_stored_doctor(said, None, None, TODAY);
        assert_eq!(status(None), status(Some(UnderNotice::Yes)));
    }

    #[test]
    fn exactly_a_month_ago_is_not_yet_a_new_cycle() {
        let on_the_day = Recommendation {
            outcome: Some(Outcome::Approved),
            actual_submission_date: Some(date(2026, 10, 23)),
        };
        let a_day_before = Recommendation { actual_submission_date: Some(date(2026, 10, 22)), ..on_the_day };
        let status = |latest| {
            status_of_stored_doctor(Some(UnderNotice::Yes), Some(UnderNotice::Yes), Some(latest), TODAY)
        };

        assert_eq!(status(&on_the_day), DoctorStatus::Completed);
        assert_eq!(status(&a_day_before), DoctorStatus::NotStarted);
    }
}
