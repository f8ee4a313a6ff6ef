//! The checks have teeth: each planted bug is noticed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use domain::planted::{Bug, plant};

use crate::scheduler::{Ran, run};

/// How a planted bug was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caught {
    /// After how many seeds.
    pub seeds: u64,
    /// By which checks of that seed, each once.
    pub by: Vec<&'static str>,
    /// What the first of them said.
    pub first: String,
}

/// Runs the schedule of one seed with a bug planted.
#[must_use]
pub fn run_with(bug: Bug, seed: u64, is_traced: bool) -> Ran {
    plant(Some(bug));
    let ran = run(seed, is_traced);
    plant(None);
    ran
}

/// Runs seeds 1 to `most` with a bug planted, several at once, until one breaks a promise.
#[must_use]
pub fn hunt(bug: Bug, most: u64) -> Option<Caught> {
    let next = AtomicU64::new(1);
    let found: Mutex<BTreeMap<u64, Caught>> = Mutex::default();
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let is_found = !found.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
                    if seed > most || is_found {
                        return;
                    }
                    if let Some(caught) = caught(bug, seed) {
                        found.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, caught);
                    }
                }
            });
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().next()
}

fn caught(bug: Bug, seed: u64) -> Option<Caught> {
    let violations = run_with(bug, seed, false).violations;
    let first = violations.first()?.to_string();
    let mut by: Vec<&'static str> = violations.iter().map(|violation| violation.check).collect();
    by.sort_unstable();
    by.dedup();
    Some(Caught { seeds: seed, by, first })
}
