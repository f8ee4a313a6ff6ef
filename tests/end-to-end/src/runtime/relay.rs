//! What stands between the processes and the emulator's Runtime API, for two things that the emulator lacks:
//!
//! - It tells every invocation's deadline as ten minutes after 1970. Functions look at the time that they have left, so
//!   they are told the moment at which Lambda would end them.
//! - When a process dies, Lambda answers its invocation with an error. The emulator would let the caller wait.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::failure::{Result, Told as _};
use crate::functions::Function;

const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";

/// One process as the relay sees it.
#[derive(Debug)]
struct Seat {
    function: Function,
    since: Instant,
    /// From its start to its first call for work.
    started_in: Option<Duration>,
    /// The invocation that it works on.
    works_on: Option<String>,
}

/// A running relay; it stops when it is dropped.
#[derive(Debug)]
pub(super) struct Relay {
    port: u16,
    upstream: Arc<Upstream>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Upstream {
    client: reqwest::Client,
    address: String,
    /// By the process's number.
    seats: Mutex<HashMap<usize, Seat>>,
    /// How long an invocation may take, where that is not as in the template.
    times: Mutex<HashMap<Function, Duration>>,
}

impl Relay {
    /// Starts it in front of the emulator at this address.
    pub(super) async fn start(address: String) -> Result<Arc<Self>> {
        let client = reqwest::Client::builder().no_proxy().build().told("a client of the emulator")?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.told("a port for the relay")?;
        let port = listener.local_addr().told("the relay's port")?.port();
        let upstream =
            Arc::new(Upstream { client, address, seats: Mutex::default(), times: Mutex::default() });
        let app = Router::new().fallback(pass).with_state(Arc::clone(&upstream));
        // serve has no errors of its own: those of accepting are retried inside
        let serving = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Arc::new(Self { port, upstream, serving }))
    }

    /// A process is about to start; returns its `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn seat(&self, number: usize, function: Function) -> String {
        let seat = Seat { function, since: Instant::now(), started_in: None, works_on: None };
        self.upstream.seats().insert(number, seat);
        format!("http://127.0.0.1:{}/{number}/.rt/{function}", self.port)
    }

    /// A process has ended: what it worked on has failed.
    pub(super) async fn has_ended(&self, number: usize, how: &str) {
        let lost = {
            let mut seats = self.upstream.seats();
            seats.get_mut(&number).and_then(|seat| Some((seat.function, seat.works_on.take()?)))
        };
        let Some((function, id)) = lost else { return };
        let path = format!("/.rt/{function}/2018-06-01/runtime/invocation/{id}/error");
        let error =
            format!(r#"{{"errorType":"Runtime.ExitError","errorMessage":"the process ended: {how}"}}"#);
        let request = self.upstream.client.post(format!("{}{path}", self.upstream.address)).body(error);
        // an emulator that is gone has no callers who wait
        let _ = request.send().await;
    }

    /// From now on an invocation of this function may take so long.
    pub(super) fn give(&self, function: Function, time: Duration) {
        self.upstream.times().insert(function, time);
    }

    /// How long an invocation of this function may take.
    pub(super) fn time_of(&self, function: Function) -> Duration {
        self.upstream.time_of(function)
    }

    /// From the process's start to its first call for work.
    pub(super) fn started_in(&self, number: usize) -> Option<Duration> {
        self.upstream.seats().get(&number)?.started_in
    }

    /// Whether it works on an invocation just now.
    pub(super) fn is_busy(&self, number: usize) -> bool {
        self.upstream.seats().get(&number).is_some_and(|seat| seat.works_on.is_some())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Upstream {
    fn seats(&self) -> MutexGuard<'_, HashMap<usize, Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn times(&self) -> MutexGuard<'_, HashMap<Function, Duration>> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn time_of(&self, function: Function) -> Duration {
        self.times().get(&function).copied().unwrap_or_else(|| function.timeout())
    }
}

async fn pass(State(upstream): State<Arc<Upstream>>, request: Request<Body>) -> Response {
    match upstream.pass(request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

impl Upstream {
    async fn pass(&self, request: Request<Body>) -> Result<Response> {
        let (parts, body) = request.into_parts();
        let (number, path) = split(parts.uri.path());
        let asks_for_work = path.ends_with("/invocation/next");
        if asks_for_work {
            self.note(number, |seat| {
                seat.started_in.get_or_insert_with(|| seat.since.elapsed());
            });
        }
        let body = axum::body::to_bytes(body, usize::MAX).await.told("a request of a function")?;
        if path.ends_with("/response") || path.ends_with("/error") {
            self.note(number, |seat| seat.works_on = None);
        }
        let mut upward = self.client.request(parts.method, format!("{}{path}", self.address)).body(body);
        for (name, value) in &parts.headers {
            if name != "host" && name != "content-length" && name != "transfer-encoding" {
                upward = upward.header(name, value);
            }
        }
        let answer = upward.send().await.told("the emulator")?;
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            if name.as_str().starts_with("lambda-runtime-") && name != DEADLINE {
                response = response.header(name, value);
            }
        }
        let id = answer.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
        let event = answer.bytes().await.told("the emulator's answer")?;
        if asks_for_work && id.is_some() {
            self.note(number, |seat| seat.works_on = id);
            let function = self.seats().get(&number).map(|seat| seat.function);
            if let Some(function) = function {
                response = response.header(DEADLINE, deadline(self.time_of(function)));
            }
        }
        response.body(Body::from(event)).told("an answer to a function")
    }

    fn note(&self, number: usize, what: impl FnOnce(&mut Seat)) {
        if let Some(seat) = self.seats().get_mut(&number) {
            what(seat);
        }
    }
}

/// `/7/.rt/gmc-fetch/…` is of process 7, and `/.rt/gmc-fetch/…` for the emulator.
fn split(path: &str) -> (usize, &str) {
    let rest = path.trim_start_matches('/');
    let end = rest.find('/').unwrap_or(rest.len());
    (rest[..end].parse().unwrap_or(usize::MAX), &rest[end..])
}

fn deadline(timeout: Duration) -> HeaderValue {
    let timeout = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
    HeaderValue::from(Timestamp::now().as_millisecond().saturating_add(timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_of_a_path_is_the_process() {
        assert_eq!(split("/7/.rt/gmc-fetch/2018-06-01/x"), (7, "/.rt/gmc-fetch/2018-06-01/x"));
        assert_eq!(split("/"), (usize::MAX, ""));
    }
}
