//! The port `Doctors`: what is read, hidden, counted and logged. What is written is in `doctors/writes.rs`.

mod hostile;
mod writes;

use async_trait::async_trait;
use domain::status::{Outcome, Recommendation};
use domain::{BodyCode, GmcNumber, Hiding, Moment, RunNumber, StoredDoctor};
use jiff::civil::date;
use serde_json::{Value, json};
use sync::ports::Doctors;
use sync::ports::doctors::ConnectionLog;
use uuid::Uuid;

pub use self::hostile::*;
pub use self::writes::*;
use crate::{done, own};

/// An adapter, and the same database as another service uses it.
///
/// Documents are JSON in the shape of docs/domain.md §5: dates are `"2026-11-23"`, moments
/// `"2026-11-23T01:02:03.004Z"`.
#[async_trait]
pub trait DoctorsFixture: Send + Sync {
    /// The adapter.
    fn doctors(&self) -> &dyn Doctors;

    /// Saves a whole document of `doctorsForDB`: what was there is gone.
    async fn put_document(&self, document: Value);

    /// Reads a whole document of `doctorsForDB`.
    async fn document(&self, number: GmcNumber) -> Option<Value>;

    /// Saves a whole document of `recommendation`.
    async fn put_recommendation(&self, document: Value);

    /// Whether `doctorsForDB` can have a document whose `_id` is no GMC number.
    fn holds_foreign_ids(&self) -> bool {
        true
    }

    /// Whether a field can hold a value of another type than docs/domain.md §5 says.
    fn holds_other_types(&self) -> bool {
        true
    }
}

/// Every field that the sync knows comes back as another service saved it, and nothing else is made of it.
pub async fn a_whole_document_is_read_as_it_stands(fixture: &impl DoctorsFixture) {
    let number = own::number();
    fixture.put_document(whole(number)).await;

    let read = done(fixture.doctors().read(&[number]).await);

    let expected = StoredDoctor {
        number,
        code: Some("last-1-AIIDHJ".into()),
        first_name: Some("Siân".into()),
        last_name: Some("O'Neill-Łuczak".into()),
        submission_date: Some(date(2026, 2, 28)),
        date_added: Some(date(1999, 12, 31)),
        under_notice: Some("ON_HOLD".into()),
        sanction: Some("Yes".into()),
        status: Some("READY_TO_REVIEW".into()),
        last_updated_date: Some(date(2026, 1, 1)),
        exists_in_gmc: Some(false),
        gmc_last_updated: Some(Moment(1_767_229_323_004)),
        sync_run: Some(RunNumber(12)),
    };
    assert_eq!(read, [expected], "expected the document's fields as they were saved");
}

/// A field that is null is read like one that is not there; an empty code stays empty.
pub async fn null_and_absent_fields_are_read_as_absent(fixture: &impl DoctorsFixture) {
    let numbers = own::numbers(3);
    let [absent, nulled, empty] = numbers[..] else { return };
    fixture.put_document(json!({"_id": absent})).await;
    fixture
        .put_document(json!({
            "_id": nulled, "designatedBodyCode": null, "doctorFirstName": null, "submissionDate": null,
            "underNotice": null, "doctorStatus": null, "existsInGmc": null, "gmcLastUpdatedDateTime": null,
        }))
        .await;
    fixture.put_document(json!({"_id": empty, "designatedBodyCode": ""})).await;

    let read = sorted(done(fixture.doctors().read(&numbers).await));

    let expected = [
        StoredDoctor::bare(absent),
        StoredDoctor::bare(nulled),
        StoredDoctor { code: Some(String::new()), ..StoredDoctor::bare(empty) },
    ];
    assert_eq!(read, expected, "expected null to be absent, and an empty code to be an empty code");
}

