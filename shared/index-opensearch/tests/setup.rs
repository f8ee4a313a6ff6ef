//! Making the indexes, and telling what differs in those that are there.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[expect(dead_code, reason = "what is there for the other tests")]
mod support;

use domain::index::{Field, IndexName};
use index_opensearch::SetupState::{self, Made, There};
use opensearch::http::Method;
use serde_json::{Value, json};

use crate::support::Cluster;

#[tokio::test]
async fn setup_makes_what_is_missing_and_nothing_twice() {
    // given one of the four
    let cluster = Cluster::fresh();
    let first = cluster.index.setup().await.unwrap();
    assert!(first.indexes.iter().all(|(_, state)| *state == Made), "{first}");
    let exceptions = cluster.name(IndexName::Exception);
    cluster.ask(Method::Delete, &format!("/{exceptions}"), None).await;
    let before = cluster.ask(Method::Get, &format!("/{}", cluster.name(IndexName::Master)), None).await;

    // when it is set up again, and once more
    let second = cluster.index.setup().await.unwrap();
    let third = cluster.index.setup().await.unwrap();

    // then only the missing one is made, and the others are as they were
    let states: Vec<_> = second.indexes.iter().map(|(_, state)| state.clone()).collect();
    assert_eq!(states, [There, There, There, Made]);
    assert_eq!(second.indexes[3].0, exceptions);
    assert!(third.indexes.iter().all(|(_, state)| *state == There), "{third}");
    let after = cluster.ask(Method::Get, &format!("/{}", cluster.name(IndexName::Master)), None).await;
    assert_eq!(before, after);
    cluster.remove().await;
}

#[tokio::test]
async fn setup_at_the_same_time_makes_each_index_once() {
    let cluster = Cluster::fresh();
    let (one, other) = tokio::join!(cluster.index.setup(), cluster.index.setup());
    let (one, other) = (one.unwrap(), other.unwrap());
    for ((name, one), (_, other)) in one.indexes.iter().zip(&other.indexes) {
        let made = [one, other].into_iter().filter(|state| **state == Made).count();
        assert_eq!(made, 1, "{name}: {one:?}, {other:?}");
    }
    assert!(!one.differs() && !other.differs());
    cluster.remove().await;
}

#[tokio::test]
async fn setup_tells_what_differs_and_changes_nothing() {
    // given an index as OpenSearch makes one from the first document
    let cluster = Cluster::fresh();
    let document =
        json!({"gmcReferenceNumber": "7000001", "doctorLastName": "O'Neill", "submissionDate": "2026-11-23"});
    cluster.put(IndexName::Connected, "generated", document.clone()).await;
    let path = format!("/{}", cluster.name(IndexName::Connected));
    let before = cluster.ask(Method::Get, &path, None).await;

    let report = cluster.index.setup().await.unwrap();

    assert!(report.differs());
    let SetupState::Differs(points) = &report.indexes[1].1 else { panic!("{report}") };
    assert!(points.contains(&"gmcReferenceNumber is text, keyword expected".to_owned()), "{report}");
    assert!(points.iter().any(|point| point.starts_with("submissionDate has the format")), "{report}");
    assert!(points.contains(&"membershipType is not mapped, keyword expected".to_owned()), "{report}");
    let told = report.to_string();
    assert!(told.contains(&format!("{}: there, left as it is, but differs:\n  ", &path[1..])), "{told}");
    assert!(told.contains(&format!("{}: made\n", cluster.name(IndexName::Disconnected))), "{told}");
    assert_eq!(cluster.ask(Method::Get, &path, None).await, before, "nothing may change");
    assert_eq!(cluster.document(IndexName::Connected, "generated").await, Some(document));
    cluster.remove().await;
}

#[tokio::test]
async fn what_an_alias_stands_for_is_compared() {
    let cluster = Cluster::fresh();
    let alias = cluster.name(IndexName::Master);
    let behind = format!("{alias}-1");
    let (status, answer) =
        cluster.ask(Method::Put, &format!("/{behind}"), Some(json!({"aliases": {alias: {}}}))).await;
    assert_eq!(status, 200, "{answer}");

    let report = cluster.index.setup().await.unwrap();

    let SetupState::Differs(points) = &report.indexes[0].1 else { panic!("{report}") };
    assert!(points.contains(&format!("{behind}: tcsPersonId is not mapped, long expected")), "{report}");
    cluster.remove().await;
}

#[tokio::test]
async fn names_are_found_by_words_and_sorted_as_people_do() {
    let cluster = Cluster::made().await;
    for (id, name) in [("1", "Zhang"), ("2", "de Souza"), ("3", "Ángel Łuczak"), ("4", "Bell")] {
        cluster
            .put(IndexName::Connected, id, json!({"doctorLastName": name, "designatedBody": "1-X y"}))
            .await;
    }
    cluster.refresh().await;

    let sorted = search(&cluster, json!({"sort": ["doctorLastName.keyword"]})).await;
    assert_eq!(sorted, ["Ángel Łuczak", "Bell", "de Souza", "Zhang"]);
    let by_word = search(&cluster, json!({"query": {"match": {"doctorLastName": "souza"}}})).await;
    assert_eq!(by_word, ["de Souza"]);
    let by_part_of_a_code = search(&cluster, json!({"query": {"match": {"designatedBody": "y"}}})).await;
    assert_eq!(by_part_of_a_code, Vec::<String>::new(), "a code is no text");
    cluster.remove().await;
}

#[tokio::test]
async fn what_other_services_write_fits() {
    let cluster = Cluster::made().await;
    let moments = [
        json!("2026-11-23T01:02:03"),
        json!("2026-11-23T01:02:03.123456789"),
        json!("2026-11-23T01:02:03Z"),
        json!("2026-11-23"),
        json!(1_763_856_000_000_i64),
    ];
    for (place, moment) in moments.into_iter().enumerate() {
        let looks_like_a_date = if place == 0 { "2026-11-23" } else { "none" };
        let document = json!({
            "gmcReferenceNumber": "7000001", "lastConnectionDateTime": moment,
            "fieldOfTomorrow": looks_like_a_date, "exceptionReason": "word ".repeat(10_000),
            "programmeOwner": "x".repeat(40_000),
        });
        cluster.put(IndexName::Master, &place.to_string(), document).await;
    }
    cluster.remove().await;
}

async fn search(cluster: &Cluster, query: Value) -> Vec<String> {
    let path = format!("/{}/_search", cluster.name(IndexName::Connected));
    let (status, found) = cluster.ask(Method::Post, &path, Some(query)).await;
    assert_eq!(status, 200, "{found}");
    let names = found["hits"]["hits"].as_array().unwrap().iter();
    names.map(|hit| hit["_source"][Field::DoctorLastName.as_str()].as_str().unwrap().to_owned()).collect()
}
