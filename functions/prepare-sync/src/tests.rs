//! Every sample event, given to the real handler, and what the operator's interface refuses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{RunNumber, RunState};
use embedded::{Queues, Store};
use lambda::event::read;
use lambda::serve::Call;
use lambda_runtime::Error;
use serde_json::{Value, json};
use sync::ledger::Trigger;
use sync::open::{NightSettings, NightlyMode, OpenRequest, open};
use sync::ports::Ledger as _;
use sync::ports::host::Machine;
use sync::ports::queue::{Inbox as _, QueueName};
use sync::prepare::prepare;
use sync::stage::Desk;

use crate::handler::{Event, NAME, PrepareSync, handle};

const CODES: [&str; 3] = ["1-1RSSQ05", "1-1RUZUSF", "1-1RUZUVB"];

#[tokio::test]
async fn every_sample_event_is_answered_as_it_should_be() {
    for (name, event) in contract::events::of(NAME) {
        let here = Here::new(NightlyMode::DryRun);
        match name.as_str() {
            "rule" => {
                let answer = here.answer(event.clone()).await;
                assert_eq!(answer, json!({"outcome": "begun", "runId": 1, "dryRun": true}), "{name}");
                let again = here.answer(event).await;
                assert_eq!(again["outcome"], "resumed", "the same event again is the same run");
                assert_eq!(here.runs().await, 1);
            }
            "api-whole-night" | "api-console-test" => {
                let (status, body) = here.respond(event).await;
                assert_eq!(status, 202, "{name}: {body}");
                assert_eq!(
                    body,
                    json!({"runId": 1, "bodies": CODES, "dryRun": false, "state": "PREPARING"}),
                    "{name}"
                );
                assert_eq!(here.waiting(QueueName::PrepareSync).await, [json!({"prepare": {"run": 1}})]);
            }
            "api-some-bodies" => {
                let (status, body) = here.respond(event).await;
                assert_eq!((status, &body["bodies"]), (202, &json!(["1-1RUZUSF"])), "{name}: {body}");
                let run = here.store.run(RunNumber(1)).await.unwrap().unwrap();
                let accept = BTreeMap::from([("1-1RUZUSF".parse().unwrap(), 812)]);
                assert_eq!((run.settings.safeguard.accept, run.trigger), (accept, Trigger::Api));
            }
            "api-dry-run" => {
                let (status, body) = here.respond(event).await;
                assert_eq!((status, &body["dryRun"]), (202, &json!(true)), "{name}: {body}");
            }
            "api-base64" => {
                let (status, body) = here.respond(event).await;
                assert_eq!((status, &body["bodies"]), (202, &json!(["1-1RSSQ05"])), "{name}: {body}");
            }
            "api-bad-json" => here.refuses(event, 400, "line 1 column").await,
            "api-unknown-body" => here.refuses(event, 400, "1-AIIDWI is not in the list of bodies").await,
            "api-list" => {
                here.begin().await;
                let (status, body) = here.respond(event).await;
                assert_eq!((status, &body[0]["run"]), (200, &json!(1)), "{name}: {body}");
            }
            "api-report" => {
                here.begin().await;
                let (status, body) = here.respond(event).await;
                assert_eq!((status, &body["state"]), (200, &json!("RUNNING")), "{name}: {body}");
                assert_eq!(body["bodies"].as_array().unwrap().len(), 3);
            }
            "api-list-page" | "api-report-page" => {
                here.begin().await;
                let answer = here.answer(event).await;
                assert_eq!(answer["statusCode"], 200, "{name}: {answer}");
                assert_eq!(answer["headers"]["Content-Type"], "text/html; charset=utf-8");
                assert_eq!(answer["headers"]["Cache-Control"], "no-store");
                let policy = answer["headers"]["Content-Security-Policy"].as_str().unwrap();
                assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
                let page = answer["body"].as_str().unwrap();
                let link = if name == "api-list-page" { "href=\"admin/1\"" } else { "href=\"../admin\"" };
                assert!(page.contains("0 of 3 bodies") && page.contains(link), "{page}");
            }
            "api-unknown-run" => here.refuses(event, 404, "there is no run 999999").await,
            "api-abort" => {
                here.begin().await;
                let (status, body) = here.respond(event.clone()).await;
                assert_eq!((status, &body["runId"]), (202, &json!(1)), "{name}: {body}");
                assert_eq!(
                    here.waiting(QueueName::RecommendationUpdate).await,
                    [json!({"sweep": {"run": 1}})],
                    "nothing slow happens before the answer: the sweep has its own message"
                );
            }
            "sqs-prepare" | "sqs-redelivery" => {
                here.open().await;
                assert_eq!(here.answer(event).await, json!({"batchItemFailures": []}), "{name}");
                assert_eq!(here.waiting(QueueName::GmcFetch).await.len(), 3, "{name}: one for each body");
            }
            "sqs-waiting-rule" => {
                assert_eq!(here.answer(event).await, json!({"batchItemFailures": []}), "{name}");
                assert_eq!(here.runs().await, 1, "{name}");
            }
            "sqs-batch-with-poison" => {
                here.open().await;
                let answer = here.answer(event.clone()).await;
                assert_eq!(answer, contract::events::handed_back(&event, &[1]), "{name}");
                assert_eq!(here.state().await, RunState::Running, "the others are worked on");
            }
            other => panic!("nothing is expected of {other}"),
        }
    }
}

