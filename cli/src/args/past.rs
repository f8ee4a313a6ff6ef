//! `gmc-sync runs`, `gmc-sync report` and `gmc-sync doctor`: what was, and what is stored.

use clap::Args;
use domain::GmcNumber;

use super::values::gmc_number;

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
