//! Signing requests as AWS wants them (`SigV4`), for API Gateway.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::Failure;
use crate::error::Error;

/// What API Gateway's requests are signed for.
const SERVICE: &str = "execute-api";

/// Credentials that end so soon are asked for anew.
const MARGIN: Duration = Duration::from_mins(1);

/// Signs with the credentials of the environment, the profile or the machine's role.
pub(super) struct Signer {
    region: String,
    provider: SharedCredentialsProvider,
    latest: Mutex<Option<Credentials>>,
}

impl Signer {
    /// Finds out where credentials come from; they are asked for when they are needed.
    pub(super) async fn new(region: &str) -> Result<Self, Error> {
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .load()
            .await;
        let provider =
            config.credentials_provider().ok_or_else(|| no_credentials(&"none are provided for"))?;
        Ok(Self { region: region.to_owned(), provider, latest: Mutex::default() })
    }

    /// Who signed last, for people: the access key's id, which is no secret.
    pub(super) fn shown(&self) -> Option<String> {
        let latest = self.latest();
        latest.as_ref().map(|known| format!("access key {} for {}", known.access_key_id(), self.region))
    }

    /// The headers that sign a request.
    pub(super) async fn sign(
        &self,
        method: &Method,
        url: &Url,
        headers: &[(HeaderName, HeaderValue)],
        body: &[u8],
    ) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
        let identity = self.credentials().await?.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(&error))?
            .into();
        let headers = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let request = SignableRequest::new(method.as_str(), url.as_str(), headers, SignableBody::Bytes(body))
            .map_err(|error| unsigned(&error))?;
        let (instructions, _) = sign(request, &params).map_err(|error| unsigned(&error))?.into_parts();
        let (signing, _) = instructions.into_parts();
        let mut signed = Vec::with_capacity(signing.len());
        for header in signing {
            let mut value = HeaderValue::from_str(header.value()).map_err(|error| unsigned(&error))?;
            value.set_sensitive(header.sensitive());
            signed.push((HeaderName::from_static(header.name()), value));
        }
        Ok(signed)
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        let soon = SystemTime::now() + MARGIN;
        let known = self.latest().clone();
        if let Some(known) = known.filter(|known| known.expiry().is_none_or(|expiry| expiry > soon)) {
            return Ok(known);
        }
        let fresh = self
            .provider
            .provide_credentials()
            .await
            .map_err(|error| Failure::Lasting(no_credentials(&error)))?;
        *self.latest() = Some(fresh.clone());
        Ok(fresh)
    }

    fn latest(&self) -> std::sync::MutexGuard<'_, Option<Credentials>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_credentials(why: &dyn fmt::Display) -> Error {
    Error::Told(format!(
        "requests are to be signed, and there are no aws credentials: {why}; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY, or say --unsigned for an api that takes requests as they are"
    ))
}

fn unsigned(why: &dyn fmt::Display) -> Failure {
    Failure::Lasting(Error::Told(format!("the request cannot be signed: {why}")))
}
