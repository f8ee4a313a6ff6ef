//! Time and chance of one invocation.

use std::time::Duration;

use async_trait::async_trait;
use domain::Moment;
use sync::ports::Host;
use sync::ports::host::Machine;
use uuid::Uuid;

/// The machine's clock, and the moment at which Lambda ends the invocation.
#[derive(Clone, Copy, Debug)]
pub struct Invocation {
    deadline: Moment,
}

impl Invocation {
    /// `deadline` is the context's: milliseconds since 1970.
    pub fn until(deadline: u64) -> Self {
        Self { deadline: Moment(i64::try_from(deadline).unwrap_or(i64::MAX)) }
    }
}

#[async_trait]
impl Host for Invocation {
    fn now(&self) -> Moment {
        Machine.now()
    }

    async fn sleep(&self, span: Duration) {
        Machine.sleep(span).await;
    }

    fn fresh_id(&self) -> Uuid {
        Machine.fresh_id()
    }

    fn chance(&self) -> f64 {
        Machine.chance()
    }

    fn time_left(&self) -> Duration {
        self.deadline.since(self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_ends_at_the_deadline() {
        let now = u64::try_from(Machine.now().0).unwrap();

        let left = Invocation::until(now + 60_000).time_left();

        assert!(left > Duration::from_secs(50) && left <= Duration::from_mins(1), "{left:?}");
        assert_eq!(Invocation::until(now - 1).time_left(), Duration::ZERO);
    }
}
