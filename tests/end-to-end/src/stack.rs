//! Everything that the template makes, on one machine: queues, functions, event source mappings; and what it needs of
//! others: a GMC, a database, indexes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engines::Addresses;
use mongodb::Database;
use simulator::{Credentials, PopulationConfig, Simulator, SimulatorConfig};
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::binaries::Binaries;
use crate::cloud::Cloud;
use crate::failure::{Result, Told as _};
use crate::indexes::Indexes;
use crate::invocations::Invocations;
use crate::poller;
use crate::queues::{Queues, REGION};
use crate::runtime::Runtime;

/// The parameter with the cron expression.
pub const SCHEDULE_PARAMETER: &str = "/tis/revalidation/preprod/recommendation/cron/nightlysync";

/// The nightly rule.
pub const RULE: &str = "gmc-sync-nightly";

/// What the rule says of itself before anybody has put it.
pub const RULE_DESCRIPTION: &str = "starts the GMC overnight sync";

/// What the simulator wants, so that a test can look for it where it must not be.
pub const GMC_PASSWORD: &str = "correct-horse-battery-staple";

/// How a stack is to be.
#[derive(Clone, Debug)]
pub struct StackConfig {
    /// The doctors at the GMC, in the bodies that are asked.
    pub population: PopulationConfig,
    /// How long the GMC takes before it answers.
    pub latency: Duration,
    /// How long a message is nobody else's; short, so that what a killed process had comes again soon.
    pub visibility: Duration,
    /// How many times a message is received before it is a dead letter.
    pub max_receives: u32,
    /// Settings of functions in place of the usual ones.
    pub settings: BTreeMap<String, String>,
}

impl Default for StackConfig {
    fn default() -> Self {
        Self {
            population: PopulationConfig::default(),
            latency: Duration::ZERO,
            visibility: Duration::from_secs(20),
            max_receives: 5,
            settings: BTreeMap::new(),
        }
    }
}

/// A running stack. [`Stack::stop`] also takes away what it has made in the engines.
#[derive(Debug)]
pub struct Stack {
    /// The GMC.
    pub gmc: Simulator,
    /// The functions.
    pub runtime: Arc<Runtime>,
    /// The queues.
    pub queues: Queues,
    /// What was invoked by queues.
    pub invocations: Invocations,
    /// Parameter Store and EventBridge.
    pub cloud: Cloud,
    /// The database, by the plain driver.
    pub database: Database,
    /// The indexes, by plain HTTP.
    pub indexes: Indexes,
    /// What is before the names of the queues.
    name: String,
    mongodb_uri: String,
    logs: TempDir,
    pollers: JoinSet<()>,
}

impl Stack {
    /// Starts a stack on these engines, with a database, queues and index names of its own. The database and the indexes
    /// are empty: whoever wants what `gmc-sync setup` makes calls [`Stack::set_up`].
    pub async fn start(binaries: &Binaries, engines: &Addresses, config: &StackConfig) -> Result<Self> {
        Self::start_over(engines, binaries, engines, config).await
    }

    /// The same, with functions and event source mappings that reach the engines at other addresses, over lines that can
    /// be cut; everybody else goes the direct way.
    pub async fn start_over(
        lines: &Addresses,
        binaries: &Binaries,
        engines: &Addresses,
        config: &StackConfig,
    ) -> Result<Self> {
        let name = format!("e2e-{}-", &Uuid::new_v4().simple().to_string()[..8]);
        let logs = tempfile::tempdir().told("a directory for logs")?;
        let gmc = Simulator::start(simulator_config(config)).await.told("the simulated gmc")?;
        let cloud = Cloud::start().await?;
        // what the functions find in Parameter Store
        cloud.put_parameter(&parameter("mongodb-uri"), &lines.mongodb);
        cloud.put_parameter(&parameter("gmc-password"), GMC_PASSWORD);
        cloud.put_parameter(SCHEDULE_PARAMETER, "0 0 0 * * *");
        cloud.put_rule(RULE, "rate(3650 days)", RULE_DESCRIPTION);
        let queues = Queues::make(&engines.sqs, &name, config.visibility, config.max_receives).await?;

        let common = environment(&name, lines, config, &gmc, &cloud, &queues);
        let environment = |_| common.clone();
        let runtime = Arc::new(Runtime::start(binaries, environment, logs.path()).await?);
        let invocations = Invocations::default();
        let pollers = poller::start(&queues.reached_at(&lines.sqs), &runtime, &invocations);

        let client = mongodb::Client::with_uri_str(&engines.mongodb).await.told("the mongodb client")?;
        let database = client.database(&database_name(&name));
        let indexes = Indexes::new(&engines.opensearch, &name)?;
        let mongodb_uri = engines.mongodb.clone();
        Ok(Self {
            gmc,
            runtime,
            queues,
            invocations,
            cloud,
            database,
            indexes,
            name,
            mongodb_uri,
            logs,
            pollers,
        })
    }

