//! What only a real OpenSearch shows: generated ids, searches that are behind, guessed mappings, refused documents.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[expect(dead_code, reason = "what is there for the other tests")]
mod support;

use domain::GmcNumber;
use domain::index::{Changes, Field, IndexDoc, IndexName, Value as FieldValue};
use opensearch::http::Method;
use serde_json::{Value, json};
use sync::ports::Index as _;
use sync::ports::index::{Action, IndexWrite, Indexed, Version, WriteOutcome};

use crate::support::{Cluster, never_refreshed};

const MASTER: IndexName = IndexName::Master;

#[tokio::test]
async fn a_document_is_read_as_it_is_now_though_searches_are_behind() {
    // given documents under generated ids, of which searches know
    let cluster = Cluster::fresh();
    cluster.make(MASTER, json!({"settings": never_refreshed()})).await;
    for (id, number) in
        [("changed", "7000001"), ("moved", "7000002"), ("gone", "7000003"), ("same", "7000004")]
    {
        cluster.put(MASTER, id, json!({"gmcReferenceNumber": number, "doctorLastName": "Before"})).await;
    }
    cluster.refresh().await;

    // when they change, and searches do not know it yet
    cluster.put(MASTER, "changed", json!({"gmcReferenceNumber": "7000001", "doctorLastName": "After"})).await;
    cluster.put(MASTER, "moved", json!({"gmcReferenceNumber": "7000009", "doctorLastName": "Other"})).await;
    cluster.ask(Method::Delete, &format!("/{}/_doc/gone", cluster.name(MASTER)), None).await;

    // then they are read as they are now
    let found = read(&cluster, MASTER, &numbers(7_000_001, 4)).await;
    let found: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.doc.text(Field::DoctorLastName))).collect();
    assert_eq!(found, [("changed", Some("After")), ("same", Some("Before"))]);
    cluster.remove().await;
}

#[tokio::test]
async fn doctors_are_found_whatever_the_number_is_mapped_as() {
    let keyword = json!({"type": "keyword"});
    let guessed = json!({"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}});
    let pieces = json!({"type": "text", "analyzer": "pieces", "fields": {"keyword": {"type": "keyword"}}});
    for mapping in [keyword, guessed, pieces, json!({"type": "long"})] {
        let cluster = Cluster::fresh();
        let analysis = json!({
            "tokenizer": {"pieces": {"type": "ngram", "min_gram": 2, "max_gram": 3}},
            "analyzer": {"pieces": {"tokenizer": "pieces"}},
        });
        let properties = json!({"gmcReferenceNumber": mapping});
        cluster
            .make(MASTER, json!({"settings": {"analysis": analysis}, "mappings": {"properties": properties}}))
            .await;
        for (id, number) in
            [("generated-1", "0700001"), ("generated-2", "7000002"), ("generated-3", "7000003")]
        {
            cluster.put(MASTER, id, json!({"gmcReferenceNumber": number})).await;
        }
        cluster.refresh().await;

        let found = read(&cluster, MASTER, &["0700001", "7000002"].map(number)).await;

        let found: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.number.to_string())).collect();
        assert_eq!(
            found,
            [("generated-1", "0700001".to_owned()), ("generated-2", "7000002".to_owned())],
            "{mapping}"
        );
        cluster.remove().await;
    }
}

#[tokio::test]
async fn more_documents_than_a_search_returns_are_all_read() {
    // given doctors with more documents than are reckoned with, and one who has none
    let cluster = Cluster::made().await;
    let numbers = numbers(7_000_001, 3);
    for place in 0..26 {
        let number = numbers[place % 2];
        cluster.put(MASTER, &format!("generated-{place:02}"), json!({"gmcReferenceNumber": number})).await;
    }
    cluster.refresh().await;

    let found = read(&cluster, MASTER, &numbers).await;

    let found: Vec<_> = found.iter().map(|it| (it.id.clone(), it.number)).collect();
    let expected: Vec<_> =
        (0..26).map(|place| (format!("generated-{place:02}"), numbers[place % 2])).collect();
    assert_eq!(found, expected);
    cluster.remove().await;
}