#[tokio::test]
async fn while_a_run_is_going_on_another_is_refused_with_its_id() {
    let here = Here::new(NightlyMode::Live);
    here.begin().await;

    let (status, body) = here.respond(request("POST", "/v1/admin", "{}")).await;

    assert_eq!(status, 409);
    assert_eq!(body["runId"], 1);
}

#[tokio::test]
async fn the_same_idempotency_key_is_the_same_run() {
    let here = Here::new(NightlyMode::Live);
    let mut event = request("POST", "/v1/admin", "{}");
    event["headers"] = json!({"Idempotency-Key": "ticket-4711"});

    let first = here.respond(event.clone()).await;
    let second = here.respond(event.clone()).await;

    assert_eq!((first.0, &first.1["runId"]), (202, &json!(1)));
    assert_eq!((second.0, &second.1["runId"]), (202, &json!(1)));
    event["headers"] = json!({"Idempotency-Key": "no such key"});
    here.refuses(event, 400, "Idempotency-Key").await;
}

#[tokio::test]
async fn what_is_not_there_is_said_not_to_be_there() {
    let here = Here::new(NightlyMode::Live);
    for (method, path, status, told) in [
        ("DELETE", "/v1/admin", 405, "DELETE"),
        ("GET", "/v1/admin/1/abort", 405, "GET"),
        ("GET", "/v1/doctors", 404, "POST v1/admin"),
        ("GET", "/v1/admin/last", 400, "no number"),
        ("POST", "/v1/admin/7/abort", 404, "there is no run 7"),
    ] {
        here.refuses(request(method, path, ""), status, told).await;
    }
    let mut list = request("GET", "/prod/v1/admin", "");
    assert_eq!(here.respond(list.clone()).await.0, 200, "a stage may stand before the path");
    list["queryStringParameters"] = json!({"last": "401"});
    here.refuses(list, 400, "from 1 to 400").await;
}

#[tokio::test]
async fn a_run_that_is_over_cannot_be_given_up() {
    let here = Here::new(NightlyMode::Live);
    here.begin().await;
    here.respond(request("POST", "/v1/admin/1/abort", "")).await;
    sync::sweep::sweep(here.desk(), RunNumber(1)).await.unwrap();

    here.refuses(request("POST", "/v1/admin/1/abort", ""), 409, "run 1 is over").await;
}

#[tokio::test]
async fn with_the_mode_off_the_rule_begins_nothing() {
    let here = Here::new(NightlyMode::Off);
    let rule = contract::events::of(NAME).into_iter().find(|(name, _)| name == "rule").unwrap().1;

    assert_eq!(here.answer(rule).await, json!({"outcome": "off"}));
    assert_eq!(here.runs().await, 0);
}

