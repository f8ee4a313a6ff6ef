//! A batch of messages: each is worked on by itself, and only those that are not done with come again.
//!
//! What fails is received again after a while that grows with every receipt, not only after the queue's visibility
//! timeout, which is made for functions that died. What fails for good takes the same way: the queue's dead letters
//! keep it, and their alarm tells somebody.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use sync::backoff::Backoff;
use sync::metrics::{Metric, emit, emit_count};
use sync::ports::queue::{Inbox, QueueName};
use sync::ports::{Host, PortError};
use sync::stage::{Outcome, StageError, StageResult};

/// How long a message that failed waits: 10 to 20 s, then 20 to 40 s, and so on up to 2 to 4 minutes. Five receipts
/// outlast the failover of a database.
const FAILED: Backoff = Backoff { first: Duration::from_secs(20), most: Duration::from_mins(4) };

/// Before a message comes again that cannot be read: nothing changes by waiting.
const UNREADABLE: Duration = Duration::ZERO;

/// With less time than this left, a message is not begun.
const TIME_TO_BEGIN: Duration = Duration::from_secs(3);

/// What the batch itself needs at its end, for handing back and for the answer.
const TIME_TO_ANSWER: Duration = Duration::from_millis(1_500);

/// Hands every message of an event back, for a function that cannot reach what its settings name: SQS delivers each again
/// soon, and none waits for its queue's visibility timeout.
pub async fn hand_back(
    queue: QueueName,
    inbox: &dyn Inbox,
    host: &dyn Host,
    event: &SqsEvent,
    reason: &PortError,
) -> SqsBatchResponse {
    let batch = Batch { queue, inbox, host, at_once: 1 };
    batch.work(event, async |_: Message<'_>| Err(StageError::Port(reason.clone()))).await
}

/// Where a batch comes from, and how it is worked on.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// The queue.
    pub queue: QueueName,
    /// Its receiving side, for saying when a message is to come again.
    pub inbox: &'a dyn Inbox,
    /// How long there is.
    pub host: &'a dyn Host,
    /// How many messages are worked on at once.
    pub at_once: usize,
}

/// A message of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// What stands in it.
    pub body: &'a str,
    /// How many times it has been received, this one included.
    pub receive_count: u32,
}

impl Batch<'_> {
    /// Gives each message to `stage`, and returns the answer for Lambda: the ids of those that SQS is to deliver again.
    pub async fn work(
        &self,
        event: &SqsEvent,
        stage: impl AsyncFn(Message<'_>) -> StageResult<Outcome>,
    ) -> SqsBatchResponse {
        let begun = Instant::now();
        let stage = &stage;
        let ends: Vec<(&SqsMessage, End)> = stream::iter(&event.records)
            .map(|message| async move { (message, self.work_on(message, stage).await) })
            .buffer_unordered(self.at_once.max(1))
            .collect()
            .await;

        let count = |which: fn(&End) -> bool| ends.iter().filter(|(_, end)| which(end)).count() as u64;
        emit_count(Metric::MessagesHandled, count(|end| matches!(end, End::Done)));
        emit_count(Metric::MessagesFailed, count(|end| matches!(end, End::Failed)));
        emit_count(Metric::MessagesHandedBack, count(|end| matches!(end, End::HandedBack)));
        emit(Metric::BatchMilliseconds, begun.elapsed().as_secs_f64() * 1_000.0);
        let again = ends.iter().filter(|(_, end)| !matches!(end, End::Done));
        let mut response = SqsBatchResponse::default();
        response.set_failures(again.map(|(message, _)| message.message_id.as_deref().unwrap_or_default()));
        response
    }

    async fn work_on(
        &self,
        message: &SqsMessage,
        stage: &impl AsyncFn(Message<'_>) -> StageResult<Outcome>,
    ) -> End {
        let receive_count = message
            .attributes
            .get("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .unwrap_or(1);
        let left = self.host.time_left();
        if left < TIME_TO_BEGIN {
            self.come_again(message, Duration::ZERO).await;
            return End::HandedBack;
        }
        let body = message.body.as_deref().unwrap_or_default();
        let work = AssertUnwindSafe(stage(Message { body, receive_count })).catch_unwind();
        let ended = tokio::time::timeout(left.saturating_sub(TIME_TO_ANSWER), work).await;
        let (queue, message_id) = (self.queue, message.message_id.as_deref());
        let (end, after) = match ended {
            Ok(Ok(Ok(Outcome::Done))) => return End::Done,
            Ok(Ok(Ok(Outcome::Again(after)))) => (End::HandedBack, after),
            Ok(Ok(Err(error))) => {
                let after = match &error {
                    StageError::Unreadable(_) => {
                        tracing::error!(%queue, message_id, receive_count, "a message ends among the dead letters: {error}");
                        UNREADABLE
                    }
                    _ if error.is_transient() => {
                        tracing::warn!(%queue, message_id, receive_count, "a message failed, and comes again: {error}");
                        FAILED.wait(receive_count, self.host.chance())
                    }
                    _ => {
                        tracing::error!(%queue, message_id, receive_count, "a message failed for good: {error}");
                        FAILED.wait(receive_count, self.host.chance())
                    }
                };
                (End::Failed, after)
            }
            // where it was is told by the panic hook; its words may quote what stands in the message
            Ok(Err(_)) => {
                tracing::error!(%queue, message_id, receive_count, "a defect of the function met a message");
                (End::Failed, FAILED.wait(receive_count, self.host.chance()))
            }
            Err(_) => {
                tracing::warn!(%queue, message_id, receive_count, "a message was not done with in time, and comes again");
                (End::HandedBack, Duration::ZERO)
            }
        };
        self.come_again(message, after).await;
        end
    }

    /// Without this the message comes again all the same, when the visibility timeout has passed.
    async fn come_again(&self, message: &SqsMessage, after: Duration) {
        let Some(receipt) = &message.receipt_handle else {
            return;
        };
        let said = self.inbox.set_visibility(self.queue, receipt, after);
        match tokio::time::timeout(TIME_TO_ANSWER / 2, said).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(queue = %self.queue, "a message comes again only after the visibility timeout: {error}");
            }
            Err(_) => {
                tracing::warn!(queue = %self.queue, "a message comes again only after the visibility timeout: no time was left to say so");
            }
        }
    }
}

