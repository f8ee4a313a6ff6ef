//! The contract of the port `Index`, on the real OpenSearch.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be set up fails its test")]

#[expect(dead_code, reason = "what is there for the other tests")]
mod support;

use async_trait::async_trait;
use contract::index::IndexFixture;
use domain::GmcNumber;
use domain::index::IndexName;
use serde_json::Value;
use sync::ports::Index;

use crate::support::Cluster;

mod index {
    contract::index_suite!(super::fixture);
}

struct Real(Cluster);

async fn fixture() -> Real {
    Real(Cluster::shared().await)
}

#[async_trait]
impl IndexFixture for Real {
    fn index(&self) -> &dyn Index {
        &self.0.index
    }

    async fn put_index_document(&self, index: IndexName, id: &str, document: Value) {
        self.0.put(index, id, document).await;
    }

    async fn index_document(&self, index: IndexName, _number: GmcNumber, id: &str) -> Option<Value> {
        self.0.document(index, id).await
    }

    async fn refresh(&self) {
        self.0.refresh().await;
    }
}
