//! How MongoDB, OpenSearch and the GMC are reached.

use url::Url;

use crate::env::{Env, SettingError};
use crate::text::Text;

/// The database.
#[derive(Clone, Debug)]
pub struct MongoDb {
    /// `MONGODB_URI`.
    pub uri: Text,
    /// `MONGODB_DATABASE`.
    pub database: String,
    /// `GMC_SYNC_STATEMENTS_PER_COMMAND`: how many update statements one command has at most.
    pub statements_per_command: usize,
}

/// The search indexes.
#[derive(Clone, Debug)]
pub struct OpenSearch {
    /// `OPENSEARCH_URL`.
    pub url: Url,
    /// `OPENSEARCH_AUTH`.
    pub auth: Auth,
    /// `OPENSEARCH_INDEX_PREFIX`.
    pub index_prefix: String,
}

/// How a request to OpenSearch says who asks.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names of the variables say it")]
pub enum Auth {
    None,
    Basic { username: Text, password: Text },
    Aws,
}

/// Who asks the GMC.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names of the variables say it")]
pub struct GmcCredentials {
    pub username: Text,
    pub password: Text,
    pub internal_user: Text,
}

impl MongoDb {
    /// Reads it.
    pub fn read(env: &Env) -> Result<Self, SettingError> {
        let uri = env.text("MONGODB_URI", "mongodb://user:password@host:port/?options")?;
        let statements = env.number("GMC_SYNC_STATEMENTS_PER_COMMAND", 1_000, 1..=100_000)?;
        Ok(Self {
            uri,
            database: env.optional("MONGODB_DATABASE").unwrap_or_else(|| "revalidation".to_owned()),
            statements_per_command: usize::try_from(statements).unwrap_or(usize::MAX),
        })
    }
}

impl OpenSearch {
    /// Reads it.
    pub fn read(env: &Env) -> Result<Self, SettingError> {
        Ok(Self {
            url: env.url("OPENSEARCH_URL", None, "the address of OpenSearch, https://…")?,
            auth: Auth::read(env)?,
            index_prefix: env.optional("OPENSEARCH_INDEX_PREFIX").unwrap_or_default(),
        })
    }
}

impl Auth {
    fn read(env: &Env) -> Result<Self, SettingError> {
        let kind = env.optional("OPENSEARCH_AUTH").unwrap_or_else(|| "none".to_owned());
        Ok(match kind.as_str() {
            "none" => Self::None,
            "aws" => Self::Aws,
            "basic" => Self::Basic {
                username: env.text("OPENSEARCH_USERNAME", "a user, because OPENSEARCH_AUTH is basic,")?,
                password: env.text("OPENSEARCH_PASSWORD", "a password, because OPENSEARCH_AUTH is basic,")?,
            },
            _ => return Err(SettingError::wrong("OPENSEARCH_AUTH", kind, "none, basic or aws")),
        })
    }
}

impl GmcCredentials {
    /// Reads `GMC_USERNAME`, `GMC_PASSWORD` and `GMC_INTERNAL_USER`.
    pub fn read(env: &Env) -> Result<Self, SettingError> {
        Ok(Self {
            username: env.text("GMC_USERNAME", "the user name that the GMC gave")?,
            password: env.text("GMC_PASSWORD", "the password of GMC_USERNAME")?,
            internal_user: env.text("GMC_INTERNAL_USER", "who asks, for the GMC's own log,")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_opensearch_is_reached_is_checked_at_the_start() {
        for (variables, named) in [
            (vec![], "OPENSEARCH_URL is not set"),
            (vec![("OPENSEARCH_URL", "search")], "OPENSEARCH_URL cannot be read"),
            (vec![("OPENSEARCH_URL", "https://s"), ("OPENSEARCH_AUTH", "iam")], "none, basic or aws"),
            (
                vec![("OPENSEARCH_URL", "https://s"), ("OPENSEARCH_AUTH", "basic")],
                "OPENSEARCH_USERNAME is not set",
            ),
        ] {
            let error = OpenSearch::read(&Env::of(variables)).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
        let env = Env::of([("OPENSEARCH_URL", "https://s"), ("OPENSEARCH_AUTH", "aws")]);
        assert!(matches!(OpenSearch::read(&env), Ok(OpenSearch { auth: Auth::Aws, .. })));
    }

    #[test]
    fn the_database_has_a_usual_name_and_a_number_of_statements_within_limits() {
        let uri = ("MONGODB_URI", "mongodb://host");
        let usual = MongoDb::read(&Env::of([uri])).unwrap();
        let none = MongoDb::read(&Env::of([uri, ("GMC_SYNC_STATEMENTS_PER_COMMAND", "0")])).unwrap_err();

        assert_eq!((usual.database.as_str(), usual.statements_per_command), ("revalidation", 1_000));
        assert!(none.to_string().ends_with("a whole number is expected from 1 to 100000"), "{none}");
    }
}
