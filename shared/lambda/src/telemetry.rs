//! Logs as lines of JSON on standard output, and the metrics between them.

use std::panic::PanicHookInfo;

use settings::{Env, SettingError};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::metrics::{EmbeddedMetrics, TARGET};

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
    let logs = lines(std::io::stdout).with_filter(filter.and(filter_fn(|event| event.target() != TARGET)));
    let metrics =
        EmbeddedMetrics::new(environment, function).with_filter(filter_fn(|event| event.target() == TARGET));
    tracing::subscriber::set_global_default(Registry::default().with(logs).with(metrics))?;
    std::panic::set_hook(Box::new(tell_defect));
    Ok(())
}

/// One line of JSON an event.
fn lines<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_writer(writer)
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
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_it_quotes() {
        for text in contract::hostile::TEXTS {
            let written = Arc::new(Mutex::new(Vec::new()));
            let buffer = Buffer(Arc::clone(&written));
            let subscriber = Registry::default().with(lines(move || buffer.clone()));

            tracing::subscriber::with_default(subscriber, || {
                tracing::error!(text, shown = %text, debug = ?text, "a request failed: {text}");
            });

            let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
            let line = written.strip_suffix('\n').unwrap();
            assert!(!line.contains(|c: char| c < ' '), "{line:?}");
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(event["text"], text);
            assert_eq!(event["message"], format!("a request failed: {text}"));
        }
    }

    /// Keeps what is written.
    #[derive(Clone)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

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
