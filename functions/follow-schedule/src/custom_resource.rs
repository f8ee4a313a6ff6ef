//! A deployment: CloudFormation asks for a custom resource, and its stack stands still until it is answered.
//!
//! What fails a deployment, and what does not:
//!
//! - A text that cannot be followed never does. It was there before the deployment, others share the parameter, and the
//!   rule stays as it was.
//! - What may pass never does. The rule is brought in line within the hour.
//! - A refusal that stays (no right, no such rule, a setting that is missing) fails a *creation*: the rule was made
//!   disabled, nothing would start it, and whoever deploys can mend it now; undoing a creation harms nobody.
//! - It does not fail an *update*: CloudFormation would roll the whole stack back, ask for the same resource again, get
//!   the same failure, and leave the stack in `UPDATE_ROLLBACK_FAILED`, from which only a person gets it out.
//! - A deletion does nothing, and so cannot fail.
//!
//! What did not fail the deployment is in the answer's data, in the log and in the metric.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use lambda::host::Invocation;
use lambda_runtime::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync::ports::host::Host as _;
use sync::ports::{PortError, PortResult};

use crate::handler::{FollowSchedule, bring_in_line, tell};
use crate::responder::ATTEMPTS_TAKE;
use crate::schedule::Outcome;

/// The longest reason, in characters. The whole answer may have 4,096 bytes, and the reason is in it twice.
const MAX_REASON: usize = 400;

/// What CloudFormation asks. Its address for the answer is a key to it: never logged.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Question {
    request_type: String,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
}

/// What it is answered.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Response<'a> {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    physical_resource_id: &'a str,
    stack_id: &'a str,
    request_id: &'a str,
    logical_resource_id: &'a str,
    data: &'a Data,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Success,
    Failed,
}

/// What the template may ask for with `Fn::GetAtt`; always all of it, because asking for what is missing fails a stack.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    outcome: String,
    expression: String,
    enabled: String,
    reason: String,
}

/// Does what a deployment asks for, and answers CloudFormation whatever came of it. An error is that CloudFormation could
/// not be answered: Lambda then tries again.
pub(crate) async fn handle(
    function: &FollowSchedule,
    payload: Value,
    host: &Invocation,
) -> Result<Value, Error> {
    let request: Question = serde_json::from_value(payload)
        .map_err(|_| "a request of CloudFormation that cannot be answered: a field is missing")?;
    let is_creation = request.request_type == "Create";
    let (status, data) = match &*request.request_type {
        "Create" | "Update" => {
            let limit = host.time_left().saturating_sub(ATTEMPTS_TAKE);
            follow(function, is_creation, limit).await
        }
        "Delete" => (Status::Success, Data { outcome: "deleted".to_owned(), ..Data::default() }),
        other => {
            let reason = short(&format!("{other:?} is not asked of a custom resource"));
            (Status::Failed, Data { reason, ..Data::default() })
        }
    };
    let response = Response {
        status,
        reason: Some(&*data.reason).filter(|reason| !reason.is_empty()),
        // one for the resource's whole life, also where the settings are missing that would name the rule
        physical_resource_id: request.physical_resource_id.as_deref().unwrap_or(&request.logical_resource_id),
        stack_id: &request.stack_id,
        request_id: &request.request_id,
        logical_resource_id: &request.logical_resource_id,
        data: &data,
    };
    function
        .responder
        .put(&request.response_url, serde_json::to_string(&response)?)
        .await
        .map_err(|error| format!("CloudFormation could not be answered: {error}"))?;
    Ok(json!({"requestType": request.request_type, "status": status, "data": data}))
}

/// Brings the rule in line, within `limit` and without a panic getting past it.
async fn follow(function: &FollowSchedule, is_creation: bool, limit: Duration) -> (Status, Data) {
    let schedule = match &function.schedule {
        Ok(schedule) => schedule,
        Err(error) => {
            tracing::error!("the schedule is not followed: {error}");
            let reason = short(&error.to_string());
            return (failed(is_creation), Data { outcome: "failed".to_owned(), reason, ..Data::default() });
        }
    };
    let work = AssertUnwindSafe(bring_in_line(schedule, limit)).catch_unwind().await;
    let followed: PortResult<Outcome> =
        work.unwrap_or_else(|_| Err(PortError::permanent("a defect: the log says where")));
    let (status, outcome) = match followed {
        Ok(outcome) => (Status::Success, outcome),
        Err(error) if error.is_transient => (Status::Success, schedule.failed(error.message)),
        Err(error) => (failed(is_creation), schedule.failed(error.message)),
    };
    tell(&outcome);
    (status, Data::from(&outcome))
}

fn failed(is_creation: bool) -> Status {
    if is_creation { Status::Failed } else { Status::Success }
}

impl From<&Outcome> for Data {
    fn from(outcome: &Outcome) -> Self {
        Self {
            outcome: outcome.kind.as_str().to_owned(),
            expression: outcome.expression.clone().unwrap_or_default(),
            enabled: outcome.is_enabled.map(|is_enabled| is_enabled.to_string()).unwrap_or_default(),
            reason: outcome.reason.as_deref().map(short).unwrap_or_default(),
        }
    }
}

fn short(reason: &str) -> String {
    match reason.char_indices().nth(MAX_REASON) {
        None => reason.to_owned(),
        Some((end, _)) => format!("{}…", &reason[..end]),
    }
}
