//! The client: one question to the GMC over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use domain::BodyCode;
use reqwest::redirect;
use settings::is_this_machine;
use sync::ports::gmc::{AnswerEnd, FailureKind, Gmc, GmcFailure, RecordSink};
use uuid::Uuid;

use crate::exchange::exchange;
use crate::settings::{GmcSettings, InvalidSettings};

/// The firewall in front of the service refuses user agents that it does not know (docs/domain.md §2).
const USER_AGENT: &str = concat!("gmc-sync/", env!("CARGO_PKG_VERSION"));

/// Asks the GMC's web service. One call is one request: waiting and asking again is the caller's.
#[derive(Clone, Debug)]
pub struct GmcClient {
    http: reqwest::Client,
    settings: GmcSettings,
}

impl GmcClient {
    /// A client; nothing is sent yet.
    pub fn new(settings: GmcSettings) -> Result<Self, InvalidSettings> {
        settings.check()?;
        let mut http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.idle_timeout)
            // the envelope holds the password: it goes where it was meant to go, or nowhere
            .redirect(redirect::Policy::none());
        if settings.url.scheme() == "http" {
            tracing::warn!(
                host = settings.url.host_str(),
                "the gmc is asked without tls: only for a simulator"
            );
            // without TLS and redirects no root certificates are needed, and there may be none
            http = http.tls_certs_only([]);
        }
        if is_this_machine(&settings.url) {
            http = http.no_proxy();
        }
        let http =
            http.build().map_err(|error| InvalidSettings::Client(crate::exchange::innermost(&error)))?;
        Ok(Self { http, settings })
    }
}

#[async_trait]
impl Gmc for GmcClient {
    async fn doctors(
        &self,
        body: &BodyCode,
        request_id: Uuid,
        within: Duration,
        records: &mut dyn RecordSink,
    ) -> Result<AnswerEnd, GmcFailure> {
        let limit = self.settings.total_timeout.min(within);
        match tokio::time::timeout(limit, exchange(&self.http, &self.settings, body, request_id, records))
            .await
        {
            Ok(result) => result,
            Err(_) => Err(GmcFailure {
                kind: FailureKind::Transport,
                message: format!("the whole answer took longer than {limit:?}"),
                return_code: None,
                gmc_request_id: None,
                retry_after: None,
            }),
        }
    }
}
