//! Ctrl-C and SIGTERM: every command that handles them does so here.

use std::time::Duration;

use tokio::sync::watch;

use crate::ERROR;
use crate::error::Error;
use crate::output::Screen;

/// Signals this soon after the first are the same request: `timeout` sends one to the program and one to its process group,
/// and some wrappers pass on a Ctrl-C that the terminal has already sent.
const SAME_REQUEST: Duration = Duration::from_millis(500);

/// The signals that ask the program to end. Once it listens, they no longer end it by themselves, and they arrive even if it
/// was started with them ignored, as a shell script starts its background jobs.
pub(crate) struct Signals {
    #[cfg(unix)]
    keyboard: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    keyboard: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// Installs the handlers. From here on no signal is lost.
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        let keyboard = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
        let terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
        Ok(Self { keyboard, terminate })
    }

    /// Installs the handler. From here on no Ctrl-C is lost.
    #[cfg(windows)]
    pub(crate) fn listen() -> Result<Self, Error> {
        Ok(Self { keyboard: tokio::signal::windows::ctrl_c().map_err(Error::Signals)? })
    }

    /// Waits for a signal, and says which it was.
    pub(crate) async fn next(&mut self) -> &'static str {
        #[cfg(unix)]
        let terminate = self.terminate.recv();
        #[cfg(windows)]
        let terminate = std::future::pending::<()>();
        tokio::select! {
            _ = self.keyboard.recv() => "interrupted from the keyboard",
            _ = terminate => "stopped by SIGTERM",
        }
    }
}

/// Whether, and by what, a night was interrupted. The first signal settles the night, the second ends the program at once.
#[derive(Clone, Debug)]
pub(crate) struct Interrupts(watch::Receiver<Option<&'static str>>);

impl Interrupts {
    /// Listens from here on.
    pub(crate) fn listen(screen: &Screen) -> Result<Self, Error> {
        let mut signals = Signals::listen()?;
        let (sender, receiver) = watch::channel(None);
        let screen = screen.clone();
        tokio::spawn(async move {
            let reason = signals.next().await;
            screen.tell(
                "settling the night, so that no doctor stays hidden; press Ctrl-C again to stop at once",
            );
            sender.send_replace(Some(reason));
            let repeats = async {
                loop {
                    signals.next().await;
                }
            };
            let _ = tokio::time::timeout(SAME_REQUEST, repeats).await;
            signals.next().await;
            screen.tell("stopped at once; the next command on this data directory settles the night");
            std::process::exit(i32::from(ERROR));
        });
        Ok(Self(receiver))
    }

    /// Why the night is to be given up, once that is so.
    pub(crate) fn reason(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Returns when there is a reason.
    pub(crate) async fn wait(&mut self) {
        if self.0.wait_for(Option::is_some).await.is_err() {
            // the listener is gone: no interrupt can come
            std::future::pending::<()>().await;
        }
    }
}