#[tokio::test]
async fn messages_that_are_none_of_ours_are_handed_back_and_change_nothing() {
    let here = Here::new(NightlyMode::Live);
    let foreign = contract::events::foreign();

    let answer = here.answer(foreign.clone()).await;

    assert_eq!(answer, contract::events::all_handed_back(&foreign));
    assert_eq!(here.runs().await, 0);
    assert_eq!(here.waiting(QueueName::GmcFetch).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_sample_event_with_a_part_of_another_kind_is_answered_or_refused() {
    let others =
        [json!(null), json!(-1), json!(""), json!("\n"), json!([]), json!([null]), json!({"$gt": {}})];
    for (name, event) in contract::events::of(NAME) {
        for field in event.as_object().unwrap().keys() {
            for other in &others {
                let mut event = event.clone();
                event[field] = other.clone();
                let is_request = event.get("httpMethod").is_some();

                let answer = invoke(&Here::new(NightlyMode::Live).function, &event).await;

                // a request is always answered in API Gateway's way, whatever is wrong with it
                if is_request {
                    let status = answer.unwrap()["statusCode"].as_u64().unwrap();
                    assert!((200..500).contains(&status), "{name}: {field} is {other}: {status}");
                } else if let Err(error) = answer {
                    assert!(
                        error.to_string().starts_with("an event that prepare-sync"),
                        "{name}: {field} is {other}: {error}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_request_of_ten_megabytes_is_refused_by_its_size() {
    let here = Here::new(NightlyMode::Live);
    for body in ["x".repeat(10_000_000), format!("{{\"bodies\":[{}\"1-X\"]}}", "\"1-X\",".repeat(1_500_000))]
    {
        here.refuses(request("POST", "/v1/admin", &body), 400, "at most 65536 are read").await;
    }
    let mut encoded = request("POST", "/v1/admin", &"QUFB".repeat(2_500_000));
    encoded["isBase64Encoded"] = true.into();
    here.refuses(encoded.clone(), 400, "the body has 7500000 bytes").await;
    encoded["body"] = "*".repeat(10_000_000).into();
    here.refuses(encoded, 400, "base64").await;
    assert_eq!(here.runs().await, 0);
}

#[tokio::test]
async fn a_hostile_request_is_refused_in_words_of_our_own() {
    let here = Here::new(NightlyMode::Live);
    let long = "1".repeat(1_000_000);
    for (method, path) in [
        ("POST", "/v1/admin/1/abort\n"),
        ("GET", "/v1/admin/{\"$gt\":0}"),
        ("GET", "/v1/admin/-1"),
        ("GET", "/v1/admin/%00"),
        ("GET", "/v1/admin/../../doctors"),
        ("GET", "/v1/admin/\u{202e}1"),
        ("GET", &format!("/v1/admin/{long}")),
        ("<script>", "/v1/admin"),
        ("", ""),
    ] {
        let (status, body) = here.respond(request(method, path, "")).await;
        let told = body["error"].as_str().unwrap();
        assert!((400..500).contains(&status), "{method} {path:?}: {status} {body}");
        assert!(told.len() < 200 && !told.contains(['\n', '\u{202e}', '$']), "{method} {path:?}: {told:?}");
    }
    for body in [
        r#"{"bodies": ["1-X' OR '1'='1"]}"#,
        r#"{"bodies": [{"$ne": ""}]}"#,
        r#"{"accept": {"$where": 1}}"#,
        r#"{"bodies": ["1-1RUZUSF\u0000"]}"#,
        r#"{"$where": "sleep(1000)"}"#,
    ] {
        here.refuses(request("POST", "/v1/admin", body), 400, "the body is not understood").await;
    }
    assert_eq!(here.runs().await, 0);
}

#[tokio::test]
async fn an_event_of_others_is_refused() {
    let here = Here::new(NightlyMode::Live);

    let change = json!({"detail-type": "Parameter Store Change"});
    let error = invoke(&here.function, &change).await.unwrap_err();

    assert_eq!(error.to_string(), "an event that prepare-sync does not know: its fields are detail-type");
}

/// The function on the embedded adapters.
struct Here {
    store: Store,
    queues: Queues,
    function: PrepareSync,
}

impl Here {
    fn new(nightly_mode: NightlyMode) -> Self {
        let (store, queues) = (Store::in_memory().unwrap(), Queues::default());
        let function = PrepareSync {
            doctors: Arc::new(store.clone()),
            ledger: Arc::new(store.clone()),
            outbox: Arc::new(queues.clone()),
            inbox: Arc::new(queues.clone()),
            night: NightSettings::new(CODES.map(|code| code.parse().unwrap()).to_vec()),
            nightly_mode,
        };
        Self { store, queues, function }
    }

    fn desk(&self) -> Desk<'_> {
        Desk { doctors: &self.store, ledger: &self.store, outbox: &self.queues, host: &Machine }
    }

    async fn answer(&self, event: Value) -> Value {
        invoke(&self.function, &event).await.unwrap()
    }

    /// The status and the body of API Gateway's answer.
    async fn respond(&self, event: Value) -> (u64, Value) {
        let answer = self.answer(event).await;
        let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        (answer["statusCode"].as_u64().unwrap(), body)
    }

    async fn refuses(&self, event: Value, status: u64, told: &str) {
        let (found, body) = self.respond(event).await;
        assert_eq!(found, status, "{body}");
        assert!(body["error"].as_str().unwrap().contains(told), "{told}: {body}");
    }

    /// A run that waits to be prepared.
    async fn open(&self) {
        let request = OpenRequest {
            key: "k".into(),
            trigger: Trigger::Rule,
            bodies: None,
            accept: BTreeMap::new(),
            accept_empty: false,
            is_dry: false,
        };
        open(self.desk(), &self.function.night, &request).await.unwrap();
    }

    /// A run that waits for the GMC.
    async fn begin(&self) {
        self.open().await;
        prepare(self.desk(), RunNumber(1)).await.unwrap();
    }

    async fn state(&self) -> RunState {
        self.store.run(RunNumber(1)).await.unwrap().unwrap().state
    }

    async fn runs(&self) -> usize {
        self.store.latest_runs(10).await.unwrap().len()
    }

    async fn waiting(&self, queue: QueueName) -> Vec<Value> {
        let received = self.queues.receive(queue, 10, Duration::ZERO).await.unwrap();
        received.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
    }
}

async fn invoke(function: &PrepareSync, event: &Value) -> Result<Value, Error> {
    let event: Event = read(NAME, event)?;
    Ok(json!(handle(function, Call::within(Duration::from_mins(1), event, "r-1")).await?))
}

fn request(method: &str, path: &str, body: &str) -> Value {
    json!({
        "path": path, "httpMethod": method, "headers": {}, "body": body, "isBase64Encoded": false,
        "requestContext": {"httpMethod": method, "stage": "v1"},
    })
}
