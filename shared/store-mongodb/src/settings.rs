//! How the database is reached.

use std::time::Duration;

use mongodb::options::{Acknowledgment, ClientOptions, ReadPreference, SelectionCriteria, WriteConcern};
use secrecy::SecretString;

use crate::uri;

/// How many update statements one command has when nobody says otherwise.
const STATEMENTS_PER_COMMAND: usize = 1_000;

/// A Lambda handles one batch at a time, and a stage has a call or two in flight.
const MAX_POOL_SIZE: u32 = 4;
/// A server that is not there is told soon, so that the message is back in its queue in time.
const SERVER_SELECTION_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A Lambda is frozen between invocations, and what is between it and the database forgets idle connections, AWS's NAT
/// after 350 seconds. One that has been idle for longer than this is not used again.
const MAX_IDLE_TIME: Duration = Duration::from_mins(2);
/// A round trip that takes longer is given up: the driver has no such limit, and a connection can hang without an end.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// How the database is reached.
#[derive(Clone, Debug)]
pub struct MongoSettings {
    /// `MONGODB_URI`, with user and password. `retryWrites=false` and `tlsCAFile`, which DocumentDB wants, are in it.
    pub uri: SecretString,
    /// `MONGODB_DATABASE`.
    pub database: String,
    /// `GMC_SYNC_STATEMENTS_PER_COMMAND`: how many update statements one command has at most.
    pub statements_per_command: usize,
    /// After how long a command that has no answer has failed.
    pub command_timeout: Duration,
}

/// Why there is no store. No message holds any part of the URI's user or password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MongoError {
    /// The URI is none, or asks for something that cannot be.
    #[error("the MongoDB URI cannot be used: {0}")]
    Uri(String),
    /// The name of the database.
    #[error(
        "{0:?} is no name of a database: it must not be empty nor hold any of / \\ . \" $ * < > : | ? or a space"
    )]
    Database(String),
    /// No statement would ever be sent.
    #[error("0 statements a command: at least 1 is needed")]
    NoStatements,
}

impl MongoSettings {
    /// The usual settings for this database.
    pub fn new(uri: SecretString, database: impl Into<String>) -> Self {
        Self {
            uri,
            database: database.into(),
            statements_per_command: STATEMENTS_PER_COMMAND,
            command_timeout: COMMAND_TIMEOUT,
        }
    }

    /// What the driver is told; the URI's own word counts where it has one, except for where to read.
    pub(crate) async fn client_options(&self) -> Result<ClientOptions, MongoError> {
        let is_no_name = |name: &str| name.is_empty() || name.contains(|c| "/\\. \"$*<>:|?\0".contains(c));
        if is_no_name(&self.database) {
            return Err(MongoError::Database(self.database.clone()));
        }
        if self.statements_per_command == 0 {
            return Err(MongoError::NoStatements);
        }
        let mut options = uri::parse(&self.uri).await?;
        options.app_name.get_or_insert_with(|| "gmc-sync".to_owned());
        options.max_pool_size.get_or_insert(MAX_POOL_SIZE);
        options.server_selection_timeout.get_or_insert(SERVER_SELECTION_TIMEOUT);
        options.connect_timeout.get_or_insert(CONNECT_TIMEOUT);
        options.max_idle_time.get_or_insert(MAX_IDLE_TIME);
        // the URI that DocumentDB's console shows asks for secondaries, which may be behind: a roll would lack doctors
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        let concern = options.write_concern.get_or_insert_with(WriteConcern::majority);
        match concern.w {
            None => concern.w = Some(Acknowledgment::Majority),
            Some(Acknowledgment::Nodes(0)) => {
                return Err(MongoError::Uri(
                    "w=0 asks for no acknowledgement of writes, without which nothing is known to be written"
                        .to_owned(),
                ));
            }
            Some(_) => {}
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn options(uri: &str) -> Result<ClientOptions, MongoError> {
        MongoSettings::new(uri.to_owned().into(), "revalidation").client_options().await
    }

    #[tokio::test]
    async fn reading_is_from_the_primary_and_writing_to_a_majority() {
        let options = options(
            "mongodb://localhost:1/?replicaSet=rs0&readPreference=secondaryPreferred&retryWrites=false",
        );

        let options = options.await.unwrap();
        assert_eq!(
            options.selection_criteria,
            Some(SelectionCriteria::ReadPreference(ReadPreference::Primary)),
            "expected the primary, whatever the URI says"
        );
        assert_eq!(options.write_concern.and_then(|concern| concern.w), Some(Acknowledgment::Majority));
        assert_eq!(options.retry_writes, Some(false), "expected the URI's word to count");
        assert_eq!(options.app_name.as_deref(), Some("gmc-sync"));
        assert_eq!(options.max_pool_size, Some(MAX_POOL_SIZE));
        assert_eq!(options.server_selection_timeout, Some(SERVER_SELECTION_TIMEOUT));
    }

    #[tokio::test]
    async fn what_the_uri_says_counts() {
        let uri =
            "mongodb://localhost:1/?w=2&journal=true&maxPoolSize=9&serverSelectionTimeoutMS=77&appName=other";

        let options = options(uri).await.unwrap();

        assert_eq!(options.write_concern.and_then(|concern| concern.w), Some(Acknowledgment::Nodes(2)));
        assert_eq!(options.max_pool_size, Some(9));
        assert_eq!(options.server_selection_timeout, Some(Duration::from_millis(77)));
        assert_eq!(options.app_name.as_deref(), Some("other"));
    }

    #[tokio::test]
    async fn a_journal_alone_is_no_majority() {
        let options = options("mongodb://localhost:1/?journal=true").await.unwrap();

        let concern = options.write_concern.unwrap();
        assert_eq!((concern.w, concern.journal), (Some(Acknowledgment::Majority), Some(true)));
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused() {
        let unacknowledged = options("mongodb://localhost:1/?w=0").await.unwrap_err();
        assert!(unacknowledged.to_string().contains("w=0"), "{unacknowledged}");

        let settings = MongoSettings::new("mongodb://localhost:1".to_owned().into(), "a.b");
        assert_eq!(settings.client_options().await.unwrap_err(), MongoError::Database("a.b".into()));
        let settings = MongoSettings {
            statements_per_command: 0,
            ..MongoSettings::new("mongodb://localhost:1".to_owned().into(), "revalidation")
        };
        assert_eq!(settings.client_options().await.unwrap_err(), MongoError::NoStatements);
    }
}
