//! Codes, texts and ids of the oddest kind.

use domain::index::{Field, IndexName, Value as FieldValue};
use serde_json::json;
use sync::ports::index::{Action, IndexWrite, WriteOutcome};
use uuid::Uuid;

use super::{IndexFixture, doc, own_document, read, write_one};
use crate::hostile::{TEXTS, codes};
use crate::{done, own};

/// Nothing of them is taken for a write, a query or a script.
pub async fn the_oddest_codes_and_texts_are_kept_as_they_stand(fixture: &impl IndexFixture) {
    let neighbour = own::number();
    let bystander = doc(neighbour, &[(Field::DoctorLastName, "Bystander".into())]);
    write_one(fixture, own_document(neighbour, Action::Create(bystander.clone()))).await;
    let codes = codes();
    let texts = TEXTS.iter().map(|text| (*text).to_owned());
    let texts: Vec<String> = texts.chain(codes.iter().map(ToString::to_string)).collect();
    let numbers = own::numbers(texts.len());
    let doc_of = |place: usize, text: &str| {
        let text = || FieldValue::from(text);
        let fields = [
            (Field::DoctorFirstName, text()),
            (Field::DoctorLastName, text()),
            (Field::DesignatedBody, text()),
        ];
        doc(numbers[place], &fields)
    };

    let create =
        |(place, text): (usize, &String)| own_document(numbers[place], Action::Create(doc_of(place, text)));
    let outcomes = done(fixture.index().write(texts.iter().enumerate().map(create).collect()).await);

    assert_eq!(outcomes, vec![WriteOutcome::Done; texts.len()], "expected a document with each text");
    for (place, number) in numbers.iter().enumerate() {
        let found = read(fixture, *number).await;
        assert_eq!(found.doc, doc_of(place, &texts[place]), "expected the text as it was written");
        let other = &texts[(place + 1) % texts.len()];
        let value = || Some(FieldValue::from(other.as_str()));
        let changes = vec![
            (Field::DoctorFirstName, value()),
            (Field::DoctorLastName, value()),
            (Field::DesignatedBody, value()),
        ];
        let outcome = write_one(fixture, own_document(*number, Action::Update(found.version, changes))).await;
        assert_eq!(outcome, WriteOutcome::Done, "expected the version read to match");
        assert_eq!(read(fixture, *number).await.doc, doc_of(place, other), "expected the other text");
    }
    assert_eq!(read(fixture, neighbour).await.doc, bystander, "expected nobody else to be touched");
}

/// Other services choose the ids of their documents.
pub async fn a_document_with_the_oddest_id_is_updated_and_deleted_under_it(fixture: &impl IndexFixture) {
    for begin in ["a b/c?d=e#f", "..", "%2e%2e%2f", "\"},{\"_id\":\"", "é😀", "_all,*"] {
        let (number, id) = (own::number(), format!("{begin}{}", Uuid::new_v4()));
        let document = json!({"gmcReferenceNumber": number, "doctorLastName": "Old"});
        fixture.put_index_document(IndexName::Master, &id, document).await;
        fixture.refresh().await;
        let found = read(fixture, number).await;
        assert_eq!(found.id, id, "expected the id as it stands");

        let changes = vec![(Field::DoctorLastName, Some("New".into()))];
        let update =
            IndexWrite { id: id.clone(), ..own_document(number, Action::Update(found.version, changes)) };
        assert_eq!(write_one(fixture, update).await, WriteOutcome::Done, "expected {id:?} to be updated");
        let found = read(fixture, number).await;
        assert_eq!(found.doc.text(Field::DoctorLastName), Some("New"));

        let delete = IndexWrite { id, ..own_document(number, Action::Delete(found.version)) };
        assert_eq!(write_one(fixture, delete).await, WriteOutcome::Done, "expected it to be deleted");
        assert_eq!(done(fixture.index().read(IndexName::Master, &[number]).await), []);
    }
}
