//! Who has the runbook open: a stack, the program, and the command line of AWS, which talks to servers of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use end_to_end::binaries::Binaries;
use end_to_end::functions::Function;
use end_to_end::gateway::{Entrance, Gateway};
use end_to_end::program::{Ended, Program};
use end_to_end::stack::{GMC_PASSWORD, SCHEDULE_PARAMETER, Stack, StackConfig, parameter};
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use serde_json::Value;
use simulator::{Population, PopulationConfig};
use uuid::Uuid;

use crate::document::Runbook;
use crate::statement::Statement;

/// What takes longer has stopped; it is no time that a step is to take.
pub(crate) const LONG: Duration = Duration::from_mins(2);

/// Installs the command line where it is missing, and prints its path.
const AWS_CLI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/aws-cli");

/// The command line of AWS (version 1) has addresses of its own for SQS in the older regions, whatever the environment
/// says. The servers here do not mind which region it is.
const REGION: &str = "eu-central-2";

pub(crate) struct Operator {
    pub(crate) stack: Stack,
    pub(crate) runbook: Runbook,
    /// What the placeholders of the runbook stand for.
    pub(crate) variables: BTreeMap<String, String>,
    program: Program,
    /// The API; it stops when it is dropped.
    gateway: Gateway,
}

impl Operator {
    /// A stack that is set up, with a password of the GMC that is not the GMC's any more.
    pub(crate) async fn begin() -> Self {
        let binaries = Binaries::beside_this_program().unwrap();
        let settings = [("GMC_IDLE_TIMEOUT_SECONDS", "10"), ("GMC_SYNC_MAX_DISCONNECTED_MIN", "5")];
        let config = StackConfig {
            population: PopulationConfig { doctors: 650, ..PopulationConfig::default() },
            visibility: Duration::from_secs(8),
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..StackConfig::default()
        };
        let engines = engines::addresses().unwrap();
        let stack = Stack::start(&binaries, engines, &config).await.unwrap();
        stack.cloud.put_parameter(&parameter("gmc-password"), "of-last-year");
        stack.set_up().await.unwrap();
        let gateway = Gateway::start(&stack.runtime, Entrance::Open).await.unwrap();
        let aws = std::process::Command::new(AWS_CLI).output().unwrap();
        assert!(aws.status.success(), "{}", String::from_utf8_lossy(&aws.stderr));
        let aws = String::from_utf8(aws.stdout).unwrap();
        let program = Program::new(&binaries)
            .unwrap()
            .on(&stack)
            .beside(aws.trim())
            .with("AWS_ACCESS_KEY_ID", "local")
            .with("AWS_SECRET_ACCESS_KEY", "local")
            .with("AWS_DEFAULT_REGION", REGION)
            .with("AWS_ENDPOINT_URL_SQS", &engines.sqs)
            .with("AWS_ENDPOINT_URL_SSM", stack.cloud.address())
            .with("GMC_USERNAME", "end-to-end")
            .with("GMC_PASSWORD", GMC_PASSWORD)
            .with("GMC_INTERNAL_USER", "gmc-sync");
        let mut operator =
            Self { stack, runbook: Runbook::read(), variables: BTreeMap::new(), program, gateway };
        operator.set("API", operator.gateway.url());
        operator.set("STACK", operator.stack.name().trim_end_matches('-').to_owned());
        operator.set("SCHEDULE_PARAMETER", SCHEDULE_PARAMETER.to_owned());
        operator.set("GMC_PASSWORD_PARAMETER", parameter("gmc-password"));
        operator
    }

