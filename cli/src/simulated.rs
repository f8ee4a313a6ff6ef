//! Which simulated GMC a data directory has seen, and how many of its days: `simulator.json` in that directory.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

use gmc::Credentials;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use simulator::{Population, PopulationConfig, Simulator, SimulatorConfig};
use uuid::Uuid;

use crate::args::NightArgs;
use crate::error::Error;

/// The file's name in its directory.
const FILE: &str = "simulator.json";

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    seed: u64,
    doctors: u32,
    bodies: Vec<String>,
    /// How many nights were begun.
    nights: u32,
}

/// A simulated GMC in this process, on the day that is next for a data directory.
pub(crate) struct Simulated {
    path: PathBuf,
    seen: Seen,
    /// Whether the day is one that was seen before.
    is_again: bool,
    simulator: Simulator,
    credentials: Credentials,
}

/// How many nights of a simulated GMC a data directory has seen; 0 where there was none.
pub(crate) fn nights_seen(dir: &Path) -> Result<u32, Error> {
    Ok(load(&dir.join(FILE))?.map_or(0, |seen| seen.nights))
}

impl Simulated {
    /// Starts the simulated GMC that a data directory has seen before, or the one that is asked for.
    pub(crate) async fn start(dir: &Path, args: &NightArgs) -> Result<Self, Error> {
        let path = dir.join(FILE);
        let seen = match load(&path)?.filter(|seen| seen.nights > 0) {
            Some(seen) => seen.checked(dir, args)?,
            None => Seen::new(args),
        };
        // who accepts a loss has looked at the day on which it was found
        let is_again = !args.accept.is_empty() && seen.nights > 0;
        let day = if is_again { seen.nights - 1 } else { seen.nights };
        let population =
            PopulationConfig { doctors: seen.doctors, bodies: seen.bodies.clone(), seed: seen.seed };
        let (username, password) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
        let config = SimulatorConfig {
            credentials: simulator::Credentials { username: username.clone(), password: password.clone() },
            population: population.clone(),
            faults: args.fault.clone(),
            ..SimulatorConfig::default()
        };
        let population = Population::at_night(population, day)?;
        let simulator = Simulator::start_with(config, population).await?;
        let credentials = Credentials::new(username, SecretString::from(password), "gmc-sync")
            .map_err(|error| Error::Told(error.to_string()))?;
        Ok(Self { path, seen, is_again, simulator, credentials })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        self.simulator.url()
    }

    /// Who may ask.
    pub(crate) fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    /// Notes that a night begins, before it does: an interrupted one counts.
    pub(crate) fn count(&mut self) -> Result<(), Error> {
        if !self.is_again {
            self.seen.nights += 1;
            save(&self.path, &self.seen)?;
        }
        Ok(())
    }

    /// The GMC goes on to the next day.
    pub(crate) fn advance(&mut self) {
        self.simulator.population().write().unwrap_or_else(PoisonError::into_inner).advance();
    }
}

impl Seen {
    fn new(args: &NightArgs) -> Self {
        let defaults = PopulationConfig::default();
        Self {
            seed: args.seed.unwrap_or(defaults.seed),
            doctors: args.doctors.unwrap_or(defaults.doctors),
            bodies: args.all_bodies().iter().map(ToString::to_string).collect(),
            nights: 0,
        }
    }

    /// Another GMC would have none of the stored doctors: everybody would leave.
    fn checked(self, dir: &Path, args: &NightArgs) -> Result<Self, Error> {
        let asked = Self {
            seed: args.seed.unwrap_or(self.seed),
            doctors: args.doctors.unwrap_or(self.doctors),
            bodies: args.all_bodies().iter().map(ToString::to_string).collect(),
            nights: self.nights,
        };
        if asked == self {
            return Ok(self);
        }
        let bodies = if asked.bodies == self.bodies {
            String::new()
        } else {
            format!(" --all-bodies {}", self.bodies.join(","))
        };
        Err(Error::Told(format!(
            "data directory {} holds {} nights of another simulated GMC: go on with it by --seed {} --doctors {}{bodies}, \
             or choose another directory with --data DIR",
            dir.display(),
            self.nights,
            self.seed,
            self.doctors,
        )))
    }
}

/// What the in-process service needs at most: it answers from memory.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// A body of a million doctors included.
pub(crate) const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);

fn load(path: &Path) -> Result<Option<Seen>, Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::Told(format!("{} cannot be read: {error}", path.display()))),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        Error::Told(format!(
            "{} is not what a night wrote there ({error}): put it right, or choose another directory with --data DIR",
            path.display()
        ))
    })
}

/// By a new file in its place: a program that is killed leaves the old one or the new one.
fn save(path: &Path, seen: &Seen) -> Result<(), Error> {
    let fresh = path.with_extension("json.new");
    let text = serde_json::to_string_pretty(seen)?;
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&fresh, text + "\n"))
        .and_then(|()| fs::rename(&fresh, path))
        .map_err(|error| Error::Told(format!("{} cannot be written: {error}", path.display())))
}
