//! The contract of every port, on the embedded adapters.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be set up fails its test")]

use async_trait::async_trait;
use contract::doctors::DoctorsFixture;
use contract::index::IndexFixture;
use contract::ledger::LedgerFixture;
use contract::queue::QueueFixture;
use domain::GmcNumber;
use domain::index::IndexName;
use embedded::{DataDir, Queues, Store};
use serde_json::Value;
use sync::ports::queue::{Inbox, QueueName};
use sync::ports::{Doctors, Index, Ledger, Outbox};
use tempfile::TempDir;

mod doctors {
    contract::doctors_suite!(super::on_disk, flavor = "multi_thread", worker_threads = 2);
}

mod doctors_in_memory {
    contract::doctors_suite!(super::in_memory);
}

mod ledger {
    contract::ledger_suite!(super::on_disk, flavor = "multi_thread", worker_threads = 2);
}

mod ledger_in_memory {
    contract::ledger_suite!(super::in_memory);
}

mod index {
    contract::index_suite!(super::on_disk, flavor = "multi_thread", worker_threads = 2);
}

mod index_in_memory {
    contract::index_suite!(super::in_memory);
}

mod queue {
    contract::queue_suite!(super::queues, start_paused = true);
}

struct Stored {
    store: Store,
    /// Gone after the store.
    _dir: Option<TempDir>,
}

async fn on_disk() -> Stored {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&DataDir::open(dir.path()).unwrap()).unwrap();
    Stored { store, _dir: Some(dir) }
}

async fn in_memory() -> Stored {
    Stored { store: Store::in_memory().unwrap(), _dir: None }
}

#[async_trait]
impl DoctorsFixture for Stored {
    fn doctors(&self) -> &dyn Doctors {
        &self.store
    }

    async fn put_document(&self, document: Value) {
        self.store.put_document(document).await.unwrap();
    }

    async fn document(&self, number: GmcNumber) -> Option<Value> {
        self.store.document(number).await.unwrap()
    }

    async fn put_recommendation(&self, document: Value) {
        self.store.put_recommendation(document).await.unwrap();
    }

    /// The GMC number is the table's key.
    fn holds_foreign_ids(&self) -> bool {
        false
    }

    /// The table is strict.
    fn holds_other_types(&self) -> bool {
        false
    }
}

impl LedgerFixture for Stored {
    fn ledger(&self) -> &dyn Ledger {
        &self.store
    }
}

#[async_trait]
impl IndexFixture for Stored {
    fn index(&self) -> &dyn Index {
        &self.store
    }

    async fn put_index_document(&self, index: IndexName, id: &str, document: Value) {
        self.store.put_index_document(index, id, document).await.unwrap();
    }

    async fn index_document(&self, index: IndexName, number: GmcNumber, id: &str) -> Option<Value> {
        let documents = self.store.index_documents(index, number).await.unwrap();
        documents.into_iter().find_map(|(found, document)| (found == id).then_some(document))
    }

    async fn refresh(&self) {}
}

struct InProcess(Queues);

async fn queues() -> InProcess {
    InProcess(Queues::default())
}

#[async_trait]
impl QueueFixture for InProcess {
    fn outbox(&self) -> &dyn Outbox {
        &self.0
    }

    fn inbox(&self) -> &dyn Inbox {
        &self.0
    }

    fn max_receive_count(&self, _queue: QueueName) -> u32 {
        embedded::QueueSettings::default().max_receive_count
    }

    async fn dead_letters(&self, queue: QueueName) -> Vec<String> {
        self.0.dead_letters(queue).into_iter().map(|letter| letter.body.to_string()).collect()
    }
}
