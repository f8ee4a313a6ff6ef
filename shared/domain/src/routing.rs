//! What the indexes say of a doctor, and which of them a doctor is in (docs/domain.md §6).

use jiff::civil::Date;

use crate::body::{body_of, is_hidden};
use crate::doctor::{GmcDoctor, Said};
use crate::index::{Changes, Field, IndexDoc, IndexName, Value};
use crate::{BodyCode, StoredDoctor};

/// The fields of a master document that the sync writes, beside the GMC number of a new one; all others are kept.
const WRITTEN: [Field; 8] = [
    Field::DoctorFirstName,
    Field::DoctorLastName,
    Field::SubmissionDate,
    Field::UnderNotice,
    Field::DesignatedBody,
    Field::ConnectionStatus,
    Field::ExistsInGmc,
    Field::LastUpdatedDate,
];

/// What must change in a master document (`IndexDoc::default()` for one that is to be created) so that it agrees with
/// `doctorsForDB`. `stored` is `None` for a doctor who has no document there.
pub fn changes_from_database(master: &IndexDoc, stored: Option<&StoredDoctor>) -> Changes {
    let Some(stored) = stored else {
        return changes_for_unknown(master);
    };
    let code = stored.code.as_deref();
    let body = if is_hidden(code) { None } else { body_of(code) };
    let mut wanted = master.clone();
    place(&mut wanted, body);
    wanted.set(Field::DoctorFirstName, stored.first_name.as_deref().map(Value::from));
    wanted.set(Field::DoctorLastName, stored.last_name.as_deref().map(Value::from));
    wanted.set(Field::SubmissionDate, stored.submission_date.map(date));
    wanted.set(Field::UnderNotice, stored.under_notice.as_deref().map(Value::from));
    wanted.set(Field::ExistsInGmc, stored.exists_in_gmc.map(Value::Bool));
    wanted.set(Field::LastUpdatedDate, stored.last_updated_date.map(date));
    master.changes_to(&wanted, &WRITTEN)
}

/// Whether a master document says that the doctor is connected to this body.
pub fn is_connected(master: &IndexDoc, body: &BodyCode) -> bool {
    master.get(Field::DesignatedBody) == Some(&body.as_str().into())
        && master.get(Field::ConnectionStatus) == Some(&"Yes".into())
}

/// What must change in a master document so that it says what the GMC said of the doctor tonight.
pub fn changes_from_answer(master: &IndexDoc, doctor: &GmcDoctor, body: &BodyCode, today: Date) -> Changes {
    let mut wanted = master.clone();
    place(&mut wanted, Some(body.as_str()));
    wanted.set(Field::ExistsInGmc, Some(Value::Bool(true)));
    if let Said::Value(name) = &doctor.first_name {
        wanted.set(Field::DoctorFirstName, Some(Value::Text(name.clone())));
    }
    if let Said::Value(name) = &doctor.last_name {
        wanted.set(Field::DoctorLastName, Some(Value::Text(name.clone())));
    }
    match &doctor.submission_date {
        Said::Value(day) => wanted.set(Field::SubmissionDate, Some(date(*day))),
        Said::Empty => wanted.set(Field::SubmissionDate, None),
        Said::Absent | Said::Unreadable(_) => {}
    }
    if let Said::Value(under_notice) = &doctor.under_notice {
        wanted.set(Field::UnderNotice, Some(under_notice.stored().into()));
    }
    let mut changes = master.changes_to(&wanted, &WRITTEN);
    // that an old document lacks existsInGmc is no news about the doctor
    let is_news =
        |(field, _): &(Field, Option<Value>)| *field != Field::ExistsInGmc || master.get(*field).is_some();
    if changes.iter().any(is_news) && master.get(Field::LastUpdatedDate) != Some(&date(today)) {
        changes.push((Field::LastUpdatedDate, Some(date(today))));
    }
    changes
}

/// A doctor without a document in the database is connected to nobody, whatever else the index holds.
fn changes_for_unknown(master: &IndexDoc) -> Changes {
    let mut wanted = master.clone();
    place(&mut wanted, None);
    master.changes_to(&wanted, &[Field::DesignatedBody, Field::ConnectionStatus])
}

fn place(master: &mut IndexDoc, body: Option<&str>) {
    master.set(Field::DesignatedBody, body.map(Value::from));
    master.set(Field::ConnectionStatus, Some(if body.is_some() { "Yes" } else { "No" }.into()));
}

/// The copy of a master document that the other three indexes hold.
pub fn copy_of(master: &IndexDoc) -> IndexDoc {
    let mut copy = IndexDoc::default();
    for field in Field::OF_COPIES {
        copy.set(field, master.get(field).cloned());
    }
    copy
}

/// Whether a doctor with this master document has a copy in `index`. `today` is London's.
pub fn is_in(index: IndexName, master: &IndexDoc, today: Date) -> bool {
    let designated_body = master.text(Field::DesignatedBody);
    let is_connected = !is_hidden(designated_body) && body_of(designated_body).is_some();
    match index {
        IndexName::Master => true,
        IndexName::Connected => is_connected,
        IndexName::Disconnected => !is_connected,
        IndexName::Exception => {
            let is_visitor =
                master.text(Field::MembershipType).is_some_and(|text| text.eq_ignore_ascii_case("Visitor"));
            let has_ended = is_connected
                && master
                    .text(Field::MembershipEndDate)
                    .and_then(|text| text.parse::<Date>().ok())
                    .is_some_and(|end| end < today);
            let has_reason = master.text(Field::ExceptionReason).is_some_and(|text| !text.trim().is_empty());
            is_visitor || has_ended || has_reason
        }
    }
}

