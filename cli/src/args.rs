//! The command line: what every command takes, and one module a family of commands.

mod api;
mod install;
mod night;
mod operate;
mod past;
mod schedule;
mod serve;
mod simulator;
mod values;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

pub(crate) use self::api::{ApiArgs, StartArgs, StatusArgs};
pub(crate) use self::install::{CompletionsArgs, ManArgs};
pub(crate) use self::night::NightArgs;
pub(crate) use self::operate::{AbortArgs, UnhideArgs};
pub(crate) use self::past::{DoctorArgs, ReportArgs, RunsArgs};
pub(crate) use self::schedule::CronArgs;
pub(crate) use self::serve::ServeArgs;
pub(crate) use self::simulator::SimulatorArgs;
pub(crate) use self::values::join;

/// Where the data is kept when nobody says otherwise.
pub(crate) const DEFAULT_DATA: &str = "./gmc-sync-data";

const EXIT_STATUS: &str = "\
Exit status:
  0  done; of a night: every designated body is done
  1  an error
  2  wrong usage
  3  the night ended, but a body failed or is held; of setup: something differs";

const EXAMPLES: &str = "\
Examples:
  gmc-sync night                    a night with a simulated GMC; the next one is a day later
  gmc-sync night --dry-run          what the next night would change
  gmc-sync report                   the latest night again
  gmc-sync report --html night.html the same as a page for a browser
  gmc-sync doctor 7000123           what is known of one doctor
  gmc-sync cron '0 5 0 * * MON-FRI' what EventBridge makes of the schedule";
/// Needs the feature `live`.
const SETUP_HELP: &str = "\
Example:
  MONGODB_URI=… OPENSEARCH_URL=… gmc-sync setup

Makes the lock, the indexes of the collections and the four search indexes where they are missing.
What is there is never changed: what differs is told, and the exit status is 3. It can be run again
at any time.

For a program that was built with --features live: it works on the engines that MONGODB_URI,
MONGODB_DATABASE, OPENSEARCH_URL, OPENSEARCH_AUTH (none, basic, aws), OPENSEARCH_USERNAME,
OPENSEARCH_PASSWORD and OPENSEARCH_INDEX_PREFIX name, as night, runs, report and doctor then do.";

/// The version, and what else a bug report needs.
const LONG_VERSION: &str = if cfg!(feature = "live") {
    concat!(env!("CARGO_PKG_VERSION"), "\nfeatures: live")
} else {
    concat!(env!("CARGO_PKG_VERSION"), "\nfeatures: none")
};

/// The nightly sync of the GMC's doctors on one machine, and the operator's commands
#[derive(Debug, Parser)]
#[command(name = "gmc-sync", version, long_version = LONG_VERSION, after_help = format!("{EXAMPLES}\n\n{EXIT_STATUS}"), max_term_width = 120)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// Where the data is kept
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = DEFAULT_DATA,
        env = "GMC_SYNC_DATA",
        hide_env_values = true
    )]
    pub(crate) data: PathBuf,
    /// Print one JSON document on standard output, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log what happens, on standard error; -vv tells more, and `GMC_SYNC_LOG` takes a filter
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// How logs are written
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line an event
    Text,
    /// A JSON document an event
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a night, or several: ask the GMC for every designated body, and bring the data in line
    Night(Box<NightArgs>),
    /// List past nights, latest first
    Runs(RunsArgs),
    /// Show one night's report
    Report(ReportArgs),
    /// Serve the nights as pages, for a browser on this machine, until Ctrl-C
    Serve(ServeArgs),
    /// Show what is stored and indexed of one doctor, and the history of the doctor's connections
    Doctor(DoctorArgs),
    /// Show how far the night that goes on has come, or how the latest one ended
    Status(StatusArgs),
    /// Begin a night on the functions, by their API
    Start(StartArgs),
    /// Give a run up: what has not answered has failed, and nobody stays hidden by it
    Abort(AbortArgs),
    /// Show everybody again whom nights have hidden, when the sync is turned off
    Unhide(UnhideArgs),
    /// Show what EventBridge is given for a schedule expression, and when it fires
    Cron(CronArgs),
    /// Make what MongoDB and OpenSearch need for live nights, and tell what differs there
    #[command(after_help = SETUP_HELP)]
    Setup,
    /// Serve a simulated GMC until Ctrl-C
    GmcSimulator(SimulatorArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    Man(ManArgs),
}

impl Cli {
    /// Checks what goes across several options.
    pub(crate) fn checked(self) -> Result<Self, clap::Error> {
        let checked = match &self.command {
            Command::Night(args) => args.check(),
            Command::Start(args) => args.check(),
            Command::GmcSimulator(args) => args.check(),
            Command::Runs(RunsArgs { html: Some(_), .. })
            | Command::Report(ReportArgs { html: Some(_), .. })
                if self.common.json =>
            {
                Err("--html and --json are two forms of the same: choose one".to_owned())
            }
            Command::Completions(_) | Command::Man(_) if self.common.json => {
                Err("--json does not apply: this command prints a file to install".to_owned())
            }
            _ => Ok(()),
        };
        match checked {
            Ok(()) => Ok(self),
            Err(message) => Err(Self::command().error(ErrorKind::ValueValidation, message)),
        }
    }
}
