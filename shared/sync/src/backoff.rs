//! How long to wait before trying again.

use std::time::Duration;

/// Exponential back-off with jitter: the span doubles from attempt to attempt up to a limit, and the wait is a random
/// part of it, from half to the whole, so that those who failed together do not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The span after the first attempt.
    pub first: Duration,
    /// The longest span.
    pub most: Duration,
}

impl Backoff {
    /// The wait after `attempt` (from 1); `chance` from 0 up to 1 is the jitter.
    pub fn wait(&self, attempt: u32, chance: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(16);
        let span = self.first.saturating_mul(1 << doublings).min(self.most);
        span.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_the_limit_and_is_jittered_from_half_to_the_whole() {
        let backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(20) };
        let whole: Vec<_> = (1..=7).map(|attempt| backoff.wait(attempt, 1.0).as_secs()).collect();
        let half: Vec<_> = (1..=3).map(|attempt| backoff.wait(attempt, 0.0).as_millis()).collect();

        assert_eq!(whole, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(half, [500, 1_000, 2_000]);
    }
}
