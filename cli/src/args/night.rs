//! `gmc-sync night`.

use clap::Args;
use domain::BodyCode;
use simulator::BodyFault;

use super::EXIT_STATUS;
use super::values::{accepted, body, check_faults, check_names, faults_help, join, todays_bodies};

const NIGHT_EXAMPLES: &str = "\
Examples:
  gmc-sync night
  gmc-sync night --nights 7 --doctors 5000 --data /tmp/week
  gmc-sync night --fault 1-1RSSQ05=half         then: --bodies 1-1RSSQ05 --accept 1-1RSSQ05=2760
  gmc-sync night --dry-run --json | jq '.doctors[]'
  GMC_USERNAME=… GMC_PASSWORD=… GMC_INTERNAL_USER=… gmc-sync night --gmc-url https://…/WebService.asmx

Without --gmc-url a simulated GMC is started in this process and asked over HTTP. Each night of a
data directory is a day later there; a dry run looks at the next day and does not use it up, and a
night with --accept looks at the same day again, since it answers what was held.

Ctrl-C or SIGTERM settles the night before the program ends. Another one, half a second later or
more, ends the program at once.";

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
    #[arg(long, value_name = "PERCENT", default_value_t = 20, env = "GMC_SYNC_MAX_DISCONNECTED_PERCENT", hide_env_values = true, value_parser = clap::value_parser!(u64).range(..=100), help_heading = "Settings")]
    pub(crate) max_disconnected_percent: u64,
    /// Hold a body only when it would lose more than this number of doctors
    #[arg(
        long,
        value_name = "N",
        default_value_t = 50,
        env = "GMC_SYNC_MAX_DISCONNECTED_MIN",
        hide_env_values = true,
        help_heading = "Settings"
    )]
    pub(crate) max_disconnected_min: u64,
    /// All the designated bodies there are, in place of today's 13
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = body, env = "GMC_SYNC_BODIES", hide_env_values = true, help_heading = "Settings")]
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

impl NightArgs {
    /// All the designated bodies there are.
    pub(crate) fn all_bodies(&self) -> Vec<BodyCode> {
        self.all_bodies.clone().unwrap_or_else(todays_bodies)
    }

    /// Checks what goes across several options.
    pub(super) fn check(&self) -> Result<(), String> {
        check_names(&[
            "GMC_SYNC_BODIES",
            "GMC_SYNC_MAX_DISCONNECTED_PERCENT",
            "GMC_SYNC_MAX_DISCONNECTED_MIN",
        ])?;
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
