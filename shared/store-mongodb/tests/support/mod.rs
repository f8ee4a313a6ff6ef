//! A database of this process, and the same database as another service uses it.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::time::SystemTime;

use domain::{GmcNumber, Moment};
use jiff::Timestamp;
use jiff::civil::Date;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::{Client, Collection, Database};
use serde_json::{Map, Value};
use store_mongodb::{MongoSettings, MongoStore};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The beginning of every test database's name; after it come the seconds when it was made.
const PREFIX: &str = "storeTest-";
/// What an earlier process has left is taken away after so many seconds.
const LEFT_BEHIND: u64 = 3_600;

const DATES: [&str; 5] =
    ["submissionDate", "dateAdded", "lastUpdatedDate", "actualSubmissionDate", "gmcSubmissionDate"];
const MOMENTS: [&str; 2] = ["gmcLastUpdatedDateTime", "requestTime"];
const LONGS: [&str; 1] = ["gmcSyncRun"];

/// Settings for a database of this name.
pub(crate) fn settings(database: &str) -> MongoSettings {
    let uri = engines::addresses().unwrap().mongodb.clone();
    MongoSettings::new(uri.into(), database)
}

/// A name that no other process has.
pub(crate) fn fresh_name() -> String {
    format!("{PREFIX}{}-{}", now(), &Uuid::new_v4().simple().to_string()[..12])
}

/// A store on the database that all checks of this process share, which is set up, and its name.
pub(crate) async fn shared() -> (MongoStore, &'static str) {
    static NAME: OnceCell<String> = OnceCell::const_new();
    let name = NAME
        .get_or_init(|| async {
            take_away_what_was_left().await;
            let name = fresh_name();
            MongoStore::connect(&settings(&name)).await.unwrap().setup().await.unwrap();
            name
        })
        .await;
    // a client belongs to the runtime of the test that made it
    (MongoStore::connect(&settings(name)).await.unwrap(), name)
}

/// A database that one test has for itself, taken away at its end.
pub(crate) struct Own {
    pub(crate) store: MongoStore,
    pub(crate) database: Database,
}

impl Own {
    pub(crate) async fn new() -> Self {
        Self::with(|settings| settings).await
    }

    pub(crate) async fn with(change: impl FnOnce(MongoSettings) -> MongoSettings) -> Self {
        let name = fresh_name();
        let store = MongoStore::connect(&change(settings(&name))).await.unwrap();
        Self { store, database: database(&name).await }
    }

    pub(crate) fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }

    pub(crate) async fn drop(self) {
        self.database.drop().await.unwrap();
    }
}

/// The database by a client that is not the adapter's.
pub(crate) async fn database(name: &str) -> Database {
    let uri = &engines::addresses().unwrap().mongodb;
    Client::with_uri_str(uri).await.unwrap().database(name)
}

/// Saves a whole document: what was there is gone.
pub(crate) async fn put(collection: &Collection<Document>, document: Document) {
    let id = document.get("_id").unwrap().clone();
    collection.replace_one(doc! {"_id": id}, document).upsert(true).await.unwrap();
}

/// JSON in the shape of docs/domain.md §5 as BSON: the known dates and moments become BSON Dates.
pub(crate) fn to_bson(document: Value) -> Document {
    let Value::Object(fields) = document else { panic!("a document is a JSON object") };
    let typed = |(field, value): (String, Value)| {
        let value = match value.as_str() {
            Some(text) if DATES.contains(&field.as_str()) => midnight(text.parse().unwrap()),
            Some(text) if MOMENTS.contains(&field.as_str()) => {
                DateTime::from_millis(text.parse::<Timestamp>().unwrap().as_millisecond()).into()
            }
            _ if LONGS.contains(&field.as_str()) && value.is_number() => Bson::Int64(value.as_i64().unwrap()),
            _ => mongodb::bson::serialize_to_bson(&value).unwrap(),
        };
        (field, value)
    };
    fields.into_iter().map(typed).collect()
}

/// The same the other way round; a date that is not at midnight UTC is shown with its time, so that a test sees it.
pub(crate) fn to_json(document: Document) -> Value {
    let plain = |(field, value): (String, Bson)| {
        let value = match value {
            Bson::DateTime(at) => {
                let text = Moment(at.timestamp_millis()).to_string();
                let day = text.strip_suffix("T00:00:00.000Z").filter(|_| DATES.contains(&field.as_str()));
                Value::String(day.unwrap_or(&text).to_owned())
            }
            Bson::Int64(value) => value.into(),
            Bson::Int32(value) => value.into(),
            value => mongodb::bson::deserialize_from_bson(value).unwrap(),
        };
        (field, value)
    };
    Value::Object(document.into_iter().map(plain).collect::<Map<String, Value>>())
}

pub(crate) fn number(value: u32) -> GmcNumber {
    GmcNumber::from_value(value).unwrap()
}

fn midnight(day: Date) -> Bson {
    let at: Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
    DateTime::from_millis(at.as_millisecond()).into()
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// The databases of processes that have ended long ago.
async fn take_away_what_was_left() {
    let client = database("admin").await.client().clone();
    for name in client.list_database_names().await.unwrap() {
        let made = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u64>().ok());
        if made.is_some_and(|made| made + LEFT_BEHIND < now()) {
            // another process may be at it as well
            let _ = client.database(&name).drop().await;
        }
    }
}

/// The server's `host:port`.
pub(crate) fn server() -> String {
    engines::addresses().unwrap().mongodb.trim_start_matches("mongodb://").to_owned()
}
