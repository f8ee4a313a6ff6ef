//! From events to the schedule and back: a change in Parameter Store, the hour, a deployment.

use std::time::Duration;

use lambda::event::{Event, UnknownEvent};
use lambda::metrics::{Metric, emit_count};
use lambda::serve::Call;
use lambda::settings::SettingError;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use sync::ports::host::Host as _;
use sync::ports::{PortError, PortResult};
use tokio::time::timeout;

use crate::custom_resource;
use crate::responder::Responder;
use crate::schedule::{Kind, Outcome, ScheduleInForce};

/// The function's name.
pub(crate) const NAME: &str = "follow-schedule";

/// Kept of an invocation's time, so that what took too long is told and not cut off.
const RESERVE: Duration = Duration::from_secs(2);

/// What it works with.
pub(crate) struct FollowSchedule {
    /// The parameter and the rule, or the setting that says which is missing.
    pub(crate) schedule: Result<ScheduleInForce, SettingError>,
    /// Tells CloudFormation.
    pub(crate) responder: Responder,
}

/// What Parameter Store tells of a change, as far as it is looked at.
#[derive(Deserialize)]
struct ParameterChange {
    detail: Changed,
}

#[derive(Deserialize)]
struct Changed {
    name: String,
}

/// Handles one invocation. A failure that may pass is an error, so that Lambda tries again; one that stays is told in
/// the answer, the log and the metric, because trying again would only repeat it.
pub(crate) async fn handle(function: &FollowSchedule, call: Call) -> Result<Value, Error> {
    let payload = match Event::of(NAME, call.payload.clone())? {
        Event::Scheduled(_) => return check(function, &call).await,
        Event::Messages(_) => return Err(UnknownEvent::new(NAME, &call.payload).into()),
        Event::Other(payload) => payload,
    };
    if payload.get("RequestType").is_some() {
        return custom_resource::handle(function, payload, &call.host).await;
    }
    if payload.get("detail-type").and_then(Value::as_str) != Some("Parameter Store Change") {
        return Err(UnknownEvent::new(NAME, &payload).into());
    }
    let change: ParameterChange =
        serde_json::from_value(payload).map_err(|_| "a change of a parameter without its name")?;
    let schedule = function.schedule.as_ref().map_err(Clone::clone)?;
    if change.detail.name == schedule.parameter() {
        return check(function, &call).await;
    }
    tracing::debug!(parameter = change.detail.name, "another parameter has changed");
    Ok(json!(schedule.ignored(&change.detail.name)))
}

/// Brings the rule in line within `limit`.
pub(crate) async fn bring_in_line(schedule: &ScheduleInForce, limit: Duration) -> PortResult<Outcome> {
    match timeout(limit, schedule.bring_in_line()).await {
        Ok(outcome) => outcome,
        Err(_) => Err(PortError::transient(format!("the schedule could not be followed within {limit:.0?}"))),
    }
}

/// Logs an outcome, and says in a metric whether the schedule is followed.
pub(crate) fn tell(outcome: &Outcome) {
    let Outcome { parameter, expression, is_enabled, reason, .. } = outcome;
    let (expression, reason) = (expression.as_deref(), reason.as_deref().unwrap_or_default());
    match outcome.kind {
        Kind::Ignored => return,
        Kind::Unchanged => tracing::debug!(parameter, expression, is_enabled, "the rule is in line"),
        Kind::Changed => tracing::info!(parameter, expression, is_enabled, "the rule was brought in line"),
        Kind::Refused => {
            tracing::error!(
                parameter,
                expression,
                is_enabled,
                "the schedule cannot be followed, the rule stays: {reason}"
            );
        }
        Kind::Failed => tracing::error!(parameter, "the schedule could not be followed: {reason}"),
    }
    if let Some(second) = outcome.dropped_second {
        tracing::warn!(parameter, second, "the rule fires at any second of its minute");
    }
    emit_count(Metric::ScheduleErrors, u64::from(matches!(outcome.kind, Kind::Refused | Kind::Failed)));
}

/// For the hour and for a change: nobody waits for the answer.
async fn check(function: &FollowSchedule, call: &Call) -> Result<Value, Error> {
    let schedule = function.schedule.as_ref().map_err(Clone::clone)?;
    let outcome = match bring_in_line(schedule, call.host.time_left().saturating_sub(RESERVE)).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_transient => return Err(error.into()),
        Err(error) => schedule.failed(error.message),
    };
    tell(&outcome);
    Ok(json!(outcome))
}
