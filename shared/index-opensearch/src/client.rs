//! One request to OpenSearch, and what becomes of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::text::innermost;
use opensearch::cert::CertificateValidation;
use opensearch::http::Method;
use opensearch::http::headers::{CONTENT_TYPE, HeaderMap, HeaderValue};
use opensearch::http::transport::{SingleNodeConnectionPool, Transport, TransportBuilder};
use serde::de::DeserializeOwned;
use settings::is_this_machine;
use sync::ports::{PortError, PortResult};

use crate::failure::{Exception, Refusal};
use crate::settings::{OpenSearchError, OpenSearchSettings};

/// The longest that one request takes. OpenSearch is told to give up before, so that its own reason arrives.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends requests; clones are one client.
#[derive(Clone)]
pub(crate) struct Client {
    transport: Arc<Transport>,
    address: Arc<str>,
}

/// A request. The crate's own request types (`Bulk`, `Msearch`, `Mget`) share no trait, so [`Client::send`], which retries and
/// names the request in its errors, would have to be written once for each. It has no type for the lines of an `_msearch`.
pub(crate) struct Request<'a> {
    /// Completes the sentence "could not …".
    pub(crate) what: &'a str,
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) body: Body,
}

/// What a request carries.
#[derive(Clone)]
pub(crate) enum Body {
    None,
    Json(Bytes),
    /// One JSON text a line.
    Lines(Bytes),
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Bytes,
    /// What was asked of whom, for what is told.
    context: String,
}

impl Client {
    pub(crate) fn new(settings: &OpenSearchSettings) -> Result<Self, OpenSearchError> {
        settings.check()?;
        let is_local = is_this_machine(&settings.url);
        let mut builder = TransportBuilder::new(SingleNodeConnectionPool::new(settings.url.clone()))
            .timeout(REQUEST_TIMEOUT);
        if let Some(credentials) = settings.auth.credentials()? {
            builder = builder.auth(credentials);
        }
        if settings.url.scheme() == "http" {
            if !is_local {
                tracing::warn!(host = settings.url.host_str(), "opensearch is asked without tls");
            }
            // Without TLS there is nothing to validate; to be ready for it, the client would refuse to be made on a
            // machine without root certificates.
            builder = builder.cert_validation(CertificateValidation::None);
        }
        if is_local {
            builder = builder.disable_proxy();
        }
        let transport = builder.build().map_err(|error| OpenSearchError::Client(innermost(&error)))?;
        let host = settings.url.host_str().unwrap_or_default();
        let port = settings.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self { transport: Arc::new(transport), address: format!("{host}{port}").into() })
    }

    /// Sends a request. Fails, for a while, only when there is no answer.
    pub(crate) async fn send(&self, request: Request<'_>) -> PortResult<Answer> {
        let context = format!("could not {} at {}", request.what, self.address);
        match self.once(&request).await {
            Ok((status, body)) => Ok(Answer { status, body, context }),
            // A connection that was kept while the process slept is found dead when it is used. Every request of ours
            // may be sent twice: a write that was carried out conflicts, and is read again.
            Err(error) if !error.is_timeout() => match self.once(&request).await {
                Ok((status, body)) => Ok(Answer { status, body, context }),
                Err(error) => Err(PortError::transient(format!("{context}: {}", told(&error)))),
            },
            Err(error) => Err(PortError::transient(format!("{context}: {}", told(&error)))),
        }
    }

    async fn once(&self, request: &Request<'_>) -> Result<(u16, Bytes), opensearch::Error> {
        let mut headers = HeaderMap::new();
        let body = match &request.body {
            Body::None => None,
            Body::Json(body) => Some(body.clone()),
            Body::Lines(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
                Some(body.clone())
            }
        };
        let response = self
            .transport
            .send(request.method, request.path, headers, Some(request.query), body, None)
            .await?;
        let status = response.status_code().as_u16();
        Ok((status, response.bytes().await?))
    }
}

/// The transport holds the credentials.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Answer {
    /// Reads an answer that is a success; any other is a failure, of the kind that its status says.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> PortResult<T> {
        if !(200..300).contains(&self.status) {
            return Err(self.failure());
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            // the position, not the text: that may hold what stands in a document
            let (line, column) = (error.line(), error.column());
            self.unexpected(&format!("what it answered cannot be read, at line {line}, column {column}"))
        })
    }

    /// What an answer that is no success says of the reason.
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal::read(&self.body)
    }

    /// What went wrong, when the whole request was refused.
    fn failure(&self) -> PortError {
        let refusal = self.refusal();
        if refusal.error.as_ref().is_some_and(Exception::is_missing_index) {
            return self.missing_index();
        }
        let told = refusal.told(self.status).map(|told| format!(": {told}")).unwrap_or_default();
        let message = format!("{}: status {}{told}", self.context, self.status);
        if matches!(self.status, 408 | 429 | 500..) {
            PortError::transient(message)
        } else {
            PortError::permanent(message)
        }
    }

    /// One of the indexes is not there.
    pub(crate) fn missing_index(&self) -> PortError {
        PortError::permanent(format!("{}: there is no such index; run `gmc-sync setup`", self.context))
    }

    /// An answer that is no answer to what was asked, or an incomplete one: asked again, it may be another.
    pub(crate) fn unexpected(&self, what: &str) -> PortError {
        PortError::transient(format!("{}: {what}", self.context))
    }

    /// A failure that stays.
    pub(crate) fn permanent(&self, what: &str) -> PortError {
        PortError::permanent(format!("{}: {what}", self.context))
    }
}

fn told(error: &opensearch::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", REQUEST_TIMEOUT.as_secs());
    }
    innermost(error)
}
