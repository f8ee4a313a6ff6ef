//! `gmc-sync cron`.

use clap::Args;

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
