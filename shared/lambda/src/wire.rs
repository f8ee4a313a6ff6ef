//! From settings to ports: what more than one function needs of it.
//!
//! Settings are read, and found wrong, at the start. What they name is connected to when the first event needs it: a
//! parameter that cannot be read fails an invocation, which is tried again, and not the start of the function.

use aws::{Parameters, QueueUrls, SdkConfig, SqsQueues, queue_url_variable};
use secrecy::SecretString;
use sync::open::NightlyMode;
use sync::ports::queue::QueueName;
use sync::ports::{PortError, PortResult};

use crate::settings::{Env, SettingError, Text};

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

#[cfg(feature = "mongodb")]
pub use self::database::Database;

#[cfg(feature = "mongodb")]
mod database {
    use secrecy::SecretString;
    use store_mongodb::{MongoSettings, MongoStore};
    use sync::ports::{PortError, PortResult};

    use super::{Aws, Env, SettingError, Text};

    /// Where the database is.
    #[derive(Clone, Debug)]
    pub struct Database {
        uri: Text,
        settings: MongoSettings,
    }

    impl Database {
        /// Reads `MONGODB_URI`, `MONGODB_DATABASE` and `STATEMENTS_PER_COMMAND`.
        pub fn read(env: &Env) -> Result<Self, SettingError> {
            let uri =
                env.text("MONGODB_URI", "mongodb://…, or ssm: and the path of a parameter that holds it")?;
            let statements = env.number("STATEMENTS_PER_COMMAND", 1_000, 1..=100_000)?;
            let database = env.optional("MONGODB_DATABASE").unwrap_or_else(|| "revalidation".to_owned());
            let mut settings = MongoSettings::new(SecretString::default(), database);
            settings.statements_per_command = usize::try_from(statements).unwrap_or(usize::MAX);
            Ok(Self { uri, settings })
        }

        /// Connects; the server is asked only when something is read or written.
        pub async fn connect(&self, aws: &Aws) -> PortResult<MongoStore> {
            let settings = MongoSettings { uri: aws.resolve(&self.uri).await?, ..self.settings.clone() };
            let wrong = |error| PortError::permanent(format!("MONGODB_URI: {error}"));
            MongoStore::connect(&settings).await.map_err(wrong)
        }
    }
}
