//! What the port `Doctors` writes, and when it does not.

use domain::{DoctorPatch, DoctorWrite, GmcNumber, Moment, RunNumber, Seen, StoredDoctor, UnderNotice};
use jiff::civil::date;
use serde_json::{Value, json};

use super::{DoctorsFixture, sorted, whole};
use crate::{done, own};

/// Everything that is set is there, nothing else, and what other services need to read it.
pub async fn a_new_doctor_is_inserted_whole(fixture: &impl DoctorsFixture) {
    let numbers = own::numbers(2);
    let [number, bare] = numbers[..] else { return };
    let bare_set =
        DoctorPatch { code: Some("1-AIIDHJ".into()), sanction: Some(None), ..DoctorPatch::default() };

    write(fixture, &[insert(number, full_patch()), insert(bare, bare_set)]).await;

    let mut expected = set_fields(number);
    expected["_class"] = "uk.nhs.hee.tis.revalidation.entity.DoctorsForDB".into();
    assert_eq!(fixture.document(number).await, Some(expected), "expected what was set, and the class");
    let expected = json!({
        "_id": bare,
        "designatedBodyCode": "1-AIIDHJ",
        "_class": "uk.nhs.hee.tis.revalidation.entity.DoctorsForDB",
    });
    assert_eq!(fixture.document(bare).await, Some(expected), "expected no field that was not set");
}

/// Whoever came first stays.
pub async fn an_insert_leaves_an_existing_document_as_it_is(fixture: &impl DoctorsFixture) {
    let number = own::number();
    fixture.put_document(whole(number)).await;

    write(fixture, &[insert(number, full_patch())]).await;

    assert_eq!(
        fixture.document(number).await,
        Some(whole(number)),
        "expected the document to stay as it was"
    );
}

/// Two callers with the same chunk, for example.
pub async fn of_two_inserts_at_once_one_is_written(fixture: &impl DoctorsFixture) {
    let number = own::number();
    let named = |name: &str| DoctorPatch {
        first_name: Some(name.to_owned()),
        last_name: Some(name.to_owned()),
        ..DoctorPatch::default()
    };
    let (one, other) = ([insert(number, named("One"))], [insert(number, named("Other"))]);

    let (first, second) = tokio::join!(fixture.doctors().write(&one), fixture.doctors().write(&other));

    assert_eq!((done(first), done(second)), (vec![], vec![]), "expected nobody to be told of a refusal");
    let doctor = read(fixture, number).await;
    assert_eq!(doctor.first_name, doctor.last_name, "expected one of the two documents, not a mixture");
    assert!(doctor.first_name.is_some(), "expected one of the two documents");
}

/// Fields of other services, and the sync's own that the write leaves out.
pub async fn an_update_keeps_every_field_that_it_does_not_name(fixture: &impl DoctorsFixture) {
    let number = own::number();
    fixture.put_document(whole(number)).await;
    let set = DoctorPatch {
        code: Some("1-NEW".into()),
        last_name: Some("Ünal".into()),
        submission_date: Some(Some(date(2027, 3, 4))),
        under_notice: Some(UnderNotice::Yes),
        ..DoctorPatch::default()
    };

    update(fixture, &read(fixture, number).await, set).await;

    let mut expected = whole(number);
    expected["designatedBodyCode"] = "1-NEW".into();
    expected["doctorLastName"] = "Ünal".into();
    expected["submissionDate"] = "2027-03-04".into();
    expected["underNotice"] = "YES".into();
    assert_eq!(
        fixture.document(number).await,
        Some(expected),
        "expected four fields to change, and no other"
    );

    update(fixture, &read(fixture, number).await, full_patch()).await;

    let mut expected = whole(number);
    for (field, value) in set_fields(number).as_object().into_iter().flatten() {
        expected[field] = value.clone();
    }
    assert_eq!(fixture.document(number).await, Some(expected), "expected every field that can be set");
}

/// Absent, not null.
pub async fn a_field_that_is_removed_is_absent(fixture: &impl DoctorsFixture) {
    let number = own::number();
    fixture.put_document(whole(number)).await;
    let set = DoctorPatch {
        submission_date: Some(None),
        date_added: Some(None),
        sanction: Some(None),
        ..DoctorPatch::default()
    };

    update(fixture, &read(fixture, number).await, set).await;

    let mut expected = whole(number);
    for field in ["submissionDate", "dateAdded", "sanction"] {
        expected.as_object_mut().and_then(|fields| fields.remove(field));
    }
    assert_eq!(fixture.document(number).await, Some(expected), "expected three fields to be gone");
}

