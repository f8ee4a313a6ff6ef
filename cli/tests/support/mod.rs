//! The real program, run on a data directory of its own.
#![allow(dead_code, reason = "each test binary uses another part")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is not as expected fails the test")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};

use embedded::{DataDir, Store};
#[cfg(unix)]
use rustix::process::{Pid, Signal};
use serde_json::Value;
use sync::ports::Doctors as _;
use tempfile::TempDir;

/// A body of the 13.
pub(crate) const BODY: &str = "1-1RSSQ05";
/// Another one.
pub(crate) const OTHER_BODY: &str = "1-1RSSQ1B";

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Standard output as the one JSON document that it has to be.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A data directory.
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    /// One that has seen a first night with 400 doctors.
    pub(crate) fn after_a_night() -> Self {
        let place = Self::new();
        let ended = place.run(&["night", "--doctors", "400", "--json"]);
        assert_eq!(ended.status, 0, "{ended:#?}");
        place
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = program(args);
        command.env("GMC_SYNC_DATA", self.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        end(self.command(args))
    }

    /// Runs a command that prints one JSON document.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let ended = self.run(&[args, &["--json"]].concat());
        ended.json()
    }

    /// Who is hidden in the store.
    pub(crate) fn hidden(&self) -> BTreeSet<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = Store::open(&DataDir::open(self.path()).unwrap()).unwrap();
        let hidden = runtime.block_on(store.hidden()).unwrap();
        hidden.iter().map(ToString::to_string).collect()
    }
}

/// A shell script starts its background jobs with signals ignored, and what they start inherits that. In a child of a
/// process that handles a signal, the signal has its default action; this process keeps that action by its handler.
#[cfg(unix)]
fn reset_signals() {
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, Once};

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag::register_conditional_default;

    static RESET: Once = Once::new();
    RESET.call_once(|| {
        for signal in [SIGINT, SIGTERM] {
            register_conditional_default(signal, Arc::new(AtomicBool::new(true))).unwrap();
        }
    });
}

/// The program with a clean environment and the default action of signals.
pub(crate) fn program(args: &[&str]) -> Command {
    #[cfg(unix)]
    reset_signals();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gmc-sync"));
    for variable in [
        "COLUMNS",
        "GMC_INTERNAL_USER",
        "GMC_PASSWORD",
        "GMC_SYNC_API",
        "GMC_SYNC_DATA",
        "GMC_SYNC_LOG",
        "GMC_USERNAME",
        "MONGODB_DATABASE",
        "MONGODB_URI",
        "OPENSEARCH_AUTH",
        "OPENSEARCH_INDEX_PREFIX",
        "OPENSEARCH_PASSWORD",
        "OPENSEARCH_URL",
        "OPENSEARCH_USERNAME",
    ] {
        command.env_remove(variable);
    }
    for variable in ["BODIES", "MAX_DISCONNECTED_MIN", "MAX_DISCONNECTED_PERCENT", "STATEMENTS_PER_COMMAND"] {
        command.env_remove(variable).env_remove(format!("GMC_SYNC_{variable}"));
    }
    command.args(args).stdin(Stdio::null());
    command
}

pub(crate) fn end(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        status: output.status.code().expect("an exit status"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A night that does not end by itself, because one body's answer never comes; all others have answered.
pub(crate) struct Hanging {
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
    told: String,
}

impl Hanging {
    pub(crate) fn night(place: &Place) -> Self {
        Self::night_with(place, &[])
    }

    pub(crate) fn night_with(place: &Place, options: &[&str]) -> Self {
        let fault = format!("{BODY}=hang");
        let mut command = place.command(&[&["night", "--fault", &fault, "--json"], options].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut hanging = Self { child, stderr, told: String::new() };
        hanging.wait_for("answered", 12);
        hanging
    }

    /// Waits until standard error has had a text so many times.
    pub(crate) fn wait_for(&mut self, text: &str, times: usize) {
        while self.told.matches(text).count() < times {
            let read = self.stderr.read_line(&mut self.told).unwrap();
            assert!(read > 0, "the night ended: {}", self.told);
        }
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: Signal) {
        send(&self.child, signal);
    }

    /// Waits until it has ended.
    pub(crate) fn end(mut self) -> Ended {
        let mut stdout = String::new();
        std::io::Read::read_to_string(&mut self.child.stdout.take().unwrap(), &mut stdout).unwrap();
        std::io::Read::read_to_string(&mut self.stderr, &mut self.told).unwrap();
        let status = self.child.wait().unwrap();
        Ended { status: status.code().unwrap_or(-1), stdout, stderr: self.told }
    }
}

#[cfg(unix)]
pub(crate) fn send(child: &Child, signal: Signal) {
    rustix::process::kill_process(Pid::from_child(child), signal).unwrap();
}

/// The numbers of those whom a report says to have left.
pub(crate) fn left(report: &Value) -> BTreeSet<String> {
    let doctors = report["doctors"].as_array().unwrap();
    let left = doctors.iter().filter(|doctor| doctor["what"] == "left");
    left.map(|doctor| doctor["gmcNumber"].as_str().unwrap().to_owned()).collect()
}

/// One body of a report.
pub(crate) fn body<'a>(report: &'a Value, code: &str) -> &'a Value {
    report["bodies"].as_array().unwrap().iter().find(|body| body["code"] == code).unwrap()
}

/// What differs from run to run, taken out of a text for people.
pub(crate) fn redacted(text: &str, place: &Place) -> String {
    let text = text.replace(place.path().to_str().unwrap(), "[DIR]");
    let mut shown = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let redacted: Vec<&str> = words
            .iter()
            .enumerate()
            .map(|(at, word)| {
                let is_seconds = words.get(at + 1).is_some_and(|next| *next == "s" || *next == "s;");
                match word {
                    word if word.parse::<f64>().is_ok() && is_seconds => "[N]",
                    word if word.len() == 15 && word.ends_with(']') && word[..14].parse::<u64>().is_ok() => {
                        "[ID]]"
                    }
                    word => word,
                }
            })
            .collect();
        shown += redacted.join(" ").trim_end();
        shown.push('\n');
    }
    shown
}