/// A reading has the documents that there are.
pub async fn who_has_no_document_is_missing(fixture: &impl DoctorsFixture) {
    let numbers = own::numbers(1_200);
    let stored: Vec<_> = numbers.iter().copied().step_by(7).collect();
    for number in &stored {
        fixture.put_document(json!({"_id": number})).await;
    }

    let read = sorted(done(fixture.doctors().read(&numbers).await));

    let read: Vec<_> = read.into_iter().map(|doctor| doctor.number).collect();
    assert_eq!(read, stored, "expected each document that there is, once");
    let nobody = done(fixture.doctors().read(&[]).await);
    assert_eq!(nobody, [], "expected no documents for no numbers");
}

/// Who is hidden, elsewhere or nowhere is not visible in a body.
pub async fn visible_are_those_with_exactly_the_plain_code(fixture: &impl DoctorsFixture) {
    let body = own::body();
    let numbers = put_with_codes(fixture, &codes_around(&body)).await;

    let mut visible = done(fixture.doctors().visible_in(&body).await);

    visible.sort_unstable();
    assert_eq!(visible, numbers[..2], "expected those whose code is exactly {body}");
}

/// The prefix decides, whatever follows it.
pub async fn hidden_are_those_with_the_prefix(fixture: &impl DoctorsFixture) {
    let body = own::body();
    let mut codes = codes_around(&body);
    codes.extend([Some("last-".to_owned()), Some("Last-X".to_owned()), Some("last".to_owned())]);
    let numbers = put_with_codes(fixture, &codes).await;

    let mut hidden = done(fixture.doctors().hidden().await);

    hidden.retain(|number| numbers.contains(number));
    hidden.sort_unstable();
    let with_prefix = |code: &Option<String>| code.as_deref().is_some_and(|code| code.starts_with("last-"));
    let expected: Vec<_> =
        numbers.iter().zip(&codes).filter(|(_, code)| with_prefix(code)).map(|(number, _)| *number).collect();
    assert_eq!(hidden, expected, "expected those whose code begins with last-");
}

/// Null stays null, empty stays empty, hidden stays hidden, another body's stays as it is; so does every other field.
pub async fn hiding_changes_the_plain_code_of_that_body_and_nothing_else(fixture: &impl DoctorsFixture) {
    let body = own::body();
    let codes = codes_around(&body);
    let numbers = put_with_codes(fixture, &codes).await;
    let not_asked = own::number();
    fixture.put_document(json!({"_id": not_asked, "designatedBodyCode": body})).await;
    let whole = own::number();
    let mut document = whole_in(whole, body.as_str());
    fixture.put_document(document.clone()).await;
    let nobody = own::number();

    let asked = [&numbers[..], &[whole, nobody]].concat();
    let hidden = done(fixture.doctors().hide(&hiding(&body), &asked).await);

    assert_eq!(
        hidden, 3,
        "expected three doctors to be hidden: two with the plain code and the whole document"
    );
    for (number, code) in numbers.iter().zip(&codes) {
        let expected =
            if code.as_deref() == Some(body.as_str()) { Some(body.hidden()) } else { code.clone() };
        assert_eq!(code_of(fixture, *number).await, expected, "expected {code:?} to become {expected:?}");
    }
    assert_eq!(
        code_of(fixture, not_asked).await.as_deref(),
        Some(body.as_str()),
        "expected who was not asked for to stay visible"
    );
    document["designatedBodyCode"] = body.hidden().into();
    assert_eq!(fixture.document(whole).await, Some(document), "expected every other field to stay as it was");
    assert_eq!(fixture.document(nobody).await, None, "expected hiding to make no document");
}

/// The second time there is nobody to hide.
pub async fn hiding_twice_never_doubles_the_prefix(fixture: &impl DoctorsFixture) {
    let (body, number) = (own::body(), own::number());
    fixture.put_document(json!({"_id": number, "designatedBodyCode": body})).await;

    let first = done(fixture.doctors().hide(&hiding(&body), &[number]).await);
    let second = done(fixture.doctors().hide(&hiding(&body), &[number]).await);

    assert_eq!((first, second), (1, 0), "expected one to be hidden the first time, and nobody the second");
    assert_eq!(code_of(fixture, number).await, Some(body.hidden()), "expected the prefix once");
}

