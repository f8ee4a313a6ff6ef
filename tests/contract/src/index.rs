//! The port `Index`: what is read and written. What conflicts is in `index/conflicts.rs`, values of every kind in
//! `index/kinds.rs`.

mod conflicts;
mod hostile;
mod kinds;

use async_trait::async_trait;
use domain::GmcNumber;
use domain::index::{Changes, Field, IndexDoc, IndexName, Value as FieldValue};
use serde_json::{Value, json};
use sync::ports::Index;
use sync::ports::index::{Action, IndexWrite, Indexed, Version, WriteOutcome};
use uuid::Uuid;

pub use self::conflicts::*;
pub use self::hostile::*;
pub use self::kinds::*;
use crate::{done, own};

/// An adapter, and the same indexes as another service uses them.
#[async_trait]
pub trait IndexFixture: Send + Sync {
    /// The adapter.
    fn index(&self) -> &dyn Index;

    /// Saves a whole document under an id: what was there is gone. Dates are `"2026-11-23"`.
    async fn put_index_document(&self, index: IndexName, id: &str, document: Value);

    /// Reads a document by its id.
    async fn index_document(&self, index: IndexName, number: GmcNumber, id: &str) -> Option<Value>;

    /// Makes what was written before this call visible to every search.
    async fn refresh(&self);
}

/// Without waiting for a refresh, which OpenSearch does once a second.
pub async fn a_document_under_the_gmc_number_is_read_at_once(fixture: &impl IndexFixture) {
    let number = own::number();
    let doc = doc(number, &[(Field::DoctorLastName, "O'Neill-Łuczak".into())]);

    let created = write_one(fixture, own_document(number, Action::Create(doc.clone()))).await;

    assert_eq!(created, WriteOutcome::Done, "expected the document to be made");
    let found = read(fixture, number).await;
    assert_eq!(found.doc, doc, "expected what was written");
    assert_eq!((found.id, found.number), (number.to_string(), number), "expected the GMC number as the id");
}

/// The original then matched everything.
pub async fn nobody_has_no_documents(fixture: &impl IndexFixture) {
    let number = own::number();
    write_one(fixture, own_document(number, Action::Create(doc(number, &[])))).await;

    for index in IndexName::ALL {
        assert_eq!(done(fixture.index().read(index, &[]).await), [], "expected none for no numbers");
        let another = done(fixture.index().read(index, &[own::number()]).await);
        assert_eq!(another, [], "expected none for a number without documents");
    }
    assert_eq!(done(fixture.index().write(vec![]).await), [], "expected no outcomes of no writes");
}

/// Also those that the sync has never heard of.
pub async fn an_update_keeps_every_field_that_it_does_not_name(fixture: &impl IndexFixture) {
    let number = own::number();
    let mut saved = foreign(number);
    fixture.put_index_document(IndexName::Master, &number.to_string(), saved.clone()).await;
    let version = read(fixture, number).await.version;
    let changes = vec![
        (Field::DesignatedBody, Some("1-NEW".into())),
        (Field::ConnectionStatus, Some("Yes".into())),
        (Field::UnderNotice, Some("NO".into())),
    ];

    let outcome = write_one(fixture, own_document(number, Action::Update(version, changes))).await;

    assert_eq!(outcome, WriteOutcome::Done, "expected the version read to match");
    for (field, value) in [("designatedBody", "1-NEW"), ("connectionStatus", "Yes"), ("underNotice", "NO")] {
        saved[field] = value.into();
    }
    let found = fixture.index_document(IndexName::Master, number, &number.to_string()).await;
    assert_eq!(found, Some(saved), "expected three fields to change, and no other");
}

/// So that the body of who has left is gone.
pub async fn an_update_empties_a_field(fixture: &impl IndexFixture) {
    let number = own::number();
    let body = [(Field::DesignatedBody, "1-X".into()), (Field::ConnectionStatus, "Yes".into())];
    write_one(fixture, own_document(number, Action::Create(doc(number, &body)))).await;
    let found = read(fixture, number).await;
    let changes = vec![(Field::DesignatedBody, None), (Field::ConnectionStatus, Some("No".into()))];

    write_one(fixture, own_document(number, Action::Update(found.version, changes))).await;

    let expected = doc(number, &[(Field::ConnectionStatus, "No".into())]);
    assert_eq!(read(fixture, number).await.doc, expected, "expected the field to be without a value");
}

/// And no other.
pub async fn a_document_is_deleted(fixture: &impl IndexFixture) {
    let numbers = own::numbers(2);
    let [number, neighbour] = numbers[..] else { return };
    for number in &numbers {
        write_one(fixture, own_document(*number, Action::Create(doc(*number, &[])))).await;
    }
    let version = read(fixture, number).await.version;

    let outcome = write_one(fixture, own_document(number, Action::Delete(version))).await;

    assert_eq!(outcome, WriteOutcome::Done, "expected the version read to match");
    fixture.refresh().await;
    let found = done(fixture.index().read(IndexName::Master, &numbers).await);
    let found: Vec<_> = found.into_iter().map(|document| document.number).collect();
    assert_eq!(found, [neighbour], "expected the document to be gone, and the other to stay");
}

