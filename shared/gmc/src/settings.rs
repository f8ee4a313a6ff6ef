//! What the client is told: where, who, and for how long.

use std::time::Duration;

use url::Url;

use crate::envelope::Credentials;

/// The GMC's service (docs/domain.md §4).
pub const DEFAULT_URL: &str = "https://webcache.gmc-uk.org/GMCWebServices/WebService.asmx";

/// Long enough for a handshake across a bad line.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Long enough for the service to gather a large body's list before its first byte.
pub const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_mins(2);

/// The whole of one call; it must fit into a Lambda's fifteen minutes with room for what follows.
pub const DEFAULT_TOTAL_TIMEOUT: Duration = Duration::from_mins(10);

/// 64 MiB: a body of 8,000 doctors is under 5 MB, and one of 100,000 still fits.
pub const DEFAULT_MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// How the GMC is asked.
#[derive(Clone, Debug)]
pub struct GmcSettings {
    /// The service's address, `https`; plain `http` is for a simulator.
    pub url: Url,
    /// Who asks.
    pub credentials: Credentials,
    /// How long a connection may take to stand, TLS included.
    pub connect_timeout: Duration,
    /// How long the service may send nothing, before its first byte or between two.
    pub idle_timeout: Duration,
    /// How long one call may take, from the connection to the last byte.
    pub total_timeout: Duration,
    /// How large an answer may be, in bytes after decompression.
    pub max_answer_bytes: u64,
}

/// Why there is no client with these settings.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSettings {
    /// An address that is none of the web's.
    #[error("the gmc url must begin with https:// (or http:// for a simulator), not with {0}://")]
    Scheme(String),
    /// Credentials belong into the envelope; in an address they would be logged.
    #[error("the gmc url must hold no user name or password")]
    UserInfo,
    /// A timeout or limit of nothing.
    #[error("the gmc {0} must be more than zero")]
    Zero(&'static str),
    /// TLS could not be set up: no root certificates, for example.
    #[error("the gmc client cannot be set up: {0}")]
    Client(String),
}

impl GmcSettings {
    /// The defaults of this module, for an address and credentials.
    pub fn new(url: Url, credentials: Credentials) -> Self {
        Self {
            url,
            credentials,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            idle_timeout: DEFAULT_IDLE_TIMEOUT,
            total_timeout: DEFAULT_TOTAL_TIMEOUT,
            max_answer_bytes: DEFAULT_MAX_ANSWER_BYTES,
        }
    }

    pub(crate) fn check(&self) -> Result<(), InvalidSettings> {
        if !matches!(self.url.scheme(), "https" | "http") {
            return Err(InvalidSettings::Scheme(self.url.scheme().to_owned()));
        }
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return Err(InvalidSettings::UserInfo);
        }
        for (name, is_zero) in [
            ("connect timeout", self.connect_timeout.is_zero()),
            ("idle timeout", self.idle_timeout.is_zero()),
            ("total timeout", self.total_timeout.is_zero()),
            ("limit of an answer's bytes", self.max_answer_bytes == 0),
        ] {
            if is_zero {
                return Err(InvalidSettings::Zero(name));
            }
        }
        Ok(())
    }
}
