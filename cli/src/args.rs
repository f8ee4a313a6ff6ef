//! The command line.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use domain::{BodyCode, GmcNumber};
use simulator::{BODIES, BodyFault, EVERY_BODY};

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
  gmc-sync doctor 7000123           what is known of one doctor
  gmc-sync cron '0 5 0 * * MON-FRI' what EventBridge makes of the schedule";

const NIGHT_EXAMPLES: &str = "\
Examples:
  gmc-sync night
  gmc-sync night --nights 7 --doctors 5000 --data /tmp/week
  gmc-sync night --fault 1-1RSSQ05=half         then: --bodies 1-1RSSQ05 --accept 1-1RSSQ05=2760
  gmc-sync night --dry-run --json | jq '.doctors[]'
  GMC_USERNAME=… GMC_PASSWORD=… GMC_INTERNAL_USER=… gmc-sync night --gmc-url https://…/WebService.asmx

Without --gmc-url a simulated GMC is started in this process and asked over HTTP. Each night of a data directory is
a day later there; a dry run looks at the next day and does not use it up, and a night with --accept looks at the
same day again, since it answers what was held. Ctrl-C settles the night before the program ends.";

/// Needs the feature `live`.
const SETUP_HELP: &str = "\
Example:
  MONGODB_URI=… OPENSEARCH_URL=… gmc-sync setup

Makes the lock, the indexes of the collections and the four search indexes where they are missing. What is there is
never changed: what differs is told, and the exit status is 3. It can be run again at any time.

For a program that was built with --features live: it works on the engines that MONGODB_URI, MONGODB_DATABASE,
OPENSEARCH_URL, OPENSEARCH_AUTH (none, basic, aws), OPENSEARCH_USERNAME, OPENSEARCH_PASSWORD and
OPENSEARCH_INDEX_PREFIX name, as night, runs, report and doctor then do.";

/// The nightly sync of the GMC's doctors on one machine, and the operator's commands
#[derive(Debug, Parser)]
#[command(name = "gmc-sync", version, after_help = format!("{EXAMPLES}\n\n{EXIT_STATUS}"), max_term_width = 120)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
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
    /// Show what is stored and indexed of one doctor, and the history of the doctor's connections
    Doctor(DoctorArgs),
    /// Show what EventBridge is given for a schedule expression, and when it fires
    Cron(CronArgs),
    /// Make what MongoDB and OpenSearch need for live nights, and tell what differs there
    #[command(after_help = SETUP_HELP)]
    Setup,
    /// Serve a simulated GMC until Ctrl-C
    GmcSimulator(SimulatorArgs),
}

