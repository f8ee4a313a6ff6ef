//! The server is away, silent, or does not let us in.

use std::time::{Duration, Instant};

use domain::{BodyCode, DoctorPatch, DoctorWrite};
use store_mongodb::{MongoSettings, MongoStore};
use sync::ports::{Doctors as _, Ledger as _};

use crate::proxy::Proxy;
use crate::support::{fresh_name, number, server};

async fn store(uri: String, command_timeout: Duration) -> MongoStore {
    let settings = MongoSettings { command_timeout, ..MongoSettings::new(uri.into(), fresh_name()) };
    MongoStore::connect(&settings).await.unwrap()
}

#[tokio::test]
async fn a_server_that_is_away_is_told_in_time_as_passing_and_without_the_password() {
    // given a store, which is made although nobody listens
    let uri = "mongodb://someone:s3cr3t@127.0.0.1:1/?serverSelectionTimeoutMS=300".to_owned();
    let store = store(uri, Duration::from_secs(10)).await;

    // when it is asked for something
    let began = Instant::now();
    let error = store.visible_in(&BodyCode::parse("1-X").unwrap()).await.unwrap_err();

    // then the error comes soon, and says what was asked and of whom
    assert!(began.elapsed() < Duration::from_secs(3), "expected an answer in time: {:?}", began.elapsed());
    assert!(error.is_transient, "expected what is away to be able to come back: {error}");
    assert!(error.message.starts_with("could not read who is visible in a body in MongoDB"), "{error}");
    assert!(error.message.contains("127.0.0.1:1"), "{error}");
    assert!(!error.message.contains("s3cr3t"), "expected no password: {error}");
}

#[tokio::test]
async fn a_call_without_an_answer_ends_in_time_and_may_pass() {
    // given a store that has been heard
    let proxy = Proxy::to(&server()).await;
    let store = store(format!("mongodb://{}", proxy.address), Duration::from_millis(700)).await;
    store.hidden().await.unwrap();

    // when the server falls silent
    proxy.fall_silent();
    let began = Instant::now();
    let read = store.hidden().await.unwrap_err();
    let set = DoctorPatch { code: Some("1-X".into()), ..DoctorPatch::default() };
    let written = store.write(&[DoctorWrite { number: number(7), seen: None, set }]).await.unwrap_err();

    // then neither call waits for ever
    assert!(began.elapsed() < Duration::from_secs(5), "expected an end in time: {:?}", began.elapsed());
    for error in [read, written] {
        assert!(error.is_transient, "{error}");
        assert!(error.message.contains("no answer within 0.7 s"), "{error}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_costs_one_call_at_most() {
    let proxy = Proxy::to(&server()).await;
    let store = store(format!("mongodb://{}", proxy.address), Duration::from_secs(5)).await;
    store.hidden().await.unwrap();

    for _ in 0..3 {
        proxy.break_connections();
        if let Err(error) = store.count_by_code().await {
            assert!(error.is_transient, "expected a broken connection to be able to pass: {error}");
        }
        store.count_by_code().await.unwrap();
    }
}

#[tokio::test]
async fn a_user_who_is_not_let_in_is_told_without_the_password() {
    // given a server that knows no users
    let uri = format!("mongodb://someone:s3cr3t@{}/?serverSelectionTimeoutMS=2000", server());
    let store = store(uri, Duration::from_secs(5)).await;

    let error = store.hidden().await.unwrap_err();

    assert!(!error.message.contains("s3cr3t"), "expected no password: {error}");
    assert!(!error.is_transient, "expected this to stay until someone does something: {error}");
    assert!(error.message.contains("user or password is refused"), "{error}");
}

#[tokio::test]
async fn a_ledger_that_was_not_set_up_says_what_to_do() {
    let store = store(format!("mongodb://{}", server()), Duration::from_secs(5)).await;

    let error = store.lock().await.unwrap_err();

    assert_eq!(error.message, "could not read the lock in MongoDB: there is none; run `gmc-sync setup`");
    assert!(!error.is_transient);
}
