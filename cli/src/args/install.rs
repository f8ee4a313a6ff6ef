//! `gmc-sync completions` and `gmc-sync man`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::Shell;

/// `gmc-sync completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(gmc-sync completions bash)      for the shell that is open
  gmc-sync completions bash > ~/.local/share/bash-completion/completions/gmc-sync
  gmc-sync completions zsh > /usr/local/share/zsh/site-functions/_gmc-sync
  gmc-sync completions fish > ~/.config/fish/completions/gmc-sync.fish")]
pub(crate) struct CompletionsArgs {
    /// Which shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// `gmc-sync man`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gmc-sync man | man -l -
  gmc-sync man /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Write a page for each command into this directory, instead of printing the page of the program
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}
