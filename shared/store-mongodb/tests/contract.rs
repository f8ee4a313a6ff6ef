//! The contracts of the ports, on a server that speaks MongoDB's protocol.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be set up fails its test")]

mod support;

use async_trait::async_trait;
use contract::doctors::DoctorsFixture;
use contract::ledger::LedgerFixture;
use domain::GmcNumber;
use mongodb::Database;
use mongodb::bson::doc;
use serde_json::Value;
use store_mongodb::MongoStore;
use sync::ports::{Doctors, Ledger};

mod doctors {
    contract::doctors_suite!(super::shared, flavor = "multi_thread", worker_threads = 2);
}

mod ledger {
    contract::ledger_suite!(super::shared, flavor = "multi_thread", worker_threads = 2);
}

struct Shared {
    store: MongoStore,
    database: Database,
}

async fn shared() -> Shared {
    let (store, name) = support::shared().await;
    Shared { store, database: support::database(name).await }
}

#[async_trait]
impl DoctorsFixture for Shared {
    fn doctors(&self) -> &dyn Doctors {
        &self.store
    }

    async fn put_document(&self, document: Value) {
        support::put(&self.database.collection("doctorsForDB"), support::to_bson(document)).await;
    }

    async fn document(&self, number: GmcNumber) -> Option<Value> {
        let doctors = self.database.collection("doctorsForDB");
        let found = doctors.find_one(doc! {"_id": number.to_string()}).await.unwrap();
        found.map(support::to_json)
    }

    async fn put_recommendation(&self, document: Value) {
        support::put(&self.database.collection("recommendation"), support::to_bson(document)).await;
    }
}

impl LedgerFixture for Shared {
    fn ledger(&self) -> &dyn Ledger {
        &self.store
    }
}
