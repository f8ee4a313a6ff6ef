//! A server that answers AWS calls as a test tells it, and a configuration that calls it.
//!
//! It speaks what SQS, the Parameter Store and EventBridge have in common: a POST whose header `X-Amz-Target` names the
//! operation, JSON in, JSON out. Signatures are not looked at.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The key that the configuration signs with; no log and no error may show it.
pub const SECRET_KEY: &str = "stub-secret-key";

/// A server on a port of its own, gone with its runtime.
#[derive(Clone, Debug)]
pub struct Stub {
    url: String,
    seen: Arc<Mutex<Seen>>,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `SendMessageBatch`, without the service's name.
    pub operation: String,
    /// How many requests of this operation there were before.
    pub place: usize,
    /// What was asked.
    pub request: Value,
}

/// What the server answers.
#[derive(Clone, Debug)]
pub struct Answer {
    status: StatusCode,
    body: String,
    after: Duration,
}

#[derive(Debug, Default)]
struct Seen {
    calls: Vec<Call>,
    places: HashMap<String, usize>,
    working_on: usize,
    most_at_once: usize,
}

type Answers = dyn Fn(&Call) -> Answer + Send + Sync;

impl Stub {
    /// A server that answers every request with what `answer` makes of it.
    pub async fn start(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let seen = Arc::<Mutex<Seen>>::default();
        let answers: Arc<Answers> = Arc::new(answer);
        let router = Router::new().fallback(serve).with_state((Arc::clone(&seen), answers));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, seen })
    }

    /// A configuration whose every client calls this server, and tries again without waiting.
    pub fn config(&self) -> SdkConfig {
        config(&self.url)
    }

    /// The requests so far.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.seen).calls.clone()
    }

    /// What was asked of one operation so far.
    pub fn requests(&self, operation: &str) -> Vec<Value> {
        let calls = self.calls().into_iter();
        calls.filter(|call| call.operation == operation).map(|call| call.request).collect()
    }

    /// How many requests were worked on at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        lock(&self.seen).most_at_once
    }
}

impl Answer {
    /// What was asked for.
    pub fn of(body: &Value) -> Self {
        Self::text(StatusCode::OK, body.to_string())
    }

    /// A refusal as services word it.
    pub fn refusal(status: u16, code: &str, message: &str) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self::text(status, json!({"__type": code, "message": message}).to_string())
    }

    /// A page for people, as something between here and AWS may send it.
    pub fn page(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self::text(status, "<html><title>not here</title></html>".to_owned())
    }

    /// The same answer, later.
    #[must_use]
    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }

    fn text(status: StatusCode, body: String) -> Self {
        Self { status, body, after: Duration::ZERO }
    }
}

/// A configuration whose every client calls `endpoint`, with credentials that mean nothing, and tries again without
/// waiting.
pub fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("stub-key-id", SECRET_KEY, None, None, "stub");
    let retries = RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(1))
        .with_max_backoff(Duration::from_millis(1));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-2"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries)
        .build()
}

async fn serve(
    State((seen, answers)): State<(Arc<Mutex<Seen>>, Arc<Answers>)>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_else(|_| Bytes::new());
    let call = Call {
        operation: target.split_once('.').map_or("", |(_, name)| name).to_owned(),
        place: 0,
        request: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };

    let call = lock(&seen).begin(call);
    let answer = answers(&call);
    tokio::time::sleep(answer.after).await;
    lock(&seen).working_on -= 1;
    (answer.status, [("content-type", "application/x-amz-json-1.1")], answer.body).into_response()
}

impl Seen {
    fn begin(&mut self, call: Call) -> Call {
        let places = self.places.entry(call.operation.clone()).or_default();
        let call = Call { place: *places, ..call };
        *places += 1;
        self.working_on += 1;
        self.most_at_once = self.most_at_once.max(self.working_on);
        self.calls.push(call.clone());
        call
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