#[tokio::test]
async fn thousands_of_doctors_are_written_and_read_in_one_call() {
    // given documents of more megabytes than one request takes
    let cluster = Cluster::made().await;
    let numbers = numbers(7_000_001, 5_600);
    let reason = "x".repeat(1_500);
    let doc = |number: GmcNumber| doc(number, &[(Field::ExceptionReason, reason.as_str().into())]);
    let writes = numbers.iter().map(|number| write(MASTER, *number, Action::Create(doc(*number)))).collect();

    let outcomes = cluster.index.write(writes).await.unwrap();

    assert_eq!(outcomes, vec![WriteOutcome::Done; numbers.len()]);
    let found = read(&cluster, MASTER, &numbers).await;
    assert_eq!(found.iter().map(|it| it.number).collect::<Vec<_>>(), numbers);
    cluster.remove().await;
}

#[tokio::test]
async fn one_bad_date_does_not_stop_the_others_and_is_not_told() {
    let cluster = Cluster::made().await;
    let [good, bad, also_good] = ["7000001", "7000002", "7000003"].map(number);
    let bad_date = |number| doc(number, &[(Field::SubmissionDate, "O'Neill's 1st".into())]);
    let writes = vec![
        write(MASTER, good, Action::Create(doc(good, &[]))),
        write(MASTER, bad, Action::Create(bad_date(bad))),
        write(MASTER, also_good, Action::Create(doc(also_good, &[]))),
    ];

    let outcomes = cluster.index.write(writes).await.unwrap();

    let [WriteOutcome::Done, WriteOutcome::Refused(reason), WriteOutcome::Done] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    assert!(reason.contains("mapper_parsing_exception") && reason.contains("submissionDate"), "{reason}");
    assert!(!reason.contains("O'Neill") && !reason.contains("1st"), "{reason}");
    let found = read(&cluster, MASTER, &[good, bad, also_good]).await;
    assert_eq!(found.iter().map(|it| it.number).collect::<Vec<_>>(), [good, also_good]);

    // and the same of a change
    let changes = vec![(Field::MembershipEndDate, Some("O'Neill".into()))];
    let outcomes = cluster.index.write(vec![update(&found[0], changes)]).await.unwrap();
    assert!(
        matches!(&outcomes[..], [WriteOutcome::Refused(reason)] if !reason.contains("O'Neill")),
        "{outcomes:?}"
    );
    cluster.remove().await;
}

#[tokio::test]
async fn a_missing_index_is_told_and_never_made() {
    let cluster = Cluster::fresh();
    let version = Version { seq_no: 0, primary_term: 1 };
    let me = number("7000001");
    let failure = cluster.index.read(MASTER, &[me]).await.unwrap_err();
    assert!(!failure.is_transient && failure.message.contains("run `gmc-sync setup`"), "{failure}");
    assert!(failure.message.contains(&cluster.name(MASTER)), "{failure}");

    for action in [
        Action::Create(doc(me, &[])),
        Action::Update(version, vec![(Field::DesignatedBody, Some("1-X".into()))]),
        Action::Delete(version),
    ] {
        let failure = cluster.index.write(vec![write(MASTER, me, action)]).await.unwrap_err();
        assert!(!failure.is_transient && failure.message.contains("run `gmc-sync setup`"), "{failure}");
        let (status, _) = cluster.ask(Method::Get, &format!("/{}", cluster.name(MASTER)), None).await;
        assert_eq!(status, 404, "the index was made by a write");
    }
}

#[tokio::test]
async fn an_object_of_another_service_is_carried_to_a_copy_and_replaced_whole() {
    // given old indexes, whose mappings were guessed, and a master with objects
    let cluster = Cluster::fresh();
    for index in [MASTER, IndexName::Connected] {
        cluster.make(index, json!({})).await;
    }
    let me = number("7000001");
    let master =
        |owner: Value| json!({"gmcReferenceNumber": me, "programmeOwner": owner, "unknown": {"kept": 1}});
    cluster.put(MASTER, "7000001", master(json!({"name": "A", "since": {"year": 2020}}))).await;

    // when it is copied, and again after it has changed
    for owner in [json!({"name": "A", "since": {"year": 2020}}), json!({"since": {"month": 1}}), json!({})] {
        cluster.put(MASTER, "7000001", master(owner.clone())).await;
        let wanted = domain::routing::copy_of(&read(&cluster, MASTER, &[me]).await[0].doc);
        let action = match &read(&cluster, IndexName::Connected, &[me]).await[..] {
            [copy] => Action::Update(copy.version, copy.doc.changes_to(&wanted, &Field::OF_COPIES)),
            _ => Action::Create(wanted.clone()),
        };
        let outcomes = cluster.index.write(vec![write(IndexName::Connected, me, action)]).await.unwrap();
        assert_eq!(outcomes, [WriteOutcome::Done], "{owner}");

        // then the copy holds what the master holds
        let copy = cluster.document(IndexName::Connected, "7000001").await.unwrap();
        assert_eq!(copy, json!({"gmcReferenceNumber": me, "programmeOwner": owner}));
        assert_eq!(read(&cluster, IndexName::Connected, &[me]).await[0].doc, wanted);
    }
    cluster.remove().await;
}