/// A statement can land minutes after it was sent. It leaves alone a doctor whom another service has connected since the
/// run was opened, and it hides and leaves exactly those whom the rule does.
pub async fn hiding_leaves_who_is_dated_after_the_run_was_opened(fixture: &impl DoctorsFixture) {
    let hiding = hiding(&own::body());
    let mut dates = vec![
        (None, true),
        (Some(Value::Null), true),
        (Some(json!("1970-01-01T00:00:00Z")), true),
        (Some(json!("2026-01-01T01:02:03.003Z")), true),
        (Some(json!("2026-01-01T01:02:03.004Z")), true),
        (Some(json!("2026-01-01T01:02:03.005Z")), false),
        (Some(json!("2999-01-01T00:00:00Z")), false),
    ];
    if fixture.holds_other_types() {
        // of another type is absent, however large
        let others = [json!(9_999_999_999_999_i64), json!(true), json!({"at": "2999-01-01T00:00:00Z"})];
        dates.extend(others.map(|value| (Some(value), true)));
    }
    for (dated, is_hidden) in dates {
        let codes = codes_around(&hiding.body);
        let numbers = own::numbers(codes.len());
        for (number, code) in numbers.iter().zip(&codes) {
            let mut document = json!({"_id": number, "designatedBodyCode": code});
            if let Some(dated) = &dated {
                document["gmcLastUpdatedDateTime"] = dated.clone();
            }
            fixture.put_document(document).await;
        }
        let before = sorted(done(fixture.doctors().read(&numbers).await));

        let hidden = done(fixture.doctors().hide(&hiding, &numbers).await);

        assert_eq!(
            hidden,
            if is_hidden { 2 } else { 0 },
            "expected two to be hidden or none, dated {dated:?}"
        );
        let after = sorted(done(fixture.doctors().read(&numbers).await));
        let by_the_rule = |doctor: &StoredDoctor| {
            let code = hiding.code_for(doctor).or_else(|| doctor.code.clone());
            StoredDoctor { code, ..doctor.clone() }
        };
        let expected: Vec<_> = before.iter().map(by_the_rule).collect();
        assert_eq!(after, expected, "expected what the rule says, dated {dated:?}");
    }
}

/// Prefixed codes are counted apart; absent and empty ones are not.
pub async fn doctors_are_counted_by_code_as_it_stands(fixture: &impl DoctorsFixture) {
    let body = own::body();
    put_with_codes(fixture, &codes_around(&body)).await;

    let mut counts = done(fixture.doctors().count_by_code().await);

    assert!(counts.iter().all(|(code, _)| !code.is_empty()), "expected the empty code to be left out");
    counts.retain(|(code, _)| code.contains(body.as_str()));
    counts.sort();
    let mut expected = vec![(body.to_string(), 2), (body.hidden(), 2), (format!("{body}1"), 1)];
    expected.sort();
    assert_eq!(counts, expected, "expected each code as it stands, once, with its doctors");
}

/// The GMC cannot name such a document: it is on no list, and stays as it is.
pub async fn a_document_without_a_gmc_number_is_left_out(fixture: &impl DoctorsFixture) {
    if !fixture.holds_foreign_ids() {
        return;
    }
    let (body, number) = (own::body(), own::number());
    fixture.put_document(json!({"_id": number, "designatedBodyCode": body})).await;
    fixture
        .put_document(json!({"_id": format!("UNKNOWN-{}", Uuid::new_v4()), "designatedBodyCode": body}))
        .await;

    let visible = done(fixture.doctors().visible_in(&body).await);

    assert_eq!(visible, [number], "expected the document whose _id is no GMC number to be left out");
    assert!(fixture.doctors().hidden().await.is_ok(), "expected such a document not to spoil other readings");
}

