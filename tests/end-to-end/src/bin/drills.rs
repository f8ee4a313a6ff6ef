//! Drills on the functions' real binaries and real engines, on one machine.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is for whoever started it")]

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use end_to_end::binaries::Binaries;
use end_to_end::drills::{self, Drill, Taken, as_markdown};
use end_to_end::failure::{Failure, Result, Told as _};
use end_to_end::midnight::not_over_midnight;

/// Longer than all of them take on a slow machine.
const ALL_OF_THEM: Duration = Duration::from_mins(40);

/// What the help says at its end.
const NOTES: &str = "\
Build the functions first, with the profile of this program: cargo build --workspace --bins

The engines are started (JDK 17 and Maven) unless MONGODB_URI, OPENSEARCH_URL and SQS_ENDPOINT name running ones, and
cargo-lambda is installed under .test-tools (Python 3). What is made in the engines is taken away again.

Exit status: 0 everything held, 1 something broke or a drill did not come to its end, 2 usage.";

/// Lets everything go wrong that can go wrong in a night, on the functions' real binaries, SQS, MongoDB's protocol and
/// OpenSearch, and prints what an operator saw and what it cost, as a table in Markdown.
#[derive(Debug, Parser)]
#[command(after_help = NOTES)]
struct Arguments {
    /// Only the drills whose names begin so; can be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Name the drills, and do nothing
    #[arg(long)]
    list: bool,
    /// How many drills go on at a time, each on a stack of its own
    #[arg(long, default_value_t = 4)]
    at_once: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<bool> {
    let is_wanted = |drill: &Drill| {
        arguments.only.is_empty() || arguments.only.iter().any(|name| drill.name.starts_with(name.as_str()))
    };
    let mut drills = drills::all();
    drills.retain(is_wanted);
    if arguments.list {
        for drill in drills {
            println!("{:<32}{}", drill.name, drill.done);
        }
        return Ok(true);
    }
    if drills.is_empty() {
        return Err(Failure::new("--only", "no drill's name begins so; --list names them"));
    }
    let binaries = Binaries::beside_this_program()?;
    not_over_midnight(ALL_OF_THEM).await;
    let engines = tokio::task::spawn_blocking(engines::addresses).await.told("starting the engines")?;
    let engines = engines.told("starting the engines")?;
    let taken = drills::take(&drills, arguments.at_once, &binaries, engines, |drill, took| {
        let how = if drill.is_well() { "ok" } else { "BROKEN" };
        eprintln!("{how:<7}{:<32}{:4} s with the nights before and after", drill.name, took.as_secs());
    })
    .await;
    print!("{}", as_markdown(&taken));
    let well = taken.iter().filter(|drill| drill.is_well()).count();
    println!("\n{} drills, {} broken", taken.len(), taken.len() - well);
    Ok(taken.iter().all(Taken::is_well))
}
