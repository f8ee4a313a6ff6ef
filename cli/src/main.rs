//! `gmc-sync`: the nightly sync on one machine, and the operator's commands.

#[cfg(planted_bugs)]
compile_error!("planted bugs are for the simulation alone: tests/simulation/planted");

mod abort;
mod api;
mod args;
mod cron;
mod doctor;
mod engine;
mod error;
mod html;
mod install;
mod interrupt;
#[cfg(feature = "live")]
mod live;
mod logging;
mod night;
mod output;
mod progress;
mod runs;
mod serve;
mod service;
mod setup;
mod simulate;
mod simulated;
mod so_far;
mod start;
mod status;
mod stores;
mod table;
mod unhide;
mod work;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::error::Error;
use crate::output::Screen;

/// Everything that was to be done is done.
const DONE: u8 = 0;
/// It could not be done.
const ERROR: u8 = 1;
/// The night ended, but a body failed or is held; or something is set up otherwise. (2 is clap's, for usage.)
const INCOMPLETE: u8 = 3;

fn main() -> ExitCode {
    let cli = match Cli::try_parse().and_then(Cli::checked) {
        Ok(cli) => cli,
        Err(error) => {
            // help and version are "errors" as well; a closed pipe is no reason to panic
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(ERROR));
        }
    };
    let screen = Screen::default();
    let status = logging::start(&cli.common, &screen).and_then(|()| run(cli, &screen));
    ExitCode::from(status.unwrap_or_else(|error| {
        screen.tell(&format!("error: {error}"));
        ERROR
    }))
}

fn run(cli: Cli, screen: &Screen) -> Result<u8, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    let Cli { command, common } = cli;
    let status = runtime.block_on(async {
        match command {
            Command::Night(args) => night::run(&args, &common, screen).await,
            Command::Runs(args) => runs::list(&args, &common, screen).await,
            Command::Report(args) => runs::report(&args, &common, screen).await,
            Command::Serve(args) => serve::run(&args, &common, screen).await,
            Command::Doctor(args) => doctor::run(&args, &common, screen).await,
            Command::Status(args) => status::run(&args, &common, screen).await,
            Command::Start(args) => start::run(&args, &common, screen).await,
            Command::Abort(args) => abort::run(&args, &common, screen).await,
            Command::Unhide(args) => unhide::run(&args, &common, screen).await,
            Command::Cron(args) => cron::run(&args, &common),
            Command::Setup => setup::run(&common).await,
            Command::GmcSimulator(args) => simulate::run(&args, &common).await,
            Command::Completions(args) => install::completions(&args),
            Command::Man(args) => install::man(&args, screen),
        }
    });
    // The process ends with its threads as they are: a request to a GMC that hangs must not delay that, and on a shutdown
    // workers in the middle of a message would log each call that it cancels.
    std::mem::forget(runtime);
    status
}