/// The latest is the one that was sent last, in whatever order they were stored.
pub async fn the_latest_recommendation_has_the_greatest_date(fixture: &impl DoctorsFixture) {
    let numbers = own::numbers(3);
    let [several, one, none] = numbers[..] else { return };
    for (number, outcome, sent) in [
        (several, "REJECTED", "2021-05-01"),
        (several, "UNDER_REVIEW", "2026-10-31"),
        (several, "APPROVED", "2026-02-28"),
        (one, "APPROVED", "2020-01-01"),
    ] {
        put_recommendation(fixture, number, json!({"outcome": outcome, "actualSubmissionDate": sent})).await;
    }

    let mut latest = done(fixture.doctors().latest_recommendations(&[none, several, one]).await);

    latest.sort_by_key(|(number, _)| *number);
    let of = |outcome, sent| Recommendation { outcome: Some(outcome), actual_submission_date: Some(sent) };
    let expected = [
        (several, of(Outcome::UnderReview, date(2026, 10, 31))),
        (one, of(Outcome::Approved, date(2020, 1, 1))),
    ];
    assert_eq!(
        latest, expected,
        "expected the greatest actualSubmissionDate of each who has a recommendation"
    );
}

/// One that was never sent is older than any that was.
pub async fn a_recommendation_without_a_date_counts_only_alone(fixture: &impl DoctorsFixture) {
    let numbers = own::numbers(2);
    let [both, alone] = numbers[..] else { return };
    let sent = json!({"outcome": "APPROVED", "actualSubmissionDate": "2015-01-01"});
    put_recommendation(fixture, both, json!({"outcome": "REJECTED"})).await;
    put_recommendation(fixture, both, sent).await;
    put_recommendation(fixture, both, json!({"outcome": "REJECTED", "actualSubmissionDate": null})).await;
    put_recommendation(fixture, alone, json!({"recommendationType": "DEFER"})).await;

    let mut latest = done(fixture.doctors().latest_recommendations(&numbers).await);

    latest.sort_by_key(|(number, _)| *number);
    let dated =
        Recommendation { outcome: Some(Outcome::Approved), actual_submission_date: Some(date(2015, 1, 1)) };
    let draft = Recommendation { outcome: None, actual_submission_date: None };
    assert_eq!(latest, [(both, dated), (alone, draft)], "expected one without a date only where no other is");
}

/// The rule knows three outcomes.
pub async fn an_unknown_outcome_is_no_outcome(fixture: &impl DoctorsFixture) {
    let number = own::number();
    put_recommendation(fixture, number, json!({"outcome": "PENDING", "actualSubmissionDate": "2026-01-31"}))
        .await;

    let latest = done(fixture.doctors().latest_recommendations(&[number]).await);

    let expected = Recommendation { outcome: None, actual_submission_date: Some(date(2026, 1, 31)) };
    assert_eq!(latest, [(number, expected)], "expected the recommendation, without an outcome");
}

/// The same id again changes nothing, whatever it says.
pub async fn a_connection_is_logged_once(fixture: &impl DoctorsFixture) {
    let number = own::number();
    let entry = log(number, 1_767_229_323_004, Some("1-NEW"), None);
    let again = ConnectionLog { new_designated_body_code: Some("1-OTHER".into()), ..entry.clone() };

    done(fixture.doctors().log_connections(std::slice::from_ref(&entry)).await);
    let other = log(number, 1_767_229_323_005, None, Some("1-NEW"));
    done(fixture.doctors().log_connections(&[again, other.clone()]).await);

    let logged = done(fixture.doctors().connection_logs(number).await);
    assert_eq!(logged, [entry, other], "expected the first of one id to stay, and the other to be added");
    done(fixture.doctors().log_connections(&[]).await);
}