/// What became of one message.
enum End {
    Done,
    Failed,
    HandedBack,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use async_trait::async_trait;
    use serde_json::{Value, json};
    use sync::ports::PortResult;
    use sync::ports::queue::Received;

    use super::*;
    use crate::host::Invocation;

    #[tokio::test]
    async fn only_what_is_not_done_with_comes_again() {
        let inbox = Receipts::default();

        let answer = work(&inbox, later(60), &["done", "again", "busy", "broken", "poison", "done"]).await;

        assert_eq!(ids(&answer), ["again-1", "broken-3", "busy-2", "poison-4"]);
        let waits = inbox.0.lock().unwrap().clone();
        assert_eq!(waits["again-1"], Duration::from_secs(45), "as the stage said");
        assert!(waits["busy-2"] >= Duration::from_secs(5), "after a while: {waits:?}");
        assert_eq!(waits["poison-4"], Duration::ZERO, "nothing changes by waiting");
    }

    #[tokio::test]
    async fn a_defect_costs_one_message_and_not_its_batch() {
        let inbox = Receipts::default();

        let answer = work(&inbox, later(60), &["done", "panic", "done"]).await;

        assert_eq!(ids(&answer), ["panic-1"]);
    }

    #[tokio::test]
    async fn what_cannot_be_done_in_time_is_handed_back_before_the_time_is_up() {
        let inbox = Receipts::default();
        let begun = Instant::now();

        let answer = work(&inbox, later(4), &["forever", "done"]).await;

        assert_eq!(ids(&answer), ["forever-0"]);
        assert!(begun.elapsed() < Duration::from_secs(4));
        assert_eq!(inbox.0.lock().unwrap()["forever-0"], Duration::ZERO);
    }

    #[tokio::test]
    async fn a_function_that_cannot_be_made_whole_hands_its_messages_back_soon() {
        let inbox = Receipts::default();
        let event = event(&["done", "done"]);
        let reason = PortError::transient("the parameter cannot be read");

        let answer = hand_back(QueueName::GmcFetch, &inbox, &later(60), &event, &reason).await;

        assert_eq!(ids(&answer), ["done-0", "done-1"]);
        assert!(inbox.0.lock().unwrap().values().all(|wait| *wait <= Duration::from_secs(20)));
    }

    #[tokio::test]
    async fn with_no_time_left_nothing_is_begun() {
        let inbox = Receipts::default();

        let answer = work(&inbox, later(1), &["panic", "done"]).await;

        assert_eq!(ids(&answer), ["done-1", "panic-0"]);
    }

    fn event(bodies: &[&str]) -> SqsEvent {
        let records: Vec<Value> = bodies
            .iter()
            .enumerate()
            .map(|(place, body)| {
                let id = format!("{body}-{place}");
                json!({"messageId": id, "receiptHandle": id, "body": body,
                       "attributes": {"ApproximateReceiveCount": "1"}})
            })
            .collect();
        serde_json::from_value(json!({"Records": records})).unwrap()
    }

    async fn work(inbox: &Receipts, host: Invocation, bodies: &[&str]) -> SqsBatchResponse {
        let batch = Batch { queue: QueueName::RecommendationUpdate, inbox, host: &host, at_once: 2 };
        batch
            .work(&event(bodies), async |message: Message<'_>| match message.body {
                "again" => Ok(Outcome::Again(Duration::from_secs(45))),
                "busy" => Err(PortError::transient("busy").into()),
                "broken" => Err(PortError::permanent("broken").into()),
                "poison" => Err(StageError::Unreadable("not ours".into())),
                "panic" => panic!("a defect"),
                "forever" => std::future::pending().await,
                _ => Ok(Outcome::Done),
            })
            .await
    }

    fn later(seconds: u64) -> Invocation {
        let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap();
        Invocation::until(now + seconds * 1_000)
    }

    fn ids(answer: &SqsBatchResponse) -> Vec<&str> {
        let mut ids: Vec<_> =
            answer.batch_item_failures.iter().map(|failure| &*failure.item_identifier).collect();
        ids.sort_unstable();
        ids
    }

    /// Remembers when each receipt is to come again.
    #[derive(Default)]
    struct Receipts(Mutex<BTreeMap<String, Duration>>);

    #[async_trait]
    impl Inbox for Receipts {
        async fn receive(&self, _: QueueName, _: usize, _: Duration) -> PortResult<Vec<Received>> {
            Ok(Vec::new())
        }

        async fn delete(&self, _: QueueName, _: &str) -> PortResult<()> {
            Ok(())
        }

        async fn set_visibility(&self, _: QueueName, receipt: &str, after: Duration) -> PortResult<()> {
            self.0.lock().unwrap().insert(receipt.to_owned(), after);
            Ok(())
        }
    }
}