/// `gmc-sync night`.
#[derive(Debug, Args)]
#[command(after_help = format!("{NIGHT_EXAMPLES}\n\n{EXIT_STATUS}"))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a command line has a flag for each thing that can be said"
)]
pub(crate) struct NightArgs {
    /// Ask only these designated bodies; who moves to another one appears there in the next whole night
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = body)]
    pub(crate) bodies: Option<Vec<BodyCode>>,
    /// Ask, decide and report, and write nothing to doctors and indexes
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not hide doctors while the night goes on
    #[arg(long)]
    pub(crate) no_hide: bool,
    /// Let up to MAX doctors leave a body that was held; can be given for several bodies
    #[arg(long, value_name = "BODY=MAX", value_parser = accepted)]
    pub(crate) accept: Vec<(BodyCode, u64)>,
    /// Let an answer without doctors through, for the bodies of --accept
    #[arg(long, requires = "accept")]
    pub(crate) accept_empty: bool,
    /// Run several nights, each a day later
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..), conflicts_with_all = ["dry_run", "accept"])]
    pub(crate) nights: Option<u32>,

    /// Hold a body that would lose more than this part of its doctors (and than --max-disconnected-min)
    #[arg(long, value_name = "PERCENT", default_value_t = 20, env = "MAX_DISCONNECTED_PERCENT", hide_env_values = true, value_parser = clap::value_parser!(u64).range(..=100), help_heading = "Settings")]
    pub(crate) max_disconnected_percent: u64,
    /// Hold a body only when it would lose more than this number of doctors
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50,
        env = "MAX_DISCONNECTED_MIN",
        hide_env_values = true,
        help_heading = "Settings"
    )]
    pub(crate) max_disconnected_min: u64,
    /// All the designated bodies there are, in place of today's 13
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = body, env = "BODIES", hide_env_values = true, help_heading = "Settings")]
    all_bodies: Option<Vec<BodyCode>>,

    /// Ask this service; the credentials come from `GMC_USERNAME`, `GMC_PASSWORD` and `GMC_INTERNAL_USER`
    #[arg(long, value_name = "URL", conflicts_with_all = ["doctors", "seed", "fault"], help_heading = "The GMC")]
    pub(crate) gmc_url: Option<String>,
    /// Ask the simulated GMC, as it is without --gmc-url; on live engines it has to be said
    #[arg(long, conflicts_with = "gmc_url", help_heading = "The GMC")]
    pub(crate) simulated: bool,
    /// How many doctors the simulated GMC has on its first day [default: 60000]
    #[arg(long, value_name = "N", help_heading = "The GMC")]
    pub(crate) doctors: Option<u32>,
    /// Which simulated GMC it is [default: 1]
    #[arg(long, value_name = "S", help_heading = "The GMC")]
    pub(crate) seed: Option<u64>,
    /// Let the simulated GMC answer wrongly for a body (`*`: for all), TIMES times or always
    #[arg(long, value_name = "BODY=KIND[:TIMES]", long_help = faults_help(), help_heading = "The GMC")]
    pub(crate) fault: Vec<BodyFault>,
}

/// `gmc-sync runs`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gmc-sync runs\n  gmc-sync runs --last 90 --json | jq '.[] | [.run, .state]'"
)]
pub(crate) struct RunsArgs {
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) last: usize,
}

/// `gmc-sync report`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gmc-sync report\n  gmc-sync report 3 --json | jq '.doctors[] | select(.what == \"left\")'"
)]
pub(crate) struct ReportArgs {
    /// Which night; the latest when none is given
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<i64>,
}

/// `gmc-sync doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gmc-sync doctor 7000123")]
pub(crate) struct DoctorArgs {
    /// Seven digits
    #[arg(value_name = "GMCNUMBER", value_parser = gmc_number)]
    pub(crate) number: GmcNumber,
}

/// `gmc-sync cron`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gmc-sync cron '0 5 0 * * MON-FRI'       Spring's six fields, seconds first
  gmc-sync cron 'cron(5 0 ? * MON-FRI *)' EventBridge's
  gmc-sync cron 'rate(1 day)'
  gmc-sync cron '0 0 1 * * *' --after 2027-03-27T00:00:00Z")]
pub(crate) struct CronArgs {
    /// In Spring's or EventBridge's notation, quoted
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    pub(crate) expression: String,
    /// From when on times are told; from now on when not given
    #[arg(long, value_name = "TIME")]
    pub(crate) after: Option<jiff::Timestamp>,
}

/// `gmc-sync gmc-simulator`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gmc-sync gmc-simulator --port 8765
  gmc-sync gmc-simulator --night 3 --fault '*=http-503:5'
  GMC_PASSWORD=secret gmc-sync gmc-simulator --username overnight

The password is GMC_PASSWORD's, or made and printed. The WSDL is at the service's address with ?wsdl.")]
pub(crate) struct SimulatorArgs {
    /// Where to listen on 127.0.0.1; 0 takes a free port
    #[arg(long, value_name = "P", default_value_t = 8765)]
    pub(crate) port: u16,
    /// How many doctors there are on the first day
    #[arg(long, value_name = "N", default_value_t = 60_000)]
    pub(crate) doctors: u32,
    /// Which simulated GMC it is
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many days have passed
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) night: u32,
    /// Answer wrongly for a body (`*`: for all), TIMES times or always
    #[arg(long, value_name = "BODY=KIND[:TIMES]", long_help = faults_help())]
    pub(crate) fault: Vec<BodyFault>,
    /// The user name that a client must send
    #[arg(long, value_name = "U", default_value = "simulator")]
    pub(crate) username: String,
    /// The designated bodies, in place of today's 13
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = body, env = "BODIES", hide_env_values = true)]
    all_bodies: Option<Vec<BodyCode>>,
    /// How long to wait before each answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) latency_ms: u64,
    /// Compress answers for clients that accept gzip
    #[arg(long)]
    pub(crate) gzip: bool,
}

