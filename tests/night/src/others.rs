//! The other services that share the database and the indexes.

use std::sync::Arc;
use std::time::Duration;

use domain::index::IndexName;
use embedded::Store;
use serde_json::{Value, json};
use sync::ports::{Host as _, PortResult};

use crate::clock::Clock;
use crate::night::number;

/// Writes as other services do: whole documents, without the fields that they do not know.
#[derive(Clone)]
pub struct Others {
    pub(crate) store: Store,
    pub(crate) clock: Arc<Clock>,
}

impl Others {
    /// Connects a doctor to a body by hand.
    pub async fn connect(&self, doctor: &str, body: &str) -> PortResult<()> {
        let now = self.a_moment_later();
        self.edit(doctor, |document| {
            document["designatedBodyCode"] = json!(body);
            document["gmcLastUpdatedDateTime"] = json!(now);
        })
        .await
    }

    /// Disconnects a doctor by hand.
    pub async fn disconnect(&self, doctor: &str) -> PortResult<()> {
        let now = self.a_moment_later();
        self.edit(doctor, |document| {
            document.as_object_mut().unwrap().remove("designatedBodyCode");
            document["gmcLastUpdatedDateTime"] = json!(now);
        })
        .await
    }

    /// Sets a doctor's admin.
    pub async fn set_admin(&self, doctor: &str, admin: &str) -> PortResult<()> {
        self.edit(doctor, |document| document["admin"] = json!(admin)).await
    }

    /// A whole document as it is now, to be saved later.
    pub async fn load(&self, doctor: &str) -> PortResult<Value> {
        Ok(self.store.document(number(doctor)).await?.expect("a document"))
    }

    /// Saves a whole document; the hint of the sync is not among the fields that another service knows.
    pub async fn save(&self, mut document: Value) -> PortResult<()> {
        document.as_object_mut().unwrap().remove("gmcSyncRun");
        self.store.put_document(document).await
    }

    /// Saves a document of an index under an id.
    pub async fn index(&self, index: IndexName, id: &str, document: Value) -> PortResult<()> {
        self.store.put_index_document(index, id, document).await
    }

    /// Nobody acts in the same millisecond in which the GMC was asked, or is asked for another body.
    fn a_moment_later(&self) -> String {
        self.clock.advance(Duration::from_secs(1));
        let moment = self.clock.now().to_string();
        self.clock.advance(Duration::from_secs(1));
        moment
    }

    async fn edit(&self, doctor: &str, change: impl FnOnce(&mut Value)) -> PortResult<()> {
        let mut document = self.load(doctor).await?;
        change(&mut document);
        self.store.put_document(document).await
    }
}
