//! The queues on SQS, the Parameter Store, and the nightly rule of EventBridge.
//!
//! | type | service | used for |
//! |---|---|---|
//! | [`SqsQueues`] | SQS | the ports `Outbox` and `Inbox` |
//! | [`Parameters`] | Systems Manager, Parameter Store | credentials, and the cron expression |
//! | [`NightlyRule`] | EventBridge | when the night starts by itself |
//!
//! Every client is made of the same [`config()`]. Where an emulator stands for a service, the SDK's own variables name it
//! (`AWS_ENDPOINT_URL_SQS` and the like).

mod config;
mod error;
mod parameters;
mod queues;
mod rule;

pub use aws_config::SdkConfig;

pub use config::config;
pub use parameters::Parameters;
pub use queues::{QueueUrls, SqsQueues, queue_url_variable};
pub use rule::{NightlyRule, RuleChange, RuleState};