impl Cli {
    /// Checks what goes across several options.
    pub(crate) fn checked(self) -> Result<Self, clap::Error> {
        let checked = match &self.command {
            Command::Night(args) => args.check(),
            Command::GmcSimulator(args) => check_faults(&args.fault, &args.all_bodies()),
            _ => Ok(()),
        };
        match checked {
            Ok(()) => Ok(self),
            Err(message) => Err(Self::command().error(ErrorKind::ValueValidation, message)),
        }
    }
}

impl NightArgs {
    /// All the designated bodies there are.
    pub(crate) fn all_bodies(&self) -> Vec<BodyCode> {
        self.all_bodies.clone().unwrap_or_else(todays_bodies)
    }

    fn check(&self) -> Result<(), String> {
        let all = self.all_bodies();
        let asked = self.bodies.as_ref().unwrap_or(&all);
        let not_in_list = |code: &&BodyCode| !all.contains(code);
        if let Some(unknown) = asked.iter().find(not_in_list) {
            return Err(format!("designated body {unknown} is not in the list of bodies: {}", join(&all)));
        }
        if let Some((unasked, _)) = self.accept.iter().find(|(code, _)| !asked.contains(code)) {
            return Err(format!(
                "--accept names designated body {unasked}, which this night does not ask: {}",
                join(asked)
            ));
        }
        check_faults(&self.fault, &all)
    }
}

impl SimulatorArgs {
    /// The designated bodies that the simulated GMC has.
    pub(crate) fn all_bodies(&self) -> Vec<BodyCode> {
        self.all_bodies.clone().unwrap_or_else(todays_bodies)
    }
}

/// The codes that are current (domain.md §3).
fn todays_bodies() -> Vec<BodyCode> {
    BODIES.iter().filter_map(|(code, _)| BodyCode::parse(code).ok()).collect()
}

/// A fault of a body that nobody asks for would do nothing, and nobody would know why.
fn check_faults(faults: &[BodyFault], all: &[BodyCode]) -> Result<(), String> {
    let is_known =
        |fault: &&BodyFault| fault.body == EVERY_BODY || all.iter().any(|code| code.as_str() == fault.body);
    match faults.iter().find(|fault| !is_known(fault)) {
        Some(fault) => Err(format!(
            "--fault names designated body {}, which is not in the list of bodies: {}",
            fault.body,
            join(all)
        )),
        None => Ok(()),
    }
}

/// Codes with commas between them, as the command line takes them.
pub(crate) fn join(codes: &[BodyCode]) -> String {
    codes.iter().map(BodyCode::as_str).collect::<Vec<_>>().join(",")
}

fn faults_help() -> String {
    let kinds = simulator::Fault::kinds().collect::<Vec<_>>().join(", ");
    format!(
        "Let the simulated GMC answer wrongly for a body (`*`: for all), TIMES times or always. Can be given more than \
         once. KIND is one of: {kinds}"
    )
}

fn body(text: &str) -> Result<BodyCode, String> {
    BodyCode::parse(text).map_err(|error| error.to_string())
}

fn accepted(text: &str) -> Result<(BodyCode, u64), String> {
    let (code, most) = text.split_once('=').ok_or("BODY=MAX is expected, such as 1-1RSSQ05=812")?;
    let most = most.trim().parse().map_err(|_| format!("{most:?} is no number of doctors"))?;
    Ok((body(code)?, most))
}

fn gmc_number(text: &str) -> Result<GmcNumber, String> {
    GmcNumber::parse(text)
        .map_err(|error| format!("{error}: seven digits are expected, leading zeros included"))
}
