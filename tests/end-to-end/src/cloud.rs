//! The few calls of Parameter Store and EventBridge that the functions make, answered from memory: there is no local
//! server of these that is worth its start.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::failure::{Result, Told as _};

/// Parameters and rules; clones share them.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    parameters: BTreeMap<String, String>,
    rules: BTreeMap<String, Value>,
}

/// A running stand-in; it stops when it is dropped.
#[derive(Debug)]
pub struct Cloud {
    address: String,
    memory: Memory,
    serving: JoinHandle<()>,
}

impl Cloud {
    /// Starts it with nothing in it.
    pub async fn start() -> Result<Self> {
        let what = "the stand-in for parameter store and eventbridge";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.told(what)?;
        let address = format!("http://{}", listener.local_addr().told(what)?);
        let memory = Memory::default();
        let app = Router::new().fallback(answer).with_state(memory.clone());
        // serve has no errors of its own: those of accepting are retried inside
        let serving = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { address, memory, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Puts a parameter.
    pub fn put_parameter(&self, name: &str, value: &str) {
        self.memory.content().parameters.insert(name.to_owned(), value.to_owned());
    }

    /// Puts a rule as a template creates it: disabled, with a description that must survive.
    pub fn put_rule(&self, name: &str, expression: &str, description: &str) {
        let rule = json!({
            "Name": name,
            "Arn": format!("arn:aws:events:eu-west-2:000000000000:rule/{name}"),
            "EventBusName": "default",
            "ScheduleExpression": expression,
            "State": "DISABLED",
            "Description": description,
        });
        self.memory.content().rules.insert(name.to_owned(), rule);
    }

    /// A rule as it stands.
    pub fn rule(&self, name: &str) -> Option<Value> {
        self.memory.content().rules.get(name).cloned()
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Memory {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(memory): State<Memory>, headers: HeaderMap, body: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let name = request["Name"].as_str().unwrap_or_default();
    let mut content = memory.content();
    let answered = match target {
        "AmazonSSM.GetParameter" => content.parameters.get(name).map(|value| {
            json!({ "Parameter": { "Name": name, "Type": "SecureString", "Value": value, "Version": 1 } })
        }),
        "AmazonSSM.PutParameter" => {
            let value = request["Value"].as_str().unwrap_or_default();
            content.parameters.insert(name.to_owned(), value.to_owned());
            Some(json!({ "Version": 2, "Tier": "Standard" }))
        }
        "AWSEvents.DescribeRule" => content.rules.get(name).cloned(),
        // what a request does not name is gone: PutRule replaces the rule
        "AWSEvents.PutRule" => content.rules.get_mut(name).map(|rule| {
            let mut put = request.clone();
            for kept in ["Arn", "EventBusName"] {
                put[kept] = rule[kept].clone();
            }
            *rule = put;
            json!({ "RuleArn": rule["Arn"] })
        }),
        _ => None,
    };
    match answered {
        Some(answer) => aws_json(StatusCode::OK, &answer),
        None if target.starts_with("AmazonSSM") => not_found("ParameterNotFound"),
        None => not_found("ResourceNotFoundException"),
    }
}

fn not_found(kind: &str) -> Response {
    aws_json(StatusCode::BAD_REQUEST, &json!({ "__type": kind, "message": "it is not there" }))
}

fn aws_json(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/x-amz-json-1.1")], body.to_string()).into_response()
}
