//! The processes of the functions: started, watched, and started again as Lambda does when one has died.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::relay::Relay;
use crate::binaries::Binaries;
use crate::functions::Function;

/// Before a process that has ended is started again.
const PAUSE: Duration = Duration::from_millis(100);

/// All processes; they are killed when it is dropped.
#[derive(Debug)]
pub(super) struct Fleet {
    slots: Vec<Arc<Slot>>,
    _watchers: JoinSet<()>,
}

/// The place of one process: when that ends, the next one takes it.
#[derive(Debug)]
pub(super) struct Slot {
    function: Function,
    number: usize,
    /// 0 while there is none.
    process: AtomicU32,
    peak_kib: AtomicU64,
    ended: AtomicU32,
    kill: Notify,
}

impl Fleet {
    /// Starts them, with just this environment and what Lambda adds to it.
    pub(super) fn start(
        binaries: &Binaries,
        environment: impl Fn(Function) -> BTreeMap<String, String>,
        relay: &Arc<Relay>,
        logs: &Path,
    ) -> Self {
        let functions = Function::ALL.into_iter().flat_map(|function| vec![function; function.processes()]);
        let mut watchers = JoinSet::new();
        let slot = |(number, function)| {
            let slot = Arc::new(Slot::new(number, function));
            let mut environment = environment(function);
            environment.extend(of_lambda(function));
            let program = Program { binary: binaries.path(function), environment, log: slot.log(logs) };
            watchers.spawn(watch(program, Arc::clone(&slot), Arc::clone(relay)));
            slot
        };
        let slots = functions.enumerate().map(slot).collect();
        Self { slots, _watchers: watchers }
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Slot>> {
        self.slots.iter()
    }

    /// Those of a function.
    pub(super) fn of(&self, function: Function) -> impl Iterator<Item = &Arc<Slot>> {
        self.slots.iter().filter(move |slot| slot.function == function)
    }
}

impl Slot {
    fn new(number: usize, function: Function) -> Self {
        Self {
            function,
            number,
            process: AtomicU32::new(0),
            peak_kib: AtomicU64::new(0),
            ended: AtomicU32::new(0),
            kill: Notify::new(),
        }
    }

    /// Whose process it is.
    pub(super) fn function(&self) -> Function {
        self.function
    }

    /// Its number, in all functions.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Where its process writes.
    pub(super) fn log(&self, logs: &Path) -> PathBuf {
        logs.join(format!("{}-{}.log", self.function, self.number))
    }

    /// Kills its process; another one takes its place.
    pub(super) fn kill(&self) {
        self.kill.notify_one();
    }

    /// How many of its processes have ended.
    pub(super) fn ended(&self) -> u32 {
        self.ended.load(Ordering::SeqCst)
    }

    /// The most memory that its processes have had resident, as far as the system tells.
    pub(super) fn peak_kib(&self) -> u64 {
        let process = self.process.load(Ordering::SeqCst);
        let now = if process == 0 { None } else { resident_peak(process) };
        self.peak_kib.fetch_max(now.unwrap_or(0), Ordering::SeqCst).max(now.unwrap_or(0))
    }
}

struct Program {
    binary: PathBuf,
    environment: BTreeMap<String, String>,
    log: PathBuf,
}

impl Program {
    fn start(&self, runtime_api: String) -> std::io::Result<Child> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        Command::new(&self.binary)
            .env_clear()
            .envs(&self.environment)
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
    }
}

/// What Lambda sets for every function.
fn of_lambda(function: Function) -> [(String, String); 3] {
    [
        ("AWS_LAMBDA_FUNCTION_NAME", function.to_string()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory().to_string()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

async fn watch(program: Program, slot: Arc<Slot>, relay: Arc<Relay>) {
    loop {
        let how = match program.start(relay.seat(slot.number, slot.function)) {
            Ok(child) => ended(child, &slot).await,
            Err(error) => Err(error),
        };
        slot.process.store(0, Ordering::SeqCst);
        slot.ended.fetch_add(1, Ordering::SeqCst);
        let how = how.map_or_else(|error| error.to_string(), |status| status.to_string());
        relay.has_ended(slot.number, &how).await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until the process has ended, by itself or because it is to be killed.
async fn ended(mut child: Child, slot: &Slot) -> std::io::Result<ExitStatus> {
    slot.process.store(child.id().unwrap_or(0), Ordering::SeqCst);
    tokio::select! {
        status = child.wait() => status,
        () = slot.kill.notified() => {
            slot.peak_kib();
            child.start_kill()?;
            child.wait().await
        }
    }
}

/// `VmHWM` of a process, in KiB.
fn resident_peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