    /// What is before the names of its queues and indexes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the database's server is.
    pub fn mongodb_uri(&self) -> &str {
        &self.mongodb_uri
    }

    /// What the functions have written, by function and process.
    pub fn logs(&self) -> Vec<(PathBuf, String)> {
        let files = std::fs::read_dir(self.logs.path()).into_iter().flatten().flatten();
        let read = |path: PathBuf| {
            let text = String::from_utf8_lossy(&std::fs::read(&path).ok()?).into_owned();
            Some((path, text))
        };
        files.filter_map(|file| read(file.path())).collect()
    }

    /// Whether the logs are to stay when the stack is gone; returns where they are.
    pub fn keep_logs(&mut self, keep: bool) -> &Path {
        self.logs.disable_cleanup(keep);
        self.logs.path()
    }

    /// Stops the functions and takes away the database, the indexes and the queues.
    pub async fn stop(mut self) -> Result<()> {
        self.pollers.shutdown().await;
        self.gmc.stop().await;
        drop(self.runtime);
        let results = [
            self.database.drop().await.told("dropping the database"),
            self.indexes.delete().await,
            self.queues.delete().await,
        ];
        results.into_iter().collect()
    }
}

fn simulator_config(config: &StackConfig) -> SimulatorConfig {
    SimulatorConfig {
        credentials: Credentials { username: "end-to-end".to_owned(), password: GMC_PASSWORD.to_owned() },
        population: config.population.clone(),
        latency: config.latency,
        ..SimulatorConfig::default()
    }
}

/// The name of a parameter of the stack.
pub fn parameter(name: &str) -> String {
    format!("/tis/revalidation/preprod/gmc-sync/{name}")
}

fn database_name(name: &str) -> String {
    format!("{name}revalidation")
}

/// The environment of the functions, as the template sets it; nothing of this process's own.
fn environment(
    name: &str,
    engines: &Addresses,
    config: &StackConfig,
    gmc: &Simulator,
    cloud: &Cloud,
    queues: &Queues,
) -> BTreeMap<String, String> {
    let from_parameter = |name: &str| format!("ssm:{}", parameter(name));
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: String| all.insert(name.to_owned(), value);
    set("ENVIRONMENT", "local".to_owned());
    set("AWS_REGION", REGION.to_owned());
    set("AWS_ACCESS_KEY_ID", "local".to_owned());
    set("AWS_SECRET_ACCESS_KEY", "local".to_owned());
    set("AWS_ENDPOINT_URL_SQS", engines.sqs.clone());
    set("AWS_ENDPOINT_URL_SSM", cloud.address().to_owned());
    set("AWS_ENDPOINT_URL_EVENTBRIDGE", cloud.address().to_owned());
    set("MONGODB_URI", from_parameter("mongodb-uri"));
    set("MONGODB_DATABASE", database_name(name));
    set("OPENSEARCH_URL", engines.opensearch.clone());
    set("OPENSEARCH_INDEX_PREFIX", name.to_owned());
    set("GMC_SYNC_BODIES", config.population.bodies.join(","));
    set("NIGHTLY_MODE", "live".to_owned());
    set("GMC_URL", gmc.url());
    set("GMC_USERNAME", "end-to-end".to_owned());
    set("GMC_PASSWORD", from_parameter("gmc-password"));
    set("GMC_INTERNAL_USER", "gmc-sync".to_owned());
    set("MAX_RECEIVES", config.max_receives.to_string());
    set("SCHEDULE_PARAMETER", SCHEDULE_PARAMETER.to_owned());
    set("SCHEDULE_RULE", RULE.to_owned());
    for (function, queue) in queues.all() {
        set(&function.queue_variable(), queue.url.clone());
    }
    all.extend(config.settings.clone());
    all
}
