//! The contract of the queues, on a real SQS server.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be set up fails its test")]

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws::{QueueUrls, SqsQueues};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use contract::queue::QueueFixture;
use sync::ports::Outbox;
use sync::ports::queue::{Inbox, QueueName};
use uuid::Uuid;

mod queue {
    contract::queue_suite!(super::queues);
}

/// How many times a message is received before it is a dead letter.
const MAX_RECEIVES: u32 = 3;

/// Longer than any check looks for a message that must not come.
const VISIBILITY: &str = "60";

/// Four queues with four for their dead letters, under names of their own.
struct OnServer {
    queues: SqsQueues,
    client: Client,
    dead_letters: BTreeMap<QueueName, String>,
}

async fn queues() -> OnServer {
    let config = aws_stub::config(&engines::addresses().unwrap().sqs);
    let client = Client::new(&config);
    let id = Uuid::new_v4().simple();
    let (mut urls, mut dead_letters) = (Vec::new(), BTreeMap::new());
    for queue in QueueName::ALL {
        let dead = create(&client, format!("{id}-{queue}-dead"), vec![]).await;
        let redrive = serde_json::json!({
            "deadLetterTargetArn": arn(&client, &dead).await,
            "maxReceiveCount": MAX_RECEIVES,
        });
        let attributes = vec![
            (QueueAttributeName::RedrivePolicy, redrive.to_string()),
            (QueueAttributeName::VisibilityTimeout, VISIBILITY.to_owned()),
        ];
        urls.push((queue, create(&client, format!("{id}-{queue}"), attributes).await));
        dead_letters.insert(queue, dead);
    }
    OnServer { queues: SqsQueues::new(&config, QueueUrls::new(urls)), client, dead_letters }
}

async fn create(client: &Client, name: String, attributes: Vec<(QueueAttributeName, String)>) -> String {
    let mut request = client.create_queue().queue_name(name);
    for (attribute, value) in attributes {
        request = request.attributes(attribute, value);
    }
    request.send().await.unwrap().queue_url.unwrap()
}

async fn arn(client: &Client, url: &str) -> String {
    let name = QueueAttributeName::QueueArn;
    let output =
        client.get_queue_attributes().queue_url(url).attribute_names(name.clone()).send().await.unwrap();
    output.attributes.unwrap().remove(&name).unwrap()
}

#[async_trait]
impl QueueFixture for OnServer {
    fn outbox(&self) -> &dyn Outbox {
        &self.queues
    }

    fn inbox(&self) -> &dyn Inbox {
        &self.queues
    }

    fn max_receive_count(&self, _queue: QueueName) -> u32 {
        MAX_RECEIVES
    }

    /// Looks without taking them away.
    async fn dead_letters(&self, queue: QueueName) -> Vec<String> {
        let request = self.client.receive_message().queue_url(&self.dead_letters[&queue]);
        let output = request.max_number_of_messages(10).visibility_timeout(0).send().await.unwrap();
        output.messages.unwrap_or_default().into_iter().map(|message| message.body.unwrap()).collect()
    }
}

#[tokio::test]
async fn a_receipt_that_never_was_one_is_ignored() {
    let queues = queues().await.queues;
    let queue = QueueName::GmcFetch;

    queues.delete(queue, "no-receipt").await.unwrap();
    queues.set_visibility(queue, "no-receipt", Duration::from_secs(30)).await.unwrap();
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_told_and_stays_an_error() {
    let server = queues().await;
    let url = format!("{}-gone", server.dead_letters[&QueueName::GmcFetch]);
    let config = aws_stub::config(&engines::addresses().unwrap().sqs);
    let queues = SqsQueues::new(&config, QueueUrls::new([(QueueName::GmcFetch, url)]));

    let error = queues.receive(QueueName::GmcFetch, 1, Duration::ZERO).await.unwrap_err();

    assert!(!error.is_transient, "{error}");
    assert!(
        error.message.starts_with("could not receive from queue gmc-fetch: ")
            && error.message.contains("does not exist"),
        "{error}"
    );
}
