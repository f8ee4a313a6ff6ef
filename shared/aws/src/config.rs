//! How AWS is called.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};

/// Within the region a connection stands in milliseconds; one that takes longer is better tried again.
const CONNECT: Duration = Duration::from_secs(3);

/// One attempt of a call that does not wait for anything.
const ATTEMPT: Duration = Duration::from_secs(10);

/// The first attempt included.
const ATTEMPTS: u32 = 3;

/// Region, credentials and endpoints as the environment has them, with timeouts and retries of ours.
///
/// The version of the SDK's behaviour is a fixed one: an update of the SDK must not change timeouts, retries or the TLS
/// stack by itself.
pub async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts(ATTEMPT))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .load()
        .await
}

/// Timeouts for calls of which one attempt may take this long.
pub(crate) fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(attempt).build()
}

/// For one attempt of a call that waits for `wait` at the other end.
pub(crate) fn patience(wait: Duration) -> TimeoutConfig {
    timeouts(wait + ATTEMPT)
}
