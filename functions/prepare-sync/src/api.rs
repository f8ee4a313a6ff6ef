//! The operator's interface: `v1/admin`.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::encodings::Base64Data;
use domain::RunNumber;
use serde_json::{Value, json};
use sync::ledger::{Run, Trigger};
use sync::open::{OpenError, OpenRequest, Opened, open};
use sync::report::{Report, report, summaries};
use sync::stage::{Desk, StageError};
use sync::start_request::StartRequest;
use sync::trends::nights;
use sync::watchdog::{self, BY_OPERATOR};

use crate::answers::{MAX_BODY, answer, error, unavailable};
use crate::handler::PrepareSync;
use crate::html;

/// How many nights a list has when nobody says, and at most.
const LISTED: usize = 20;
const LISTED_AT_MOST: usize = 400;

/// API Gateway waits 29 seconds.
const PATIENCE: Duration = Duration::from_secs(25);

/// What a caller wants.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    Start,
    List,
    Report(RunNumber),
    Abort(RunNumber),
}

/// Answers a request. `request_id` is Lambda's, which stands for the request where the caller gave no key of their own:
/// API Gateway's is a fixed text when the console's *Test* button asks.
pub(crate) async fn respond(
    function: &PrepareSync,
    desk: Desk<'_>,
    request: &ApiGatewayProxyRequest,
    request_id: &str,
) -> Value {
    let wish = match wish(request) {
        Ok(wish) => wish,
        Err(refusal) => return refusal,
    };
    let answering = async {
        match wish {
            Wish::Start => start(function, desk, request, request_id).await,
            Wish::List => list(desk, request).await,
            Wish::Report(run) => tell(desk, request, run).await,
            Wish::Abort(run) => abort(desk, run).await,
        }
    };
    let Ok(answered) = tokio::time::timeout(PATIENCE, answering).await else {
        tracing::error!(method = %request.http_method, path = request.path, "a request was not answered in time");
        return unavailable(
            "the database did not answer in time; GET v1/admin tells whether a run was begun",
        );
    };
    answered.unwrap_or_else(|failure| {
        tracing::error!(method = %request.http_method, path = request.path, "a request could not be answered: {failure}");
        if failure.is_transient() {
            unavailable(&failure.to_string())
        } else {
            error(500, &failure.to_string())
        }
    })
}

/// By the path's last parts: a stage or a base path of a domain may stand before them.
fn wish(request: &ApiGatewayProxyRequest) -> Result<Wish, Value> {
    let path = request.path.as_deref().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let after = parts.windows(2).rposition(|pair| pair == ["v1", "admin"]).map(|place| &parts[place + 2..]);
    let method = request.http_method.as_str();
    match (method, after) {
        ("POST", Some([])) => Ok(Wish::Start),
        ("GET", Some([])) => Ok(Wish::List),
        ("GET", Some([run])) => Ok(Wish::Report(run_number(run)?)),
        ("POST", Some([run, "abort"])) => Ok(Wish::Abort(run_number(run)?)),
        (_, Some([] | [_] | [_, "abort"])) => Err(error(405, &format!("{method} is not understood here"))),
        _ => Err(error(
            404,
            "there is nothing here: POST v1/admin, GET v1/admin, GET v1/admin/{runId} and POST v1/admin/{runId}/abort are known",
        )),
    }
}

fn run_number(text: &str) -> Result<RunNumber, Value> {
    text.parse().map(RunNumber).map_err(|_| error(400, "the run's id in the path is no number"))
}

async fn start(
    function: &PrepareSync,
    desk: Desk<'_>,
    request: &ApiGatewayProxyRequest,
    request_id: &str,
) -> Result<Value, StageError> {
    let wanted = match body(request).and_then(|body| StartRequest::read(&body)) {
        Ok(wanted) => wanted,
        Err(reason) => return Ok(error(400, &reason)),
    };
    let key = match idempotency_key(request) {
        Ok(key) => key.unwrap_or(request_id),
        Err(reason) => return Ok(error(400, reason)),
    };
    let wanted = OpenRequest {
        key: format!("api:{key}"),
        trigger: Trigger::Api,
        bodies: wanted.bodies,
        accept: wanted.accept,
        accept_empty: wanted.empty,
        is_dry: wanted.dry_run,
    };
    Ok(match open(desk, &function.night, &wanted).await {
        Ok(Opened::Begun(run) | Opened::Resumed(run)) => accepted(&run),
        Ok(Opened::Over(run)) => answer(200, &json!({"runId": run.number, "state": run.state})),
        Ok(Opened::Busy(other)) => {
            let reason =
                format!("run {other} is going on; it can be given up with POST v1/admin/{other}/abort");
            answer(409, &json!({"error": reason, "runId": other}))
        }
        Err(OpenError::Stage(failure)) => return Err(failure),
        Err(refusal) => error(400, &refusal.to_string()),
    })
}