/// By the moment, not by the order of logging; nobody else's.
pub async fn connection_logs_are_read_oldest_first(fixture: &impl DoctorsFixture) {
    let numbers = own::numbers(2);
    let [number, other] = numbers[..] else { return };
    let old = log(number, 1_000, Some("1-A"), None);
    let new = log(number, 2_000, Some("1-B"), Some("1-A"));
    done(fixture.doctors().log_connections(&[new.clone(), log(other, 1_500, None, None), old.clone()]).await);

    let logged = done(fixture.doctors().connection_logs(number).await);

    assert_eq!(logged, [old, new], "expected the doctor's entries, oldest first");
}

fn log(number: GmcNumber, at: i64, new: Option<&str>, previous: Option<&str>) -> ConnectionLog {
    ConnectionLog {
        id: Uuid::new_v4().to_string(),
        gmc_id: number,
        new_designated_body_code: new.map(str::to_owned),
        previous_designated_body_code: previous.map(str::to_owned),
        updated_by: "Updated by GMC".into(),
        request_time: Moment(at),
    }
}

async fn put_recommendation(fixture: &impl DoctorsFixture, number: GmcNumber, mut document: Value) {
    document["_id"] = Uuid::new_v4().to_string().into();
    document["gmcNumber"] = number.to_string().into();
    document["gmcRevalidationId"] = "123".into();
    fixture.put_recommendation(document).await;
}

/// Of a run that was opened at 01:02:03.004 on the first day of 2026.
fn hiding(body: &BodyCode) -> Hiding {
    Hiding { body: body.clone(), opened: Moment(1_767_229_323_004) }
}

/// Two in the body; all the rest are not.
fn codes_around(body: &BodyCode) -> Vec<Option<String>> {
    let plain = || Some(body.to_string());
    let hidden = || Some(body.hidden());
    vec![plain(), plain(), hidden(), hidden(), Some(format!("{body}1")), Some(String::new()), None]
}

async fn put_with_codes(fixture: &impl DoctorsFixture, codes: &[Option<String>]) -> Vec<GmcNumber> {
    let numbers = own::numbers(codes.len());
    for (number, code) in numbers.iter().zip(codes) {
        fixture.put_document(json!({"_id": number, "designatedBodyCode": code})).await;
    }
    numbers
}

async fn code_of(fixture: &impl DoctorsFixture, number: GmcNumber) -> Option<String> {
    let read = done(fixture.doctors().read(&[number]).await);
    read.into_iter().next().and_then(|doctor| doctor.code)
}

fn sorted(mut doctors: Vec<StoredDoctor>) -> Vec<StoredDoctor> {
    doctors.sort_by_key(|doctor| doctor.number);
    doctors
}

/// A document with every field of docs/domain.md §5, and with some that nobody has told the sync of.
fn whole(number: GmcNumber) -> Value {
    json!({
        "_id": number,
        "doctorFirstName": "Siân",
        "doctorLastName": "O'Neill-Łuczak",
        "submissionDate": "2026-02-28",
        "dateAdded": "1999-12-31",
        "lastUpdatedDate": "2026-01-01",
        "underNotice": "ON_HOLD",
        "sanction": "Yes",
        "doctorStatus": "READY_TO_REVIEW",
        "designatedBodyCode": "last-1-AIIDHJ",
        "admin": "admin@example.com",
        "existsInGmc": false,
        "gmcLastUpdatedDateTime": "2026-01-01T01:02:03.004Z",
        "gmcSyncRun": 12,
        "_class": "uk.nhs.hee.tis.revalidation.entity.DoctorsForDB",
        "fieldOfTomorrow": {"nested": ["kept", 1, true]},
    })
}

fn whole_in(number: GmcNumber, code: &str) -> Value {
    let mut document = whole(number);
    document["designatedBodyCode"] = code.into();
    document
}