/// Someone connected the doctor by hand, or hid them.
pub async fn a_write_misses_when_the_code_has_moved(fixture: &impl DoctorsFixture) {
    misses_after(
        fixture,
        "designatedBodyCode",
        &[json!("1-OTHER"), json!("1-AIIDHJ"), json!(""), Value::Null],
    )
    .await;
}

/// Someone connected the doctor to the same body again.
pub async fn a_write_misses_when_the_moment_of_the_code_has_moved(fixture: &impl DoctorsFixture) {
    let moments = [json!("2026-01-01T01:02:03.005Z"), json!("2026-01-01T01:02:03Z"), Value::Null];
    misses_after(fixture, "gmcLastUpdatedDateTime", &moments).await;
}

/// Someone worked on the doctor's recommendation.
pub async fn a_write_misses_when_the_status_has_moved(fixture: &impl DoctorsFixture) {
    misses_after(fixture, "doctorStatus", &[json!("DRAFT"), json!("ready_to_review"), Value::Null]).await;
}

/// Another night was here, or a stale save.
pub async fn a_write_misses_when_under_notice_has_moved(fixture: &impl DoctorsFixture) {
    misses_after(fixture, "underNotice", &[json!("YES"), Value::Null]).await;
}

/// And nothing else: a field that has a value is not absent.
pub async fn what_was_seen_as_absent_matches_null_and_absent(fixture: &impl DoctorsFixture) {
    let fields = [
        ("designatedBodyCode", json!("")),
        ("gmcLastUpdatedDateTime", json!("2026-01-01T01:02:03.004Z")),
        ("doctorStatus", json!("DRAFT")),
        ("underNotice", json!("NO")),
    ];
    let seen = StoredDoctor::bare(own::number()).seen();
    let set = || DoctorPatch { first_name: Some("Written".into()), ..DoctorPatch::default() };
    for (field, value) in fields {
        let numbers = own::numbers(3);
        let [absent, nulled, present] = numbers[..] else { return };
        fixture.put_document(json!({"_id": absent})).await;
        fixture.put_document(json!({"_id": nulled, (field): null})).await;
        fixture.put_document(json!({"_id": present, (field): value})).await;

        let writes: Vec<_> = numbers
            .iter()
            .map(|number| DoctorWrite { number: *number, seen: Some(seen.clone()), set: set() })
            .collect();
        write(fixture, &writes).await;

        for (number, expected) in [(absent, Some("Written")), (nulled, Some("Written")), (present, None)] {
            let name = read(fixture, number).await.first_name;
            assert_eq!(
                name.as_deref(),
                expected,
                "{field}: expected absent and null to match, {value} to miss"
            );
        }
    }
}

/// A doctor who was deleted in between stays deleted.
pub async fn an_update_never_makes_a_document(fixture: &impl DoctorsFixture) {
    let number = own::number();

    update(fixture, &StoredDoctor::bare(number), full_patch()).await;

    assert_eq!(fixture.document(number).await, None, "expected no document");
}

/// More than one command's worth of them.
pub async fn a_write_that_misses_does_not_stop_the_others(fixture: &impl DoctorsFixture) {
    let numbers = own::numbers(1_200);
    let (existing, new) = numbers.split_at(30);
    for number in existing {
        fixture.put_document(json!({"_id": number, "doctorStatus": "DRAFT"})).await;
    }
    let set = || DoctorPatch { code: Some("1-AIIDHJ".into()), ..DoctorPatch::default() };
    let status = |place: usize| if place.is_multiple_of(3) { "STARTED" } else { "DRAFT" };
    let updates = existing.iter().enumerate().map(|(place, number)| {
        let seen = Seen { status: Some(status(place).into()), ..StoredDoctor::bare(*number).seen() };
        DoctorWrite { number: *number, seen: Some(seen), set: set() }
    });
    let inserts = new.iter().map(|number| insert(*number, set()));

    write(fixture, &updates.chain(inserts).collect::<Vec<_>>()).await;

    let read = sorted(done(fixture.doctors().read(&numbers).await));
    assert_eq!(read.len(), numbers.len(), "expected every new doctor to be inserted");
    for (place, doctor) in read.iter().enumerate() {
        let should_miss = place < existing.len() && status(place) == "STARTED";
        assert_eq!(
            doctor.code.is_none(),
            should_miss,
            "expected the {place}th write to {}",
            if should_miss { "miss" } else { "be carried out" }
        );
    }
    write(fixture, &[]).await;
}

