//! Nights through the functions' real binaries and real engines, on one machine: `cargo run -p end-to-end`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it measures is for whoever started it")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use end_to_end::binaries::Binaries;
use end_to_end::failure::{Failure, Result, Told as _};
use end_to_end::stack::{Stack, StackConfig};
use end_to_end::told::{told_functions, told_report};
use engines::{Addresses, Engines};
use serde_json::json;
use simulator::PopulationConfig;
use tokio::signal::unix::{SignalKind, signal};

/// A night that takes longer has stopped.
const STANDSTILL: Duration = Duration::from_mins(20);

/// What the help says at its end.
const NOTES: &str = "\
Build the functions first, with the profile of this program: cargo build --workspace --bins

The engines are started (JDK 17 and Maven) unless MONGODB_URI, OPENSEARCH_URL and SQS_ENDPOINT name running ones, and
cargo-lambda is installed under .test-tools (Python 3). What is made in the engines is taken away again.

For figures, build what is deployed, and give the engines' JVM more memory and its full compiler:
  cargo build --profile lambda --workspace --bins
  ENGINES_JAVA_OPTS='-Xms2g -Xmx2g' target/lambda/lambda-night --doctors 60000 --nights 3";

/// Runs nights through the real Lambda binaries, SQS, MongoDB's protocol and OpenSearch, against a simulated GMC, and
/// tells how long each stage took and how much memory each function.
#[derive(Debug, Parser)]
#[command(after_help = NOTES)]
struct Arguments {
    /// How many doctors the GMC has on the first night
    #[arg(long, default_value_t = 5_000)]
    doctors: u32,
    /// How many nights; the GMC changes a little each day
    #[arg(long, default_value_t = 2)]
    nights: u32,
    /// How long the GMC takes before it answers, in milliseconds
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Where the functions' binaries are; else beside this program
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
    /// Keep the functions' logs, and say where they are
    #[arg(long)]
    keep_logs: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let binaries = match &arguments.binaries {
        Some(directory) => Binaries::in_directory(directory)?,
        None => Binaries::beside_this_program()?,
    };
    let (addresses, engines) = engines().await?;
    let config = StackConfig {
        population: PopulationConfig { doctors: arguments.doctors, ..PopulationConfig::default() },
        latency: Duration::from_millis(arguments.latency_ms),
        visibility: Duration::from_mins(2),
        ..StackConfig::default()
    };
    let begun = Instant::now();
    let mut stack = Stack::start(&binaries, &addresses, &config).await?;
    if arguments.keep_logs {
        println!("logs are in {}", stack.keep_logs(true).display());
    }
    println!("functions are ready after {:.1} s", begun.elapsed().as_secs_f64());
    let ended = tokio::select! {
        ended = nights(&stack, arguments.nights) => ended,
        why = interrupted() => Err(Failure::new("stopped before the end", why)),
    };
    let cleaned = stack.stop().await;
    drop(engines);
    ended.and(cleaned)
}

/// The engines that are given, or else started for this run.
async fn engines() -> Result<(Addresses, Option<Engines>)> {
    if let Some(given) = engines::given() {
        return Ok((given, None));
    }
    let begun = Instant::now();
    let engines = tokio::task::spawn_blocking(|| Engines::start("127.0.0.1")).await;
    let engines = engines.told("starting the engines")?.told("starting the engines")?;
    println!("engines are ready after {:.1} s", begun.elapsed().as_secs_f64());
    Ok((engines.addresses().clone(), Some(engines)))
}

async fn nights(stack: &Stack, nights: u32) -> Result<()> {
    print!("{}", stack.set_up().await?);
    for night in 1..=nights {
        if night > 1 {
            let mut population = stack
                .gmc
                .population()
                .write()
                .map_err(|error| Failure::new("the simulated gmc", error.to_string()))?;
            println!("\na day goes by: {} doctors are different", population.advance().total());
        }
        let begun = Instant::now();
        let run = stack.begin(&json!({})).await?;
        let report = stack.closed(run, STANDSTILL).await?;
        stack.idle(STANDSTILL).await?;
        println!("\nnight {night}, done after {:.2} s", begun.elapsed().as_secs_f64());
        print!("{}{}", told_report(&report), told_functions(stack, begun));
        if report["state"] != "SUCCEEDED" {
            return Err(Failure::new(format!("night {night}"), format!("it is {}", report["state"])));
        }
    }
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() -> &'static str {
    let (Ok(mut keyboard), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = keyboard.recv() => "interrupted from the keyboard",
        _ = terminate.recv() => "stopped by sigterm",
    }
}
