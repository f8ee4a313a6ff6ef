//! Runs schedules by their seeds, and says which promises were not kept.
//!
//! `cargo run --release -p simulation -- --seeds 10000`; a failing seed prints the command that replays it.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
#[cfg(planted_bugs)]
use domain::planted::Bug;
use simulation::scheduler::{Ran, run};
#[cfg(planted_bugs)]
use simulation::teeth::{hunt, run_with};
use simulation::totals::{Totals, told};

/// Whole nights under a seeded scheduler that breaks everything.
#[derive(Parser)]
struct Arguments {
    /// How many seeds to run; with --planted, at most, for each bug.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Run this one seed and print what happened, line by line: when, which stage, and what.
    #[arg(long)]
    replay: Option<u64>,
    /// Plant a bug by its name and see whether it is noticed; without a name, each in turn.
    #[cfg(planted_bugs)]
    #[arg(long, num_args = 0..=1, default_missing_value = "all")]
    planted: Option<String>,
}

fn main() -> std::io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
    #[cfg(planted_bugs)]
    if let Some(name) = &arguments.planted {
        return planted(&mut out, name, &arguments);
    }
    match arguments.replay {
        Some(seed) => replay(&mut out, &run(seed, true)),
        None => seeds(&mut out, &arguments),
    }
}

fn replay(out: &mut impl Write, ran: &Ran) -> std::io::Result<ExitCode> {
    for line in &ran.trace {
        writeln!(out, "{line}")?;
    }
    for violation in &ran.violations {
        writeln!(out, "VIOLATION {violation}")?;
    }
    Ok(if ran.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn seeds(out: &mut impl Write, arguments: &Arguments) -> std::io::Result<ExitCode> {
    let began = Instant::now();
    let totals = Totals::of(arguments.first..arguments.first + arguments.seeds);
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
    for (transition, count) in &totals.transitions {
        writeln!(out, "{count:>9}  {}", told(transition))?;
    }
    let not_covered = totals.not_covered();
    writeln!(
        out,
        "possible transitions that were not covered: {}",
        if not_covered.is_empty() { "none".to_owned() } else { not_covered.join(", ") }
    )?;
    writeln!(out, "outside the promise (stale saves after the last check): {} doctors", totals.outside)?;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = totals.seeds as f64 / seconds;
    writeln!(out, "{} seeds, {} with a violation, {rate:.0} seeds/s", totals.seeds, totals.failing.len())?;
    let is_good = totals.failing.is_empty() && totals.seeds == arguments.seeds;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(planted_bugs)]
fn planted(out: &mut impl Write, name: &str, arguments: &Arguments) -> std::io::Result<ExitCode> {
    let bugs: Vec<Bug> =
        Bug::ALL.iter().copied().filter(|bug| name == "all" || format!("{bug:?}") == name).collect();
    match (&bugs[..], arguments.replay) {
        ([], _) => {
            writeln!(out, "there is no such bug; there are {:?}", Bug::ALL)?;
            return Ok(ExitCode::from(2));
        }
        ([bug], Some(seed)) => return replay(out, &run_with(*bug, seed, true)),
        _ => {}
    }
    let mut escaped = 0;
    for bug in &bugs {
        let what = bug.what();
        if let Some(caught) = hunt(*bug, arguments.seeds) {
            let by = caught.by.iter().map(|check| format!("`{check}`")).collect::<Vec<_>>().join(", ");
            writeln!(out, "| `{bug:?}` | {what} | {} | {by} |\n    {}", caught.seeds, caught.first)?;
        } else {
            escaped += 1;
            writeln!(out, "| `{bug:?}` | {what} | not in {} seeds | |", arguments.seeds)?;
        }
    }
    writeln!(out, "{} bugs, {escaped} not noticed", bugs.len())?;
    Ok(if escaped == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
