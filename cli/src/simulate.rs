//! `gmc-sync gmc-simulator`: the simulated GMC on its own.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use domain::BodyCode;
use serde::Serialize;
use settings::Env;
use simulator::{Credentials, Population, PopulationConfig, Simulator, SimulatorConfig};
use uuid::Uuid;

use crate::DONE;
use crate::args::{Common, SimulatorArgs};
use crate::error::Error;
use crate::interrupt::Signals;
use crate::output::{print, print_json};

/// What a client has to know.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Serving<'a> {
    url: String,
    wsdl: String,
    username: &'a str,
    /// Only when it was made here: then nobody knows it yet, and it protects nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    doctors: usize,
    bodies: &'a [BodyCode],
    seed: u64,
    night: u32,
}

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn run(args: &SimulatorArgs, common: &Common) -> Result<u8, Error> {
    let given = Env::process().optional("GMC_PASSWORD");
    let is_made = given.is_none();
    let password = given.unwrap_or_else(|| Uuid::new_v4().to_string());
    let bodies = args.all_bodies();
    let population = PopulationConfig {
        doctors: args.doctors,
        bodies: bodies.iter().map(ToString::to_string).collect(),
        seed: args.seed,
    };
    let config = SimulatorConfig {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        credentials: Credentials { username: args.username.clone(), password: password.clone() },
        population: population.clone(),
        faults: args.fault.clone(),
        latency: Duration::from_millis(args.latency_ms),
        gzip: args.gzip,
        ..SimulatorConfig::default()
    };
    let population = Population::at_night(population, args.night)?;
    let doctors = population.connected();
    let simulator = Simulator::start_with(config, population).await?;

    let serving = Serving {
        url: simulator.url(),
        wsdl: format!("{}?wsdl", simulator.url()),
        username: &args.username,
        password: is_made.then_some(&password),
        doctors,
        bodies: &bodies,
        seed: args.seed,
        night: args.night,
    };
    // before the address: a caller that has read it may send a signal at once
    let mut signals = Signals::listen()?;
    if common.json {
        print_json(&serving)?;
    } else {
        print(&shown(&serving))?;
    }
    signals.next().await;
    simulator.stop().await;
    Ok(DONE)
}

fn shown(serving: &Serving<'_>) -> String {
    let password = serving.password.unwrap_or("that of GMC_PASSWORD");
    let mut text = String::new();
    let rows = [
        ("service", serving.url.as_str()),
        ("wsdl", &serving.wsdl),
        ("user name", serving.username),
        ("password", password),
    ];
    for (name, value) in rows {
        let _ = writeln!(text, "{name:<10} {value}");
    }
    let _ = writeln!(
        text,
        "{:<10} {} in {} designated bodies (seed {}, night {})",
        "doctors",
        serving.doctors,
        serving.bodies.len(),
        serving.seed,
        serving.night
    );
    let assignment = serving.password.map(|password| format!("GMC_PASSWORD={password} ")).unwrap_or_default();
    let _ = writeln!(
        text,
        "\na night with it, from another terminal; Ctrl-C here ends it:\n  GMC_USERNAME={} {assignment}GMC_INTERNAL_USER=me \
         gmc-sync night --gmc-url {}",
        serving.username, serving.url
    );
    text
}
