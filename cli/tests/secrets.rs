//! The program tells no secret, no envelope and no doctor's name, however much it is asked to tell: whole nights against a
//! GMC whose every doctor has names that can be no other words.
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod support;

use simulator::{Credentials, Edit, Fault, PopulationConfig, Simulator, SimulatorConfig, Text};
use support::{Ended, Place, end};

/// What every first name and every family name holds.
const NAMES: [&str; 2] = ["Vornamx", "Nachnamx"];

const PASSWORD: &str = "gmc-word-5e3c";

/// Everything of ours, and what the libraries say for debugging.
const LEVELS: &str = "debug,gmc_sync=trace,sync=trace,gmc=trace,domain=trace,embedded=trace,store_mongodb=trace,\
                      index_opensearch=trace";

/// Pieces of an envelope, in either direction.
const OF_ENVELOPES: [&str; 4] =
    ["soap:envelope", "<password", "doctorlastname>", "getdoctorsfordbresponse_doctor"];

#[test]
fn nights_good_and_bad_tell_no_secret_no_envelope_and_no_name() {
    let gmc = Gmc::start();
    let place = Place::new();
    let night = |more: &[&str], levels: Option<&str>| {
        let mut command = place.command(&[&["night", "-vv", "--gmc-url", gmc.url.as_str()], more].concat());
        command
            .env("GMC_USERNAME", "somebody")
            .env("GMC_PASSWORD", PASSWORD)
            .env("GMC_INTERNAL_USER", "tests");
        if let Some(levels) = levels {
            command.env("GMC_SYNC_LOG", levels);
        }
        end(command)
    };

    let good = night(&[], None);
    assert_eq!(good.status, 0, "{}", good.stderr);
    gmc.a_day_goes_by();
    let dry = night(&["--dry-run", "--json", "--log-format", "json"], Some(LEVELS));
    assert!(dry.stdout.contains("doctorLastName"), "it tells which fields would change: {}", dry.stdout);
    gmc.fails_in_every_way();
    let bad = night(&[], Some(LEVELS));
    assert_eq!(bad.status, 3, "{}", bad.stderr);
    assert!(bad.stderr.contains("DEBUG"), "{}", bad.stderr);

    for told in [&good, &dry, &bad, &place.run(&["report", "-vv"]), &place.run(&["runs", "-vv", "--json"])] {
        assert_tells_nothing(told);
    }
}

#[test]
fn a_password_that_is_refused_is_not_told() {
    let gmc = Gmc::start();
    let place = Place::new();
    let mut command = place.command(&["night", "-vv", "--gmc-url", gmc.url.as_str()]);
    command.env("GMC_USERNAME", "somebody").env("GMC_PASSWORD", format!("wrong-{PASSWORD}"));
    command.env("GMC_INTERNAL_USER", "tests").env("GMC_SYNC_LOG", LEVELS);

    let refused = end(command);

    assert!(refused.stdout.contains("99") || refused.stderr.contains("99"), "{refused:#?}");
    assert_tells_nothing(&refused);
}

fn assert_tells_nothing(ended: &Ended) {
    for line in ended.stdout.lines().chain(ended.stderr.lines()) {
        let told = line.to_lowercase();
        let names = NAMES.map(str::to_lowercase);
        let banned = names.iter().map(String::as_str).chain([PASSWORD]).chain(OF_ENVELOPES);
        let found: Vec<&str> = banned.filter(|banned| told.contains(banned)).collect();
        assert!(found.is_empty(), "{found:?} in {line}");
    }
}

/// A GMC in this process.
struct Gmc {
    url: String,
    service: Simulator,
    _runtime: tokio::runtime::Runtime,
}

impl Gmc {
    fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = SimulatorConfig {
            credentials: Credentials { username: "somebody".to_owned(), password: PASSWORD.to_owned() },
            population: PopulationConfig { doctors: 1_300, ..PopulationConfig::default() },
            ..SimulatorConfig::default()
        };
        let service = runtime.block_on(Simulator::start(config)).unwrap();
        let gmc = Self { url: service.url(), service, _runtime: runtime };
        gmc.mark("");
        gmc
    }

    /// Everybody is called so.
    fn mark(&self, more: &str) {
        let mut population = self.service.population().write().unwrap();
        let numbers: Vec<String> = population.doctors().map(|doctor| doctor.number).collect();
        for number in numbers {
            let [first, last] = NAMES.map(|name| format!("{name}{more}{number}"));
            let (first_name, last_name) = (Some(Text::Value(&first)), Some(Text::Value(&last)));
            population.edit(&number, Edit { first_name, last_name, ..Edit::default() }).unwrap();
        }
    }

    fn a_day_goes_by(&self) {
        self.service.population().write().unwrap().advance();
        self.mark("-Neu");
    }

    fn fails_in_every_way(&self) {
        let bodies = self.service.population().read().unwrap().bodies().to_vec();
        // hanging and dripping are answers that take long, and no others
        let faults = Fault::all().filter(|fault| !matches!(fault, Fault::Hang | Fault::Drip));
        for (body, fault) in bodies.iter().cycle().zip(faults) {
            self.service.faults().add(format!("{body}={fault}:1").parse().unwrap());
        }
        self.service.faults().add(format!("{}=code-99", bodies[0]).parse().unwrap());
    }
}
