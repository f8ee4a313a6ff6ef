//! An occasion to look at the parameter, and the rule brought in line with it.

use std::time::Duration;

use aws::{NightlyRule, Parameters, RuleChange, RuleState};
use domain::schedule::Schedule;
use lambda::metrics::{Metric, emit_count};
use lambda::serve::Call;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use sync::ports::host::Host as _;
use sync::ports::{PortError, PortResult};
use tokio::time::timeout;

/// The function's name.
pub(crate) const NAME: &str = "follow-schedule";

/// Kept of an invocation's time, so that it can still report what took too long.
const RESERVE: Duration = Duration::from_secs(2);

/// What the function works with.
pub(crate) struct FollowSchedule {
    pub(crate) parameters: Parameters,
    /// The name of the parameter that says what the rule should be.
    pub(crate) parameter: String,
    pub(crate) rule: NightlyRule,
}

/// An event of EventBridge. Only its kind counts: what the parameter holds is read afterwards. The library's types for
/// such events bring a second date library.
#[derive(Deserialize)]
#[serde(tag = "detail-type")]
pub(crate) enum Event {
    #[serde(rename = "Scheduled Event")]
    Tick,
    #[serde(rename = "Parameter Store Change")]
    ParameterChange,
}

/// What came of it.
enum Outcome {
    /// The rule is as the parameter says.
    Followed(RuleChange, Option<u8>),
    /// The parameter's text cannot be followed, and the rule is as it was.
    Refused(RuleState, String),
}

/// Handles one invocation. A failure that may pass is an error, so that Lambda tries again; one that stays is in the
/// answer, the log and the metric, because trying again would only repeat it.
pub(crate) async fn handle(function: &FollowSchedule, call: Call<Event>) -> Result<Value, Error> {
    let (Event::Tick | Event::ParameterChange) = call.payload;
    let limit = call.host.time_left().saturating_sub(RESERVE);
    let followed = timeout(limit, function.follow()).await.unwrap_or_else(|_| {
        Err(PortError::transient(format!("the schedule could not be followed within {limit:.0?}")))
    });
    let parameter = &function.parameter;
    let answer = match followed {
        Ok(Outcome::Followed(change, dropped_second)) => {
            let RuleState { expression, is_enabled, .. } = &change.after;
            if change.is_change() {
                tracing::info!(
                    parameter,
                    expression,
                    is_enabled,
                    dropped_second,
                    "the rule was brought in line"
                );
            }
            let outcome = if change.is_change() { "changed" } else { "unchanged" };
            json!({"outcome": outcome, "expression": expression, "isEnabled": is_enabled, "droppedSecond": dropped_second})
        }
        Ok(Outcome::Refused(RuleState { expression, is_enabled, .. }, reason)) => {
            tracing::error!(
                parameter,
                expression,
                is_enabled,
                "the schedule cannot be followed, the rule stays: {reason}"
            );
            json!({"outcome": "refused", "expression": expression, "isEnabled": is_enabled, "reason": reason})
        }
        Err(error) if error.is_transient => return Err(error.into()),
        Err(PortError { message, .. }) => {
            tracing::error!(parameter, "the schedule could not be followed: {message}");
            json!({"outcome": "failed", "reason": message})
        }
    };
    emit_count(Metric::ScheduleErrors, u64::from(answer.get("reason").is_some()));
    Ok(answer)
}

impl FollowSchedule {
    /// Brings the rule in line with the parameter. An error is AWS's: what the parameter says is never one.
    async fn follow(&self) -> PortResult<Outcome> {
        let text = self.parameters.get_text(&self.parameter).await?;
        let reason = match text.as_deref().map(Schedule::parse) {
            Some(Ok(schedule)) => {
                let change = self.rule.put(schedule.expression()).await?;
                return Ok(Outcome::Followed(change, schedule.dropped_second()));
            }
            Some(Err(error)) => error.to_string(),
            None => "there is no such parameter".to_owned(),
        };
        Ok(Outcome::Refused(self.rule.read().await?, reason))
    }
}
