//! `gmc-sync runs`, `gmc-sync report` and `gmc-sync doctor`: what was, and what is stored.

use std::path::PathBuf;

use clap::Args;
use domain::GmcNumber;

use super::values::gmc_number;

/// `gmc-sync runs`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gmc-sync runs\n  gmc-sync runs --last 90 --json | jq '.[] | [.run, .state]'\n  gmc-sync runs --html nights.html"
)]
pub(crate) struct RunsArgs {
    /// How many at most [default: 20; with --html 90]
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<usize>,
    /// Write a page for a browser instead, with each body over the nights; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// `gmc-sync report`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gmc-sync report\n  gmc-sync report 3 --json | jq '.doctors[] | select(.what == \"left\")'\n  gmc-sync report --html night.html"
)]
pub(crate) struct ReportArgs {
    /// Which night; the latest when none is given
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<i64>,
    /// Write a page for a browser instead; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// `gmc-sync doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  gmc-sync doctor 7000123")]
pub(crate) struct DoctorArgs {
    /// Seven digits
    #[arg(value_name = "GMCNUMBER", value_parser = gmc_number)]
    pub(crate) number: GmcNumber,
}
