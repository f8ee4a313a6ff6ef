//! A GMC web service that answers as its WSDL says, with faults on demand.
//!
//! It stands for the outside world: it shares no code with the system under test, so that what both agree
//! on is the contract (docs/domain.md §4) and not a common mistake.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use simulator::{PopulationConfig, Simulator, SimulatorConfig};
//!
//! let gmc = Simulator::start(SimulatorConfig {
//!     population: PopulationConfig { doctors: 500, ..PopulationConfig::default() },
//!     faults: vec!["1-1RSSQ05=code-98:2".parse()?],
//!     ..SimulatorConfig::default()
//! })
//! .await?;
//! println!("post to {}", gmc.url());
//! let changes = gmc.population().write().unwrap().advance();
//! println!("the next day {} doctors are different", changes.total());
//! gmc.stop().await;
//! # Ok(()) }
//! ```

mod answer;
mod config;
mod connection;
mod day;
mod delivery;
mod doctor;
mod faults;
mod generate;
mod headers;
mod listing;
mod log;
mod names;
mod pages;
mod population;
mod random;
mod request;
mod server;
mod service;
mod soap;
mod texts;

pub use config::{BODIES, PopulationConfig, PopulationError};
pub use day::{Changes, Member, Moved};
pub use doctor::{Doctor, Edit};
pub use faults::{BodyFault, EVERY_BODY, Fault, FaultError, Faults};
pub use log::{RequestRecord, Requests};
pub use population::Population;
pub use server::{Credentials, PATH, Simulator, SimulatorConfig, SimulatorError};
pub use texts::Text;
