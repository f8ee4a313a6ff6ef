//! Sending, in batches of which some may fail.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{BatchResultErrorEntry, SendMessageBatchRequestEntry};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use sync::backoff::Backoff;
use sync::ports::queue::{MAX_DELAY, Outbox, Outgoing, QueueName};
use sync::ports::{PortError, PortResult};

use super::batch::batches;
use super::{SqsQueues, whole_seconds};
use crate::error::{is_transient, port_error, told};

/// Requests at once: the looks of a night are many, and each request waits for SQS's disks.
const AT_ONCE: usize = 4;

/// How many times a message is sent that SQS did not take in an answer of 200; the SDK's own attempts, of a request that
/// was not answered so, are not among them.
const ATTEMPTS: u32 = 6;

/// Between two of them; less than 5 s in all.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), most: Duration::from_secs(2) };

#[async_trait]
impl Outbox for SqsQueues {
    async fn send(&self, queue: QueueName, messages: Vec<Outgoing>) -> PortResult<()> {
        let url = self.urls.get(queue)?;
        let batches = batches(queue, messages)?;
        // the first failure ends it: the caller sends all of them again in any case
        stream::iter(batches)
            .map(|batch| self.send_batch(queue, url, batch))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }
}

impl SqsQueues {
    /// Sends one batch, and what SQS did not take of it again.
    async fn send_batch(&self, queue: QueueName, url: &str, batch: Vec<Outgoing>) -> PortResult<()> {
        let mut unsent = batch;
        let mut attempt = 1;
        loop {
            let output = self
                .client
                .send_message_batch()
                .queue_url(url)
                .set_entries(Some(entries(queue, &unsent)?))
                .send()
                .await
                .map_err(|error| port_error(&format!("send to queue {queue}"), &error))?;
            let Some(failure) = failure(&output, unsent.len()) else { return Ok(()) };
            if !failure.is_transient || attempt == ATTEMPTS {
                let (count, of) = (failure.places.len(), unsent.len());
                let message = format!(
                    "could not send to queue {queue}: {count} of {of} messages not taken: {}",
                    failure.first_reason
                );
                return Err(PortError { message, is_transient: failure.is_transient });
            }
            tracing::debug!(%queue, attempt, "not every message was taken: {}", failure.first_reason);
            unsent = kept(unsent, &failure.places);
            tokio::time::sleep(BACKOFF.wait(attempt, fastrand::f64())).await;
            attempt += 1;
        }
    }
}

/// What SQS did not take of a batch.
struct Failure {
    /// By their place in the batch.
    places: BTreeSet<usize>,
    first_reason: String,
    /// Whether all of them may go through later.
    is_transient: bool,
}

/// The failures in an answer of 200. A message that the answer does not mention has not been sent.
fn failure(output: &SendMessageBatchOutput, count: usize) -> Option<Failure> {
    let taken: BTreeSet<&str> = output.successful.iter().map(|entry| &*entry.id).collect();
    let refused: BTreeMap<&str, &BatchResultErrorEntry> =
        output.failed.iter().map(|entry| (&*entry.id, entry)).collect();

    let places: BTreeSet<usize> = (0..count).filter(|place| !taken.contains(&*id(*place))).collect();
    let reasons: Vec<_> = places.iter().map(|place| refused.get(&*id(*place)).copied()).collect();
    // a message that must not be sent is the reason to tell
    let first = *reasons.iter().find(|reason| !may_pass(**reason)).or(reasons.first())?;
    let first_reason = match first {
        Some(entry) => told(&entry.code, entry.message()),
        None => "the answer does not mention it".to_owned(),
    };
    Some(Failure { places, first_reason, is_transient: may_pass(first) })
}

/// Whether one message's failure may pass. A sender's fault stays, except that throttling is told as one.
fn may_pass(reason: Option<&BatchResultErrorEntry>) -> bool {
    reason.is_none_or(|entry| !entry.sender_fault || is_transient(&entry.code))
}

fn entries(queue: QueueName, messages: &[Outgoing]) -> PortResult<Vec<SendMessageBatchRequestEntry>> {
    let entry = |(place, message): (usize, &Outgoing)| {
        SendMessageBatchRequestEntry::builder()
            .id(id(place))
            .message_body(&*message.body)
            .delay_seconds(whole_seconds(message.delay, MAX_DELAY))
            .build()
    };
    let entries: Result<_, BuildError> = messages.iter().enumerate().map(entry).collect();
    entries.map_err(|error| PortError::permanent(format!("could not send to queue {queue}: {error}")))
}

fn kept(messages: Vec<Outgoing>, places: &BTreeSet<usize>) -> Vec<Outgoing> {
    let keep = |(place, message)| places.contains(&place).then_some(message);
    messages.into_iter().enumerate().filter_map(keep).collect()
}

/// An entry's id is its place in its batch.
fn id(place: usize) -> String {
    place.to_string()
}
