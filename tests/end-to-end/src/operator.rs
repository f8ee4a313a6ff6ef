//! What people, the API and the rules do with a stack.

use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use crate::events::{api_request, scheduled_event};
use crate::failure::{Failure, Result, Told as _};
use crate::functions::Function;
use crate::stack::{RULE, Stack};

/// The states of a run of which nothing more is to be expected.
const CLOSED: [&str; 3] = ["SUCCEEDED", "PARTIAL", "FAILED"];

/// How often it is looked whether something has happened.
const POLL: Duration = Duration::from_millis(100);

/// An answer of the API.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiAnswer {
    /// The HTTP status.
    pub status: u64,
    /// The body, which is JSON.
    pub body: Value,
}

impl Stack {
    /// A request to the API; `path` as in `/v1/admin`.
    pub async fn api(&self, method: &str, path: &str, body: Option<&Value>) -> Result<ApiAnswer> {
        let body = body.map(Value::to_string);
        self.api_event(&api_request(method, path, body.as_deref())).await
    }

    /// A request to the API, as the event that the function gets.
    pub async fn api_event(&self, event: &Value) -> Result<ApiAnswer> {
        let mut answer = self.invoke(Function::PrepareSync, event).await?;
        let Some(status) = answer["statusCode"].as_u64() else {
            return Err(Failure::new("api gateway answers 502", format!("no status code in {answer}")));
        };
        let Value::String(body) = answer["body"].take() else {
            return Err(Failure::new(format!("an answer with status {status}"), "it has no body"));
        };
        Ok(ApiAnswer { status, body: serde_json::from_str(&body).told("the body of an answer")? })
    }

    /// Begins a night by `POST v1/admin`; its number.
    pub async fn begin(&self, wanted: &Value) -> Result<u64> {
        let answer = self.api("POST", "/v1/admin", Some(wanted)).await?;
        let run = answer.body["runId"].as_u64().filter(|_| answer.status == 202);
        run.ok_or_else(|| {
            Failure::new(format!("the night was not begun: {}", answer.status), answer.body.to_string())
        })
    }

    /// The nightly rule fires; what prepare-sync answered.
    pub async fn rule_fires(&self, event: Uuid) -> Result<Value> {
        self.invoke(Function::PrepareSync, &scheduled_event(RULE, event)).await
    }

    /// The watchdog's rule fires; what recommendation-update answered.
    pub async fn watchdog_ticks(&self) -> Result<Value> {
        self.invoke(Function::RecommendationUpdate, &scheduled_event("gmc-sync-watchdog", Uuid::new_v4()))
            .await
    }

    /// Invokes a function with an event, as whoever calls it directly.
    pub async fn invoke(&self, function: Function, event: &Value) -> Result<Value> {
        self.runtime.invoke(function, event.to_string()).await.told(format!("invoking {function}"))
    }

    /// A run's report, as `GET v1/admin/{runId}` gives it.
    pub async fn report(&self, run: u64) -> Result<Value> {
        let path = format!("/v1/admin/{run}");
        let answer = self.api("GET", &path, None).await?;
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(Failure::new(format!("GET {path} answers {}", answer.status), answer.body.to_string()))
        }
    }

    /// Waits until a run is closed; its report.
    pub async fn closed(&self, run: u64, within: Duration) -> Result<Value> {
        self.reached(run, within, |report| {
            report["state"].as_str().is_some_and(|state| CLOSED.contains(&state))
        })
        .await
    }

    /// Waits until a run's report is as it is to be.
    pub async fn reached(&self, run: u64, within: Duration, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let report = self.report(run).await?;
            if is_so(&report) {
                return Ok(report);
            }
            if begun.elapsed() > within {
                let depths = self.depths().await?;
                let why = format!("it is {} after {within:?}; {depths}", report["state"]);
                return Err(Failure::new(format!("run {run} stands still"), why));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until no queue has a message.
    pub async fn idle(&self, within: Duration) -> Result<()> {
        let begun = Instant::now();
        while !self.queues.are_empty().await? {
            if begun.elapsed() > within {
                return Err(Failure::new("messages are left", self.depths().await?));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// How many messages each queue has, for people.
    pub async fn depths(&self) -> Result<String> {
        let mut told = Vec::new();
        for function in Function::WITH_QUEUE {
            let depth = self.queues.depth(function).await?;
            told.push(format!("{function}: {} waiting, {} in flight", depth.waiting, depth.in_flight));
        }
        Ok(told.join("; "))
    }
}
