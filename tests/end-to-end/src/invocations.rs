//! What was invoked, and how long it took.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::functions::Function;

/// One invocation of a function by its queue.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Which function.
    pub function: Function,
    /// When it began.
    pub begun: Instant,
    /// How long it took.
    pub took: Duration,
    /// How many messages it was given.
    pub messages: usize,
    /// How many of them it handed back.
    pub handed_back: usize,
    /// Why it has no answer, if it has none; then all messages stay.
    pub error: Option<String>,
}

/// All invocations so far; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Invocations(Arc<Mutex<Vec<Invocation>>>);

/// The invocations of a function, summed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many.
    pub count: usize,
    /// How many messages they were given, in all.
    pub messages: usize,
    /// The largest batch.
    pub largest_batch: usize,
    /// How many messages were handed back.
    pub handed_back: usize,
    /// How many had no answer.
    pub errors: usize,
    /// Their times, in all.
    pub total: Duration,
    /// Half of them took no longer.
    pub median: Duration,
    /// The slowest.
    pub longest: Duration,
}

impl Invocations {
    /// Adds one.
    pub fn add(&self, invocation: Invocation) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(invocation);
    }

    /// Those of a function that began at or after this moment.
    pub fn since(&self, moment: Instant, function: Function) -> Vec<Invocation> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |of: &&Invocation| of.function == function && of.begun >= moment;
        all.iter().filter(of).cloned().collect()
    }

    /// The same, summed up.
    pub fn summary(&self, moment: Instant, function: Function) -> Summary {
        let invocations = self.since(moment, function);
        let mut times: Vec<Duration> = invocations.iter().map(|one| one.took).collect();
        times.sort();
        Summary {
            count: invocations.len(),
            messages: invocations.iter().map(|one| one.messages).sum(),
            largest_batch: invocations.iter().map(|one| one.messages).max().unwrap_or(0),
            handed_back: invocations.iter().map(|one| one.handed_back).sum(),
            errors: invocations.iter().filter(|one| one.error.is_some()).count(),
            total: times.iter().sum(),
            median: times.get(times.len() / 2).copied().unwrap_or_default(),
            longest: times.last().copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_what_was_invoked_since_a_moment() {
        let invocations = Invocations::default();
        let begun = Instant::now();
        let add = |function, millis, messages, handed_back| {
            let took = Duration::from_millis(millis);
            let error = (messages == 0).then(|| "it died".to_owned());
            invocations.add(Invocation { function, begun, took, messages, handed_back, error });
        };
        add(Function::GmcFetch, 30, 1, 0);
        add(Function::GmcFetch, 10, 4, 1);
        add(Function::GmcFetch, 20, 0, 0);
        add(Function::PrepareSync, 99, 1, 0);

        let millis = Duration::from_millis;
        let expected = Summary {
            count: 3,
            messages: 5,
            largest_batch: 4,
            handed_back: 1,
            errors: 1,
            total: millis(60),
            median: millis(20),
            longest: millis(30),
        };
        assert_eq!(invocations.summary(begun, Function::GmcFetch), expected);
        let later = begun + millis(1);
        assert_eq!(invocations.summary(later, Function::GmcFetch), Summary::default());
    }
}
