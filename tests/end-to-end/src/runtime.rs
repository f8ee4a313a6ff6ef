//! Lambda on this machine: the binaries as processes, behind a Runtime API, to be invoked.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;

use crate::binaries::Binaries;
use crate::failure::{Failure, Result, Told as _, chain};
use crate::functions::Function;

mod emulator;
mod fleet;
mod relay;

use emulator::Emulator;
use fleet::Fleet;
use relay::Relay;

/// The largest event and the largest answer that Lambda carries, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 6_291_556;

/// From a process's start to its first call for work, in the dev profile on a machine that is busy.
const START: Duration = Duration::from_secs(30);

/// The functions, running.
#[derive(Debug)]
pub struct Runtime {
    client: reqwest::Client,
    fleet: Fleet,
    relay: Arc<Relay>,
    // dropped last: the processes end when it is gone
    emulator: Emulator,
}

/// Why an invocation has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvocationError {
    /// The function said that it failed, or its process died; what the runtime told of it.
    #[error("the function failed: {0}")]
    Failed(String),
    /// It has not answered within the function's timeout.
    #[error("no answer within the function's timeout")]
    TimedOut,
    /// The event or the answer is larger than Lambda carries.
    #[error("{0} bytes are more than lambda carries")]
    TooLarge(usize),
    /// The emulator could not be asked.
    #[error("the emulator could not be asked: {0}")]
    NoEmulator(String),
}

/// What is known of a function's processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Processes {
    /// The most memory that any of them has had resident, in KiB.
    pub peak_kib: u64,
    /// The slowest from its start to its first call for work.
    pub slowest_start: Duration,
    /// How many have ended, by themselves or killed.
    pub ended: u32,
}

impl Runtime {
    /// Starts `processes` of each function with this environment, and waits until each has asked for work. What they
    /// write goes to files in `logs`.
    pub async fn start(
        binaries: &Binaries,
        environment: impl Fn(Function) -> BTreeMap<String, String>,
        logs: &Path,
    ) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build().told("a client of the emulator")?;
        let emulator = Emulator::start(&logs.join("emulator.log")).await?;
        let relay = Relay::start(emulator.runtime_api()).await?;
        let fleet = Fleet::start(binaries, environment, &relay, logs);
        let runtime = Self { client, fleet, relay, emulator };
        runtime.all_ask_for_work(logs).await?;
        Ok(runtime)
    }

    /// Invokes a function and waits for its answer.
    pub async fn invoke(
        &self,
        function: Function,
        event: String,
    ) -> std::result::Result<Value, InvocationError> {
        if event.len() > MAX_PAYLOAD_BYTES {
            return Err(InvocationError::TooLarge(event.len()));
        }
        let no_emulator = |error: reqwest::Error| {
            if error.is_timeout() {
                InvocationError::TimedOut
            } else {
                InvocationError::NoEmulator(chain(&error))
            }
        };
        let request =
            self.client.post(self.emulator.invocations(function)).timeout(self.relay.time_of(function));
        let response = request.body(event).send().await.map_err(no_emulator)?;
        let status = response.status();
        let answer = response.bytes().await.map_err(no_emulator)?;
        if status != StatusCode::OK {
            return Err(InvocationError::Failed(String::from_utf8_lossy(&answer).into_owned()));
        }
        if answer.len() > MAX_PAYLOAD_BYTES {
            return Err(InvocationError::TooLarge(answer.len()));
        }
        serde_json::from_slice(&answer)
            .map_err(|error| InvocationError::Failed(format!("it answered with what is no json: {error}")))
    }

    /// From now on an invocation of this function may take so long, in place of the template's timeout.
    pub fn give(&self, function: Function, time: Duration) {
        self.relay.give(function, time);
    }

    /// Kills, as `kill -9` does, a process of this function that works on an invocation just now. Whether there was one.
    pub fn kill_a_busy_one(&self, function: Function) -> bool {
        let busy = self.fleet.of(function).find(|slot| self.relay.is_busy(slot.number()));
        if let Some(slot) = busy {
            slot.kill();
        }
        busy.is_some()
    }

    /// What is known of a function's processes.
    pub fn processes(&self, function: Function) -> Processes {
        let mut known = Processes::default();
        for slot in self.fleet.of(function) {
            known.peak_kib = known.peak_kib.max(slot.peak_kib());
            known.ended += slot.ended();
            known.slowest_start =
                known.slowest_start.max(self.relay.started_in(slot.number()).unwrap_or_default());
        }
        known
    }

    async fn all_ask_for_work(&self, logs: &Path) -> Result<()> {
        let begun = Instant::now();
        for slot in self.fleet.all() {
            while self.relay.started_in(slot.number()).is_none() {
                let function = slot.function();
                if slot.ended() > 0 || begun.elapsed() > START {
                    let log = std::fs::read_to_string(slot.log(logs)).unwrap_or_default();
                    let why = if slot.ended() > 0 { "its process ended" } else { "it took too long" };
                    return Err(Failure::new(
                        format!("{function} never asked for work, {why}"),
                        format!("its log ends with\n{}", tail(&log)),
                    ));
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Ok(())
    }
}

/// The last lines of a log.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