#[tokio::test]
async fn an_id_that_another_doctors_document_has_is_refused_and_not_fought_over() {
    let cluster = Cluster::made().await;
    cluster.put(MASTER, "7000001", json!({"gmcReferenceNumber": "7000002"})).await;
    let me = number("7000001");
    assert_eq!(read(&cluster, MASTER, &[me]).await, []);

    let outcomes = cluster.index.write(vec![write(MASTER, me, Action::Create(doc(me, &[])))]).await.unwrap();

    assert!(
        matches!(&outcomes[..], [WriteOutcome::Refused(reason)] if reason.contains("7000001")),
        "{outcomes:?}"
    );
    let theirs = read(&cluster, MASTER, &[number("7000002"), me]).await;
    assert!(theirs.iter().all(|it| it.number == number("7000002")), "{theirs:?}");
    cluster.remove().await;
}

#[tokio::test]
async fn a_document_that_has_lost_its_number_is_still_the_one_of_its_id() {
    let cluster = Cluster::made().await;
    cluster.put(MASTER, "7000001", json!({"gmcReferenceNumber": null, "doctorLastName": "O'Neill"})).await;

    let found = read(&cluster, MASTER, &[number("7000001")]).await;

    assert_eq!(found.len(), 1);
    assert_eq!((found[0].number, found[0].doc.text(Field::GmcReferenceNumber)), (number("7000001"), None));
    cluster.remove().await;
}

#[tokio::test]
async fn the_hundredth_write_of_a_doctor_in_one_call_finds_the_one_before() {
    // one call, one document: each write after the first was made from a version that is gone
    let cluster = Cluster::made().await;
    let me = number("7000001");
    cluster.index.write(vec![write(MASTER, me, Action::Create(doc(me, &[])))]).await.unwrap();
    let seen = read(&cluster, MASTER, &[me]).await.remove(0);
    let writes =
        (0..100).map(|it| update(&seen, vec![(Field::TcsPersonId, Some(FieldValue::Number(it)))])).collect();

    let outcomes = cluster.index.write(writes).await.unwrap();

    assert_eq!(outcomes[0], WriteOutcome::Done);
    assert_eq!(outcomes[1..], vec![WriteOutcome::Conflict; 99]);
    cluster.remove().await;
}

async fn read(cluster: &Cluster, index: IndexName, numbers: &[GmcNumber]) -> Vec<Indexed> {
    let mut found = cluster.index.read(index, numbers).await.unwrap();
    found.sort_by(|one, other| one.id.cmp(&other.id));
    found
}

fn number(text: &str) -> GmcNumber {
    GmcNumber::parse(text).unwrap()
}

fn numbers(first: u32, count: u32) -> Vec<GmcNumber> {
    (first..first + count).map(|value| GmcNumber::from_value(value).unwrap()).collect()
}

fn doc(number: GmcNumber, values: &[(Field, FieldValue)]) -> IndexDoc {
    let mut doc = IndexDoc::default();
    doc.set(Field::GmcReferenceNumber, Some(FieldValue::Text(number.to_string())));
    doc.change(&values.iter().map(|(field, value)| (*field, Some(value.clone()))).collect());
    doc
}

fn write(index: IndexName, number: GmcNumber, action: Action) -> IndexWrite {
    IndexWrite { index, id: number.to_string(), number, action }
}

fn update(found: &Indexed, changes: Changes) -> IndexWrite {
    IndexWrite { id: found.id.clone(), ..write(MASTER, found.number, Action::Update(found.version, changes)) }
}
