//! Logs, on standard error.

use std::io;

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
    let given = std::env::var(VARIABLE).ok().filter(|filter| !filter.trim().is_empty());
    let filter = match (&given, common.verbose) {
        (Some(filter), _) => filter,
        (None, 0) => QUIET,
        (None, 1) => "warn,gmc_sync=info,sync=info,gmc=info,embedded=info,simulator=info",
        (None, _) => "info,gmc_sync=debug,sync=debug,gmc=debug,embedded=debug,simulator=debug",
    };
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Error::Told(format!("{VARIABLE} is no filter ({error}): something like \"sync=debug\" is expected"))
    })?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Lines(screen.clone()));
    let started = match common.log_format {
        LogFormat::Text => logs.with_ansi(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| Error::Told(format!("logging does not start: {error}")))
}

/// Writes each event above the progress bars.
struct Lines(Screen);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(self.0.clone())
    }
}

struct Line(Screen);

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // one event is one call
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
