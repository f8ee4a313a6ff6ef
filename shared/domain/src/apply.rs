//! What an answer of the GMC makes of one stored doctor: step 3 of the roll call (ARCHITECTURE.md).

use jiff::civil::Date;

use crate::body::is_hidden;
use crate::doctor::{GmcDoctor, GmcField, Said};
use crate::planted::{Bug, planted};
use crate::status::{DoctorStatus, Recommendation, status_of_stored_doctor};
use crate::stored::{DoctorPatch, StoredDoctor};
use crate::{BodyCode, Moment, RunNumber, UnderNotice};

/// What is the same for every doctor of a chunk.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The run that asked.
    pub run: RunNumber,
    /// The body asked for: the answer itself has none (docs/domain.md §4).
    pub body: &'a BodyCode,
    /// When this fetch asked.
    pub asked_at: Moment,
    /// When each fetch of the run asked, as far as it is known; only looked at for what is dated after `asked_at`.
    pub asked_ats: &'a [Moment],
    /// Today in London.
    pub today: Date,
    /// When this is decided: no setting by hand can be later.
    pub now: Moment,
}

/// What is to be done with a doctor whom an answer names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Someone connected or disconnected the doctor by hand since the GMC was asked: nothing is written.
    SetByHand,
    /// A later fetch of this run has set the body: nothing is written.
    LaterFetch,
    /// Nobody knew the doctor: the whole document.
    New(DoctorPatch),
    /// The document already says all this.
    Same,
    /// The doctor only becomes visible again; no field of the GMC's differs.
    Shown(DoctorPatch),
    /// Something differs; the fields by name.
    Changed(DoctorPatch, Vec<Change>),
}

/// A field in which the answer differs from what was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Change {
    /// One of the GMC's.
    Field(GmcField),
    /// One that the sync derives.
    Derived(DerivedField),
}

/// A field that the sync derives from the GMC's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are the collection's, explained in docs/domain.md §5")]
pub enum DerivedField {
    DesignatedBodyCode,
    DoctorStatus,
    ExistsInGmc,
}

impl Change {
    /// Whether the GMC says something new of the doctor; a doctorStatus that the rule moves on is no news of theirs.
    pub fn is_news(self) -> bool {
        self != Self::Derived(DerivedField::DoctorStatus)
    }
}

impl Applied {
    /// What is to be written, if anything.
    pub fn patch(&self) -> Option<&DoctorPatch> {
        match self {
            Self::New(patch) | Self::Shown(patch) | Self::Changed(patch, _) => Some(patch),
            Self::SetByHand | Self::LaterFetch | Self::Same => None,
        }
    }
}

/// Decides what becomes of a doctor whom the answer names.
///
/// `latest` is the doctor's latest recommendation; it is looked at only for a stored doctor for whom
/// [`needs_recommendation`] says so.
pub fn apply(
    doctor: &GmcDoctor,
    stored: Option<&StoredDoctor>,
    latest: Option<&Recommendation>,
    answer: &Answer<'_>,
) -> Applied {
    let Some(stored) = stored else {
        return Applied::New(new_doctor(doctor, answer));
    };
    if stored.is_set_by_hand_since(answer.asked_at, answer.asked_ats, answer.now) {
        return Applied::SetByHand;
    }
    if stored.is_set_by_later_fetch(answer.asked_at, answer.asked_ats) {
        return Applied::LaterFetch;
    }

    let mut changes = Vec::new();
    let mut patch = differing_fields(doctor, stored, &mut changes);
    if needs_status(stored, answer) {
        let status = status_of_stored_doctor(
            doctor.under_notice.value().copied(),
            stored
                .under_notice
                .as_deref()
                .filter(|text| *text == UnderNotice::Yes.stored())
                .map(|_| UnderNotice::Yes),
            latest,
            answer.today,
        );
        if stored.status.as_deref() != Some(status.stored()) {
            patch.status = Some(status.stored());
            changes.push(Change::Derived(DerivedField::DoctorStatus));
        }
    }
    if stored.code.as_deref() != Some(answer.body.as_str()) {
        patch.code = Some(answer.body.to_string());
    }
    if stored.plain_code() != Some(answer.body.as_str()) {
        patch.gmc_last_updated = Some(answer.asked_at);
        changes.push(Change::Derived(DerivedField::DesignatedBodyCode));
    }
    if stored.exists_in_gmc != Some(true) {
        patch.exists_in_gmc = Some(true);
        // that an old document lacks the field is no news about the doctor
        if stored.exists_in_gmc == Some(false) {
            changes.push(Change::Derived(DerivedField::ExistsInGmc));
        }
    }

    if patch.is_empty() {
        return Applied::Same;
    }
    patch.sync_run = Some(answer.run);
    if changes.is_empty() {
        return Applied::Shown(patch);
    }
    if stored.last_updated_date != Some(answer.today) {
        patch.last_updated_date = Some(answer.today);
    }
    Applied::Changed(patch, changes)
}

