//! Runs schedules by their seeds, and says which promises were not kept.
//!
//! `cargo run --release -p simulation -- --seeds 10000`; a failing seed prints the command that replays it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use simulation::scheduler::run;

/// Whole nights under a seeded scheduler that breaks everything.
#[derive(Parser)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Run this one seed and print what happened, line by line.
    #[arg(long)]
    replay: Option<u64>,
}

fn main() -> std::io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
    if let Some(seed) = arguments.replay {
        let ran = run(seed, true);
        for line in &ran.trace {
            writeln!(out, "{line}")?;
        }
        for violation in &ran.violations {
            writeln!(out, "VIOLATION {violation}")?;
        }
        return Ok(if ran.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }

    let began = Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let parts: Vec<Totals> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || {
                    totals(
                        (arguments.first..arguments.first + arguments.seeds)
                            .filter(|seed| seed % workers == worker),
                    )
                })
            })
            .collect();
        parts.into_iter().filter_map(|part| part.join().ok()).collect()
    });
    let mut totals = Totals::default();
    for part in parts {
        totals.add(part);
    }
    let seconds = began.elapsed().as_secs_f64();
    for (seed, violations) in &totals.failing {
        writeln!(
            out,
            "seed {seed} fails; replay it with: cargo run --release -p simulation -- --replay {seed}"
        )?;
        for violation in violations {
            writeln!(out, "    {violation}")?;
        }
    }
    for (what, count) in &totals.made {
        writeln!(out, "{count:>9}  {what}")?;
    }
    writeln!(out, "states reached: {}", totals.states.into_iter().collect::<Vec<_>>().join(", "))?;
    writeln!(out, "outside the promise (stale saves after the last check): {} doctors", totals.outside)?;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = totals.seeds as f64 / seconds;
    writeln!(out, "{} seeds, {} with a violation, {rate:.0} seeds/s", totals.seeds, totals.failing.len())?;
    Ok(if totals.failing.is_empty() && totals.seeds == arguments.seeds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Default)]
struct Totals {
    seeds: u64,
    outside: u64,
    made: BTreeMap<&'static str, u64>,
    states: BTreeSet<String>,
    failing: Vec<(u64, Vec<String>)>,
}

impl Totals {
    fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.outside += other.outside;
        for (what, count) in other.made {
            *self.made.entry(what).or_default() += count;
        }
        self.states.extend(other.states);
        self.failing.extend(other.failing);
    }
}

fn totals(seeds: impl Iterator<Item = u64>) -> Totals {
    let mut totals = Totals::default();
    for seed in seeds {
        let ran = run(seed, false);
        totals.seeds += 1;
        totals.outside += ran.outside;
        totals.states.extend(ran.states);
        for (what, count) in ran.made {
            *totals.made.entry(what).or_default() += count;
        }
        if !ran.violations.is_empty() {
            totals.failing.push((seed, ran.violations.iter().map(ToString::to_string).collect()));
        }
    }
    totals
}
