//! Something between the store and the server that can fall silent, and break connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A way to the server.
pub(crate) struct Proxy {
    /// `host:port`.
    pub(crate) address: String,
    is_silent: Arc<AtomicBool>,
    breaks: watch::Sender<u32>,
}

impl Proxy {
    /// A way to `server` (`host:port`).
    pub(crate) async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let is_silent = Arc::new(AtomicBool::new(false));
        let (breaks, breaking) = watch::channel(0);
        let (server, silence) = (server.to_owned(), Arc::clone(&is_silent));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(&server).await else { continue };
                let (from_near, to_near) = near.into_split();
                let (from_far, to_far) = far.into_split();
                tokio::spawn(carry(from_near, to_far, Arc::clone(&silence), breaking.clone()));
                tokio::spawn(carry(from_far, to_near, Arc::clone(&silence), breaking.clone()));
            }
        });
        Self { address, is_silent, breaks }
    }

    /// From now on nothing comes through, and no connection ends.
    pub(crate) fn fall_silent(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }

    /// Ends every connection there is.
    pub(crate) fn break_connections(&self) {
        self.breaks.send_modify(|breaks| *breaks += 1);
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    is_silent: Arc<AtomicBool>,
    mut breaks: watch::Receiver<u32>,
) {
    breaks.mark_unchanged();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = breaks.changed() => return,
        };
        match read {
            Ok(0) | Err(_) => return,
            Ok(_) if is_silent.load(Ordering::SeqCst) => {}
            Ok(length) => {
                if to.write_all(&buffer[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
