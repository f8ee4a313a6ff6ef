//! Logs, on standard error.

use std::io;

use domain::text::in_one_line;
use settings::Env;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::args::{Common, LogFormat};
use crate::error::Error;
use crate::output::Screen;

/// A filter in the syntax of `tracing-subscriber`, in place of `-v`.
const VARIABLE: &str = "GMC_SYNC_LOG";

/// Warnings, except what the night's table tells anyway (a failure is shown once), and that the simulated GMC in this
/// process is asked without TLS.
const QUIET: &str =
    "warn,sync::fetch=off,sync::prepare=off,sync::sweep=off,sync::watchdog=off,gmc::client=error";

/// Starts logging as the command line and the environment say.
pub(crate) fn start(common: &Common, screen: &Screen) -> Result<(), Error> {
    let given = Env::process().optional(VARIABLE);
    let filter = match (&given, common.verbose) {
        (Some(filter), _) => filter,
        (None, 0) => QUIET,
        (None, 1) => "warn,gmc_sync=info,sync=info,gmc=info,embedded=info,simulator=info",
        (None, _) => "info,gmc_sync=debug,sync=debug,gmc=debug,embedded=debug,simulator=debug",
    };
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Error::Told(format!("{VARIABLE} is no filter ({error}): something like \"sync=debug\" is expected"))
    })?;
    let lines = Lines { screen: screen.clone(), format: common.log_format };
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines);
    let started = match common.log_format {
        LogFormat::Text => logs.with_ansi(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| Error::Told(format!("logging does not start: {error}")))
}

/// Writes each event above the progress bars.
struct Lines {
    screen: Screen,
    format: LogFormat,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { screen: self.screen.clone(), format: self.format }
    }
}

struct Line {
    screen: Screen,
    format: LogFormat,
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // one event is one call
        match self.format {
            LogFormat::Text => self.screen.write(one_line(bytes).as_bytes()),
            LogFormat::Json => self.screen.write(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An event as one line, whatever it quotes: nobody's text is taken for a line of ours. In JSON it is one already.
fn one_line(event: &[u8]) -> String {
    let event = String::from_utf8_lossy(event);
    in_one_line(event.strip_suffix('\n').unwrap_or(&event)).into_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_it_quotes() {
        for text in
            ["a\nERROR sync: forged", "a\r\u{1b}[2Jb", "a\u{85}b\u{2028}c", "\u{202e}a", "a\u{9b}31mb"]
        {
            let written = Arc::new(Mutex::new(String::new()));
            let buffer = Buffer(Arc::clone(&written));
            let logs =
                tracing_subscriber::fmt().with_ansi(false).with_writer(move || buffer.clone()).finish();

            tracing::subscriber::with_default(logs, || {
                tracing::error!(text, shown = %text, debug = ?text, "it failed: {text}");
            });

            let written = written.lock().unwrap();
            let line = written.strip_suffix('\n').unwrap();
            assert!(!line.contains(domain::text::disrupts), "{line:?}");
        }
    }

    /// Keeps what is written, as the screen is given it.
    #[derive(Clone)]
    struct Buffer(Arc<Mutex<String>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push_str(&one_line(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
