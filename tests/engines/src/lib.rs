//! Real OpenSearch, SQS and MongoDB-protocol servers for tests: given by the environment, or started here.
//!
//! `MONGODB_URI`, `OPENSEARCH_URL` and `SQS_ENDPOINT` name servers that run already. Unless all three are set,
//! `tests/engines/run` starts its own for this process, which end with it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use tempfile::TempDir;

/// Where the engines listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// `mongodb://host:port`.
    pub mongodb: String,
    /// `http://host:port`.
    pub opensearch: String,
    /// `http://host:port`.
    pub sqs: String,
}

/// Why there are no engines.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the engines cannot be started: {0}")]
pub struct NotStarted(String);

/// Engines of one process; they stop when it is dropped.
#[derive(Debug)]
pub struct Engines {
    addresses: Addresses,
    child: Child,
    /// Closed, it stops them.
    input: Option<ChildStdin>,
    /// Gone after they have stopped.
    _data: TempDir,
}

/// The engines that the environment names, or else those of this process, which the first call starts (about 10 s).
pub fn addresses() -> Result<&'static Addresses, NotStarted> {
    static ADDRESSES: OnceLock<Result<Addresses, NotStarted>> = OnceLock::new();
    /// Never dropped: the input closes, and so the engines stop, when the process ends, however it ends.
    static STARTED: Mutex<Option<Engines>> = Mutex::new(None);
    let addresses = ADDRESSES.get_or_init(|| {
        if let Some(given) = given() {
            return Ok(given);
        }
        let engines = Engines::start("127.0.0.1")?;
        let addresses = engines.addresses().clone();
        *STARTED.lock().map_err(|error| NotStarted(error.to_string()))? = Some(engines);
        Ok(addresses)
    });
    addresses.as_ref().map_err(Clone::clone)
}

/// The servers that the environment names, if it names all three.
pub fn given() -> Option<Addresses> {
    let variable = |name| settings::Env::process().optional(name);
    Some(Addresses {
        mongodb: variable("MONGODB_URI")?,
        opensearch: variable("OPENSEARCH_URL")?,
        sqs: variable("SQS_ENDPOINT")?,
    })
}

impl Engines {
    /// Starts engines that listen on `host`.
    pub fn start(host: &str) -> Result<Self, NotStarted> {
        let told = |what: &str, error: std::io::Error| NotStarted(format!("{what}: {error}"));
        let data = tempfile::tempdir().map_err(|error| told("no directory for their data", error))?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/run");
        let mut child = Command::new(script)
            .arg(data.path())
            .arg(host)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| told(script, error))?;
        let input = child.stdin.take();
        let Some(output) = child.stdout.take() else {
            return Err(NotStarted("they have no output".to_owned()));
        };

        let (mut mongodb, mut opensearch, mut sqs) = (None, None, None);
        for line in BufReader::new(output).lines() {
            let line = line.map_err(|error| told("their output cannot be read", error))?;
            match line.split_once(' ') {
                Some(("MONGODB", address)) => mongodb = Some(address.to_owned()),
                Some(("OPENSEARCH", address)) => opensearch = Some(address.to_owned()),
                Some(("SQS", address)) => sqs = Some(address.to_owned()),
                _ if line == "READY" => break,
                _ => {}
            }
        }
        let (Some(mongodb), Some(opensearch), Some(sqs)) = (mongodb, opensearch, sqs) else {
            return Err(NotStarted(format!("{script} ended before it was ready; see its error output")));
        };
        let addresses = Addresses { mongodb, opensearch, sqs };
        Ok(Self { addresses, child, input, _data: data })
    }

    /// Where they listen.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The process that they are, for those who want to kill it.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Engines {
    fn drop(&mut self) {
        drop(self.input.take());
        // it has been told to stop; whether it was still there does not matter
        let _ = self.child.wait();
    }
}
