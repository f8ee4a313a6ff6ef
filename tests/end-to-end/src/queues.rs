//! The four queues with their dead-letter queues, on an SQS server.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future::try_join_all;
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::functions::Function;

/// Where AWS is, for those who must name a region.
pub const REGION: &str = "eu-west-2";

/// A queue and its dead-letter queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Where to send to and receive from.
    pub url: String,
    /// Its name in events.
    pub arn: String,
    /// Where a message goes that has been received too often.
    pub dead_letters: String,
}

/// The queues of a stack.
#[derive(Clone, Debug)]
pub struct Queues {
    client: Client,
    queues: BTreeMap<Function, Queue>,
}

/// How many messages a queue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// To be received, now or after a delay.
    pub waiting: u64,
    /// Received, and neither deleted nor handed back.
    pub in_flight: u64,
}

impl Queues {
    /// Makes them, with names that begin with `prefix`.
    pub async fn make(endpoint: &str, prefix: &str, visibility: Duration, max_receives: u32) -> Result<Self> {
        let client = client(endpoint);
        let make = async |function: Function| {
            let dead_letters = format!("{prefix}{function}-dead-letters");
            let dead_letters = make_queue(&client, &dead_letters, []).await?;
            let redrive = json!({
                "deadLetterTargetArn": arn(&client, &dead_letters).await?,
                "maxReceiveCount": max_receives.to_string(),
            });
            let attributes = [
                (QueueAttributeName::VisibilityTimeout, visibility.as_secs().to_string()),
                (QueueAttributeName::RedrivePolicy, redrive.to_string()),
            ];
            let url = make_queue(&client, &format!("{prefix}{function}"), attributes).await?;
            let arn = arn(&client, &url).await?;
            Ok((function, Queue { url, arn, dead_letters }))
        };
        let queues = try_join_all(Function::WITH_QUEUE.map(make)).await?;
        Ok(Self { client: client.clone(), queues: queues.into_iter().collect() })
    }

    /// The same queues, at another address of their server.
    #[must_use]
    pub fn reached_at(&self, endpoint: &str) -> Self {
        Self { client: client(endpoint), queues: self.queues.clone() }
    }

    /// The client that they were made with.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The queue that a function reads.
    pub fn of(&self, function: Function) -> Result<&Queue> {
        self.queues.get(&function).ok_or_else(|| Failure::new(function.as_str(), "it reads no queue"))
    }

    /// Each function with its queue.
    pub fn all(&self) -> impl Iterator<Item = (Function, &Queue)> {
        self.queues.iter().map(|(function, queue)| (*function, queue))
    }

    /// Sends a message as it is.
    pub async fn send(&self, function: Function, message: &str) -> Result<()> {
        let url = &self.of(function)?.url;
        let sent = self.client.send_message().queue_url(url).message_body(message).send().await;
        sent.map(drop).map_err(|error| told("send_message", url, &error))
    }

    /// Takes every message from a function's queue, as somebody does in the console.
    pub async fn purge(&self, function: Function) -> Result<()> {
        let url = &self.of(function)?.url;
        let purged = self.client.purge_queue().queue_url(url).send().await;
        purged.map(drop).map_err(|error| told("purge_queue", url, &error))
    }

    /// How many messages a function's queue has.
    pub async fn depth(&self, function: Function) -> Result<Depth> {
        self.depth_at(&self.of(function)?.url).await
    }

    /// Whether no queue has a message, and no message is being worked on.
    pub async fn are_empty(&self) -> Result<bool> {
        let depths = try_join_all(self.queues.values().map(|queue| self.depth_at(&queue.url))).await?;
        Ok(depths.iter().all(|depth| *depth == Depth::default()))
    }

    /// The messages of a function's dead-letter queue; they are not shown again for a while.
    pub async fn dead_letters(&self, function: Function) -> Result<Vec<String>> {
        let url = &self.of(function)?.dead_letters;
        let mut found = Vec::new();
        loop {
            let request = self.client.receive_message().queue_url(url).max_number_of_messages(10);
            let received = request.visibility_timeout(60).send().await;
            let messages = received.map_err(|error| told("receive_message", url, &error))?;
            let messages = messages.messages.unwrap_or_default();
            if messages.is_empty() {
                return Ok(found);
            }
            found.extend(messages.into_iter().filter_map(|message| message.body));
        }
    }

    /// Deletes the queues.
    pub async fn delete(&self) -> Result<()> {
        for queue in self.queues.values() {
            for url in [&queue.url, &queue.dead_letters] {
                let deleted = self.client.delete_queue().queue_url(url).send().await;
                deleted.map_err(|error| told("delete_queue", url, &error))?;
            }
        }
        Ok(())
    }

    async fn depth_at(&self, url: &str) -> Result<Depth> {
        use QueueAttributeName as Name;
        let names = [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesDelayed,
            Name::ApproximateNumberOfMessagesNotVisible,
        ];
        let request = self.client.get_queue_attributes().queue_url(url);
        let answer = request.set_attribute_names(Some(names.into())).send().await;
        let attributes = answer.map_err(|error| told("get_queue_attributes", url, &error))?;
        let attributes = attributes.attributes.unwrap_or_default();
        let number = |name: &Name| attributes.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Depth {
            waiting: number(&Name::ApproximateNumberOfMessages)
                + number(&Name::ApproximateNumberOfMessagesDelayed),
            in_flight: number(&Name::ApproximateNumberOfMessagesNotVisible),
        })
    }
}

fn client(endpoint: &str) -> Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("local", "local", None, None, "a local server"))
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

async fn make_queue(
    client: &Client,
    name: &str,
    attributes: impl IntoIterator<Item = (QueueAttributeName, String)>,
) -> Result<String> {
    let attributes = attributes.into_iter().collect();
    let request = client.create_queue().queue_name(name).set_attributes(Some(attributes));
    let made = request.send().await.map_err(|error| told("create_queue", name, &error))?;
    made.queue_url.ok_or_else(|| Failure::new(name, "create_queue returned no url"))
}

async fn arn(client: &Client, url: &str) -> Result<String> {
    let request = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::QueueArn);
    let answer = request.send().await.map_err(|error| told("get_queue_attributes", url, &error))?;
    let arn = answer.attributes.and_then(|mut attributes| attributes.remove(&QueueAttributeName::QueueArn));
    arn.ok_or_else(|| Failure::new(url, "get_queue_attributes returned no arn"))
}

pub(crate) fn told<E>(operation: &str, queue: &str, error: &E) -> Failure
where
    E: std::error::Error,
{
    Failure::new(format!("{operation} for {queue}"), DisplayErrorContext(error).to_string())
}
