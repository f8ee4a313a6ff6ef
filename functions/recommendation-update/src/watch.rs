//! A tick of the watchdog, and whether a night is missing.

use std::time::Duration;

use aws::RuleState;
use domain::Moment;
use domain::schedule::Schedule;
use lambda::metrics::{Metric, emit_count};
use lambda_runtime::Error;
use serde::Serialize;
use sync::lateness::{overdue, since_success};
use sync::ledger::Run;
use sync::open::NightlyMode;
use sync::stage::Desk;
use sync::watchdog;

use crate::handler::RecommendationUpdate;

/// Enough of the past to find the last night that succeeded, re-runs of single bodies between them included.
const RUNS: usize = 200;

/// How much of the time that is left is kept for telling: a night that is late must be told above all when the database
/// is slow.
const TELLING_NEEDS: Duration = Duration::from_secs(20);

/// Brings every run on that is not finished, then tells how late a night is. A tick that could not do all is an error,
/// so that it counts as one; the next does the rest.
pub(crate) async fn watch(function: &RecommendationUpdate, desk: Desk<'_>) -> Result<Lateness, Error> {
    let within = desk.host.time_left().saturating_sub(TELLING_NEEDS);
    let ticked = tokio::time::timeout(within, watchdog::tick(desk)).await;
    let told = tell_lateness(function, desk).await;
    ticked.map_err(|_| "the watchdog was not done in time; its next tick goes on")??;
    told
}

async fn tell_lateness(function: &RecommendationUpdate, desk: Desk<'_>) -> Result<Lateness, Error> {
    let runs = desk.ledger.latest_runs(RUNS).await?;
    let rule = match &function.rule {
        Some(rule) => Some(rule.read().await?),
        None => None,
    };
    let lateness = Lateness::of(rule.as_ref(), function.nightly_mode, &runs, desk.host.now());
    emit_count(Metric::MinutesOverdue, lateness.minutes_overdue);
    if let Some(minutes) = lateness.minutes_since_success {
        emit_count(Metric::MinutesSinceSuccess, minutes);
    }
    Ok(lateness)
}

/// How late a night is.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lateness {
    pub(crate) minutes_overdue: u64,
    /// Absent when no night ever succeeded.
    pub(crate) minutes_since_success: Option<u64>,
}

impl Lateness {
    /// By the expression in force, which is the rule's, not the parameter's: a bad parameter leaves the rule as it is.
    pub(crate) fn of(rule: Option<&RuleState>, mode: NightlyMode, runs: &[Run], now: Moment) -> Self {
        let counts_dry = mode == NightlyMode::DryRun;
        let expression = rule
            .filter(|rule| rule.is_enabled && mode != NightlyMode::Off)
            .and_then(|rule| rule.expression.as_deref());
        let schedule = expression.map_or(Ok(Schedule::Off), Schedule::parse).unwrap_or_else(|error| {
            tracing::error!("the nightly rule's expression cannot be read: {error}");
            Schedule::Off
        });
        let minutes = |span: Duration| span.as_secs() / 60;
        Self {
            minutes_overdue: overdue(&schedule, runs, counts_dry, now).map_or(0, minutes),
            minutes_since_success: since_success(runs, counts_dry, now).map(minutes),
        }
    }
}
