//! `cargo lambda watch --only-lambda-apis`: the Runtime API, and the API that invokes.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};

use crate::failure::{Failure, Result, Told as _};
use crate::functions::Function;

/// Installs cargo-lambda where it is missing, and prints its path.
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tools");

/// Runs a program in the background, until standard input ends: so it ends with this process, however that ends.
const UNTIL_INPUT_ENDS: &str = r#""$@" & program=$!; read -r _; kill "$program"; wait "$program""#;

/// A running `cargo lambda watch`; it stops when it is dropped.
#[derive(Debug)]
pub(super) struct Emulator {
    port: u16,
    /// Closed, it stops the program.
    _input: Option<ChildStdin>,
    _shell: Child,
}

impl Emulator {
    /// Starts it on a free port, with its output in a file.
    pub(super) async fn start(log: &Path) -> Result<Self> {
        let cargo_lambda = installed().await?;
        let mut told = String::new();
        // between finding a free port and listening on it, somebody else may have taken it
        for _ in 0..3 {
            match Self::listen(&cargo_lambda, free_port()?, log).await {
                Ok(emulator) => return Ok(emulator),
                Err(error) => told = error.to_string(),
            }
        }
        Err(Failure::new("cargo lambda watch does not start", told))
    }

    async fn listen(cargo_lambda: &str, port: u16, log: &Path) -> Result<Self> {
        let output = File::create(log).told(log.display().to_string())?;
        let errors = output.try_clone().told(log.display().to_string())?;
        let mut shell = Command::new("sh")
            .args(["-c", UNTIL_INPUT_ENDS, "sh", cargo_lambda, "lambda", "watch", "--only-lambda-apis"])
            .args(["--ignore-changes", "-A", "127.0.0.1", "-P", &port.to_string()])
            // it serves only what is a binary of the workspace that it is started in
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .told(cargo_lambda)?;
        let emulator = Self { port, _input: shell.stdin.take(), _shell: shell };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            if begun.elapsed() > Duration::from_secs(20) {
                let log = std::fs::read_to_string(log).unwrap_or_default();
                return Err(Failure::new(format!("it does not listen on port {port}"), log));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(emulator)
    }

    /// What the processes of the functions are to have as `AWS_LAMBDA_RUNTIME_API`, but for the function's name.
    pub(super) fn runtime_api(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where a function is invoked.
    pub(super) fn invocations(&self, function: Function) -> String {
        format!("http://127.0.0.1:{}/2015-03-31/functions/{function}/invocations", self.port)
    }
}

async fn installed() -> Result<String> {
    let output = Command::new(TOOLS).stderr(Stdio::inherit()).output().await.told(TOOLS)?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !path.is_empty() {
        Ok(path)
    } else {
        Err(Failure::new(TOOLS, "cargo-lambda could not be installed"))
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).told("a free port")?;
    Ok(listener.local_addr().told("a free port")?.port())
}