fn accepted(run: &Run) -> Value {
    let body = json!({
        "runId": run.number, "bodies": run.settings.bodies, "dryRun": run.settings.is_dry, "state": run.state,
    });
    answer(202, &body)
}

/// As it was sent: API Gateway encodes what it takes for binary.
fn body(request: &ApiGatewayProxyRequest) -> Result<Vec<u8>, String> {
    let text = request.body.as_deref().unwrap_or_default();
    if !request.is_base64_encoded {
        return Ok(text.as_bytes().to_vec());
    }
    serde_json::from_value::<Base64Data>(Value::from(text))
        .map(|data| data.0)
        .map_err(|_| "the body is said to be base64 and is not".to_owned())
}

/// `Idempotency-Key`: the same key again is the same run.
fn idempotency_key(request: &ApiGatewayProxyRequest) -> Result<Option<&str>, &'static str> {
    const EXPECTED: &str = "Idempotency-Key has from 1 to 100 letters, digits, dots, underscores and hyphens";
    let Some(value) = request.headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().map_err(|_| EXPECTED)?;
    let is_plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if is_plain && (1..=100).contains(&key.len()) { Ok(Some(key)) } else { Err(EXPECTED) }
}

async fn list(desk: Desk<'_>, request: &ApiGatewayProxyRequest) -> Result<Value, StageError> {
    let is_page = html::is_wanted(request);
    let most = match request.query_string_parameters.first("last") {
        None if is_page => pages::NIGHTS,
        None => LISTED,
        Some(text) => match text.parse() {
            Ok(most) if (1..=LISTED_AT_MOST).contains(&most) => most,
            _ => return Ok(error(400, &format!("last is a number of nights from 1 to {LISTED_AT_MOST}"))),
        },
    };
    Ok(if is_page {
        html::nights(&nights(desk.ledger, most).await?, desk.host.now())
    } else {
        answer(200, &summaries(desk.ledger, most).await?)
    })
}

async fn tell(desk: Desk<'_>, request: &ApiGatewayProxyRequest, run: RunNumber) -> Result<Value, StageError> {
    let now = desk.host.now();
    Ok(match report(desk.ledger, run, now).await? {
        Some(report) if html::is_wanted(request) => html::night(&report, now),
        Some(report) => answer(200, &shortened(report)),
        None => error(404, &format!("there is no run {run}")),
    })
}

async fn abort(desk: Desk<'_>, run: RunNumber) -> Result<Value, StageError> {
    let Some(known) = desk.ledger.run(run).await? else {
        return Ok(error(404, &format!("there is no run {run}")));
    };
    if !watchdog::abort(desk, run, BY_OPERATOR).await? {
        return Ok(answer(
            409,
            &json!({"error": format!("run {run} is over"), "runId": run, "state": known.state}),
        ));
    }
    Ok(answer(202, &json!({"runId": run, "abort": BY_OPERATOR})))
}

/// A report as JSON; one that is larger than a response may be leaves out the last of its lists of doctors, and says how
/// many. Who left and who moved come before who is new.
fn shortened(mut report: Report) -> Value {
    report.doctors.sort_by_key(|doctor| (doctor.what, doctor.gmc_number));
    let (doctors, changes) = (report.doctors.len(), report.changes.len());
    while let Ok(text) = serde_json::to_string(&report)
        && text.len() > MAX_BODY
    {
        // entries are about alike: what is kept is the same part of them as of the bytes, and a little less
        let part = |length: usize| length * (MAX_BODY / 1_000) / (text.len() / 1_000 + 1) * 9 / 10;
        report.doctors.truncate(part(report.doctors.len()));
        report.changes.truncate(part(report.changes.len()));
    }
    let left_out = doctors - report.doctors.len() + changes - report.changes.len();
    let mut body = json!(report);
    if left_out > 0 {
        body["leftOut"] = json!(left_out);
    }
    body
}
