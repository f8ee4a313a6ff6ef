//! `gmc-sync serve`.

use clap::Args;

/// `gmc-sync serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gmc-sync serve                    then open http://127.0.0.1:8770/
  gmc-sync serve --port 0 --data /tmp/week

Only this machine is answered. It can look on while a night runs; its page then refreshes itself.
A night whose program was killed is settled, as by any command. Ctrl-C or SIGTERM ends it, with
exit status 0.")]
pub(crate) struct ServeArgs {
    /// Where to listen on 127.0.0.1; 0 takes a free port
    #[arg(long, value_name = "P", default_value_t = 8770)]
    pub(crate) port: u16,
}