fn date(day: Date) -> Value {
    Value::Text(day.to_string())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;
    use crate::{GmcNumber, GmcRecord, Moment};

    const TODAY: Date = day(2022, 2, 1);

    fn master(body: Option<&str>, membership: &str, end: Option<&str>, reason: Option<&str>) -> IndexDoc {
        let mut doc = IndexDoc::default();
        doc.set(Field::DesignatedBody, body.map(Value::from));
        doc.set(Field::MembershipType, Some(membership.into()));
        doc.set(Field::MembershipEndDate, end.map(Value::from));
        doc.set(Field::ExceptionReason, reason.map(Value::from));
        doc
    }

    #[test]
    fn the_table_of_domain_md_holds() {
        let body = Some("1-AIIDHJ");
        for (body, membership, end, reason, connected, disconnected, exception) in [
            (body, "Substantive", Some("2023-08-01"), None, true, false, false),
            (body, "Substantive", Some("2022-02-01"), None, true, false, false),
            (body, "Substantive", Some("2022-01-31"), None, true, false, true),
            (None, "Substantive", Some("2022-01-31"), None, false, true, false),
            (Some(""), "Substantive", Some("2023-08-01"), None, false, true, false),
            (body, "VISITOR", None, None, true, false, true),
            (None, "Visitor", None, None, false, true, true),
            (body, "Substantive", Some("2023-08-01"), Some("Internal error"), true, false, true),
            (body, "Substantive", Some("2023-08-01"), Some("   "), true, false, false),
            (Some("last-1-AIIDHJ"), "Substantive", Some("2022-01-31"), None, false, true, false),
        ] {
            let doc = master(body, membership, end, reason);
            let found = IndexName::COPIES.map(|index| is_in(index, &doc, TODAY));
            assert_eq!(
                found,
                [connected, disconnected, exception],
                "{body:?} {membership} {end:?} {reason:?}"
            );
        }
    }

    fn stored(code: Option<&str>) -> StoredDoctor {
        StoredDoctor {
            number: GmcNumber::parse("7000001").unwrap(),
            code: code.map(str::to_owned),
            first_name: Some("Ann".into()),
            last_name: Some("Smith".into()),
            submission_date: Some(day(2027, 8, 1)),
            date_added: None,
            under_notice: Some("YES".into()),
            sanction: None,
            status: Some("DRAFT".into()),
            last_updated_date: Some(day(2022, 1, 30)),
            exists_in_gmc: Some(true),
            gmc_last_updated: Some(Moment(5)),
            sync_run: None,
        }
    }

    #[test]
    fn the_hiding_prefix_never_reaches_an_index() {
        let mut doc = IndexDoc::default();
        doc.change(&changes_from_database(&doc, Some(&stored(Some("last-1-X")))));

        assert_eq!(doc.text(Field::DesignatedBody), None);
        assert_eq!(doc.text(Field::ConnectionStatus), Some("No"));
    }

    #[test]
    fn the_fields_of_other_services_are_kept() {
        // given a master document with TIS's fields
        let mut doc = master(Some("1-OLD"), "Substantive", Some("2023-08-01"), None);
        doc.set(Field::TcsPersonId, Some(Value::Number(42)));

        // when the database moves the doctor
        let changes = changes_from_database(&doc, Some(&stored(Some("1-X"))));

        // then none of them is among the changes
        assert!(changes.iter().all(|(field, _)| WRITTEN.contains(field)), "{changes:?}");
        doc.change(&changes);
        assert_eq!(doc.text(Field::DesignatedBody), Some("1-X"));
        assert_eq!(doc.get(Field::TcsPersonId), Some(&Value::Number(42)));
    }

    #[test]
    fn what_agrees_with_the_database_is_not_written_again() {
        let mut doc = IndexDoc::default();
        doc.change(&changes_from_database(&doc, Some(&stored(Some("1-X")))));
        assert_eq!(changes_from_database(&doc, Some(&stored(Some("1-X")))), []);
    }

    #[test]
    fn an_answer_that_says_nothing_new_changes_nothing() {
        let body = BodyCode::parse("1-X").unwrap();
        let doctor = GmcDoctor::read(&GmcRecord {
            gmc_reference_number: Some("7000001".into()),
            doctor_first_name: Some("Ann".into()),
            submission_date: Some("01/08/2027".into()),
            under_notice: Some("Yes".into()),
            ..GmcRecord::default()
        })
        .unwrap();
        let mut doc = IndexDoc::default();
        doc.change(&changes_from_answer(&doc, &doctor, &body, TODAY));

        assert_eq!(changes_from_answer(&doc, &doctor, &body, day(2022, 2, 2)), []);
        assert_eq!(doc.text(Field::LastUpdatedDate), Some("2022-02-01"));
    }

    #[test]
    fn someone_without_a_document_in_the_database_is_connected_to_nobody() {
        let mut doc = master(Some("1-X"), "Substantive", None, None);
        doc.change(&changes_from_database(&doc, None));

        assert_eq!((doc.text(Field::DesignatedBody), doc.text(Field::ConnectionStatus)), (None, Some("No")));
        assert_eq!(doc.text(Field::MembershipType), Some("Substantive"));
    }

    #[test]
    fn a_copy_has_the_fields_of_a_copy_and_no_others() {
        let mut doc = master(Some("1-X"), "Substantive", None, None);
        doc.set(Field::Admin, Some("admin@example.org".into()));

        let copy = copy_of(&doc);

        assert_eq!(copy.text(Field::MembershipType), Some("Substantive"));
        assert_eq!(copy.get(Field::Admin), None);
    }
}
