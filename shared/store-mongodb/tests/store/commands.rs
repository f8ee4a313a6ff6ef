//! Which commands are sent, and what is made of answers that a healthy server does not give.

use domain::{BodyCode, DoctorPatch, DoctorWrite, GmcNumber, Hiding, Moment, StoredDoctor};
use mongodb::bson::{Bson, Document, doc};
use store_mongodb::{MongoSettings, MongoStore};
use sync::ports::doctors::Refused;
use sync::ports::{Doctors as _, Ledger as _};

use crate::scripted::Scripted;
use crate::support::number;

async fn store(server: &Scripted, options: &str) -> MongoStore {
    let uri = format!("{}/?{options}", server.uri);
    MongoStore::connect(&MongoSettings::new(uri.into(), "revalidation")).await.unwrap()
}

fn writes(seen: &[StoredDoctor]) -> Vec<DoctorWrite> {
    let set = || DoctorPatch { last_name: Some("Smith".into()), ..DoctorPatch::default() };
    let write =
        |doctor: &StoredDoctor| DoctorWrite { number: doctor.number, seen: Some(doctor.seen()), set: set() };
    seen.iter().map(write).collect()
}

fn inserts(count: u32) -> Vec<DoctorWrite> {
    let set = || DoctorPatch { last_name: Some("Smith".into()), ..DoctorPatch::default() };
    (0..count).map(|value| DoctorWrite { number: number(value), seen: None, set: set() }).collect()
}

fn found(documents: Vec<Document>) -> Document {
    doc! {"ok": 1, "cursor": {"id": 0_i64, "ns": "revalidation.doctorsForDB", "firstBatch": documents}}
}

#[tokio::test]
async fn a_chunk_is_one_find_and_one_update() {
    // given a server with 500 doctors
    let server = Scripted::new(|command| {
        if let Ok(filter) = command.get_document("filter") {
            let ids = filter.get_document("_id").unwrap().get_array("$in").unwrap();
            found(ids.iter().map(|id| doc! {"_id": id, "designatedBodyCode": "1-X"}).collect())
        } else {
            doc! {"ok": 1, "n": 500, "nModified": 500}
        }
    })
    .await;
    let store = store(&server, "readPreference=secondaryPreferred").await;
    let numbers: Vec<GmcNumber> = (0..500).map(number).collect();

    // when they are read and written
    let seen = store.read(&numbers).await.unwrap();
    let refused = store.write(&writes(&seen)).await.unwrap();

    // then two commands were sent: one whose answer is one batch, from the primary, and one that a majority confirms
    assert_eq!((seen.len(), refused), (500, vec![]));
    let asked = server.asked();
    let names: Vec<&str> = asked.iter().map(|command| command.keys().next().unwrap().as_str()).collect();
    assert_eq!(names, ["find", "update"]);
    assert!(
        asked[0].get_i32("batchSize").unwrap() > 500,
        "expected room for all: {:?}",
        asked[0].get("batchSize")
    );
    let preference = asked[0].get("$readPreference").cloned().unwrap_or(doc! {"mode": "primary"}.into());
    let is_primary = preference.as_document().unwrap().get_str("mode").unwrap().starts_with("primary");
    assert!(is_primary, "expected the primary, whatever the URI says: {preference}");
    assert_eq!(asked[1].get("writeConcern"), Some(&doc! {"w": "majority"}.into()));
    assert_eq!(asked[1].get("ordered"), Some(&Bson::Boolean(false)));
    assert_eq!(asked[1].get_array("updates").unwrap().len(), 500);
}

#[tokio::test]
async fn what_the_uri_says_of_writing_counts() {
    let server = Scripted::new(|_| doc! {"ok": 1, "n": 1}).await;
    let store = store(&server, "w=2&wtimeoutMS=700&journal=true").await;

    store.write(&inserts(1)).await.unwrap();

    let concern = server.asked()[0].get_document("writeConcern").unwrap().clone();
    assert_eq!((concern.get("w"), concern.get("j")), (Some(&Bson::Int32(2)), Some(&Bson::Boolean(true))));
}

