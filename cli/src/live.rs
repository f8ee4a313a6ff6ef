//! The live engines, as the environment names them: the same variables as the functions have.

use std::fmt;

use index_opensearch::{Auth, OpenSearchIndex, OpenSearchSettings};
use secrecy::{ExposeSecret as _, SecretString};
use store_mongodb::{MongoSettings, MongoStore};
use url::Url;

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
    variable(MONGODB_URI).is_some() || variable(OPENSEARCH_URL).is_some()
}

/// The engines that the environment names; nothing is sent to them yet.
pub(crate) async fn connect() -> Result<Live, Error> {
    let uri = SecretString::from(required(MONGODB_URI, "mongodb://user:password@host:port/?options")?);
    let url = required(OPENSEARCH_URL, "https://host")?;
    let database = variable("MONGODB_DATABASE").unwrap_or_else(|| "revalidation".to_owned());
    let prefix = variable("OPENSEARCH_INDEX_PREFIX").unwrap_or_default();
    let place = Place { hosts: hosts(&uri), database: database.clone(), prefix: prefix.clone() };

    let mut settings = MongoSettings::new(uri, database);
    if let Some(statements) = variable("STATEMENTS_PER_COMMAND") {
        settings.statements_per_command = statements.parse().map_err(|_| {
            told(
                "STATEMENTS_PER_COMMAND",
                &format!("{statements:?} is found, a number from 1 on is expected"),
            )
        })?;
    }
    let store = MongoStore::connect(&settings).await.map_err(|error| told(MONGODB_URI, &error))?;

    // what stands there may hold a password, so it is not shown
    let url = Url::parse(&url).map_err(|error| told(OPENSEARCH_URL, &format!("no address: {error}")))?;
    let shown = format!("MongoDB {place}, OpenSearch {}", url.host_str().unwrap_or_default());
    let settings = OpenSearchSettings { url, auth: auth().await?, index_prefix: prefix };
    let index = OpenSearchIndex::new(&settings).map_err(|error| told(OPENSEARCH_URL, &error))?;
    Ok(Live { store, index, shown, key: place.key() })
}

const MONGODB_URI: &str = "MONGODB_URI";
const OPENSEARCH_URL: &str = "OPENSEARCH_URL";

async fn auth() -> Result<Auth, Error> {
    let kind = variable("OPENSEARCH_AUTH").unwrap_or_else(|| "none".to_owned());
    match kind.as_str() {
        "none" => Ok(Auth::None),
        "basic" => Ok(Auth::Basic {
            username: required("OPENSEARCH_USERNAME", "the user of OPENSEARCH_AUTH=basic")?,
            password: required("OPENSEARCH_PASSWORD", "the password of OPENSEARCH_AUTH=basic")?.into(),
        }),
        "aws" => {
            let config = aws_config::load_defaults(aws_config::BehaviorVersion::v2026_01_12()).await;
            Ok(Auth::Aws(Box::new(config)))
        }
        other => Err(told("OPENSEARCH_AUTH", &format!("{other:?} is found, none, basic or aws is expected"))),
    }
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

fn required(name: &str, expected: &str) -> Result<String, Error> {
    let found = variable(name).ok_or_else(|| {
        Error::Told(format!(
            "environment variable {name} is not set: live engines need MONGODB_URI and OPENSEARCH_URL; expected {expected}"
        ))
    })?;
    if found.starts_with("ssm:") {
        return Err(told(
            name,
            &"it names a parameter, which only the functions read: give the value itself",
        ));
    }
    Ok(found)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
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
