//! How the process of a function ends: `lambda::serve`, in the smallest of the functions.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test, in helpers as well")]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use tokio::runtime::Runtime;

/// An event that the function refuses before it asks AWS for anything.
const EVENT: &str = "{}";
/// What it logs then.
const REFUSED: &str = "the invocation failed: ";

#[test]
fn a_signal_ends_the_process_without_an_error() {
    for signal in ["TERM", "INT"] {
        let api = RuntimeApi::start();
        let function = start(api.address);
        api.wait_until_the_function_is_idle();

        send(signal, &function);

        let ended = function.wait_with_output().unwrap();
        assert!(ended.status.success(), "SIG{signal}: {}", ended.status);
        assert_eq!(ending(&ended), ("INFO".to_owned(), format!("the function ends: SIG{signal}")));
    }
}

#[test]
fn a_runtime_api_that_goes_away_after_an_event_ends_the_process_without_an_error() {
    let api = RuntimeApi::start();
    let function = start(api.address);
    api.wait_until_the_function_is_idle();

    drop(api);

    let ended = function.wait_with_output().unwrap();
    let (level, message) = ending(&ended);
    assert!(ended.status.success(), "{}", ended.status);
    assert_eq!(level, "INFO");
    assert!(message.starts_with("the function ends: the Runtime API is gone: "), "{message}");
}

#[test]
fn a_runtime_api_that_is_not_there_at_the_start_is_an_error() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let ended = start(nobody).wait_with_output().unwrap();

    let (level, message) = ending(&ended);
    assert!(!ended.status.success(), "{}", ended.status);
    assert_eq!(level, "ERROR");
    assert!(message.starts_with("the function does not start: "), "{message}");
}

/// A Runtime API with one event. Dropped, it is gone, with its connections.
struct RuntimeApi {
    address: SocketAddr,
    idle: mpsc::Receiver<()>,
    _runtime: Runtime,
}

#[derive(Clone)]
struct Events {
    has_one: Arc<AtomicBool>,
    /// Told when the function has answered, and asks for another event.
    idle: mpsc::Sender<()>,
}

impl RuntimeApi {
    fn start() -> Self {
        let (sender, idle) = mpsc::channel();
        let events = Events { has_one: Arc::new(AtomicBool::new(true)), idle: sender };
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(StatusCode::ACCEPTED))
            .with_state(events);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_io().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { address, idle, _runtime: runtime }
    }

    fn wait_until_the_function_is_idle(&self) {
        self.idle.recv().unwrap();
    }
}

async fn next(State(events): State<Events>) -> Response<Body> {
    if events.has_one.swap(false, Ordering::SeqCst) {
        return Response::builder()
            .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
            .header("lambda-runtime-deadline-ms", "4102444800000")
            .body(Body::from(EVENT))
            .unwrap();
    }
    events.idle.send(()).unwrap();
    std::future::pending().await
}

fn start(runtime_api: SocketAddr) -> Child {
    Command::new(env!("CARGO_BIN_EXE_follow-schedule"))
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "follow-schedule"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_REGION", "eu-west-2"),
            ("SCHEDULE_PARAMETER", "/a/parameter"),
            ("SCHEDULE_RULE", "a-rule"),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(signal: &str, process: &Child) {
    let sent = Command::new("kill").args([format!("-{signal}"), process.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// The level and the message of the last line that was logged. Of the lines before it, only the refused event may be an error.
fn ending(ended: &Output) -> (String, String) {
    let lines: Vec<serde_json::Value> = ended
        .stdout
        .split(|&byte| byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let (last, before) = lines.split_last().unwrap();
    let is_refusal = |line: &serde_json::Value| line["message"].as_str().unwrap().starts_with(REFUSED);
    assert!(before.iter().all(|line| line["level"] != "ERROR" || is_refusal(line)), "{before:?}");
    let text = |field: &str| last[field].as_str().unwrap().to_owned();
    (text("level"), text("message"))
}