    /// Says what a placeholder stands for.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.insert(name.to_owned(), value.into());
    }

    /// Runs a block of a section as it stands; it must end so.
    pub(crate) async fn run(&mut self, section: &str, place: usize, status: i32) -> Ended {
        self.run_with_input(section, place, status, "").await
    }

    /// The same, with somebody who types.
    pub(crate) async fn run_with_input(
        &mut self,
        section: &str,
        place: usize,
        status: i32,
        input: &str,
    ) -> Ended {
        let block = self.runbook.take(section, place);
        assert_eq!(block.language, "sh", "{block:?}");
        let ended = self.program.shell(&block.text, &self.variables, input).await.unwrap();
        assert_eq!(ended.status, status, "{block:#?} {ended:#?}");
        ended
    }

    /// Carries out a statement as the driver of the database can; returns how many documents it changed.
    pub(crate) async fn carry_out(&mut self, section: &str, place: usize) -> u64 {
        let block = self.runbook.take(section, place);
        assert_eq!(block.language, "js", "{block:?}");
        let statement = Statement::read(&block.text, &self.variables);
        let collection: Collection<Document> = self.stack.database.collection(&statement.collection);
        let result = if statement.is_many {
            collection.update_many(statement.filter, statement.update).await
        } else {
            collection.update_one(statement.filter, statement.update).await
        };
        result.unwrap().modified_count
    }

    /// The program, for what the runbook has no block of.
    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// A night by the rule, to its end.
    pub(crate) async fn night(&mut self) -> Value {
        let begun = self.stack.rule_fires(Uuid::new_v4()).await.unwrap();
        let run = begun["runId"].as_u64().unwrap_or_else(|| panic!("{begun}"));
        self.ended(run).await
    }

    /// Waits for the end of a run, which `RUN` stands for from now on.
    pub(crate) async fn ended(&mut self, run: u64) -> Value {
        self.set("RUN", run.to_string());
        let report = self.stack.closed(run, LONG).await.unwrap();
        self.stack.idle(LONG).await.unwrap();
        report
    }

    /// The report of the latest run, after its end.
    pub(crate) async fn latest(&mut self) -> Value {
        let list = self.stack.api("GET", "/v1/admin", None).await.unwrap().body;
        let run = list[0]["run"].as_u64().unwrap();
        self.ended(run).await
    }

    /// Waits until so many bodies of a run have answered.
    pub(crate) async fn answered(&self, run: u64, bodies: usize) {
        let have = |report: &Value| {
            let all = report["bodies"].as_array().unwrap();
            all.iter().filter(|body| body["state"] == "ANSWERED").count() == bodies
        };
        self.stack.reached(run, LONG, have).await.unwrap();
    }

    pub(crate) fn fault(&self, fault: &str) {
        self.stack.gmc.faults().add(fault.parse().unwrap());
    }

    pub(crate) fn gmc<T>(&self, look: impl FnOnce(&mut Population) -> T) -> T {
        look(&mut self.stack.gmc.population().write().unwrap())
    }

    /// Whom the GMC has in a body.
    pub(crate) fn doctors_of(&self, body: &str) -> BTreeSet<String> {
        self.gmc(|gmc| gmc.doctors_of(body).map(|doctor| doctor.number).collect())
    }

    /// Who is visible in a body on the admins' screen.
    pub(crate) async fn visible_in(&self, body: &str) -> BTreeSet<String> {
        self.stack.summary(&[body], false).await.unwrap()
    }

    /// Hides everybody of a body, as a night does that never ended.
    pub(crate) async fn hide(&self, body: &str) {
        let doctors: Collection<Document> = self.stack.database.collection("doctorsForDB");
        let hidden = doc! { "$set": { "designatedBodyCode": format!("last-{body}") } };
        doctors.update_many(doc! { "designatedBodyCode": body }, hidden).await.unwrap();
    }

    /// How many are hidden, in whatever body.
    pub(crate) async fn hidden(&self) -> usize {
        self.stack.snapshot().await.unwrap().hidden().len()
    }

    /// The schedule in the parameter has changed, as EventBridge tells follow-schedule; the rule since.
    pub(crate) async fn schedule_changed(&self) -> Value {
        let event = end_to_end::events::parameter_change(SCHEDULE_PARAMETER);
        // a schedule that cannot be read is told, and is no failure of the invocation
        self.stack.invoke(Function::FollowSchedule, &event).await.unwrap();
        self.stack.cloud.rule(end_to_end::stack::RULE).unwrap()
    }
}
