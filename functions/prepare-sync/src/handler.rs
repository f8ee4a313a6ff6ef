//! From the rule, the operator's requests and the prepare-sync queue to the stages and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use lambda::batch::{Batch, Message};
use lambda::event::{Scheduled, SqsBatchResponse, SqsEvent};
use lambda::serve::Call;
use lambda_runtime::Error;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync::ledger::Trigger;
use sync::open::{NightSettings, NightlyMode, OpenRequest, Opened, open_or_wait};
use sync::ports::queue::{Inbox, QueueName};
use sync::ports::{Doctors, Ledger, Outbox};
use sync::prepare;
use sync::stage::Desk;

use crate::{answers, api};

/// The function's name.
pub(crate) const NAME: &str = "prepare-sync";

/// What it works with.
pub(crate) struct PrepareSync {
    pub(crate) doctors: Arc<dyn Doctors>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) inbox: Arc<dyn Inbox>,
    /// How nights are run.
    pub(crate) night: NightSettings,
    /// What the nightly rule does.
    pub(crate) nightly_mode: NightlyMode,
}

/// What invokes it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Event {
    /// API Gateway, for an operator.
    Request(Box<ApiGatewayProxyRequest>),
    /// API Gateway, with a request that cannot be read: the caller gets an answer all the same.
    BadRequest(RequestMarks),
    Messages(SqsEvent),
    /// The nightly rule.
    Rule(Scheduled),
}

/// The fields that mark an event as a request.
#[derive(Debug, Deserialize)]
pub(crate) struct RequestMarks {
    #[serde(rename = "httpMethod")]
    _http_method: IgnoredAny,
    #[serde(rename = "requestContext")]
    _request_context: IgnoredAny,
}

/// What it answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// For API Gateway.
    Request(Value),
    Messages(SqsBatchResponse),
    Rule(Value),
}

/// Handles one invocation.
pub(crate) async fn handle(function: &PrepareSync, call: Call<Event>) -> Result<Answer, Error> {
    let host = &call.host;
    let desk =
        Desk { doctors: &*function.doctors, ledger: &*function.ledger, outbox: &*function.outbox, host };
    Ok(match &call.payload {
        Event::Request(request) => {
            Answer::Request(api::respond(function, desk, request, &call.request_id).await)
        }
        Event::BadRequest(_) => {
            Answer::Request(answers::error(400, "the request is none of API Gateway's REST API"))
        }
        Event::Rule(event) => Answer::Rule(begin_night(function, desk, event).await?),
        Event::Messages(event) => {
            let batch = Batch { queue: QueueName::PrepareSync, inbox: &*function.inbox, host, at_once: 1 };
            let stage =
                async |message: Message<'_>| prepare::handle(desk, &function.night, message.body).await;
            Answer::Messages(batch.work(event, stage).await)
        }
    })
}

/// The nightly rule fired. Its event's id is the run's key: delivered again, it resumes the same run.
async fn begin_night(function: &PrepareSync, desk: Desk<'_>, event: &Scheduled) -> Result<Value, Error> {
    let is_dry = match function.nightly_mode {
        NightlyMode::Off => {
            tracing::info!(event = event.id, "the rule fired, and NIGHTLY_MODE is off: nothing is done");
            return Ok(json!({"outcome": "off"}));
        }
        NightlyMode::DryRun => true,
        NightlyMode::Live => false,
    };
    let request = OpenRequest {
        key: format!("rule:{}", event.id),
        trigger: Trigger::Rule,
        bodies: None,
        accept: BTreeMap::new(),
        accept_empty: false,
        is_dry,
    };
    let until = desk.host.now().plus(function.night.rule_waits);
    let opened = open_or_wait(desk, &function.night, &request, until).await?;
    let (outcome, run) = match opened {
        Opened::Begun(run) => ("begun", run.number),
        Opened::Resumed(run) => ("resumed", run.number),
        Opened::Over(run) => ("over", run.number),
        Opened::Busy(other) => ("waits", other),
    };
    tracing::info!(run = run.0, event = event.id, outcome, is_dry, "the rule fired");
    Ok(json!({"outcome": outcome, "runId": run, "dryRun": is_dry}))
}
