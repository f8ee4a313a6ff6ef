//! Values as other services write them, of every kind that JSON has.

use domain::GmcNumber;
use domain::index::{Changes, Field, IndexDoc, IndexName, Value as FieldValue};
use domain::routing::copy_of;
use serde_json::{Value, json};
use sync::ports::index::{Action, IndexWrite, Indexed, WriteOutcome};

use super::{IndexFixture, doc, own_document, read, write_one};
use crate::{done, own};

/// Null is absent; a date is a text.
pub async fn values_keep_their_types(fixture: &impl IndexFixture) {
    let number = own::number();
    let mut expected = doc(
        number,
        &[
            (Field::TcsPersonId, FieldValue::Number(123_456)),
            (Field::ExistsInGmc, FieldValue::Bool(false)),
            (Field::MembershipEndDate, "2026-02-28".into()),
            (Field::ExceptionReason, "   ".into()),
            (Field::ProgrammeName, "".into()),
        ],
    );
    let saved = json!({
        "gmcReferenceNumber": number, "tcsPersonId": 123_456, "existsInGmc": false,
        "membershipEndDate": "2026-02-28", "exceptionReason": "   ", "programmeName": "",
        "designatedBody": null, "submissionDate": null,
    });
    fixture.put_index_document(IndexName::Master, &number.to_string(), saved).await;

    let found = read(fixture, number).await;
    assert_eq!(found.doc, expected, "expected every value of its type, and null to be absent");

    let changes = vec![
        (Field::ExistsInGmc, Some(FieldValue::Bool(true))),
        (Field::TcsPersonId, Some(FieldValue::Number(-1))),
        (Field::LastUpdatedDate, Some("2026-11-23".into())),
    ];
    write_one(fixture, own_document(number, Action::Update(found.version, changes.clone()))).await;
    expected.change(&changes);
    assert_eq!(read(fixture, number).await.doc, expected, "expected every value as it was written");
}

/// Lists, fractions and what is of another type than its field are neither lost nor in the way.
pub async fn values_of_any_kind_are_read(fixture: &impl IndexFixture) {
    let number = own::number();
    fixture.put_index_document(IndexName::Master, &number.to_string(), unusual(number)).await;

    let found = read(fixture, number).await.doc;

    for (name, value) in fields(&unusual(number)) {
        let expected = Field::named(&name).map(|field| (field, FieldValue::from_json(value)));
        let Some((field, expected)) = expected else { continue };
        assert_eq!(found.get(field), expected.as_ref(), "expected {name} as it was saved");
    }
}

/// What the sync does not understand goes into the copies as it stands in the master.
pub async fn values_of_any_kind_are_copied_unchanged(fixture: &impl IndexFixture) {
    let number = own::number();
    fixture.put_index_document(IndexName::Master, &number.to_string(), unusual(number)).await;
    let wanted = copy_of(&read(fixture, number).await.doc);

    let outcome = write_one(fixture, in_connected(number, Action::Create(wanted.clone()))).await;

    assert_eq!(outcome, WriteOutcome::Done, "expected the copy to be made");
    let copied = fixture.index_document(IndexName::Connected, number, &number.to_string()).await;
    let copied = fields(&copied.unwrap_or_default());
    let mut expected = fields(&unusual(number));
    expected.retain(|(name, _)| Field::named(name).is_some_and(|field| Field::OF_COPIES.contains(&field)));
    assert_eq!(copied, expected, "expected the copy to hold what the master holds");
    assert_eq!(differences(fixture, &wanted).await, [], "expected a second copying to find nothing to do");
}

/// Also from one such value to another: a list is not added to.
pub async fn a_value_of_any_kind_is_replaced_whole(fixture: &impl IndexFixture) {
    let number = own::number();
    fixture.put_index_document(IndexName::Connected, &number.to_string(), unusual(number)).await;
    let before = in_connected_now(fixture, number).await;
    let value = |json: Value| FieldValue::from_json(json);
    let changes = vec![
        (Field::ProgrammeName, value(json!(["Surgery"]))),
        (Field::ProgrammeOwner, value(json!(2.75))),
        (Field::MembershipType, value(json!("Substantive"))),
        (Field::TcsDesignatedBody, None),
        (Field::ExceptionReason, value(json!([]))),
    ];

    let write = in_connected(number, Action::Update(before.version, changes.clone()));

    assert_eq!(write_one(fixture, write).await, WriteOutcome::Done, "expected the version read to match");
    let mut wanted = before.doc;
    wanted.change(&changes);
    assert_eq!(
        differences(fixture, &wanted).await,
        [],
        "expected what was written in place of what was there"
    );
}

/// A document whose values are of other kinds than the sync writes; each is one that our mapping takes.
fn unusual(number: GmcNumber) -> Value {
    json!({
        "gmcReferenceNumber": number,
        "tcsPersonId": [1, 2],
        "doctorLastName": ["O'Neill", "Łuczak"],
        "submissionDate": ["2026-02-28", "2027-02-28"],
        "programmeName": ["Anaesthetics", 1, true],
        "membershipType": true,
        "tcsDesignatedBody": ["1-A"],
        "programmeOwner": 122.416_294_033_786_58,
        "exceptionReason": 18_446_744_073_709_551_615_u64,
        "placementGrade": 7,
        "existsInGmc": [true],
        "tisStatus": false,
    })
}

fn fields(document: &Value) -> Vec<(String, Value)> {
    let fields = document.as_object().cloned().unwrap_or_default();
    fields.into_iter().collect()
}

fn in_connected(number: GmcNumber, action: Action) -> IndexWrite {
    IndexWrite { index: IndexName::Connected, ..own_document(number, action) }
}

async fn in_connected_now(fixture: &impl IndexFixture, number: GmcNumber) -> Indexed {
    let found = done(fixture.index().read(IndexName::Connected, &[number]).await);
    match <[Indexed; 1]>::try_from(found) {
        Ok([document]) => document,
        Err(found) => panic!("expected one document of {number}, got {found:?}"),
    }
}

/// What the copy would still have to change.
async fn differences(fixture: &impl IndexFixture, wanted: &IndexDoc) -> Changes {
    let number = wanted.text(Field::GmcReferenceNumber).unwrap_or_default();
    let Ok(number) = GmcNumber::parse(number) else { panic!("{number:?} is no GMC number") };
    in_connected_now(fixture, number).await.doc.changes_to(wanted, &Field::OF_COPIES)
}