/// Those under generated ids, which existing documents have, and the one under the GMC number.
pub async fn every_document_of_a_doctor_is_read(fixture: &impl IndexFixture) {
    let numbers = own::numbers(2);
    let [number, other] = numbers[..] else { return };
    let mut expected = vec![number.to_string()];
    for number in [number, number, other] {
        let id = generated_id();
        fixture.put_index_document(IndexName::Connected, &id, foreign(number)).await;
        expected.push(id);
    }
    let write =
        IndexWrite { index: IndexName::Connected, ..own_document(number, Action::Create(doc(number, &[]))) };
    write_one(fixture, write).await;
    fixture.refresh().await;

    let found = done(fixture.index().read(IndexName::Connected, &[other, number, own::number()]).await);

    let mut ids: Vec<_> = found.iter().map(|document| document.id.clone()).collect();
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected, "expected every document of both doctors, each once");
    for document in found {
        let name = document.doc.text(Field::GmcReferenceNumber).map(str::to_owned);
        assert_eq!(name, Some(document.number.to_string()), "expected each with the number of its doctor");
    }
}

/// Not under the GMC number, where there is none.
pub async fn a_document_with_a_generated_id_is_updated_under_it(fixture: &impl IndexFixture) {
    let (number, id) = (own::number(), generated_id());
    let mut saved = foreign(number);
    fixture.put_index_document(IndexName::Master, &id, saved.clone()).await;
    fixture.refresh().await;
    let found = read(fixture, number).await;
    assert_eq!(found.id, id, "expected the document to be found by its doctor's number");

    let changes = vec![(Field::DesignatedBody, Some("1-NEW".into()))];
    let write = IndexWrite { id: id.clone(), ..own_document(number, Action::Update(found.version, changes)) };
    assert_eq!(write_one(fixture, write).await, WriteOutcome::Done, "expected the version read to match");

    saved["designatedBody"] = "1-NEW".into();
    let found = fixture.index_document(IndexName::Master, number, &id).await;
    assert_eq!(found, Some(saved), "expected the document under the generated id to be changed");
    let found = fixture.index_document(IndexName::Master, number, &number.to_string()).await;
    assert_eq!(found, None, "expected none to be made under the GMC number");
}

/// A document in one is in no other.
pub async fn the_indexes_are_apart(fixture: &impl IndexFixture) {
    let number = own::number();
    let create = |index: IndexName| {
        let doc = doc(number, &[(Field::DoctorLastName, index.as_str().into())]);
        IndexWrite { index, ..own_document(number, Action::Create(doc)) }
    };
    let outcomes = done(fixture.index().write(IndexName::ALL.map(create).to_vec()).await);
    assert_eq!(outcomes, vec![WriteOutcome::Done; 4], "expected a document in each index");

    for index in IndexName::ALL {
        let found = done(fixture.index().read(index, &[number]).await);
        let names: Vec<_> = found.iter().map(|document| document.doc.text(Field::DoctorLastName)).collect();
        assert_eq!(names, [Some(index.as_str())], "expected each index to have its own document");
    }
}

fn doc(number: GmcNumber, values: &[(Field, FieldValue)]) -> IndexDoc {
    let mut doc = IndexDoc::default();
    doc.set(Field::GmcReferenceNumber, Some(FieldValue::Text(number.to_string())));
    for (field, value) in values {
        doc.set(*field, Some(value.clone()));
    }
    doc
}

/// A document of another service, with fields that nobody has told the sync of.
fn foreign(number: GmcNumber) -> Value {
    json!({
        "gmcReferenceNumber": number,
        "tcsPersonId": 12_345,
        "doctorFirstName": "Siân",
        "doctorLastName": "O'Neill",
        "submissionDate": "2026-02-28",
        "programmeName": "Anaesthetics",
        "membershipType": "Substantive",
        "designatedBody": "1-OLD",
        "connectionStatus": "No",
        "fieldOfTomorrow": {"nested": ["kept", "too"], "since": 1, "flag": true},
        "number": 1.5,
    })
}

/// As OpenSearch makes them: twenty characters.
fn generated_id() -> String {
    Uuid::new_v4().simple().to_string().chars().take(20).collect()
}

fn own_document(number: GmcNumber, action: Action) -> IndexWrite {
    IndexWrite { index: IndexName::Master, id: number.to_string(), number, action }
}

async fn write_one(fixture: &impl IndexFixture, write: IndexWrite) -> WriteOutcome {
    let outcomes = done(fixture.index().write(vec![write]).await);
    match <[WriteOutcome; 1]>::try_from(outcomes) {
        Ok([outcome]) => outcome,
        Err(outcomes) => panic!("expected one outcome of one write, got {outcomes:?}"),
    }
}

/// The only document of a doctor in the master index.
async fn read(fixture: &impl IndexFixture, number: GmcNumber) -> Indexed {
    let found = done(fixture.index().read(IndexName::Master, &[number]).await);
    match <[Indexed; 1]>::try_from(found) {
        Ok([document]) => document,
        Err(found) => panic!("expected one document of {number}, got {found:?}"),
    }
}

fn renamed(name: &str) -> Changes {
    vec![(Field::DoctorLastName, Some(name.into()))]
}

/// Makes a doctor's document in the master index; returns its version.
async fn created(fixture: &impl IndexFixture, number: GmcNumber, name: &str) -> Version {
    let doc = doc(number, &[(Field::DoctorLastName, name.into())]);
    let outcome = write_one(fixture, own_document(number, Action::Create(doc))).await;
    assert_eq!(outcome, WriteOutcome::Done, "expected the document to be made");
    read(fixture, number).await.version
}

async fn name_of(fixture: &impl IndexFixture, number: GmcNumber) -> Option<String> {
    read(fixture, number).await.doc.text(Field::DoctorLastName).map(str::to_owned)
}
