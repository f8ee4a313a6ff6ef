//! The queues between the stages.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{PortError, PortResult};

/// The largest message, in bytes: SQS's older queues and some emulators refuse more (docs/domain.md §7).
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The longest delay of a message, by SQS's rules.
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// A queue, named after the stage that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueName {
    /// Read by prepare-sync.
    PrepareSync,
    /// Read by gmc-fetch.
    GmcFetch,
    /// Read by recommendation-update.
    RecommendationUpdate,
    /// Read by connection-index.
    ConnectionIndex,
}

impl QueueName {
    /// All four.
    pub const ALL: [Self; 4] =
        [Self::PrepareSync, Self::GmcFetch, Self::RecommendationUpdate, Self::ConnectionIndex];

    /// The name in settings and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrepareSync => "prepare-sync",
            Self::GmcFetch => "gmc-fetch",
            Self::RecommendationUpdate => "recommendation-update",
            Self::ConnectionIndex => "connection-index",
        }
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// JSON, at most [`MAX_MESSAGE_BYTES`]; shared, because the same chunk goes to two queues.
    pub body: Arc<str>,
    /// How long nobody is to receive it; at most [`MAX_DELAY`].
    pub delay: Duration,
    /// Whether it carries doctors: a queue with bounds makes the sender of these wait, and of these alone, because
    /// two stages that answer each other would otherwise wait for each other.
    pub is_bulk: bool,
}

impl Outgoing {
    /// An error for a message that no queue takes: by SQS's rules, which hold for every adapter.
    pub fn check(&self, queue: QueueName) -> PortResult<()> {
        let bytes = self.body.len();
        if bytes == 0 || bytes > MAX_MESSAGE_BYTES {
            return Err(PortError::permanent(format!(
                "could not send to queue {queue}: a message of {bytes} bytes, and a queue takes 1 to {MAX_MESSAGE_BYTES}"
            )));
        }
        if self.delay > MAX_DELAY {
            return Err(PortError::permanent(format!(
                "could not send to queue {queue}: a delay of {} s, and a queue takes at most {} s",
                self.delay.as_secs(),
                MAX_DELAY.as_secs()
            )));
        }
        Ok(())
    }
}

/// Sends messages.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Sends all of them, in any order; an error means that some may not have been sent, and others have.
    async fn send(&self, queue: QueueName, messages: Vec<Outgoing>) -> PortResult<()>;
}

/// A message as a stage receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What stands for this receipt of the message, for deleting it.
    pub receipt: String,
    /// The message.
    pub body: Arc<str>,
    /// How many times it has been received, this one included.
    pub receive_count: u32,
}

/// Receives messages: what Lambda's event source mapping does in the cloud.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Waits up to `wait` for at most `max` messages of a queue (1 to 10). None of them is received again until the
    /// queue's visibility timeout has passed.
    async fn receive(&self, queue: QueueName, max: usize, wait: Duration) -> PortResult<Vec<Received>>;

    /// Says that a message is done with. A receipt that is no longer the latest is ignored.
    async fn delete(&self, queue: QueueName, receipt: &str) -> PortResult<()>;

    /// Lets a message be received again after `after`, counted from now.
    async fn set_visibility(&self, queue: QueueName, receipt: &str, after: Duration) -> PortResult<()>;
}
