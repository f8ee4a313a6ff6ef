//! Who runs a stage: time, chance, and how long there is.

use std::time::Duration;

use async_trait::async_trait;
use domain::Moment;
use uuid::Uuid;

/// Time and chance, from outside, so that a night can be replayed.
#[async_trait]
pub trait Host: Send + Sync {
    /// Now.
    fn now(&self) -> Moment;

    /// Waits.
    async fn sleep(&self, span: Duration);

    /// An id that nobody else has.
    fn fresh_id(&self) -> Uuid;

    /// A number from 0 up to, not including, 1: the jitter of a back-off.
    fn chance(&self) -> f64;

    /// How long this invocation may still run.
    fn time_left(&self) -> Duration;
}

/// The machine's own clock and chance, with no limit of time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

#[expect(clippy::disallowed_methods, reason = "this is the host that uses the real clock and chance")]
#[async_trait]
impl Host for Machine {
    fn now(&self) -> Moment {
        jiff::Timestamp::now().into()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    fn fresh_id(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn chance(&self) -> f64 {
        fastrand::f64()
    }

    fn time_left(&self) -> Duration {
        Duration::MAX
    }
}
