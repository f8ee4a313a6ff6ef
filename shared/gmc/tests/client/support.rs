//! One call of the client.

use std::time::Duration;

use domain::{BodyCode, GmcRecord};
use gmc::{Credentials, GmcClient, GmcSettings};
use sync::ports::gmc::{AnswerEnd, FailureKind, Gmc, GmcFailure};
use url::Url;
use uuid::Uuid;

use crate::server::{Server, Step, response};

pub(crate) const ANSWER: &str = include_str!("../data/answer.xml");
pub(crate) const REQUEST_ID: Uuid = Uuid::from_u128(0x3f0c_6f0e_6d1c_4c55_8d0e_1f6f_3f7b_9a10);
pub(crate) const USERNAME: &str = "the-user-name";
pub(crate) const PASSWORD: &str = "the-pass-word";
pub(crate) const INTERNAL_USER: &str = "the-internal-user";

/// Settings for a server of a test: patient, unless the test says otherwise.
pub(crate) fn settings(url: Url) -> GmcSettings {
    GmcSettings::new(url, Credentials::new(USERNAME, PASSWORD.into(), INTERNAL_USER).unwrap())
}

/// Asks once; the GMC numbers that arrived, and the end.
pub(crate) async fn ask(settings: GmcSettings) -> (Vec<String>, Result<AnswerEnd, GmcFailure>) {
    let client = GmcClient::new(settings).unwrap();
    let mut numbers = Vec::new();
    let mut sink = |record: &GmcRecord<'_>| {
        numbers.push(record.gmc_reference_number.as_deref().unwrap_or("-").to_owned());
    };
    let end =
        client.doctors(&BodyCode::parse("1-1RUZUSF").unwrap(), REQUEST_ID, Duration::MAX, &mut sink).await;
    if let Err(failure) = &end {
        let told = format!("{failure} {failure:?}");
        for hidden in [USERNAME, PASSWORD, INTERNAL_USER, "Niamh", "Arcy", "<"] {
            assert!(!told.contains(hidden), "{told}");
        }
        assert!(!failure.message.ends_with('.'), "{told}");
    }
    (numbers, end)
}

/// Asks a server that plays `steps`.
pub(crate) async fn ask_script(steps: Vec<Step>) -> (Vec<String>, Result<AnswerEnd, GmcFailure>) {
    ask(settings(Server::start(steps).await.url)).await
}

/// Asks a server that gives this answer.
pub(crate) async fn ask_for(
    status: &str,
    headers: &str,
    body: impl AsRef<[u8]>,
) -> (Vec<String>, Result<AnswerEnd, GmcFailure>) {
    ask_script(vec![Step::Send(response(status, headers, body))]).await
}

/// The failure of a call that must fail, and be a transport's.
pub(crate) fn transport(end: Result<AnswerEnd, GmcFailure>) -> GmcFailure {
    let failure = end.expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::Transport, "{failure:?}");
    failure
}

pub(crate) const SHORT: Duration = Duration::from_millis(500);
