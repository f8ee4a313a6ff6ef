//! `gmc-sync gmc-simulator`.

use clap::Args;
use domain::BodyCode;
use simulator::BodyFault;

use super::values::{body, check_faults, check_names, faults_help, todays_bodies};

/// `gmc-sync gmc-simulator`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gmc-sync gmc-simulator --port 8765
  gmc-sync gmc-simulator --night 3 --fault '*=http-503:5'
  GMC_PASSWORD=secret gmc-sync gmc-simulator --username overnight

The password is GMC_PASSWORD's, or made and printed. The WSDL is at the service's address with ?wsdl.
Ctrl-C or SIGTERM ends it, with exit status 0.")]
pub(crate) struct SimulatorArgs {
    /// Where to listen on 127.0.0.1; 0 takes a free port
    #[arg(long, value_name = "P", default_value_t = 8765)]
    pub(crate) port: u16,
    /// How many doctors there are on the first day
    #[arg(long, value_name = "N", default_value_t = 60_000)]
    pub(crate) doctors: u32,
    /// Which simulated GMC it is
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many days have passed
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) night: u32,
    /// Answer wrongly for a body (`*`: for all), TIMES times or always
    #[arg(long, value_name = "BODY=KIND[:TIMES]", long_help = faults_help())]
    pub(crate) fault: Vec<BodyFault>,
    /// The user name that a client must send
    #[arg(long, value_name = "U", default_value = "simulator")]
    pub(crate) username: String,
    /// The designated bodies, in place of today's 13
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = body, env = "GMC_SYNC_BODIES", hide_env_values = true)]
    all_bodies: Option<Vec<BodyCode>>,
    /// How long to wait before each answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) latency_ms: u64,
    /// Compress answers for clients that accept gzip
    #[arg(long)]
    pub(crate) gzip: bool,
}

impl SimulatorArgs {
    /// The designated bodies that the simulated GMC has.
    pub(crate) fn all_bodies(&self) -> Vec<BodyCode> {
        self.all_bodies.clone().unwrap_or_else(todays_bodies)
    }

    /// Checks what goes across several options.
    pub(super) fn check(&self) -> Result<(), String> {
        check_names(&["GMC_SYNC_BODIES"])?;
        check_faults(&self.fault, &self.all_bodies())
    }
}
