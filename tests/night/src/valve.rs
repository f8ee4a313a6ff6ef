//! Queues that hold messages back, and hand them out again soon.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use embedded::Queues;
use sync::ports::PortResult;
use sync::ports::queue::{Inbox, QueueName, Received};
use tokio::sync::watch;

/// A message that was handed back is received again after this at the latest: tests do not wait.
const SOON: Duration = Duration::from_millis(5);

/// What workers receive from: the queues, of which a test can close some.
#[derive(Debug)]
pub struct Valve {
    inner: Queues,
    closed: watch::Sender<HashSet<QueueName>>,
}

impl Valve {
    /// In front of these queues; closed for some.
    pub fn new(inner: Queues, closed: &[QueueName]) -> Self {
        Self { inner, closed: watch::Sender::new(closed.iter().copied().collect()) }
    }

    /// From now on nobody receives from this queue.
    pub fn close(&self, queue: QueueName) {
        self.closed.send_modify(|closed| {
            closed.insert(queue);
        });
    }

    /// Whoever waits for this queue receives from it again.
    pub fn open(&self, queue: QueueName) {
        self.closed.send_modify(|closed| {
            closed.remove(&queue);
        });
    }
}

#[async_trait]
impl Inbox for Valve {
    async fn receive(&self, queue: QueueName, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let mut closed = self.closed.subscribe();
        loop {
            let _ = closed.wait_for(|closed| !closed.contains(&queue)).await;
            tokio::select! {
                // first of all: a message that is there when the valve is closed stays there
                biased;
                _ = closed.wait_for(|closed| closed.contains(&queue)) => {}
                received = self.inner.receive(queue, max, wait) => return received,
            }
        }
    }

    async fn delete(&self, queue: QueueName, receipt: &str) -> PortResult<()> {
        self.inner.delete(queue, receipt).await
    }

    async fn set_visibility(&self, queue: QueueName, receipt: &str, after: Duration) -> PortResult<()> {
        self.inner.set_visibility(queue, receipt, after.min(SOON)).await
    }
}
