//! The live engines, as the environment names them: the same variables as the functions have.

use std::fmt;

use index_opensearch::{Auth, OpenSearchIndex, OpenSearchSettings};
use secrecy::{ExposeSecret as _, SecretString};
use settings::{Env, MongoDb, OpenSearch, SettingError};
use store_mongodb::{MongoSettings, MongoStore};

use crate::error::Error;

/// MongoDB and OpenSearch.
#[derive(Clone)]
pub(crate) struct Live {
    /// The database and the ledger.
    pub(crate) store: MongoStore,
    /// The indexes.
    pub(crate) index: OpenSearchIndex,
    /// Which these are, for people: no user, no password.
    pub(crate) shown: String,
    /// Which these are, as a file may be called.
    pub(crate) key: String,
}

/// Whether the environment names live engines.
pub(crate) fn is_asked_for() -> bool {
    let env = Env::process();
    env.optional(MONGODB_URI).is_some() || env.optional(OPENSEARCH_URL).is_some()
}

/// The engines that the environment names; nothing is sent to them yet.
pub(crate) async fn connect() -> Result<Live, Error> {
    let env = Env::process();
    let mongodb = MongoDb::read(&env).map_err(both)?;
    let OpenSearch { url, auth, index_prefix } = OpenSearch::read(&env).map_err(both)?;
    let uri = mongodb.uri.given()?.clone();
    let place =
        Place { hosts: hosts(&uri), database: mongodb.database.clone(), prefix: index_prefix.clone() };
    let shown = format!("MongoDB {place}, OpenSearch {}", url.host_str().unwrap_or_default());

    let settings = MongoSettings {
        statements_per_command: mongodb.statements_per_command,
        ..MongoSettings::new(uri, mongodb.database)
    };
    let store = MongoStore::connect(&settings).await.map_err(|error| told(MONGODB_URI, &error))?;
    let settings = OpenSearchSettings { url, auth: known(&auth).await?, index_prefix };
    let index = OpenSearchIndex::new(&settings).map_err(|error| told(OPENSEARCH_URL, &error))?;
    Ok(Live { store, index, shown, key: place.key() })
}

const MONGODB_URI: &str = "MONGODB_URI";
const OPENSEARCH_URL: &str = "OPENSEARCH_URL";

async fn known(auth: &settings::Auth) -> Result<Auth, Error> {
    Ok(match auth {
        settings::Auth::None => Auth::None,
        settings::Auth::Basic { username, password } => Auth::Basic {
            username: username.given()?.expose_secret().to_owned(),
            password: password.given()?.clone(),
        },
        settings::Auth::Aws => {
            let config = aws_config::load_defaults(aws_config::BehaviorVersion::v2026_01_12()).await;
            Auth::Aws(Box::new(config))
        }
    })
}

/// Which database: what a person reads, and what tells two apart.
struct Place {
    hosts: String,
    database: String,
    prefix: String,
}

impl Place {
    fn key(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        format!("{}-{}-{}", self.hosts, self.database, self.prefix).chars().map(plain).collect()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.database, self.hosts)
    }
}

/// The hosts of a URI that may be none: only what comes after the last `@`, which no part of the password does.
fn hosts(uri: &SecretString) -> String {
    let uri = uri.expose_secret();
    let rest = match uri.rsplit_once('@') {
        Some((_, rest)) => rest,
        None => uri.strip_prefix("mongodb://").unwrap_or_default(),
    };
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

/// Names both variables in the error: someone who sets one may not know of the other.
fn both(error: SettingError) -> Error {
    match error {
        SettingError::Missing { .. } => {
            Error::Told(format!("{error}; live engines need {MONGODB_URI} and {OPENSEARCH_URL}"))
        }
        other => other.into(),
    }
}

fn told(name: &str, why: &dyn fmt::Display) -> Error {
    Error::Told(format!("environment variable {name}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_of_a_uri_are_shown_without_user_and_password() {
        for (uri, expected) in [
            ("mongodb://user:p@ss@a:1,b:2/db?x=1", "a:1,b:2"),
            ("mongodb://127.0.0.1:27017", "127.0.0.1:27017"),
            ("mongodb://host/?retryWrites=false", "host"),
            ("secret", ""),
        ] {
            assert_eq!(hosts(&uri.to_owned().into()), expected, "{uri}");
        }
    }

    #[test]
    fn two_databases_have_two_keys_which_a_file_can_be_called() {
        let place = |database: &str| Place {
            hosts: "a:1,b:2".into(),
            database: database.into(),
            prefix: String::new(),
        };
        assert_eq!(place("one").key(), "a-1-b-2-one-");
        assert_ne!(place("one").key(), place("two").key());
    }
}
