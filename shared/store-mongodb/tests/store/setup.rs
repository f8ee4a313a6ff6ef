//! `gmc-sync setup`.

use domain::RunNumber;
use mongodb::bson::{Document, doc};
use store_mongodb::{Finding, SetupReport};
use sync::ports::Ledger as _;

use crate::ledger::run;
use crate::support::Own;

fn finding<'r>(report: &'r SetupReport, what: &str) -> &'r Finding {
    match report.items.iter().find(|item| item.what.starts_with(what)) {
        Some(item) => &item.finding,
        None => panic!("expected {what} in:\n{report}"),
    }
}

async fn indexes(own: &Own, collection: &str) -> Vec<Document> {
    let command = doc! {"listIndexes": collection};
    let mut cursor = own.database.run_cursor_command(command).await.unwrap();
    let mut found = Vec::new();
    while cursor.advance().await.unwrap() {
        found.push(Document::try_from(cursor.current()).unwrap());
    }
    found
}

async fn index(own: &Own, collection: &str, field: &str) -> Document {
    let found = indexes(own, collection).await;
    found.into_iter().find(|index| index.get_document("key").unwrap().contains_key(field)).unwrap()
}

#[tokio::test]
async fn everything_that_is_missing_is_made_and_the_second_time_nothing() {
    // given an empty database
    let own = Own::new().await;

    // when it is set up twice
    let first = own.store.setup().await.unwrap();
    let second = own.store.setup().await.unwrap();

    // then the first time made everything, and the second nothing
    assert!(first.items.iter().all(|item| item.finding == Finding::Made), "{first}");
    assert!(second.items.iter().all(|item| item.finding == Finding::Present), "{second}");
    assert!(first.made_something() && !second.made_something() && !first.differs() && !second.differs());
    assert_eq!(own.store.lock().await.unwrap(), sync::ledger::Lock::default());
    assert!(index(&own, "gmcSyncRuns", "key").await.get_bool("unique").unwrap());
    for (collection, days) in [("gmcSyncRuns", 90), ("gmcSyncBodies", 90), ("gmcSyncAnswers", 14)] {
        let expiring = index(&own, collection, "writtenAt").await;
        let seconds = expiring.get("expireAfterSeconds").unwrap();
        let seconds = seconds.as_i64().or(seconds.as_i32().map(i64::from));
        assert_eq!(seconds, Some(days * 86_400), "{collection}");
    }
    index(&own, "doctorsForDB", "designatedBodyCode").await;
    index(&own, "recommendation", "gmcNumber").await;
    index(&own, "connectionLogs", "gmcId").await;
    own.drop().await;
}

#[tokio::test]
async fn an_index_with_other_options_is_told_and_left_as_it_is() {
    // given a unique index where a plain one should be, and one that keeps the lists for a year
    let own = Own::new().await;
    for (collection, specification) in [
        ("doctorsForDB", doc! {"key": {"designatedBodyCode": 1}, "name": "by_code", "unique": true}),
        (
            "gmcSyncRolls",
            doc! {"key": {"writtenAt": 1}, "name": "writtenAt_1", "expireAfterSeconds": 31_536_000},
        ),
    ] {
        own.database
            .run_command(doc! {"createIndexes": collection, "indexes": [specification]})
            .await
            .unwrap();
    }
    let before = [indexes(&own, "doctorsForDB").await, indexes(&own, "gmcSyncRolls").await];

    let report = own.store.setup().await.unwrap();

    assert!(report.differs());
    let unique = finding(&report, "index on doctorsForDB.designatedBodyCode");
    let told =
        Finding::Differs("by_code: unique is true, expected false; drop it and run setup again".into());
    assert_eq!(*unique, told);
    let Finding::Differs(expiry) = finding(&report, "index on gmcSyncRolls.writtenAt") else {
        panic!("expected the other expiry to be told:\n{report}");
    };
    assert!(expiry.contains("31536000") && expiry.contains("1209600"), "{expiry}");
    let after = [indexes(&own, "doctorsForDB").await, indexes(&own, "gmcSyncRolls").await];
    assert_eq!(after, before, "expected both to be left as they are");
    assert_eq!(*finding(&report, "lock"), Finding::Made, "expected the rest to be made");
    own.drop().await;
}

#[tokio::test]
async fn an_index_of_another_name_serves_as_well() {
    let own = Own::new().await;
    let specification = doc! {"key": {"gmcNumber": 1}, "name": "recommendations_of_a_doctor"};
    own.database
        .run_command(doc! {"createIndexes": "recommendation", "indexes": [specification]})
        .await
        .unwrap();

    let report = own.store.setup().await.unwrap();

    assert_eq!(*finding(&report, "index on recommendation.gmcNumber"), Finding::Present);
    assert_eq!(indexes(&own, "recommendation").await.len(), 2, "expected no second one beside it and _id's");
    own.drop().await;
}

#[tokio::test]
async fn a_name_that_is_taken_is_told() {
    let own = Own::new().await;
    let specification = doc! {"key": {"somethingElse": 1}, "name": "gmcId_1"};
    own.database
        .run_command(doc! {"createIndexes": "connectionLogs", "indexes": [specification]})
        .await
        .unwrap();

    let report = own.store.setup().await.unwrap();

    let told = Finding::Differs("gmcId_1 is on other fields; drop or rename it and run setup again".into());
    assert_eq!(*finding(&report, "index on connectionLogs.gmcId"), told);
    own.drop().await;
}

#[tokio::test]
async fn a_lock_that_was_taken_away_is_made_for_the_next_number() {
    // given a ledger with run 41, whose lock is gone
    let own = Own::new().await;
    own.store.setup().await.unwrap();
    own.store.add_run(&run(RunNumber(41))).await.unwrap();
    own.collection("gmcSyncLock").delete_many(doc! {}).await.unwrap();

    let report = own.store.setup().await.unwrap();

    assert_eq!(*finding(&report, "lock"), Finding::Made);
    assert_eq!(own.store.lock().await.unwrap().number, RunNumber(41), "expected numbers only to grow");
    own.drop().await;
}

#[tokio::test]
async fn two_who_set_up_at_once_make_one_of_each() {
    let own = Own::new().await;

    let (one, other) = tokio::join!(own.store.setup(), own.store.setup());

    assert!(!one.unwrap().differs() && !other.unwrap().differs());
    assert_eq!(own.collection("gmcSyncLock").count_documents(doc! {}).await.unwrap(), 1);
    assert_eq!(indexes(&own, "gmcSyncRuns").await.len(), 3);
    own.drop().await;
}
