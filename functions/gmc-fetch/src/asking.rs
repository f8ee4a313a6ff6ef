//! The GMC, asked with the credentials as they are now.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::BodyCode;
use gmc::{Credentials, GmcClient, GmcSettings};
use lambda::settings::GmcCredentials;
use lambda::wire::Aws;
use secrecy::{ExposeSecret as _, SecretString};
use sync::ports::PortResult;
use sync::ports::gmc::{AnswerEnd, FailureKind, Gmc, GmcFailure, RecordSink};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::settings::GmcAccess;

/// The return code that says that user, password or address are not the right ones (docs/domain.md §4).
const NOT_LET_IN: &str = "99";

/// Where the credentials come from.
#[async_trait]
pub(crate) trait Vault: Send + Sync {
    /// They, as they are now.
    async fn credentials(&self) -> PortResult<(SecretString, SecretString, SecretString)>;
}

/// Asks the GMC. The credentials are read when they are first needed, and once more when the GMC does not let us in:
/// somebody may have changed the password since.
pub(crate) struct CurrentCredentials<V = Parameters> {
    access: GmcAccess,
    vault: V,
    known: Mutex<Option<Known>>,
}

/// Credentials, and a client that asks with them.
#[derive(Clone)]
struct Known {
    client: Arc<GmcClient>,
    password: SecretString,
}

/// The credentials of the settings, from the Parameter Store where they stand there.
pub(crate) struct Parameters {
    credentials: GmcCredentials,
    aws: Aws,
}

#[async_trait]
impl Vault for Parameters {
    async fn credentials(&self) -> PortResult<(SecretString, SecretString, SecretString)> {
        let GmcCredentials { username, password, internal_user } = &self.credentials;
        Ok((
            self.aws.resolve(username).await?,
            self.aws.resolve(password).await?,
            self.aws.resolve(internal_user).await?,
        ))
    }
}

impl CurrentCredentials {
    /// Nothing is read or sent yet.
    pub(crate) fn new(access: GmcAccess, aws: Aws) -> Self {
        let credentials = access.credentials.clone();
        Self::with(access, Parameters { credentials, aws })
    }
}

impl<V: Vault> CurrentCredentials<V> {
    /// With the credentials of this vault.
    pub(crate) fn with(access: GmcAccess, vault: V) -> Self {
        Self { access, vault, known: Mutex::new(None) }
    }

    async fn known(&self) -> Result<Known, GmcFailure> {
        let mut known = self.known.lock().await;
        if let Some(known) = &*known {
            return Ok(known.clone());
        }
        Ok(known.insert(self.read().await?).clone())
    }

    /// Reads the credentials again; whether the password is another one, which counts from now on.
    async fn changed_since(&self, before: &Known) -> Result<bool, GmcFailure> {
        if !self.access.credentials.password.is_parameter() {
            return Ok(false);
        }
        let now = self.read().await?;
        let has_changed = now.password.expose_secret() != before.password.expose_secret();
        if has_changed {
            *self.known.lock().await = Some(now);
        }
        Ok(has_changed)
    }

    async fn read(&self) -> Result<Known, GmcFailure> {
        let (username, password, internal_user) = self.vault.credentials().await.map_err(|error| {
            let kind = if error.is_transient { FailureKind::Transport } else { FailureKind::Refused };
            failure(kind, format!("the GMC's credentials cannot be read: {error}"))
        })?;
        let wrong = |error: String| failure(FailureKind::Refused, error);
        let credentials =
            Credentials::new(username.expose_secret(), password.clone(), internal_user.expose_secret())
                .map_err(|error| wrong(error.to_string()))?;
        let settings = GmcSettings {
            connect_timeout: self.access.connect_timeout,
            idle_timeout: self.access.idle_timeout,
            total_timeout: self.access.total_timeout,
            max_answer_bytes: self.access.max_answer_bytes,
            ..GmcSettings::new(self.access.url.clone(), credentials)
        };
        let client = GmcClient::new(settings).map_err(|error| wrong(error.to_string()))?;
        Ok(Known { client: Arc::new(client), password })
    }
}

#[async_trait]
impl<V: Vault> Gmc for CurrentCredentials<V> {
    async fn doctors(
        &self,
        body: &BodyCode,
        request_id: Uuid,
        within: Duration,
        records: &mut dyn RecordSink,
    ) -> Result<AnswerEnd, GmcFailure> {
        let known = self.known().await?;
        let failure = match known.client.doctors(body, request_id, within, records).await {
            Err(failure) if failure.return_code.as_deref() == Some(NOT_LET_IN) => failure,
            answered => return answered,
        };
        match self.changed_since(&known).await {
            // what this answer named must not be mixed with the next one's: the stage asks again, from the start
            Ok(true) => Err(GmcFailure {
                kind: FailureKind::Transport,
                message: format!("{failure}; the password has been changed since, and is tried next"),
                ..failure
            }),
            Ok(false) => Err(failure),
            Err(unread) => {
                tracing::warn!(%body, "the GMC did not let us in, and {unread}");
                Err(failure)
            }
        }
    }
}

fn failure(kind: FailureKind, message: String) -> GmcFailure {
    GmcFailure { kind, message, return_code: None, gmc_request_id: None, retry_after: None }
}
