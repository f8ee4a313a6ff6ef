//! Which OpenSearch, and as whom.

use std::fmt;

use opensearch::auth::Credentials;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// Which OpenSearch, and as whom.
#[derive(Clone)]
pub struct OpenSearchSettings {
    /// Where it listens, `http` or `https`, without a user and a password.
    pub url: Url,
    /// As whom.
    pub auth: Auth,
    /// Before the names of the four indexes, for tests and clusters that are shared; mostly empty.
    pub index_prefix: String,
}

/// As whom requests are made.
#[derive(Clone)]
pub enum Auth {
    /// As nobody.
    None,
    /// With a user name and a password, in every request.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// Signed with AWS's credentials, for a managed domain (service `es`).
    #[cfg(feature = "aws-auth")]
    Aws(Box<aws_config::SdkConfig>),
}

/// Why settings cannot be used. Nothing was sent yet.
#[derive(Debug, thiserror::Error)]
pub enum OpenSearchError {
    /// The address.
    #[error("the address of opensearch {0}")]
    Url(&'static str),
    /// The prefix of the indexes' names.
    #[error(
        "index prefix {0:?}: expected lower-case letters, digits, - and _, beginning with a letter or a digit"
    )]
    Prefix(String),
    /// AWS's settings.
    #[error("requests to opensearch cannot be signed: {0}")]
    Aws(String),
    /// The HTTP client, for example because the machine has no root certificates.
    #[error("the client of opensearch cannot be made: {0}")]
    Client(String),
}

impl OpenSearchSettings {
    /// Looks at everything that can be known before a request is sent.
    pub(crate) fn check(&self) -> Result<(), OpenSearchError> {
        if !matches!(self.url.scheme(), "http" | "https") || self.url.host().is_none() {
            return Err(OpenSearchError::Url("must begin with http:// or https://"));
        }
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return Err(OpenSearchError::Url("must not hold a user name or a password: give them as such"));
        }
        if self.url.query().is_some() || self.url.fragment().is_some() {
            return Err(OpenSearchError::Url("must not have a query or a fragment"));
        }
        // https://opensearch.org/docs/latest/api-reference/index-apis/create-index/#index-naming-restrictions
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if self.index_prefix.starts_with(['-', '_']) || !self.index_prefix.chars().all(is_name) {
            return Err(OpenSearchError::Prefix(self.index_prefix.clone()));
        }
        Ok(())
    }
}

impl Auth {
    #[cfg_attr(
        not(feature = "aws-auth"),
        expect(clippy::unnecessary_wraps, reason = "aws's may be incomplete")
    )]
    pub(crate) fn credentials(&self) -> Result<Option<Credentials>, OpenSearchError> {
        Ok(match self {
            Self::None => None,
            Self::Basic { username, password } => {
                Some(Credentials::Basic(username.clone(), password.expose_secret().to_owned()))
            }
            #[cfg(feature = "aws-auth")]
            Self::Aws(config) => {
                let credentials = Credentials::try_from(config.as_ref());
                Some(credentials.map_err(|error| OpenSearchError::Aws(error.to_string()))?)
            }
        })
    }
}

/// Without the password, and without what an address may hold beside host and path.
impl fmt::Debug for OpenSearchSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSearchSettings")
            .field("host", &self.url.host_str())
            .field("port", &self.url.port())
            .field("auth", &self.auth)
            .field("index_prefix", &self.index_prefix)
            .finish_non_exhaustive()
    }
}

/// Without the password.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Basic { username, .. } => {
                f.debug_struct("Basic").field("username", username).finish_non_exhaustive()
            }
            #[cfg(feature = "aws-auth")]
            Self::Aws(_) => f.write_str("Aws"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, index_prefix: &str) -> OpenSearchSettings {
        OpenSearchSettings {
            url: Url::parse(url).unwrap(),
            auth: Auth::None,
            index_prefix: index_prefix.to_owned(),
        }
    }

    #[test]
    fn an_address_must_be_one_of_the_web_and_hold_no_password() {
        for url in
            ["ftp://host", "file:///host", "http://user:secret@host", "https://host?x=1", "https://host#x"]
        {
            let error = settings(url, "").check().unwrap_err();
            assert!(matches!(error, OpenSearchError::Url(_)), "{url}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        settings("https://vpc-search.eu-west-2.es.amazonaws.com", "").check().unwrap();
        settings("http://localhost:9200/behind/a/path", "test-1_").check().unwrap();
    }

    #[test]
    fn a_prefix_that_no_index_can_have_is_refused() {
        for prefix in ["-a", "_a", "A", "a/b", "a*", "a,b", "é", " "] {
            let error = settings("http://host", prefix).check().unwrap_err();
            assert!(matches!(error, OpenSearchError::Prefix(_)), "{prefix}: {error}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        let password = SecretString::from("geheim-1");
        let auth = Auth::Basic { username: "sync".into(), password };
        let shown = format!("{:?}", OpenSearchSettings { auth, ..settings("http://u:geheim-2@host", "") });
        assert!(shown.contains("sync") && !shown.contains("geheim"), "{shown}");
    }
}