#[tokio::test]
async fn a_refused_document_is_told_with_its_place_in_all_commands_and_without_its_content() {
    // given a server that refuses the second statement of every command, and has the fourth already
    let server = Scripted::new(|_| {
        doc! {"ok": 1, "n": 2, "writeErrors": [
            {"index": 1, "code": 121, "errmsg": "Document failed validation: {doctorLastName: 'Smith'}"},
            {"index": 3, "code": 11_000, "errmsg": "E11000 duplicate key error dup key: {_id: 'Smith'}"},
        ]}
    })
    .await;
    let settings = MongoSettings {
        statements_per_command: 4,
        ..MongoSettings::new(server.uri.clone().into(), "revalidation")
    };
    let store = MongoStore::connect(&settings).await.unwrap();

    let refused = store.write(&inserts(8)).await.unwrap();

    let reason = "the database refused it with error 121 (DocumentValidationFailure)".to_owned();
    let expected = [1, 5].map(|value| Refused { number: number(value), reason: reason.clone() }).to_vec();
    assert_eq!(refused, expected);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_failed_command_is_told_by_its_code_and_not_in_the_servers_words() {
    let cases = [
        (doc! {"ok": 0, "code": 10_107, "codeName": "NotWritablePrimary", "errmsg": "not primary"}, true),
        (doc! {"ok": 0, "code": 11_600, "codeName": "InterruptedAtShutdown", "errmsg": "shutdown"}, true),
        (doc! {"ok": 0, "code": 91, "codeName": "ShutdownInProgress", "errmsg": "shutdown"}, true),
        (doc! {"ok": 0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "too long"}, true),
        (doc! {"ok": 0, "code": 4_242, "errmsg": "try again", "errorLabels": ["RetryableWriteError"]}, true),
        (doc! {"ok": 0, "code": 13, "codeName": "Unauthorized", "errmsg": "not allowed: { Smith }"}, false),
        (doc! {"ok": 0, "code": 9, "codeName": "FailedToParse", "errmsg": "what is { Smith }"}, false),
        (doc! {"ok": 1, "n": 1, "writeConcernError": {"code": 64, "errmsg": "Smith timed out"}}, true),
        (doc! {"ok": 1, "n": 0, "writeErrors": [{"index": 0, "code": 189, "errmsg": "Smith"}]}, true),
    ];
    for (answer, is_transient) in cases {
        let given = answer.clone();
        let server = Scripted::new(move |_| given.clone()).await;
        let store = store(&server, "retryReads=false").await;

        let error = store.write(&inserts(1)).await.unwrap_err();

        assert_eq!(error.is_transient, is_transient, "{answer}: {error}");
        assert!(
            error.message.starts_with("could not write documents of doctorsForDB in MongoDB: "),
            "{error}"
        );
        assert!(error.message.contains("error "), "expected a code: {error}");
        assert!(!error.message.contains("Smith"), "expected no content: {error}");
    }
}

#[tokio::test]
async fn failures_of_a_query_or_of_the_ledgers_writes_are_classed_alike() {
    let server = Scripted::new(|_| {
        doc! {"ok": 0, "code": 11_602, "codeName": "InterruptedDueToReplStateChange", "errmsg": "{ Smith }"}
    })
    .await;
    let store = store(&server, "retryReads=false&retryWrites=false").await;
    let body = BodyCode::parse("1-X").unwrap();
    let hiding = Hiding { body: body.clone(), opened: Moment(1_767_229_323_004) };
    let lock = sync::ledger::Lock::default();

    let errors = [
        store.visible_in(&body).await.unwrap_err(),
        store.count_by_code().await.unwrap_err(),
        store.hide(&hiding, &[number(1)]).await.unwrap_err(),
        store.swap_lock(&lock).await.unwrap_err(),
        store.setup().await.unwrap_err(),
    ];

    for error in errors {
        assert!(error.is_transient, "{error}");
        assert!(error.message.ends_with("error 11602 (InterruptedDueToReplStateChange)"), "{error}");
    }
}
