//! Writes that find another version than they were made from.

use domain::index::{Field, IndexName};
use sync::ports::index::{Action, IndexWrite, WriteOutcome};

use super::{IndexFixture, created, doc, foreign, name_of, own_document, read, renamed, write_one};
use crate::{done, own};

/// What is there stays as it is.
pub async fn creating_conflicts_with_what_is_there(fixture: &impl IndexFixture) {
    let number = own::number();
    created(fixture, number, "First").await;
    let second = doc(number, &[(Field::DoctorLastName, "Second".into())]);

    let outcome = write_one(fixture, own_document(number, Action::Create(second))).await;

    assert_eq!(outcome, WriteOutcome::Conflict, "expected a conflict with the document that is there");
    assert_eq!(name_of(fixture, number).await.as_deref(), Some("First"), "expected it to stay as it was");
}

/// Two consumers with the same new doctor.
pub async fn of_two_creations_at_once_one_is_done(fixture: &impl IndexFixture) {
    let number = own::number();
    let create = |name: &str| {
        let doc = doc(number, &[(Field::DoctorLastName, name.into())]);
        vec![own_document(number, Action::Create(doc))]
    };

    let (first, second) =
        tokio::join!(fixture.index().write(create("One")), fixture.index().write(create("Other")));

    one_is_done(&done(first), &done(second));
    fixture.refresh().await;
    read(fixture, number).await;
}

/// What the newer version says stays.
pub async fn an_update_conflicts_with_a_newer_version(fixture: &impl IndexFixture) {
    let number = own::number();
    let stale = created(fixture, number, "First").await;
    let newer = write_one(fixture, own_document(number, Action::Update(stale, renamed("Second")))).await;
    assert_eq!(newer, WriteOutcome::Done, "expected the version read to match");

    let outcome = write_one(fixture, own_document(number, Action::Update(stale, renamed("Third")))).await;

    assert_eq!(outcome, WriteOutcome::Conflict, "expected a conflict with the newer version");
    assert_eq!(
        name_of(fixture, number).await.as_deref(),
        Some("Second"),
        "expected the newer version to stay"
    );
}

/// Another service knows nothing of versions, and moves them all the same.
pub async fn an_update_conflicts_with_a_whole_save_in_between(fixture: &impl IndexFixture) {
    let number = own::number();
    let seen = created(fixture, number, "First").await;
    fixture.put_index_document(IndexName::Master, &number.to_string(), foreign(number)).await;

    let outcome = write_one(fixture, own_document(number, Action::Update(seen, renamed("Second")))).await;

    assert_eq!(outcome, WriteOutcome::Conflict, "expected a conflict with the other service's save");
    assert_eq!(name_of(fixture, number).await.as_deref(), Some("O'Neill"), "expected its save to stay");
}

/// The other one reads again.
pub async fn of_two_updates_of_one_version_one_is_done(fixture: &impl IndexFixture) {
    let number = own::number();
    let seen = created(fixture, number, "First").await;
    let to = |name: &str| vec![own_document(number, Action::Update(seen, renamed(name)))];

    let (first, second) = tokio::join!(fixture.index().write(to("One")), fixture.index().write(to("Other")));

    let winner = if one_is_done(&done(first), &done(second)) { "One" } else { "Other" };
    assert_eq!(name_of(fixture, number).await.as_deref(), Some(winner), "expected the winner's name");
}

/// And makes nothing.
pub async fn an_update_of_what_is_gone_conflicts(fixture: &impl IndexFixture) {
    let number = own::number();
    let seen = created(fixture, number, "First").await;
    write_one(fixture, own_document(number, Action::Delete(seen))).await;

    let outcome = write_one(fixture, own_document(number, Action::Update(seen, renamed("Second")))).await;

    assert_eq!(outcome, WriteOutcome::Conflict, "expected a conflict with the deletion");
    fixture.refresh().await;
    let found = done(fixture.index().read(IndexName::Master, &[number]).await);
    assert_eq!(found, [], "expected the document to stay deleted");
}

/// What someone has just written is not lost.
pub async fn deleting_conflicts_with_a_newer_version(fixture: &impl IndexFixture) {
    let number = own::number();
    let stale = created(fixture, number, "First").await;
    write_one(fixture, own_document(number, Action::Update(stale, renamed("Second")))).await;

    let outcome = write_one(fixture, own_document(number, Action::Delete(stale))).await;

    assert_eq!(outcome, WriteOutcome::Conflict, "expected a conflict with the newer version");
    assert_eq!(name_of(fixture, number).await.as_deref(), Some("Second"), "expected the document to stay");
}

/// Reading again shows that there is nothing to do.
pub async fn deleting_what_is_gone_conflicts(fixture: &impl IndexFixture) {
    let number = own::number();
    let seen = created(fixture, number, "First").await;
    write_one(fixture, own_document(number, Action::Delete(seen))).await;

    let outcome = write_one(fixture, own_document(number, Action::Delete(seen))).await;

    assert_eq!(outcome, WriteOutcome::Conflict, "expected a conflict with the deletion before");
}

/// Else a write made from the old one would go through.
pub async fn a_document_made_anew_is_another_version(fixture: &impl IndexFixture) {
    let number = own::number();
    let before = created(fixture, number, "First").await;
    write_one(fixture, own_document(number, Action::Delete(before))).await;
    let after = created(fixture, number, "Second").await;

    assert_ne!(before, after, "expected another version of the document made anew");
    let outcome = write_one(fixture, own_document(number, Action::Update(before, renamed("Third")))).await;
    assert_eq!(outcome, WriteOutcome::Conflict, "expected the version from before the deletion not to match");
}

/// A conflict of one does not stop the others, in whatever order they stand.
pub async fn outcomes_are_in_the_order_of_the_writes(fixture: &impl IndexFixture) {
    let numbers = own::numbers(600);
    let mut writes = Vec::new();
    let mut expected = Vec::new();
    for (place, number) in numbers.iter().enumerate().rev() {
        let conflicts = place.is_multiple_of(100);
        if conflicts {
            created(fixture, *number, "First").await;
        }
        let doc = doc(*number, &[(Field::DoctorLastName, "Second".into())]);
        let index = if place.is_multiple_of(2) { IndexName::Master } else { IndexName::Exception };
        writes.push(IndexWrite { index, ..own_document(*number, Action::Create(doc)) });
        expected.push(if conflicts { WriteOutcome::Conflict } else { WriteOutcome::Done });
    }

    let outcomes = done(fixture.index().write(writes).await);

    assert_eq!(outcomes, expected, "expected each write to be done but those of documents that are there");
}

/// Whether the first was the one.
#[track_caller]
fn one_is_done(first: &[WriteOutcome], second: &[WriteOutcome]) -> bool {
    let is_done = |outcomes: &[WriteOutcome]| outcomes == [WriteOutcome::Done];
    let is_conflict = |outcomes: &[WriteOutcome]| outcomes == [WriteOutcome::Conflict];
    assert!(
        is_done(first) && is_conflict(second) || is_conflict(first) && is_done(second),
        "expected one to be done and the other to conflict, got {first:?} and {second:?}"
    );
    is_done(first)
}
