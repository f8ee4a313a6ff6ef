//! The answer to CloudFormation: a PUT to the address that it gave.

use std::time::Duration;

use domain::text;
use reqwest::{Client, StatusCode, redirect};
use tokio::time::sleep;

/// How many times it is tried.
const ATTEMPTS: u32 = 3;

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(3);

/// Before the second attempt; the next waits twice as long.
const PAUSE: Duration = Duration::from_millis(250);

/// How long all of them may take, and some time for the rest.
pub(crate) const ATTEMPTS_TAKE: Duration = Duration::from_secs(12);

/// Puts answers, over HTTPS alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Responder {
    /// For a stub of the tests.
    takes_plain_http: bool,
}

impl Responder {
    /// One that answers a server of the tests.
    #[cfg(test)]
    pub(crate) fn for_a_stub() -> Self {
        Self { takes_plain_http: true }
    }

    /// Puts `body` at `url`. An error never holds the address: whoever has it can answer in our place.
    ///
    /// The client is made here and not at the start, because few invocations answer anybody.
    pub(crate) async fn put(self, url: &str, body: String) -> Result<(), String> {
        let client = self.client()?;
        let (mut attempt, mut pause) = (1, PAUSE);
        loop {
            // without a content type, which the address's signature does not have either
            let failure = match client.put(url).body(body.clone()).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => Failure::of(answer.status()),
                Err(error) => Failure { may_pass: !error.is_builder(), reason: innermost(error) },
            };
            if !failure.may_pass || attempt == ATTEMPTS {
                return Err(failure.reason);
            }
            sleep(pause).await;
            attempt += 1;
            pause *= 2;
        }
    }

    fn client(self) -> Result<Client, String> {
        let mut client = Client::builder()
            .https_only(!self.takes_plain_http)
            .timeout(ATTEMPT)
            // the answer goes where it was asked for, or nowhere
            .redirect(redirect::Policy::none());
        if self.takes_plain_http {
            // without TLS no root certificates are needed, and there may be none
            client = client.tls_certs_only([]).no_proxy();
        }
        client.build().map_err(innermost)
    }
}

struct Failure {
    reason: String,
    may_pass: bool,
}

impl Failure {
    fn of(status: StatusCode) -> Self {
        let may_pass = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        Self { reason: format!("http {}", status.as_u16()), may_pass }
    }
}

/// The words of the last cause, without the address.
fn innermost(error: reqwest::Error) -> String {
    text::innermost(&error.without_url())
}
