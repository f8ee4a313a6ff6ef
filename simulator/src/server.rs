//! The simulator as a running web service.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{PopulationConfig, PopulationError};
use crate::connection::{Acceptor, ResetSwitch};
use crate::faults::{BodyFault, Faults};
use crate::log::Requests;
use crate::population::Population;
use crate::service::{self, Service};

/// The path of the service, as in the WSDL.
pub const PATH: &str = "/GMCWebServices/WebService.asmx";

/// So long answers on their way may go on after [`Simulator::stop`].
const GRACE: Duration = Duration::from_secs(2);

/// What a client must send as `Username` and `Password`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Compared exactly.
    pub username: String,
    /// Compared exactly.
    pub password: String,
}

impl Default for Credentials {
    /// `simulator` and `simulator`: they protect nothing.
    fn default() -> Self {
        Self { username: "simulator".to_owned(), password: "simulator".to_owned() }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What a simulator is started with.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// What a client must send.
    pub credentials: Credentials,
    /// The doctors; see also [`Simulator::start_with`].
    pub population: PopulationConfig,
    /// The faults from the start on; see also [`Simulator::faults`].
    pub faults: Vec<BodyFault>,
    /// The time before the first byte of an answer, for demos.
    pub latency: Duration,
    /// The pause before each 64 bytes of the fault `drip`.
    pub drip_pause: Duration,
    /// Whether answers are compressed for clients that accept gzip.
    pub gzip: bool,
}

impl Default for SimulatorConfig {
    /// A free port of 127.0.0.1, the default population, no faults, no latency, drips of a second, no gzip.
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            credentials: Credentials::default(),
            population: PopulationConfig::default(),
            faults: Vec::new(),
            latency: Duration::ZERO,
            drip_pause: Duration::from_secs(1),
            gzip: false,
        }
    }
}

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The population cannot be made.
    #[error("the population cannot be made: {0}")]
    Population(#[from] PopulationError),
    /// The address is taken, or none of this machine's.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address as configured.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// A running simulator. It stops when it is dropped; [`Simulator::stop`] also waits for the answers on their
/// way.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    population: Arc<RwLock<Population>>,
    faults: Faults,
    requests: Requests,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Simulator {
    /// Makes the population and starts to answer, on tasks of the current tokio runtime.
    pub async fn start(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        let population = Population::new(config.population.clone())?;
        Self::start_with(config, population).await
    }

    /// As [`Simulator::start`], with a population that is there already (of a later night, or edited by
    /// hand) in place of the configured one.
    pub async fn start_with(config: SimulatorConfig, population: Population) -> Result<Self, SimulatorError> {
        let listen = |source| SimulatorError::Listen { address: config.address, source };
        let listener = TcpListener::bind(config.address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, stopping) = watch::channel(false);
        let population = Arc::new(RwLock::new(population));
        let faults = Faults::new(config.faults.clone());
        let requests = Requests::default();
        let service = Service::new(
            &config,
            url_of(address),
            Arc::clone(&population),
            faults.clone(),
            requests.clone(),
            Stopped(stopping.clone()),
        );
        let app = service::router(service).into_make_service_with_connect_info::<ResetSwitch>();
        let mut stopped = Stopped(stopping);
        let server =
            axum::serve(Acceptor(listener), app).with_graceful_shutdown(async move { stopped.wait().await });
        // serve has no errors of its own: those of accepting are retried inside
        let serving = tokio::spawn(async move { drop(server.await) });
        Ok(Self { address, population, faults, requests, stop, serving })
    }

    /// The address of the service, to be posted to: `http://127.0.0.1:…/GMCWebServices/WebService.asmx`.
    pub fn url(&self) -> String {
        url_of(self.address)
    }

    /// Where the simulator listens, with the port that it was given.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The doctors. An answer is of the moment when its request came: a change in between is in the next.
    pub fn population(&self) -> &Arc<RwLock<Population>> {
        &self.population
    }

    /// The faults to come; add and clear at any time.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What was asked and answered.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Takes no more connections, ends what hangs and drips, and waits up to two seconds for other answers
    /// on their way.
    pub async fn stop(self) {
        // nobody listens any more if the server has ended by itself
        let _ = self.stop.send(true);
        let abort = self.serving.abort_handle();
        if tokio::time::timeout(GRACE, self.serving).await.is_err() {
            abort.abort();
        }
    }
}

/// Tells whether the simulator is to stop.
#[derive(Debug, Clone)]
pub(crate) struct Stopped(watch::Receiver<bool>);

impl Stopped {
    /// Waits until the simulator is stopped or dropped.
    pub(crate) async fn wait(&mut self) {
        // an error means that the simulator was dropped
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Waits so long, and tells whether the simulator was stopped meanwhile.
    pub(crate) async fn within(&mut self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.wait()).await.is_ok()
    }
}

/// An address that a client of this machine can use, also when the simulator listens on all.
fn url_of(mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("http://{address}{PATH}")
}
