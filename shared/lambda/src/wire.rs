//! From settings to ports: what more than one function needs of it.
//!
//! Settings are read, and found wrong, at the start. What they name is connected to when the first event needs it: a
//! parameter that cannot be read fails an invocation, which is tried again, and not the start of the function.

use aws::{Parameters, QueueUrls, SdkConfig, SqsQueues, queue_url_variable};
use secrecy::SecretString;
#[cfg(feature = "mongodb")]
use settings::MongoDb;
use settings::{Env, SettingError, Text};
#[cfg(feature = "mongodb")]
use store_mongodb::{MongoSettings, MongoStore};
use sync::open::NightlyMode;
use sync::ports::queue::QueueName;
use sync::ports::{PortError, PortResult};

/// The account's services.
#[derive(Clone, Debug)]
pub struct Aws {
    /// Region, credentials and endpoints.
    pub config: SdkConfig,
    /// The Parameter Store.
    pub parameters: Parameters,
}

impl Aws {
    /// As the environment has it; nothing is sent yet.
    pub async fn of_the_environment() -> Self {
        let config = aws::config().await;
        Self { parameters: Parameters::new(&config), config }
    }

    /// A text, read from the Parameter Store where it stands there.
    pub async fn resolve(&self, text: &Text) -> PortResult<SecretString> {
        let name = text.name();
        text.resolve(async |path: &str| self.parameters.get(path).await)
            .await
            .map_err(|error| PortError { message: format!("{name}: {}", error.message), ..error })
    }

    /// Connects to the database; the server is asked only when something is read or written.
    #[cfg(feature = "mongodb")]
    pub async fn database(&self, database: &MongoDb) -> PortResult<MongoStore> {
        let settings = MongoSettings {
            statements_per_command: database.statements_per_command,
            ..MongoSettings::new(self.resolve(&database.uri).await?, &database.database)
        };
        let wrong = |error| PortError::permanent(format!("{}: {error}", database.uri.name()));
        MongoStore::connect(&settings).await.map_err(wrong)
    }

    /// These queues, whose addresses must all be in the environment.
    pub fn queues(&self, env: &Env, names: &[QueueName]) -> Result<SqsQueues, SettingError> {
        let urls = names
            .iter()
            .map(|name| Ok((*name, env.required(queue_url_variable(*name), "the url of a queue of SQS")?)))
            .collect::<Result<Vec<_>, SettingError>>()?;
        Ok(SqsQueues::new(&self.config, QueueUrls::new(urls)))
    }
}

/// `NIGHTLY_MODE`.
pub fn nightly_mode(env: &Env) -> Result<NightlyMode, SettingError> {
    env.parse("NIGHTLY_MODE", NightlyMode::Off, "off, dry-run or live")
}
