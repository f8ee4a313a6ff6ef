//! Receiving, by long polling. In the cloud, Lambda's event source mapping receives and deletes; a function itself only
//! hands a message back.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::config::Config;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use sync::ports::queue::{Inbox, QueueName, Received};
use sync::ports::{PortError, PortResult};

use super::{SqsQueues, whole_seconds};
use crate::config::patience;
use crate::error::port_error;

/// The most messages in one answer.
const MAX_RECEIVED: usize = 10;

/// The longest wait of one request.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// The longest visibility timeout.
const MAX_VISIBILITY: Duration = Duration::from_hours(12);

#[async_trait]
impl Inbox for SqsQueues {
    async fn receive(&self, queue: QueueName, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let max = i32::try_from(max.clamp(1, MAX_RECEIVED)).unwrap_or(1);
        let output = self
            .client
            .receive_message()
            .queue_url(self.urls.get(queue)?)
            .max_number_of_messages(max)
            .wait_time_seconds(whole_seconds(wait, MAX_WAIT))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .customize()
            .config_override(Config::builder().timeout_config(patience(wait.min(MAX_WAIT))))
            .send()
            .await
            .map_err(|error| port_error(&format!("receive from queue {queue}"), &error))?;
        output.messages.unwrap_or_default().into_iter().map(|message| received(queue, message)).collect()
    }

    async fn delete(&self, queue: QueueName, receipt: &str) -> PortResult<()> {
        let request = self.client.delete_message().queue_url(self.urls.get(queue)?).receipt_handle(receipt);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(is_late) => Ok(()),
            Err(error) => Err(port_error(&format!("delete a message of queue {queue}"), &error)),
        }
    }

    async fn set_visibility(&self, queue: QueueName, receipt: &str, after: Duration) -> PortResult<()> {
        let request = self
            .client
            .change_message_visibility()
            .queue_url(self.urls.get(queue)?)
            .receipt_handle(receipt)
            .visibility_timeout(whole_seconds(after, MAX_VISIBILITY));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(is_late) => Ok(()),
            Err(error) => Err(port_error(&format!("hand a message of queue {queue} back"), &error)),
        }
    }
}

fn received(queue: QueueName, message: Message) -> PortResult<Received> {
    let receive_count = message
        .attributes
        .as_ref()
        .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount))
        .and_then(|count| count.parse().ok());
    match (message.receipt_handle, message.body, receive_count) {
        (Some(receipt), Some(body), Some(receive_count)) => {
            Ok(Received { receipt, body: body.into(), receive_count })
        }
        _ => Err(PortError::transient(format!(
            "could not receive from queue {queue}: a message without receipt, body or receive count"
        ))),
    }
}

/// Whether a receipt is no longer the latest, or its message is gone. Which of the codes it is depends on what has become
/// of the message, and the most frequent one is shared with other parameters.
fn is_late(refusal: &impl ProvideErrorMetadata) -> bool {
    match refusal.code() {
        Some(
            "ReceiptHandleIsInvalid" | "MessageNotInflight" | "AWS.SimpleQueueService.MessageNotInflight",
        ) => true,
        Some("InvalidParameterValue" | "InvalidParameterValueException") => {
            refusal.message().is_some_and(|message| message.contains("ReceiptHandle"))
        }
        _ => false,
    }
}