/// The other one reads again.
pub async fn of_two_updates_that_saw_the_same_one_is_written(fixture: &impl DoctorsFixture) {
    let number = own::number();
    fixture.put_document(whole(number)).await;
    let seen = read(fixture, number).await.seen();
    let to = |code: &str| {
        let set =
            DoctorPatch { code: Some(code.into()), first_name: Some(code.into()), ..DoctorPatch::default() };
        [DoctorWrite { number, seen: Some(seen.clone()), set }]
    };
    let (one, other) = (to("1-A"), to("1-B"));

    let (first, second) = tokio::join!(fixture.doctors().write(&one), fixture.doctors().write(&other));

    assert_eq!((done(first), done(second)), (vec![], vec![]), "expected nobody to be told of a refusal");
    let doctor = read(fixture, number).await;
    assert!(matches!(doctor.code.as_deref(), Some("1-A" | "1-B")), "expected one of the two to win");
    assert_eq!(doctor.code, doctor.first_name, "expected both fields to be the winner's");
}

/// The moment is a version, so nothing of it may be lost on the way.
pub async fn a_moment_keeps_its_milliseconds(fixture: &impl DoctorsFixture) {
    let number = own::number();
    let at = Moment(1_767_229_323_999);
    let set = DoctorPatch { gmc_last_updated: Some(at), ..DoctorPatch::default() };

    write(fixture, &[insert(number, set)]).await;

    assert_eq!(
        read(fixture, number).await.gmc_last_updated,
        Some(at),
        "expected the moment as it was written"
    );
    let document = fixture.document(number).await.unwrap_or_default();
    assert_eq!(
        document["gmcLastUpdatedDateTime"], "2026-01-01T01:02:03.999Z",
        "expected it to the millisecond"
    );
}

/// Given that another service saves the document with `field` changed after it was read, then a write misses.
async fn misses_after(fixture: &impl DoctorsFixture, field: &str, values: &[Value]) {
    for value in values {
        let number = own::number();
        fixture.put_document(whole(number)).await;
        let seen = read(fixture, number).await;
        let mut saved = whole(number);
        saved[field] = value.clone();
        fixture.put_document(saved).await;
        let after_the_save = read(fixture, number).await;

        update(fixture, &seen, full_patch()).await;

        let found = read(fixture, number).await;
        assert_eq!(found, after_the_save, "expected a write to miss, because {field} had become {value}");
    }
}

pub(super) async fn read(fixture: &impl DoctorsFixture, number: GmcNumber) -> StoredDoctor {
    match done(fixture.doctors().read(&[number]).await).pop() {
        Some(doctor) => doctor,
        None => panic!("expected a document of {number}"),
    }
}

pub(super) async fn update(fixture: &impl DoctorsFixture, seen: &StoredDoctor, set: DoctorPatch) {
    write(fixture, &[DoctorWrite { number: seen.number, seen: Some(seen.seen()), set }]).await;
}

async fn write(fixture: &impl DoctorsFixture, writes: &[DoctorWrite]) {
    let refused = done(fixture.doctors().write(writes).await);
    assert_eq!(refused, [], "expected no document to be refused: one that has moved is no refusal");
}

fn insert(number: GmcNumber, set: DoctorPatch) -> DoctorWrite {
    DoctorWrite { number, seen: None, set }
}

/// Every field that can be set.
fn full_patch() -> DoctorPatch {
    DoctorPatch {
        code: Some("1-RSSPZ7".into()),
        first_name: Some("Zoë".into()),
        last_name: Some("O'Brien".into()),
        submission_date: Some(Some(date(2030, 6, 30))),
        date_added: Some(Some(date(2020, 2, 29))),
        under_notice: Some(UnderNotice::No),
        sanction: Some(Some("No".into())),
        status: Some("COMPLETED"),
        last_updated_date: Some(date(2026, 11, 23)),
        exists_in_gmc: Some(true),
        gmc_last_updated: Some(Moment(1_795_395_723_456)),
        sync_run: Some(RunNumber(99)),
    }
}

/// The same as a document.
fn set_fields(number: GmcNumber) -> Value {
    json!({
        "_id": number,
        "designatedBodyCode": "1-RSSPZ7",
        "doctorFirstName": "Zoë",
        "doctorLastName": "O'Brien",
        "submissionDate": "2030-06-30",
        "dateAdded": "2020-02-29",
        "underNotice": "NO",
        "sanction": "No",
        "doctorStatus": "COMPLETED",
        "lastUpdatedDate": "2026-11-23",
        "existsInGmc": true,
        "gmcLastUpdatedDateTime": "2026-11-23T01:02:03.456Z",
        "gmcSyncRun": 99,
    })
}
