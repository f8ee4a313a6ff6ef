//! `gmc-sync status` and `gmc-sync start`, and where the API is.

use clap::Args;
use domain::BodyCode;

use super::EXIT_STATUS;
use super::values::{accepted, body, join};

/// Where the API is, and how requests to it are signed.
#[derive(Debug, Clone, Args)]
pub(crate) struct ApiArgs {
    /// The functions' API: the stack's output `ApiUrl`. Requests are signed with the AWS credentials of the environment
    #[arg(
        long = "api",
        value_name = "URL",
        env = "GMC_SYNC_API",
        hide_env_values = true,
        help_heading = "The API"
    )]
    pub(crate) url: Option<String>,
    /// The region to sign for, where the address does not have it [default: `AWS_REGION`]
    #[arg(long, value_name = "REGION", requires = "url", help_heading = "The API")]
    pub(crate) region: Option<String>,
    /// Do not sign requests
    #[arg(long, requires = "url", conflicts_with = "region", help_heading = "The API")]
    pub(crate) unsigned: bool,
}

/// `gmc-sync status`.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  gmc-sync status                    the night that goes on, or the latest, in the data directory
  gmc-sync status --follow           until it has ended
  gmc-sync status --api https://….execute-api.eu-west-2.amazonaws.com/prod/v1/admin
  gmc-sync status 12 --json | jq .waiting

What is shown is what the ledger has. A night that has ended is shown as gmc-sync report shows it.
--follow ends when the night does, with the exit status of the night; it does not wait for a night
that has not begun. With --json it prints a document a line, whenever something has changed.

{API}

{EXIT_STATUS}"))]
pub(crate) struct StatusArgs {
    /// Which night; the latest when none is given
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<i64>,
    /// Go on until the night has ended
    #[arg(long)]
    pub(crate) follow: bool,
    /// Where.
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// `gmc-sync start`.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:
  gmc-sync start --follow            a whole night, by the API that GMC_SYNC_API names
  gmc-sync start --bodies 1-1RUZUSF
  gmc-sync start --bodies 1-1RUZUSF --accept 1-1RUZUSF=812
  gmc-sync start --dry-run

The night is run by the functions. gmc-sync night runs one in this program.

{API}

{EXIT_STATUS}"))]
pub(crate) struct StartArgs {
    /// Ask only these designated bodies; who moves to another one appears there in the next whole night
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = body)]
    pub(crate) bodies: Option<Vec<BodyCode>>,
    /// Let up to MAX doctors leave a body that was held; can be given for several bodies
    #[arg(long, value_name = "BODY=MAX", value_parser = accepted)]
    pub(crate) accept: Vec<(BodyCode, u64)>,
    /// Let an answer without doctors through, for the bodies of --accept
    #[arg(long, requires = "accept")]
    pub(crate) accept_empty: bool,
    /// Ask, decide and report, and write nothing to doctors and indexes
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Go on until the night has ended, as gmc-sync status --follow does
    #[arg(long)]
    pub(crate) follow: bool,
    /// Where.
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// How requests are signed.
const API: &str = "\
Requests to https addresses are signed (SigV4, execute-api), as the AWS command line would sign
them: with the credentials of the environment, the profile, or the machine's role. That needs a
program that was built with --features live. The region is that of the address, or --region, or
AWS_REGION. Requests to this machine (http://127.0.0.1:3000/v1/admin, sam local) are not signed,
unless --region is given.";

impl StartArgs {
    /// Checks what goes across several options. Which bodies there are, only the functions know.
    pub(super) fn check(&self) -> Result<(), String> {
        let Some(bodies) = &self.bodies else {
            return Ok(());
        };
        match self.accept.iter().find(|(code, _)| !bodies.contains(code)) {
            Some((unasked, _)) => Err(format!(
                "--accept names designated body {unasked}, which this night does not ask: {}",
                join(bodies)
            )),
            None => Ok(()),
        }
    }
}
