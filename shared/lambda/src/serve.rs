//! From the Runtime API to a function's handler and back.

use std::cell::Cell;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use settings::Env;
use sync::ports::Host as _;
use sync::ports::host::Machine;
use tokio::signal::unix::{SignalKind, signal};
use tracing::Instrument as _;

use crate::event;
use crate::host::Invocation;
use crate::telemetry;

/// What Lambda is told that kind of error it is; the reason stands in the message.
const ERROR_TYPE: &str = "InvocationFailed";

/// One invocation.
#[derive(Clone, Debug)]
pub struct Call<E = Value> {
    /// The event.
    pub payload: E,
    /// Lambda's id of the invocation; the same when Lambda tries an asynchronous one again.
    pub request_id: String,
    /// Time and chance.
    pub host: Invocation,
}

impl<E> Call<E> {
    /// An invocation that begins now and may take this long.
    pub fn within(span: Duration, payload: E, request_id: impl Into<String>) -> Self {
        let deadline = u64::try_from(Machine.now().plus(span).0).unwrap_or(0);
        Self { payload, request_id: request_id.into(), host: Invocation::until(deadline) }
    }
}

/// Serves invocations one after another until the process is to end. `wire` makes the handler of the settings; when it
/// cannot, the reason is logged, and the process ends before it has taken an event. An event that is not an `E` fails its
/// invocation.
pub async fn serve<H, W, E, A, F>(
    function: &'static str,
    wire: impl AsyncFnOnce(&Env) -> Result<H, W>,
    handle: F,
) -> ExitCode
where
    W: std::fmt::Display,
    E: DeserializeOwned,
    A: Serialize,
    F: AsyncFn(&H, Call<E>) -> Result<A, Error>,
{
    let env = Env::process();
    if let Err(error) = telemetry::start(function, &env) {
        return failed(function, &error.to_string());
    }
    let shutdown = match shutdown() {
        Ok(shutdown) => shutdown,
        Err(error) => return failed(function, &format!("no signal can be received: {error}")),
    };
    // an invocation that is cut off is like one whose process died, which is what stages are made for
    tokio::select! {
        signal = shutdown => {
            tracing::info!(function, "the function ends: {signal}");
            ExitCode::SUCCESS
        }
        ended = work(function, &env, wire, handle) => ended,
    }
}

/// Completes with the name of the signal that asks the process to end. Listens from this call on: without a listener
/// the first process of a container ignores signals.
fn shutdown() -> std::io::Result<impl Future<Output = &'static str>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Takes invocations from the Runtime API until that is gone.
async fn work<H, W, E, A, F>(
    function: &'static str,
    env: &Env,
    wire: impl AsyncFnOnce(&Env) -> Result<H, W>,
    handle: F,
) -> ExitCode
where
    W: std::fmt::Display,
    E: DeserializeOwned,
    A: Serialize,
    F: AsyncFn(&H, Call<E>) -> Result<A, Error>,
{
    let handler = match wire(env).await {
        Ok(handler) => handler,
        Err(error) => {
            tracing::error!(function, "the function does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (handler, handle) = (&handler, &handle);
    let has_served = &Cell::new(false);
    let served = lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        has_served.set(true);
        let (payload, context) = event.into_parts();
        let span = tracing::info_span!("invocation", request_id = context.request_id);
        let (host, request_id) = (Invocation::until(context.deadline), context.request_id);
        // the stages' futures lie deep in each other: behind a pointer, neither the compiler nor the stack has to hold
        // them all at once
        let working: Pin<Box<dyn Future<Output = Result<A, Error>> + '_>> = Box::pin(async move {
            let payload = event::read(function, &payload)?;
            handle(handler, Call { payload, request_id, host }).await
        });
        async move {
            working.await.map_err(|error| {
                tracing::error!(function, "the invocation failed: {error}");
                Diagnostic { error_type: ERROR_TYPE.to_owned(), error_message: error.to_string() }
            })
        }
        .instrument(span)
    }))
    .await;
    match served {
        Ok(()) => ExitCode::SUCCESS,
        // a Runtime API that has handed out an event and can no longer be reached was shut down; this process is next
        Err(error) if has_served.get() => {
            tracing::info!(function, "the function ends: the Runtime API is gone: {error}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(function, "the function does not start: {error}");
            ExitCode::FAILURE
        }
    }
}

/// There may be no logging to tell it through.
fn failed(function: &'static str, reason: &str) -> ExitCode {
    use std::io::Write as _;
    let line = serde_json::json!({"level": "ERROR", "message": format!("the function does not start: {reason}"), "function": function});
    let _ = writeln!(std::io::stdout().lock(), "{line}");
    ExitCode::FAILURE
}
