//! Runs schedules by their seeds, and says which promises were not kept.
//!
//! `cargo run --release -p simulation -- --seeds 10000`; a failing seed prints the command that replays it.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use domain::planted::Bug;
use simulation::scheduler::run;
use simulation::teeth::hunt;
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
    #[arg(long, num_args = 0..=1, default_missing_value = "all")]
    planted: Option<String>,
}

fn main() -> std::io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
    let bugs: Vec<Bug> = match arguments.planted.as_deref() {
        None => Vec::new(),
        Some("all") => Bug::ALL.to_vec(),
        Some(name) => Bug::ALL.iter().copied().filter(|bug| format!("{bug:?}") == name).collect(),
    };
    if arguments.planted.is_some() && bugs.is_empty() {
        writeln!(out, "there is no such bug; there are {:?}", Bug::ALL)?;
        return Ok(ExitCode::from(2));
    }
    match arguments.replay {
        Some(seed) => replay(&mut out, seed, bugs.first().copied()),
        None if bugs.is_empty() => seeds(&mut out, &arguments),
        None => planted(&mut out, &bugs, arguments.seeds),
    }
}

fn replay(out: &mut impl Write, seed: u64, bug: Option<Bug>) -> std::io::Result<ExitCode> {
    let ran = run(seed, true, bug);
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

fn planted(out: &mut impl Write, bugs: &[Bug], most: u64) -> std::io::Result<ExitCode> {
    let mut escaped = 0;
    for bug in bugs {
        let what = bug.what();
        if let Some(caught) = hunt(*bug, most) {
            let by = caught.by.iter().map(|check| format!("`{check}`")).collect::<Vec<_>>().join(", ");
            writeln!(out, "| `{bug:?}` | {what} | {} | {by} |\n    {}", caught.seeds, caught.first)?;
        } else {
            escaped += 1;
            writeln!(out, "| `{bug:?}` | {what} | not in {most} seeds | |")?;
        }
    }
    writeln!(out, "{} bugs, {escaped} not noticed", bugs.len())?;
    Ok(if escaped == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
