//! Where the queues are.

use std::collections::BTreeMap;

use sync::ports::queue::QueueName;
use sync::ports::{PortError, PortResult};

/// The addresses of some of the queues: a function knows those that it sends to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueUrls {
    urls: BTreeMap<QueueName, String>,
}

impl QueueUrls {
    /// The addresses of these queues.
    pub fn new(urls: impl IntoIterator<Item = (QueueName, String)>) -> Self {
        Self { urls: urls.into_iter().collect() }
    }

    /// A queue's address. An error names the variable that would have told it.
    pub fn get(&self, queue: QueueName) -> PortResult<&str> {
        self.urls.get(&queue).map(String::as_str).ok_or_else(|| {
            PortError::permanent(format!(
                "the address of queue {queue} is not known: {} is not set",
                queue_url_variable(queue)
            ))
        })
    }
}

/// The environment variable with a queue's address.
pub fn queue_url_variable(queue: QueueName) -> &'static str {
    match queue {
        QueueName::PrepareSync => "PREPARE_SYNC_QUEUE_URL",
        QueueName::GmcFetch => "GMC_FETCH_QUEUE_URL",
        QueueName::RecommendationUpdate => "RECOMMENDATION_UPDATE_QUEUE_URL",
        QueueName::ConnectionIndex => "CONNECTION_INDEX_QUEUE_URL",
    }
}
