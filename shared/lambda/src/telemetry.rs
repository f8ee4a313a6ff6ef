//! Logs as lines of JSON on standard output, and the metrics between them.

use std::panic::PanicHookInfo;

use tracing::level_filters::LevelFilter;
use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry};

use crate::metrics::{EmbeddedMetrics, TARGET};
use crate::settings::{Env, SettingError};

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

/// Starts logs and metrics for one function. `LOG_LEVEL` is a level, or levels by target.
pub fn start(function: &'static str, env: &Env) -> Result<(), TelemetryError> {
    let filter = env
        .read("LOG_LEVEL", "a level such as info, or levels by target such as info,sync=debug", targets)?
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
        // it tells a failure again that was told, and at its finest whole events, with doctors' names in them
        .with_target("lambda_runtime", LevelFilter::OFF)
        .with_target("lambda_runtime_api_client", LevelFilter::OFF);
    let environment = env.optional("ENVIRONMENT").unwrap_or_else(|| "local".to_owned());
    let logs = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_filter(filter.and(filter_fn(|event| event.target() != TARGET)));
    let metrics =
        EmbeddedMetrics::new(environment, function).with_filter(filter_fn(|event| event.target() == TARGET));
    tracing::subscriber::set_global_default(Registry::default().with(logs).with(metrics))?;
    std::panic::set_hook(Box::new(tell_defect));
    Ok(())
}

/// Where a panic was, and not its words: those may quote what it met, such as a doctor's name.
fn tell_defect(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "a defect of the function: it panicked");
}

/// Levels by target; not tracing-subscriber's larger filter, whose regular expressions would be a part of every binary. A
/// word alone must be a level: taken for a target, a slip of the pen would silence everything else.
fn targets(text: &str) -> Result<Targets, String> {
    let words = || text.split(',').filter(|directive| !directive.contains('='));
    if let Some(word) = words().find(|word| word.trim().parse::<LevelFilter>().is_err()) {
        return Err(format!(" ({:?} is no level)", word.trim()));
    }
    if words().count() != 1 {
        return Err(" (one level for everything that has none of its own)".to_owned());
    }
    text.parse().map_err(|error| format!(" ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_or_levels_by_target_are_read() {
        for filter in ["info", "debug", "off", "WARN", "info,sync=debug", "sync=trace,error"] {
            assert!(targets(filter).is_ok(), "{filter}");
        }
    }

    #[test]
    fn what_would_silence_everything_by_mistake_is_refused() {
        for (filter, told) in [
            ("inof", "\"inof\" is no level"),
            ("sync=debug", "one level for everything"),
            ("info,warn", "one level for everything"),
            ("info,sync=loud", "expected one of"),
        ] {
            let error = targets(filter).unwrap_err();
            assert!(error.contains(told), "{filter}: {error}");
        }
    }
}
