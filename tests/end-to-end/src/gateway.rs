//! API Gateway in front of prepare-sync, on loopback: it turns requests over HTTP into events of the REST API, lets in who
//! has signed for it, and answers with what the function answered.

mod signature;

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::events::api_request;
use crate::failure::{Result, Told as _};
use crate::functions::Function;
use crate::runtime::Runtime;

pub use self::signature::{Caller, SECRET_KEY};

/// The stage, which stands before the path.
pub const STAGE: &str = "preprod";

/// The largest request that API Gateway takes, in bytes.
const MAX_REQUEST: usize = 10 * 1024 * 1024;

/// A running gateway; it stops when it is dropped.
#[derive(Debug)]
pub struct Gateway {
    address: String,
    state: Arc<Front>,
    serving: JoinHandle<()>,
}

/// Whom a gateway lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// Who has signed, and may.
    Signed,
    /// Everybody, as `sam local` does.
    Open,
}

#[derive(Debug)]
struct Front {
    runtime: Arc<Runtime>,
    entrance: Entrance,
    /// How many of the next answers are lost on the way back.
    lost: AtomicU32,
    requests: AtomicU64,
    keys: Mutex<Vec<String>>,
}

impl Gateway {
    /// Starts it in front of the functions of a stack.
    pub async fn start(runtime: &Arc<Runtime>, entrance: Entrance) -> Result<Self> {
        let what = "the stand-in for api gateway";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.told(what)?;
        let address = format!("http://{}", listener.local_addr().told(what)?);
        let state = Arc::new(Front {
            runtime: Arc::clone(runtime),
            entrance,
            lost: AtomicU32::new(0),
            requests: AtomicU64::new(0),
            keys: Mutex::default(),
        });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&state));
        // serve has no errors of its own: those of accepting are retried inside
        let serving = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { address, state, serving })
    }

    /// What the stack's output `ApiUrl` would say.
    pub fn url(&self) -> String {
        format!("{}/{STAGE}/v1/admin", self.address)
    }

    /// The function does what it is asked, and the next answers are lost: the caller gets 504.
    pub fn lose_answers(&self, answers: u32) {
        self.state.lost.store(answers, Ordering::SeqCst);
    }

    /// How many requests there were.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// The values of `Idempotency-Key` so far.
    pub fn idempotency_keys(&self) -> Vec<String> {
        self.state.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(front): State<Arc<Front>>, request: Request) -> Response {
    front.requests.fetch_add(1, Ordering::SeqCst);
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_REQUEST).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "message", "Request Too Long");
    };
    if front.entrance == Entrance::Signed
        && let Err(refused) = let_in(&head, &body)
    {
        return *refused;
    }
    let Some(event) = event(&head, &body) else {
        // what API Gateway says of a path that it does not know
        return refusal(StatusCode::FORBIDDEN, "message", "Missing Authentication Token");
    };
    if let Some(key) = head.headers.get("idempotency-key").and_then(|key| key.to_str().ok()) {
        front.keys.lock().unwrap_or_else(PoisonError::into_inner).push(key.to_owned());
    }
    let answered = front.runtime.invoke(Function::PrepareSync, event.to_string()).await;
    let is_lost = |lost: u32| lost.checked_sub(1);
    if front.lost.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_lost).is_ok() {
        return refusal(StatusCode::GATEWAY_TIMEOUT, "message", "Endpoint request timed out");
    }
    let response = answered.ok().as_ref().and_then(response);
    response.unwrap_or_else(|| refusal(StatusCode::BAD_GATEWAY, "message", "Internal server error"))
}

fn let_in(head: &Parts, body: &Bytes) -> std::result::Result<(), Box<Response>> {
    match signature::check(head, body) {
        Ok(Caller::Operator) => Ok(()),
        Ok(Caller::Stranger) => {
            let told = format!(
                "User: arn:aws:iam::000000000000:user/stranger is not authorized to perform: execute-api:Invoke on \
                 resource: arn:aws:execute-api:{}:********0000:local/{STAGE}/{}{}",
                crate::queues::REGION,
                head.method,
                head.uri.path()
            );
            Err(Box::new(refusal(StatusCode::FORBIDDEN, "Message", &told)))
        }
        Err(told) => Err(Box::new(refusal(StatusCode::FORBIDDEN, "message", told))),
    }
}

/// The proxy event, format 1.0; `None` for a path that the API does not have.
fn event(head: &Parts, body: &Bytes) -> Option<Value> {
    let path = head.uri.path().strip_prefix(&format!("/{STAGE}"))?;
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let is_known = matches!(
        (head.method.as_str(), parts.as_slice()),
        ("GET" | "POST", ["v1", "admin"])
            | ("GET", ["v1", "admin", _])
            | ("POST", ["v1", "admin", _, "abort"])
    );
    if !is_known {
        return None;
    }
    let body = (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned());
    let mut event = api_request(head.method.as_str(), path, body.as_deref());
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &head.headers {
        headers.insert(name.to_string(), json!(value.to_str().ok()?));
    }
    event["multiValueHeaders"] = headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    event["headers"] = Value::Object(headers);
    let query: Map<String, Value> = head
        .uri
        .query()
        .map(|query| url::form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    if !query.is_empty() {
        event["multiValueQueryStringParameters"] =
            query.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
        event["queryStringParameters"] = Value::Object(query);
    }
    event["requestContext"]["stage"] = json!(STAGE);
    event["requestContext"]["path"] = json!(head.uri.path());
    Some(event)
}

/// What the function answered, as a response; `None` where API Gateway would say 502.
fn response(answer: &Value) -> Option<Response> {
    let status = u16::try_from(answer["statusCode"].as_u64()?).ok()?;
    let body = answer["body"].as_str().unwrap_or_default().to_owned();
    let mut response = (StatusCode::from_u16(status).ok()?, body).into_response();
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().ok()?;
        response.headers_mut().insert(name, HeaderValue::from_str(value.as_str()?).ok()?);
    }
    Some(response)
}

fn refusal(status: StatusCode, field: &str, told: &str) -> Response {
    let mut body = Map::new();
    body.insert(field.to_owned(), json!(told));
    (status, [("content-type", "application/json")], Value::Object(body).to_string()).into_response()
}
