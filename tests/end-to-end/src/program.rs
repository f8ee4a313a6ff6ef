//! `gmc-sync` as an operator runs it: the real program, with nothing of this process's environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::binaries::Binaries;
use crate::failure::{Failure, Result, Told as _};
use crate::stack::Stack;

/// The program and its environment.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    environment: BTreeMap<String, String>,
    home: TempDir,
}

/// What a run of a program came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit status; -1 where a signal ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Program {
    /// The program beside the functions' binaries, in an empty directory, with an environment that names nothing.
    pub fn new(binaries: &Binaries) -> Result<Self> {
        let home = tempfile::tempdir().told("a directory for the program")?;
        #[expect(clippy::disallowed_methods, reason = "it is passed on as it is")]
        let path = std::env::var("PATH").unwrap_or_default();
        let environment = [
            ("PATH", path.as_str()),
            // whoever has no credentials is not to ask the network for some
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        let mut environment: BTreeMap<String, String> =
            environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        environment.insert("HOME".to_owned(), home.path().display().to_string());
        Ok(Self { path: binaries.program()?, environment, home })
    }

    /// The same with a variable set.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// The same with the variables that name a stack's database and indexes.
    #[must_use]
    pub fn on(self, stack: &Stack) -> Self {
        self.with("MONGODB_URI", stack.mongodb_uri())
            .with("MONGODB_DATABASE", stack.database.name())
            .with("OPENSEARCH_URL", stack.indexes.address())
            .with("OPENSEARCH_INDEX_PREFIX", stack.name())
    }

    /// The same with the directory of another program on the path.
    #[must_use]
    pub fn beside(self, program: &str) -> Self {
        let directory = Path::new(program).parent().unwrap_or(Path::new("/")).display().to_string();
        let path = format!("{directory}:{}", self.environment.get("PATH").cloned().unwrap_or_default());
        self.with("PATH", path)
    }

    /// The program with its environment, to be spawned.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(args);
        self.prepare(&mut command);
        command
    }

    /// Runs it to its end.
    pub async fn run(&self, args: &[&str]) -> Result<Ended> {
        ended(self.command(args), "").await
    }

    /// Runs lines of a shell to their end, which stop at the first that fails, with the program on the path, and with
    /// somebody who types this.
    pub async fn shell(
        &self,
        lines: &str,
        variables: &BTreeMap<String, String>,
        input: &str,
    ) -> Result<Ended> {
        let beside = self.path.parent().map(|directory| directory.display().to_string()).unwrap_or_default();
        let path = format!("{beside}:{}", self.environment.get("PATH").cloned().unwrap_or_default());
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", lines]);
        self.prepare(&mut command);
        command.envs(variables).env("PATH", path);
        ended(command, input).await
    }

    fn prepare(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
    }
}

async fn ended(mut command: Command, input: &str) -> Result<Ended> {
    let what = "running a program";
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().told(what)?;
    if let Some(mut stdin) = child.stdin.take() {
        // who does not read it has ended already, or needs nothing
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let output = child.wait_with_output().await.told(what)?;
    Ok(Ended {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

impl Ended {
    /// Standard output as the one JSON document that it is to be.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.stdout)
            .map_err(|error| Failure::new(format!("no json: {error}"), format!("{self:?}")))
    }
}
