//! Many seeds on all processors, and what they came to together.

use std::collections::BTreeMap;

use crate::observed::{Transition, possible_transitions};
use crate::scheduler::run;

/// What some seeds came to.
#[derive(Default)]
pub struct Totals {
    /// How many were run.
    pub seeds: u64,
    /// Doctors outside the promise, because a stale save landed after the last check.
    pub outside: u64,
    /// What was broken, by kind.
    pub made: BTreeMap<&'static str, u64>,
    /// How runs and bodies went from state to state.
    pub transitions: BTreeMap<Transition, u64>,
    /// Each seed that broke a promise, with which.
    pub failing: Vec<(u64, Vec<String>)>,
}

impl Totals {
    /// Runs seeds, several at once.
    #[must_use]
    pub fn of(seeds: std::ops::Range<u64>) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
        let mut totals = Self::default();
        std::thread::scope(|scope| {
            let part = |worker| {
                let seeds = seeds.clone().filter(move |seed| seed % workers == worker);
                scope.spawn(move || Self::of_each(seeds))
            };
            let parts: Vec<_> = (0..workers).map(part).collect();
            for part in parts.into_iter().filter_map(|part| part.join().ok()) {
                totals.add(part);
            }
        });
        totals.failing.sort();
        totals
    }

    fn of_each(seeds: impl Iterator<Item = u64>) -> Self {
        let mut totals = Self::default();
        for seed in seeds {
            let ran = run(seed, false);
            totals.seeds += 1;
            totals.outside += ran.outside;
            add_each(&mut totals.made, ran.made);
            add_each(&mut totals.transitions, ran.transitions);
            if !ran.violations.is_empty() {
                totals.failing.push((seed, ran.violations.iter().map(ToString::to_string).collect()));
            }
        }
        totals
    }

    fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.outside += other.outside;
        add_each(&mut self.made, other.made);
        add_each(&mut self.transitions, other.transitions);
        self.failing.extend(other.failing);
    }

    /// The possible transitions that no seed went through.
    #[must_use]
    pub fn not_covered(&self) -> Vec<String> {
        let all = possible_transitions();
        all.iter().filter(|transition| !self.transitions.contains_key(transition)).map(told).collect()
    }
}

/// A transition for people to read.
#[must_use]
pub fn told((of, from, to): &Transition) -> String {
    format!("{of}: {} → {to}", from.as_deref().unwrap_or("none"))
}

fn add_each<K: Ord>(totals: &mut BTreeMap<K, u64>, counts: BTreeMap<K, u64>) {
    for (key, count) in counts {
        *totals.entry(key).or_default() += count;
    }
}