/// Whether the doctorStatus of this doctor depends on the latest recommendation, so that it must be read.
pub fn needs_recommendation(doctor: &GmcDoctor, stored: Option<&StoredDoctor>, answer: &Answer<'_>) -> bool {
    stored.is_some_and(|stored| needs_status(stored, answer))
        && doctor.under_notice != Said::Value(UnderNotice::No)
}

/// A doctor whom this run has written already keeps the status: the rule looks at the stored UnderNotice, and a
/// redelivery would move the doctor on by a night.
fn needs_status(stored: &StoredDoctor, answer: &Answer<'_>) -> bool {
    stored.sync_run != Some(answer.run) || planted(Bug::StatusMovedByRedelivery)
}

fn new_doctor(doctor: &GmcDoctor, answer: &Answer<'_>) -> DoctorPatch {
    DoctorPatch {
        code: Some(answer.body.to_string()),
        first_name: doctor.first_name.value().cloned(),
        last_name: doctor.last_name.value().cloned(),
        submission_date: doctor.submission_date.value().map(|date| Some(*date)),
        date_added: doctor.date_added.value().map(|date| Some(*date)),
        under_notice: doctor.under_notice.value().copied(),
        sanction: doctor.sanction.value().map(|text| Some(text.clone())),
        status: Some(DoctorStatus::NotStarted.stored()),
        last_updated_date: Some(answer.today),
        exists_in_gmc: Some(true),
        gmc_last_updated: Some(answer.asked_at),
        sync_run: Some(answer.run),
    }
}

/// An absent field says nothing, and neither does one that cannot be read: what is stored stays. Every doctor has a name and an UnderNotice, so an empty one changes nothing either; an
/// empty date or sanction says that there is none (docs/decisions.md, "Counts and the audit").
fn differing_fields(doctor: &GmcDoctor, stored: &StoredDoctor, changes: &mut Vec<Change>) -> DoctorPatch {
    let mut note = |field| changes.push(Change::Field(field));
    let mut patch = DoctorPatch::default();
    if let Said::Value(name) = &doctor.first_name
        && stored.first_name.as_ref() != Some(name)
    {
        patch.first_name = Some(name.clone());
        note(GmcField::DoctorFirstName);
    }
    if let Said::Value(name) = &doctor.last_name
        && stored.last_name.as_ref() != Some(name)
    {
        patch.last_name = Some(name.clone());
        note(GmcField::DoctorLastName);
    }
    if let Said::Value(value) = &doctor.under_notice
        && stored.under_notice.as_deref() != Some(value.stored())
    {
        patch.under_notice = Some(*value);
        note(GmcField::UnderNotice);
    }
    patch.submission_date = emptied_or_set(&doctor.submission_date, stored.submission_date.as_ref());
    if patch.submission_date.is_some() {
        note(GmcField::SubmissionDate);
    }
    patch.date_added = emptied_or_set(&doctor.date_added, stored.date_added.as_ref());
    if patch.date_added.is_some() {
        note(GmcField::DateAdded);
    }
    patch.sanction = emptied_or_set(&doctor.sanction, stored.sanction.as_ref());
    if patch.sanction.is_some() {
        note(GmcField::Sanction);
    }
    patch
}

fn emptied_or_set<T: Clone + PartialEq>(said: &Said<T>, stored: Option<&T>) -> Option<Option<T>> {
    let wanted = match said {
        Said::Value(value) => Some(value),
        Said::Empty => None,
        Said::Absent | Said::Unreadable(_) => return None,
    };
    (stored != wanted).then(|| wanted.cloned())
}

/// The least that must be written of a doctor whose whole patch the database refused: the place.
pub fn place_only(patch: &DoctorPatch) -> DoctorPatch {
    DoctorPatch {
        code: patch.code.clone(),
        exists_in_gmc: patch.exists_in_gmc,
        gmc_last_updated: patch.gmc_last_updated,
        sync_run: patch.sync_run,
        ..DoctorPatch::default()
    }
}

/// Where a doctor stood before the answer named them, as far as the stored code tells.
pub fn stood_before(stored: Option<&StoredDoctor>, body: &BodyCode) -> Before {
    let Some(stored) = stored else {
        return Before::Unknown;
    };
    match stored.plain_code().filter(|code| !code.is_empty()) {
        // hidden here, but told by an earlier night that the GMC has the doctor no more: back after an absence
        Some(code)
            if code == body.as_str()
                && is_hidden(stored.code.as_deref())
                && stored.exists_in_gmc == Some(false) =>
        {
            Before::Nowhere
        }
        Some(code) if code == body.as_str() => Before::Here,
        Some(_) if is_hidden(stored.code.as_deref()) && stored.exists_in_gmc == Some(false) => {
            Before::Nowhere
        }
        Some(code) => Before::Elsewhere(code.to_owned()),
        None => Before::Nowhere,
    }
}

