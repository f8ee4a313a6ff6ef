//! What Lambda's event source mapping does: receives messages, invokes the function with them, and deletes those that
//! it has not handed back.
//!
//! What is handed back stays as it is, until its visibility timeout has passed or as long as the function has set; when
//! there is no answer, that is the whole batch.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::events::{sqs_event, sqs_record};
use crate::failure::{Failure, Result};
use crate::functions::Function;
use crate::invocations::{Invocation, Invocations};
use crate::queues::{Queue, Queues, told};
use crate::runtime::{MAX_PAYLOAD_BYTES, Runtime};

/// How long one request waits for messages.
const WAIT_SECONDS: i32 = 5;

/// Before it is tried again, when the queue could not be asked.
const PAUSE: Duration = Duration::from_millis(500);

/// Starts a mapping for each queue; they work until the returned set is dropped.
pub fn start(queues: &Queues, runtime: &Arc<Runtime>, invocations: &Invocations) -> JoinSet<()> {
    let mut pollers = JoinSet::new();
    for (function, queue) in queues.all() {
        // as many batches at once as there are processes: Lambda would start more, a mapping has its maximum as well
        for _ in 0..function.processes() {
            let poller = Poller {
                function,
                queue: queue.clone(),
                client: queues.client().clone(),
                runtime: Arc::clone(runtime),
                invocations: invocations.clone(),
            };
            pollers.spawn(poller.work());
        }
    }
    pollers
}

struct Poller {
    function: Function,
    queue: Queue,
    client: Client,
    runtime: Arc<Runtime>,
    invocations: Invocations,
}

impl Poller {
    async fn work(self) {
        loop {
            let worked = match self.receive().await {
                Ok(messages) if messages.is_empty() => Ok(()),
                Ok(messages) => self.give(&messages).await,
                Err(error) => Err(error),
            };
            if worked.is_err() {
                // a message that could not be deleted comes again: that is what a mapping does
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn receive(&self) -> Result<Vec<Message>> {
        let most = i32::try_from(self.function.batch_size()).unwrap_or(10);
        let request = self.client.receive_message().queue_url(&self.queue.url);
        let request = request.max_number_of_messages(most).wait_time_seconds(WAIT_SECONDS);
        let received = request.message_system_attribute_names(MessageSystemAttributeName::All).send().await;
        let received = received.map_err(|error| told("receive_message", &self.queue.url, &error))?;
        Ok(received.messages.unwrap_or_default())
    }

    /// Gives messages to the function, in as many invocations as their size asks for.
    async fn give(&self, messages: &[Message]) -> Result<()> {
        let records: Vec<Value> =
            messages.iter().map(|message| sqs_record(message, &self.queue.arn)).collect();
        let mut from = 0;
        while from < records.len() {
            let mut to = from + 1;
            let mut bytes = size(&records[from]);
            while to < records.len() && bytes + size(&records[to]) < MAX_PAYLOAD_BYTES - 1_000 {
                bytes += size(&records[to]);
                to += 1;
            }
            self.invoke(&messages[from..to], &records[from..to]).await?;
            from = to;
        }
        Ok(())
    }

    async fn invoke(&self, messages: &[Message], records: &[Value]) -> Result<()> {
        let begun = Instant::now();
        let answer = self.runtime.invoke(self.function, sqs_event(records).to_string()).await;
        let took = begun.elapsed();
        let handed_back = match &answer {
            Ok(answer) => handed_back(answer),
            Err(error) => Err(error.to_string()),
        };
        self.invocations.add(Invocation {
            function: self.function,
            begun,
            took,
            messages: messages.len(),
            handed_back: handed_back.as_ref().map_or(messages.len(), BTreeSet::len),
            error: handed_back.as_ref().err().cloned(),
        });
        let Ok(handed_back) = handed_back else { return Ok(()) };
        self.delete(messages, &handed_back).await
    }

    async fn delete(&self, messages: &[Message], handed_back: &BTreeSet<String>) -> Result<()> {
        let is_done = |message: &&Message| !handed_back.contains(message.message_id().unwrap_or_default());
        let mut entries = Vec::new();
        for (place, message) in messages.iter().filter(is_done).enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .set_receipt_handle(message.receipt_handle.clone())
                .build();
            entries.push(entry.map_err(|error| told("delete_message_batch", &self.queue.url, &error))?);
        }
        if entries.is_empty() {
            return Ok(());
        }
        let request = self.client.delete_message_batch().queue_url(&self.queue.url);
        let deleted = request.set_entries(Some(entries)).send().await;
        let deleted = deleted.map_err(|error| told("delete_message_batch", &self.queue.url, &error))?;
        match deleted.failed.first() {
            Some(failed) => Err(Failure::new("a message could not be deleted", format!("{failed:?}"))),
            None => Ok(()),
        }
    }
}

/// The ids of the messages that a function has handed back. As Lambda does, an answer of another shape is taken for a
/// failure of the whole batch, and an empty one for success.
fn handed_back(answer: &Value) -> std::result::Result<BTreeSet<String>, String> {
    let failures = match answer {
        Value::Null => return Ok(BTreeSet::new()),
        Value::Object(answer) => answer.get("batchItemFailures").unwrap_or(&Value::Null),
        _ => return Err(format!("an answer that is no object: {answer}")),
    };
    let failures = match failures {
        Value::Null => return Ok(BTreeSet::new()),
        Value::Array(failures) => failures,
        _ => return Err(format!("batchItemFailures that are no list: {failures}")),
    };
    let id = |failure: &Value| match failure["itemIdentifier"].as_str() {
        Some(id) if !id.is_empty() => Ok(id.to_owned()),
        _ => Err(format!("a batch item failure without an identifier: {failure}")),
    };
    failures.iter().map(id).collect()
}

fn size(record: &Value) -> usize {
    record.to_string().len() + 1
}

/// What a mapping would hand over, for tests of a function's answer.
pub fn batch_of(bodies: &[&str]) -> Value {
    let record = |(place, body): (usize, &&str)| {
        let message = Message::builder().message_id(format!("message-{place}")).body(*body);
        sqs_record(&message.build(), "arn:aws:sqs:eu-west-2:000000000000:by-hand")
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_lambda_reads_it() {
        let read = |answer: Value| handed_back(&answer).map(|ids| ids.into_iter().collect::<Vec<_>>());
        let nobody: Vec<String> = Vec::new();

        assert_eq!(read(json!(null)), Ok(nobody.clone()));
        assert_eq!(read(json!({})), Ok(nobody.clone()));
        assert_eq!(read(json!({ "batchItemFailures": [] })), Ok(nobody));
        let one = json!({ "batchItemFailures": [{ "itemIdentifier": "a" }] });
        assert_eq!(read(one), Ok(vec!["a".to_owned()]));
        for wrong in [json!("done"), json!({ "batchItemFailures": [{ "itemIdentifier": "" }] })] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
