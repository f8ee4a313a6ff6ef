//! `gmc-sync abort` and `gmc-sync unhide`: what an operator does by hand.

use clap::Args;
use domain::{BodyCode, GmcNumber};

use super::ApiArgs;
use super::values::{body, gmc_number};

/// `gmc-sync abort`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gmc-sync abort 12 --api https://….execute-api.eu-west-2.amazonaws.com/prod/v1/admin
  gmc-sync abort 12                 on the data directory, or on the live engines that the environment names

What has not answered has failed, and everyone whom the run has hidden is shown again, but for
those whom a complete answer left out.

On live engines this is for a run of gmc-sync night whose program was killed: it is settled at
once instead of at its deadline. A run that the functions have begun may be worked on by them: it
is refused until its deadline has passed, unless --here says to settle it from here all the same.
That loses nobody: it is what the functions would do, twice. A data directory that another process
has is refused: that process settles its night when it gets Ctrl-C.")]
pub(crate) struct AbortArgs {
    /// Which run
    #[arg(value_name = "RUN")]
    pub(crate) run: i64,
    /// Settle a run that the functions have begun, although they may be at work on it
    #[arg(long, conflicts_with = "url")]
    pub(crate) here: bool,
    /// Where.
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// `gmc-sync unhide`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gmc-sync unhide --dry-run         how many are hidden, by body
  gmc-sync unhide                   asks before it changes anything
  gmc-sync unhide --bodies 1-1RUZUSF --yes
  gmc-sync unhide --doctors 7000123 --yes

For the worst case, after the sync was turned off: every last-X that is stored becomes X, of codes
that are in no list any more as well, and the indexes follow. Doctors whom a night left out for
good reasons come back with the others: the next night finds them on the roll, and where they are
many it holds the body until somebody accepts their leaving. The documents are dated, as after
connecting a doctor by hand; nothing is added to the audit of connections.

It is refused while a run goes on: gmc-sync abort RUN first. It can be repeated: the second time
nothing is left to do.")]
pub(crate) struct UnhideArgs {
    /// Only doctors who are hidden in these designated bodies; codes of the past are accepted as well
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = body)]
    pub(crate) bodies: Option<Vec<BodyCode>>,
    /// Only these doctors, by their GMC numbers
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = gmc_number, conflicts_with = "bodies")]
    pub(crate) doctors: Option<Vec<GmcNumber>>,
    /// Only tell how many are hidden
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}
