//! The four queues on SQS.

mod batch;
mod inbox;
mod outbox;
mod urls;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;

pub use urls::{QueueUrls, queue_url_variable};

/// The queues. Clones are the same queues.
///
/// A visibility timeout, a delay and a wait are whole seconds in SQS: a part of one counts as a second.
#[derive(Clone, Debug)]
pub struct SqsQueues {
    client: Client,
    urls: Arc<QueueUrls>,
}

impl SqsQueues {
    /// The queues at `urls`; nothing is sent yet.
    pub fn new(config: &SdkConfig, urls: QueueUrls) -> Self {
        Self { client: Client::new(config), urls: Arc::new(urls) }
    }
}

/// Whole seconds, never fewer than asked for, and `most` at most.
fn whole_seconds(span: Duration, most: Duration) -> i32 {
    let span = span.min(most);
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_second_counts_as_one_and_the_limit_holds() {
        let most = Duration::from_secs(20);
        let seconds = |millis| whole_seconds(Duration::from_millis(millis), most);

        assert_eq!([0, 1, 999, 1_000, 1_001, 20_000, 20_001].map(seconds), [0, 1, 1, 1, 2, 20, 20]);
        assert_eq!(whole_seconds(Duration::MAX, most), 20);
    }
}
