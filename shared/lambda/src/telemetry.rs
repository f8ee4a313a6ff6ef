//! Logs as lines of JSON on standard output, and the metrics between them.

use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry};

use crate::metrics::{EmbeddedMetrics, TARGET};
use crate::settings::{Env, SettingError};

/// What is told when nobody says otherwise. The runtime's own words repeat ours: a failure is told once.
const FILTER: &str = "info,lambda_runtime=off";

/// Why a function cannot tell what it does.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `LOG_LEVEL` is no filter.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// Somebody else has begun already.
    #[error("logging does not start: {0}")]
    Started(#[from] SetGlobalDefaultError),
}

/// Starts logs and metrics for one function. `LOG_LEVEL` is a filter in the syntax of `tracing-subscriber`.
pub fn start(function: &'static str, env: &Env) -> Result<(), TelemetryError> {
    let filter = env
        .read("LOG_LEVEL", "a level such as info, or a filter such as info,sync=debug", |text| {
            EnvFilter::try_new(text).map_err(|error| format!(" ({error})"))
        })?
        .unwrap_or_else(|| EnvFilter::new(FILTER));
    let environment = env.optional("ENVIRONMENT").unwrap_or_else(|| "local".to_owned());
    let logs = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_filter(filter.and(filter_fn(|event| event.target() != TARGET)));
    let metrics =
        EmbeddedMetrics::new(environment, function).with_filter(filter_fn(|event| event.target() == TARGET));
    Ok(tracing::subscriber::set_global_default(Registry::default().with(logs).with(metrics))?)
}
