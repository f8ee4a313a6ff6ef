//! `gmc-sync serve`: the nights as pages, for a browser on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use domain::RunNumber;
use serde_json::json;
use sync::ledger::Run;
use tokio::net::TcpListener;

use crate::DONE;
use crate::args::{Common, ServeArgs};
use crate::engine::Engine;
use crate::error::Error;
use crate::html::{numbered_night, past_nights};
use crate::interrupt::Signals;
use crate::output::{Screen, print, print_json};

/// Serves until Ctrl-C or SIGTERM. It only reads the data, and a night that another program runs on them continues; what a
/// program that was killed has left is settled, as every command does.
pub(crate) async fn run(args: &ServeArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let engine = Engine::open_to_read(common, screen).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let cannot = |error| {
        Error::Told(format!("{address} cannot be listened on: {error}; choose another with --port P"))
    };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let url = format!("http://{}/", listener.local_addr().map_err(cannot)?);
    // before the address: a caller that has read it may send a signal at once
    let mut signals = Signals::listen()?;
    if common.json {
        print_json(&json!({ "url": url }))?;
    } else {
        print(&format!("{url}\n"))?;
        screen.tell("Ctrl-C ends it");
    }

    let served = Arc::new(Served { engine, common: common.clone(), screen: screen.clone() });
    let serving = axum::serve(listener, router(served)).into_future();
    tokio::select! {
        ended = serving => ended.map_err(cannot)?,
        _ = signals.next() => {}
    }
    Ok(DONE)
}

struct Served {
    engine: Engine,
    common: Common,
    screen: Screen,
}

impl Served {
    /// Settles a night whose program has ended, or its page would say for ever that it goes on.
    async fn look_after(&self) {
        let settling = async {
            let stores = self.engine.stores();
            let is_unfinished = |runs: Vec<Run>| runs.iter().any(|run| !run.state.is_closed());
            if !stores.is_shared() && is_unfinished(stores.ledger.open_runs().await?) {
                Engine::open_if_free(&self.common, &self.screen).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = settling.await {
            tracing::warn!("a night may be unfinished, and cannot be settled: {error}");
        }
    }
}

fn router(served: Arc<Served>) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/nights/{run}", get(one))
        .fallback(|| async {
            told(StatusCode::NOT_FOUND, "there is nothing here: / and /nights/RUN are known")
        })
        .with_state(served)
        .layer(from_fn(guarded))
}

async fn list(State(served): State<Arc<Served>>) -> Response {
    served.look_after().await;
    match past_nights(&served.engine, pages::NIGHTS, Some("nights/")).await {
        Ok(page) => Html(page).into_response(),
        Err(error) => failed(&error),
    }
}

async fn one(State(served): State<Arc<Served>>, Path(run): Path<String>) -> Response {
    let Ok(number) = run.parse().map(RunNumber) else {
        return told(StatusCode::NOT_FOUND, "the number of a run is expected");
    };
    served.look_after().await;
    match numbered_night(&served.engine, number, &served.common, Some("../")).await {
        Ok(Some(page)) => Html(page).into_response(),
        Ok(None) => told(StatusCode::NOT_FOUND, &format!("there is no run {number}")),
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Response {
    tracing::error!("a page could not be made: {error}");
    let status =
        if error.may_pass() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    told(status, &error.to_string())
}

fn told(status: StatusCode, reason: &str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{reason}\n")).into_response()
}

/// Lets through only who asks for this machine by its own name, and tells the browser to keep to itself what it gets.
///
/// Another site's page can make a browser ask 127.0.0.1 under that site's name (DNS rebinding), and could then read the
/// answer: its name is in the header `Host`.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = if is_this_machine(request.headers()) {
        next.run(request).await
    } else {
        told(StatusCode::MISDIRECTED_REQUEST, "only localhost and 127.0.0.1 are answered")
    };
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 6] = [
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&pages::content_security_policy()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn is_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_own_names_are_answered() {
        let asked = |hosts: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_static(host));
            }
            is_this_machine(&headers)
        };
        for host in ["localhost", "LOCALHOST:8770", "127.0.0.1", "127.0.0.1:8770"] {
            assert!(asked(&[host]), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:8770",
            "",
            "127.0.0.1:x",
            "0.0.0.0",
        ] {
            assert!(!asked(&[host]), "{host}");
        }
        assert!(!asked(&[]) && !asked(&["localhost", "evil.example"]));
    }
}
