//! Time that a test moves on.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::Moment;
use sync::ports::Host;
use uuid::Uuid;

/// A sleep is no longer than this; the clock moves on by the rest of it.
const LONGEST_SLEEP: Duration = Duration::from_millis(5);

/// A host whose time begins at a fixed moment, so that no test depends on the day on which it runs, goes on as the
/// machine's does, and can be moved on.
#[derive(Debug)]
pub struct Clock {
    begun: Instant,
    start: Moment,
    moved: AtomicI64,
}

impl Default for Clock {
    /// Five minutes past midnight in London, on the day of the simulator's first night.
    fn default() -> Self {
        let start: jiff::Timestamp = "2026-11-23T00:05:00Z".parse().unwrap();
        Self { begun: Instant::now(), start: start.into(), moved: AtomicI64::new(0) }
    }
}

impl Clock {
    /// Moves the time on.
    pub fn advance(&self, span: Duration) {
        self.moved.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Host for Clock {
    fn now(&self) -> Moment {
        let moved = self.moved.load(Ordering::SeqCst);
        Moment(self.start.plus(self.begun.elapsed()).0 + moved)
    }

    async fn sleep(&self, span: Duration) {
        let really = span.min(LONGEST_SLEEP);
        tokio::time::sleep(really).await;
        self.advance(span.saturating_sub(really));
    }

    fn fresh_id(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn chance(&self) -> f64 {
        0.0
    }

    fn time_left(&self) -> Duration {
        Duration::MAX
    }
}
