//! The stack of the story, and what every step does with it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use end_to_end::binaries::Binaries;
use end_to_end::functions::Function;
use end_to_end::midnight::not_over_midnight;
use end_to_end::stack::{Stack, StackConfig};
use night_tests::{Expected, Snapshot};
use serde_json::Value;
use simulator::{Population, PopulationConfig};

use crate::pages::assert_pages;
use crate::report::run_of;
use crate::{X, seed};

/// What takes longer has stopped; it is no time that a step is to take.
pub(crate) const LONG: Duration = Duration::from_mins(2);

/// Longer than the story takes.
const STORY: Duration = Duration::from_mins(6);

/// A stack in the middle of the story.
pub(crate) struct Story {
    /// The stack.
    pub(crate) stack: Stack,
    /// What was stored before the first night.
    pub(crate) before: Snapshot,
    /// When the step began.
    pub(crate) begun: Instant,
    step: String,
    /// Those who are exceptions for good.
    exceptions: BTreeSet<String>,
    latest: u64,
}

impl Story {
    /// Starts a stack with so many doctors at the GMC, with what other services and the old system have stored.
    pub(crate) async fn begin(doctors: u32) -> Self {
        not_over_midnight(STORY).await;
        let begun = Instant::now();
        let binaries = Binaries::beside_this_program().unwrap();
        let engines = engines::addresses().unwrap();
        let settings = [
            // the fault `hang` is over after this
            ("GMC_IDLE_TIMEOUT_SECONDS", "10"),
            // a level that an operator chooses who looks for something
            ("LOG_LEVEL", "debug"),
        ];
        let config = StackConfig {
            population: PopulationConfig { doctors, ..PopulationConfig::default() },
            visibility: Duration::from_secs(8),
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..StackConfig::default()
        };
        let mut stack = Stack::start(&binaries, engines, &config).await.unwrap();
        eprintln!("logs of the functions, should it fail: {}", stack.keep_logs(true).display());
        stack.set_up().await.unwrap();
        let population = stack.gmc.population().read().unwrap().clone();
        let exceptions = seed::seed(&stack, &population).await;
        let before = stack.snapshot().await.unwrap();
        Self { stack, before, begun, step: "the stack starts".to_owned(), exceptions, latest: 0 }
    }

    /// The next step begins.
    pub(crate) fn step(&mut self, name: &str) {
        let (step, took) = (&self.step, self.begun.elapsed());
        eprintln!("{:6.2} s  {step}", took.as_secs_f64());
        (self.step, self.begun) = (name.to_owned(), Instant::now());
    }

    /// Takes everything away.
    pub(crate) async fn end(mut self) {
        self.step("");
        self.stack.keep_logs(false);
        self.stack.stop().await.unwrap();
    }

    /// Looks at the GMC's doctors.
    pub(crate) fn gmc<T>(&self, look: impl FnOnce(&Population) -> T) -> T {
        look(&self.stack.gmc.population().read().unwrap())
    }

    /// Changes them.
    pub(crate) fn gmc_mut<T>(&self, change: impl FnOnce(&mut Population) -> T) -> T {
        change(&mut self.stack.gmc.population().write().unwrap())
    }

    /// The GMC numbers that the fault `half` leaves of a body.
    pub(crate) fn half_of(&self, body: &str) -> Vec<String> {
        let mut numbers: Vec<_> = self.gmc(|gmc| gmc.doctors_of(body).map(|doctor| doctor.number).collect());
        numbers.truncate(numbers.len() / 2);
        numbers
    }

    /// Begins a run by the API.
    pub(crate) async fn start(&self, request: &Value) -> u64 {
        let answer = self.stack.api("POST", "/v1/admin", Some(request)).await.unwrap();
        assert_eq!(answer.status, 202, "{}", answer.body);
        run_of(&answer.body)
    }

    /// Begins a run by the API and waits for its end.
    pub(crate) async fn run(&mut self, request: &Value) -> Value {
        let run = self.start(request).await;
        self.closed(run).await
    }

    /// Waits until a run is closed and nothing but dead letters is left in the queues.
    pub(crate) async fn closed(&mut self, run: u64) -> Value {
        let report = self.stack.closed(run, LONG).await.unwrap();
        self.stack.idle(LONG).await.unwrap();
        self.latest = run;
        report
    }

    /// The report of the run that was closed last.
    pub(crate) async fn latest_report(&self) -> Value {
        self.stack.report(self.latest).await.unwrap()
    }

    /// Kills a process of this function in the middle of its work.
    pub(crate) async fn kill_a_busy_one(&self, function: Function) {
        let begun = Instant::now();
        while !self.stack.runtime.kill_a_busy_one(function) {
            assert!(begun.elapsed() < LONG, "{function} is never at work");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Every doctor is where, and as, the night was to leave them, in the database, in the indexes and on the screens.
    pub(crate) async fn assert_right(&self, before: &Snapshot, expected: &Expected) {
        let after = self.stack.snapshot().await.unwrap();
        let today = jiff::Timestamp::now().in_tz("Europe/London").unwrap().date().to_string();
        self.gmc(|gmc| night_tests::check::assert_right(gmc, &today, before, &after, expected));
        let bodies = self.gmc(|gmc| gmc.bodies().to_vec());
        assert_pages(&self.stack, &bodies, &after, &self.exceptions).await;
    }

    /// On the summary page of each body, but for these, are just those whom the GMC has there.
    pub(crate) async fn everyone_is_visible_whom_the_gmc_named(&self, except: &[&str]) {
        for body in self.gmc(|gmc| gmc.bodies().to_vec()) {
            if !except.contains(&body.as_str()) {
                let named: BTreeSet<_> =
                    self.gmc(|gmc| gmc.doctors_of(&body).map(|doctor| doctor.number).collect());
                assert_eq!(self.stack.summary(&[&body], false).await.unwrap(), named, "{body}");
            }
        }
    }

    /// Whoever looks for a family name among the connected finds its doctors.
    pub(crate) async fn a_name_is_found(&self) {
        let (number, name) = self.gmc(|gmc| {
            let doctor = gmc.doctors_of(X).next().unwrap();
            (doctor.number.clone(), doctor.last_name.as_str().to_owned())
        });
        let rows = self.stack.search_connected(&name.to_lowercase()).await.unwrap();
        let same_name =
            |row: &Value| row["doctorLastName"].as_str().is_some_and(|found| found.contains(&name));
        assert!(rows.iter().any(same_name), "nobody is found by the name of {number}");
    }
}
