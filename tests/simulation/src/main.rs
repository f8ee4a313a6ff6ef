//! Runs schedules by their seeds, and says which promises were not kept.
//!
//! `cargo run --release -p simulation -- --seeds 10000`; a failing seed prints the command that replays it.

use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use clap::Parser;
#[cfg(planted_bugs)]
use domain::planted::Bug;
use simulation::documented::{Undocumented, stated_seeds, with_figure};
use simulation::scheduler::{self, run};
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
    /// Write what came of the seeds into the marked paragraph of this document; they begin with seed 1.
    #[arg(long, value_name = "DOCUMENT", conflicts_with_all = ["first", "replay"])]
    write: Option<PathBuf>,
    /// Run the seeds that the marked paragraph of this document states, and fail unless it says what came of them.
    #[arg(long, value_name = "DOCUMENT", conflicts_with_all = ["seeds", "first", "replay", "write"])]
    check: Option<PathBuf>,
    /// After --check, run so many seeds that differ from call to call.
    #[arg(long, default_value_t = 0, requires = "check")]
    fresh: u64,
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
    if let Some(document) = &arguments.check {
        return check(&mut out, document, arguments.fresh);
    }
    match arguments.replay {
        Some(seed) => replay(&mut out, &run(seed, true)),
        None => seeds(&mut out, &arguments),
    }
}

/// Holds a document to the seeds that it states, and runs some that nobody has run before.
fn check(out: &mut impl Write, path: &Path, fresh: u64) -> std::io::Result<ExitCode> {
    let document = std::fs::read_to_string(path)?;
    let stated = match stated_seeds(&document) {
        Ok(stated) => stated,
        Err(error) => return refuse(out, path, &error),
    };
    let ran = Ran::of(1..stated + 1);
    let is_stated_good = ran.tell(out)?;
    let is_documented = with_figure(&document, &ran.totals).is_ok_and(|seen| seen == document);
    if !is_documented {
        let path = path.display();
        writeln!(
            out,
            "{path} says something else; write it with: cargo run --release -p simulation -- --seeds {stated} --write {path}"
        )?;
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let first = now.as_secs() * 1_000;
    let is_fresh_good = Ran::of(first..first + fresh).tell(out)?;
    let is_good = is_stated_good && is_documented && is_fresh_good;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn refuse(out: &mut impl Write, path: &Path, error: &Undocumented) -> std::io::Result<ExitCode> {
    writeln!(out, "{}: {error}", path.display())?;
    Ok(ExitCode::from(2))
}

fn replay(out: &mut impl Write, ran: &scheduler::Ran) -> std::io::Result<ExitCode> {
    for line in &ran.trace {
        writeln!(out, "{line}")?;
    }
    for violation in &ran.violations {
        writeln!(out, "VIOLATION {violation}")?;
    }
    Ok(if ran.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn seeds(out: &mut impl Write, arguments: &Arguments) -> std::io::Result<ExitCode> {
    let ran = Ran::of(arguments.first..arguments.first + arguments.seeds);
    let totals = &ran.totals;
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
    if let Some(path) = &arguments.write {
        match with_figure(&std::fs::read_to_string(path)?, totals) {
            Ok(document) => std::fs::write(path, document)?,
            Err(error) => return refuse(out, path, &error),
        }
    }
    Ok(if ran.tell(out)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Seeds that were run, and how long that took.
struct Ran {
    seeds: Range<u64>,
    totals: Totals,
    seconds: f64,
}

impl Ran {
    fn of(seeds: Range<u64>) -> Self {
        let began = Instant::now();
        Self { totals: Totals::of(seeds.clone()), seconds: began.elapsed().as_secs_f64(), seeds }
    }

    /// Prints how many broke a promise, and how to see each again. Whether every seed was run and kept every promise.
    fn tell(&self, out: &mut impl Write) -> std::io::Result<bool> {
        for (seed, violations) in &self.totals.failing {
            writeln!(
                out,
                "seed {seed} fails; replay it with: cargo run --release -p simulation -- --replay {seed}"
            )?;
            for violation in violations {
                writeln!(out, "    {violation}")?;
            }
        }
        let (count, failing) = (self.totals.seeds, self.totals.failing.len());
        #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
        let rate = count as f64 / self.seconds;
        let first = self.seeds.start;
        writeln!(out, "{count} seeds from {first} on, {failing} with a violation, {rate:.0} seeds/s")?;
        Ok(failing == 0 && count == self.seeds.end - self.seeds.start)
    }
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
