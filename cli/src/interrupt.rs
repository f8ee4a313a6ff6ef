//! Ctrl-C and SIGTERM during a night: the first settles it, the second stops at once.

use tokio::sync::watch;

use crate::ERROR;
use crate::error::Error;
use crate::output::Screen;

/// Tells whether, and by what, the night was interrupted.
#[derive(Clone, Debug)]
pub(crate) struct Interrupts(watch::Receiver<Option<&'static str>>);

impl Interrupts {
    /// From here on signals do not end the program any more, but for the second.
    pub(crate) fn listen(screen: &Screen) -> Result<Self, Error> {
        let mut signals = Signals::listen()?;
        let (sender, receiver) = watch::channel(None);
        let screen = screen.clone();
        tokio::spawn(async move {
            let reason = signals.next().await;
            screen.tell(
                "the night is being settled, so that nobody stays hidden; a second Ctrl-C stops at once",
            );
            sender.send_replace(Some(reason));
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
            // nobody listens any more: there will be no interrupt
            std::future::pending::<()>().await;
        }
    }
}

const BY_KEYBOARD: &str = "interrupted from the keyboard";

#[cfg(unix)]
struct Signals {
    keyboard: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        let keyboard = signal(SignalKind::interrupt()).map_err(Error::Runtime)?;
        let terminate = signal(SignalKind::terminate()).map_err(Error::Runtime)?;
        Ok(Self { keyboard, terminate })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.keyboard.recv() => BY_KEYBOARD,
            _ = self.terminate.recv() => "stopped by SIGTERM",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "on unix it can fail")]
    fn listen() -> Result<Self, Error> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        BY_KEYBOARD
    }
}
