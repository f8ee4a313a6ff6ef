//! The line to an engine: what goes over it can be cut, slowed down, and restored, while the engine itself goes on for
//! everybody else.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::failure::{Failure, Result, Told as _};

/// A line to one address; connections over it end when it is dropped.
#[derive(Debug)]
pub struct Line {
    /// The engine's address as it is reached over the line.
    address: String,
    state: Arc<watch::Sender<State>>,
    serving: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    is_cut: bool,
    /// Before every answer, or piece of one, is passed on.
    delay: Duration,
}

impl Line {
    /// Lays one to an engine's address, a URL with a host and a port.
    pub async fn to(engine: &str) -> Result<Self> {
        let mut address = Url::parse(engine).told(engine)?;
        let (Some(host), Some(port)) = (address.host_str().map(str::to_owned), address.port()) else {
            return Err(Failure::new(engine, "an address with a host and a port is needed for a line to it"));
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.told("a port for a line")?;
        let here = listener.local_addr().told("the line's port")?.port();
        let is_set = address.set_host(Some("127.0.0.1")).is_ok() && address.set_port(Some(here)).is_ok();
        if !is_set {
            return Err(Failure::new(engine, "its host and port cannot be replaced"));
        }
        let state = Arc::new(watch::channel(State::default()).0);
        let serving = tokio::spawn(serve(listener, (host, port), Arc::clone(&state)));
        Ok(Self { address: address.as_str().trim_end_matches('/').to_owned(), state, serving })
    }

    /// The engine's address over the line.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Cuts it: connections are dropped, and new ones as soon as they are made.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.is_cut = true);
    }

    /// Every piece of an answer takes this much longer.
    pub fn slow(&self, delay: Duration) {
        self.state.send_modify(|state| state.delay = delay);
    }

    /// As it was at first.
    pub fn restore(&self) {
        self.state.send_modify(|state| *state = State::default());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.serving.abort();
        // the connections have tasks of their own
        self.cut();
    }
}

async fn serve(listener: TcpListener, engine: (String, u16), state: Arc<watch::Sender<State>>) {
    loop {
        // what fails is one connection, and its maker sees that
        let Ok((caller, _)) = listener.accept().await else { continue };
        if !state.borrow().is_cut {
            tokio::spawn(connect(caller, engine.clone(), state.subscribe()));
        }
    }
}

async fn connect(caller: TcpStream, engine: (String, u16), mut state: watch::Receiver<State>) {
    let Ok(engine) = TcpStream::connect(engine).await else { return };
    // small requests wait for each other otherwise
    let _ = (caller.set_nodelay(true), engine.set_nodelay(true));
    let (from_caller, to_caller) = caller.into_split();
    let (from_engine, to_engine) = engine.into_split();
    let delays = state.clone();
    tokio::select! {
        () = pass(from_caller, to_engine, None) => {}
        () = pass(from_engine, to_caller, Some(delays)) => {}
        // gone, its sender has cut the line
        _ = state.wait_for(|state| state.is_cut) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delays: Option<watch::Receiver<State>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let delay = delays.as_ref().map(|state| state.borrow().delay).unwrap_or_default();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Answers every byte with the same byte.
    async fn echo() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mut from, mut to) = stream.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from, &mut to).await });
            }
        });
        address
    }

    async fn ask(stream: &mut TcpStream) -> std::io::Result<u8> {
        stream.write_u8(7).await?;
        stream.read_u8().await
    }

    async fn connection(line: &Line) -> TcpStream {
        TcpStream::connect(line.address().trim_start_matches("http://")).await.unwrap()
    }

    #[tokio::test]
    async fn a_cut_line_drops_its_connections_and_a_restored_one_takes_new_ones() {
        let line = Line::to(&echo().await).await.unwrap();
        let mut before = connection(&line).await;
        assert_eq!(ask(&mut before).await.unwrap(), 7);

        line.cut();

        assert!(ask(&mut before).await.is_err(), "it was dropped");
        assert!(ask(&mut connection(&line).await).await.is_err(), "and no other is taken");
        line.restore();
        assert_eq!(ask(&mut connection(&line).await).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_slow_line_delays_answers_until_it_is_restored() {
        let line = Line::to(&echo().await).await.unwrap();
        let mut stream = connection(&line).await;
        line.slow(Duration::from_millis(200));
        let begun = Instant::now();

        ask(&mut stream).await.unwrap();

        assert!(begun.elapsed() >= Duration::from_millis(200));
        line.restore();
        assert_eq!(ask(&mut stream).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn an_address_keeps_its_scheme_and_what_else_it_says() {
        let line = Line::to("mongodb://user:word@localhost:27017/?retryWrites=false").await.unwrap();

        assert!(line.address().starts_with("mongodb://user:word@127.0.0.1:"), "{}", line.address());
        assert!(line.address().ends_with("/?retryWrites=false"));
        assert!(Line::to("mongodb://localhost").await.is_err());
    }
}