/// Where a doctor stood before an answer named them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// No document.
    Unknown,
    /// A document without a body, or one that an earlier night found to be in no body's answer.
    Nowhere,
    /// Under the same body, hidden or not.
    Here,
    /// Under another body's code (plain).
    Elsewhere(String),
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::status::Outcome;
    use crate::{GmcNumber, GmcRecord};

    const TODAY: Date = date(2026, 11, 23);
    const ASKED: Moment = Moment(1_000);

    fn body(code: &str) -> BodyCode {
        BodyCode::parse(code).unwrap()
    }

    fn answer<'a>(body: &'a BodyCode, asked_ats: &'a [Moment]) -> Answer<'a> {
        Answer { run: RunNumber(7), body, asked_at: ASKED, asked_ats, today: TODAY, now: Moment(2_000) }
    }

    fn ann() -> GmcDoctor {
        GmcDoctor::read(&GmcRecord {
            gmc_reference_number: Some("7000001".into()),
            doctor_first_name: Some("Ann".into()),
            doctor_last_name: Some("Smith".into()),
            submission_date: Some("01/08/2027".into()),
            date_added: Some("04/08/2021".into()),
            under_notice: Some("Yes".into()),
            sanction: Some("No".into()),
            ..GmcRecord::default()
        })
        .unwrap()
    }

    fn stored_ann(code: &str) -> StoredDoctor {
        StoredDoctor {
            number: GmcNumber::parse("7000001").unwrap(),
            code: Some(code.to_owned()),
            first_name: Some("Ann".into()),
            last_name: Some("Smith".into()),
            submission_date: Some(date(2027, 8, 1)),
            date_added: Some(date(2021, 8, 4)),
            under_notice: Some("YES".into()),
            sanction: Some("No".into()),
            status: Some("NOT_STARTED".into()),
            last_updated_date: Some(date(2026, 11, 1)),
            exists_in_gmc: Some(true),
            gmc_last_updated: Some(Moment(10)),
            sync_run: None,
        }
    }

    #[test]
    fn a_doctor_nobody_knew_gets_a_whole_document() {
        let here = body("1-X");

        let Applied::New(patch) = apply(&ann(), None, None, &answer(&here, &[ASKED])) else {
            panic!("not new")
        };

        assert_eq!(patch.code.as_deref(), Some("1-X"));
        assert_eq!(patch.status, Some("NOT_STARTED"));
        assert_eq!(patch.gmc_last_updated, Some(ASKED));
        assert_eq!(patch.exists_in_gmc, Some(true));
    }

    #[test]
    fn an_unchanged_doctor_who_is_visible_is_not_written() {
        let here = body("1-X");
        assert_eq!(apply(&ann(), Some(&stored_ann("1-X")), None, &answer(&here, &[ASKED])), Applied::Same);
    }

    #[test]
    fn an_unchanged_doctor_who_is_hidden_only_becomes_visible() {
        let here = body("1-X");

        let applied = apply(&ann(), Some(&stored_ann("last-1-X")), None, &answer(&here, &[ASKED]));

        let expected =
            DoctorPatch { code: Some("1-X".into()), sync_run: Some(RunNumber(7)), ..DoctorPatch::default() };
        assert_eq!(applied, Applied::Shown(expected));
    }

    #[test]
    fn a_doctor_who_moved_gets_the_new_body_and_its_date() {
        let here = body("1-Y");

        let Applied::Changed(patch, changes) =
            apply(&ann(), Some(&stored_ann("last-1-X")), None, &answer(&here, &[ASKED]))
        else {
            panic!("not changed")
        };

        assert_eq!(patch.code.as_deref(), Some("1-Y"));
        assert_eq!(patch.gmc_last_updated, Some(ASKED));
        assert_eq!(patch.last_updated_date, Some(TODAY));
        assert_eq!(changes, [Change::Derived(DerivedField::DesignatedBodyCode)]);
    }

    #[test]
    fn a_doctor_set_by_hand_since_the_question_is_left_alone() {
        let here = body("1-X");
        for code in [Some("1-Z"), None, Some("")] {
            let by_hand = StoredDoctor {
                code: code.map(str::to_owned),
                gmc_last_updated: Some(Moment(1_001)),
                ..stored_ann("")
            };
            assert_eq!(
                apply(&ann(), Some(&by_hand), None, &answer(&here, &[ASKED])),
                Applied::SetByHand,
                "{code:?}"
            );
        }
    }

    #[test]
    fn a_hidden_doctor_is_never_taken_for_set_by_hand() {
        let here = body("1-X");
        let hidden = StoredDoctor { gmc_last_updated: Some(Moment(1_001)), ..stored_ann("last-1-X") };
        assert!(matches!(apply(&ann(), Some(&hidden), None, &answer(&here, &[ASKED])), Applied::Shown(_)));
    }

    #[test]
    fn a_later_fetch_of_the_same_run_wins_and_an_earlier_one_does_not() {
        let here = body("1-X");
        let asked_ats = [Moment(900), ASKED, Moment(1_100)];
        let by = |at| StoredDoctor { gmc_last_updated: Some(Moment(at)), ..stored_ann("1-Y") };

        assert_eq!(apply(&ann(), Some(&by(1_100)), None, &answer(&here, &asked_ats)), Applied::LaterFetch);
        assert!(matches!(
            apply(&ann(), Some(&by(900)), None, &answer(&here, &asked_ats)),
            Applied::Changed(..)
        ));
    }

    #[test]
    fn what_is_absent_leaves_what_is_stored_and_an_empty_date_or_sanction_empties_it() {
        let here = body("1-X");
        let bare = GmcDoctor {
            first_name: Said::Absent,
            last_name: Said::Empty,
            under_notice: Said::Empty,
            submission_date: Said::Empty,
            date_added: Said::Absent,
            sanction: Said::Empty,
            ..ann()
        };

        let Applied::Changed(patch, _) =
            apply(&bare, Some(&stored_ann("1-X")), None, &answer(&here, &[ASKED]))
        else {
            panic!("not changed")
        };

        assert_eq!(
            (patch.first_name, patch.last_name, patch.under_notice, patch.date_added),
            (None, None, None, None)
        );
        assert_eq!((patch.submission_date, patch.sanction), (Some(None), Some(None)));
    }

    #[test]
    fn a_field_that_cannot_be_read_leaves_what_is_stored() {
        let here = body("1-X");
        let odd = GmcDoctor { submission_date: Said::Unreadable("31/02/2025".into()), ..ann() };
        assert_eq!(apply(&odd, Some(&stored_ann("1-X")), None, &answer(&here, &[ASKED])), Applied::Same);
    }

    #[test]
    fn a_redelivery_does_not_move_the_status_on_by_a_night() {
        // given a doctor of the table's "stored NO, said Yes, approved 40 days ago"
        let here = body("1-X");
        let approved = Recommendation {
            outcome: Some(Outcome::Approved),
            actual_submission_date: Some(date(2026, 10, 14)),
        };
        let before = StoredDoctor { under_notice: Some("NO".into()), ..stored_ann("last-1-X") };

        // when the chunk is applied, and then comes again
        let Applied::Changed(patch, _) =
            apply(&ann(), Some(&before), Some(&approved), &answer(&here, &[ASKED]))
        else {
            panic!("not changed")
        };
        let after = StoredDoctor {
            code: patch.code.clone(),
            under_notice: Some("YES".into()),
            status: patch.status.map(str::to_owned),
            sync_run: patch.sync_run,
            last_updated_date: patch.last_updated_date,
            ..before
        };

        // then the status is the first night's
        assert_eq!(patch.status, Some("COMPLETED"));
        assert_eq!(apply(&ann(), Some(&after), Some(&approved), &answer(&here, &[ASKED])), Applied::Same);
    }

    #[test]
    fn that_an_old_document_lacks_exists_in_gmc_is_no_news_about_the_doctor() {
        let here = body("1-X");
        let old = StoredDoctor { exists_in_gmc: None, gmc_last_updated: None, ..stored_ann("1-X") };

        let Applied::Shown(patch) = apply(&ann(), Some(&old), None, &answer(&here, &[ASKED])) else {
            panic!("not shown")
        };

        assert_eq!(patch.exists_in_gmc, Some(true));
        assert_eq!(patch.last_updated_date, None);
    }

    #[test]
    fn where_a_doctor_stood_before_is_told_from_the_stored_code() {
        let here = body("1-X");
        let stored = |code: &str, exists| StoredDoctor { exists_in_gmc: Some(exists), ..stored_ann(code) };

        assert_eq!(stood_before(None, &here), Before::Unknown);
        assert_eq!(stood_before(Some(&stored("1-X", true)), &here), Before::Here);
        assert_eq!(stood_before(Some(&stored("last-1-X", true)), &here), Before::Here);
        assert_eq!(stood_before(Some(&stored("last-1-X", false)), &here), Before::Nowhere);
        assert_eq!(stood_before(Some(&stored("last-1-Y", true)), &here), Before::Elsewhere("1-Y".into()));
        assert_eq!(stood_before(Some(&stored("", true)), &here), Before::Nowhere);
    }
}
