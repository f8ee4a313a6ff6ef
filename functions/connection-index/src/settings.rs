//! Where the search indexes are.

use index_opensearch::{Auth, OpenSearchSettings};
use lambda::settings::{Env, SettingError, Text};
use lambda::wire::Aws;
use secrecy::ExposeSecret as _;
use sync::ports::PortResult;
use url::Url;

/// `OPENSEARCH_URL` and what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    url: Url,
    auth: Kind,
    index_prefix: String,
}

/// How a request says who asks.
#[derive(Clone, Debug)]
enum Kind {
    None,
    Basic { username: Text, password: Text },
    Aws,
}

impl Search {
    /// Reads it; an error names the variable.
    pub(crate) fn read(env: &Env) -> Result<Self, SettingError> {
        let expected = "the address of OpenSearch, https://…";
        let url = env.read("OPENSEARCH_URL", expected, |text| {
            Url::parse(text).map_err(|error| format!(" ({error})"))
        })?;
        let Some(url) = url else {
            return Err(SettingError::Missing { name: "OPENSEARCH_URL".to_owned(), expected });
        };
        let auth = match env.optional("OPENSEARCH_AUTH").as_deref() {
            None | Some("none") => Kind::None,
            Some("aws") => Kind::Aws,
            Some("basic") => Kind::Basic {
                username: env.text("OPENSEARCH_USERNAME", "a user, because OPENSEARCH_AUTH is basic,")?,
                password: env.text("OPENSEARCH_PASSWORD", "a password, because OPENSEARCH_AUTH is basic,")?,
            },
            Some(found) => {
                return Err(SettingError::Wrong {
                    name: "OPENSEARCH_AUTH".to_owned(),
                    found: found.to_owned(),
                    expected: "none, basic or aws",
                    reason: String::new(),
                });
            }
        };
        Ok(Self { url, auth, index_prefix: env.optional("OPENSEARCH_INDEX_PREFIX").unwrap_or_default() })
    }

    /// With the user and the password, read from the Parameter Store where they stand there.
    pub(crate) async fn settings(&self, aws: &Aws) -> PortResult<OpenSearchSettings> {
        let auth = match &self.auth {
            Kind::None => Auth::None,
            Kind::Basic { username, password } => Auth::Basic {
                username: aws.resolve(username).await?.expose_secret().to_owned(),
                password: aws.resolve(password).await?,
            },
            Kind::Aws => Auth::Aws(Box::new(aws.config.clone())),
        };
        Ok(OpenSearchSettings { url: self.url.clone(), auth, index_prefix: self.index_prefix.clone() })
    }
}
