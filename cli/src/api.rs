//! The functions' API, as a client: `v1/admin` (README, "Run it on AWS").

mod address;
mod refusal;
#[cfg(feature = "live")]
mod sign;

use std::fmt;
use std::time::Duration;

use domain::RunNumber;
use domain::text::{innermost, one_line};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sync::backoff::Backoff;
use sync::ports::Host as _;
use sync::ports::host::Machine;
use sync::report::{Report, Summary};
use sync::start_request::StartRequest;

use self::address::Address;
pub(crate) use self::refusal::Refusal;
use self::refusal::TOLD;
use crate::args::ApiArgs;
use crate::error::Error;
use crate::output::Screen;

/// API Gateway answers within 29 seconds, or says that the function did not.
const PATIENCE: Duration = Duration::from_secs(35);
const CONNECT: Duration = Duration::from_secs(10);

/// API Gateway's answers have ten megabytes at most.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// How often a request is made before it has failed. The same request again does no harm: a beginning has its key.
const ATTEMPTS: u32 = 4;
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(8) };

/// The header whose value makes a repeated request the same run.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The API at one address.
pub(crate) struct Api {
    address: Address,
    http: reqwest::Client,
    #[cfg(feature = "live")]
    signer: Option<sign::Signer>,
    screen: Screen,
}

/// A run that was begun, or given up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    /// Its number.
    pub(crate) run_id: RunNumber,
    /// The rest of the answer, as it is.
    #[serde(flatten)]
    pub(crate) rest: serde_json::Map<String, serde_json::Value>,
}

/// What came back.
struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

/// What is asked.
struct Request<'a> {
    method: Method,
    path: &'a str,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

impl Api {
    /// The API that is asked for, if one is; nothing is sent yet.
    #[cfg_attr(
        not(feature = "live"),
        expect(clippy::unused_async, reason = "with the feature credentials are looked for")
    )]
    pub(crate) async fn choose(args: &ApiArgs, screen: &Screen) -> Result<Option<Self>, Error> {
        let Some(url) = &args.url else {
            return Ok(None);
        };
        let address = Address::parse(url, args).map_err(|why| Error::Told(format!("--api {url}: {why}")))?;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("gmc-sync/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            // a request is signed for one address
            .redirect(redirect::Policy::none());
        if address.is_this_machine() {
            // without TLS no root certificates are needed, and there may be none
            http = http.tls_certs_only([]).no_proxy();
        }
        let http =
            http.build().map_err(|error| Error::Told(format!("no https client can be made: {error}")))?;
        #[cfg(feature = "live")]
        let signer = match &address.region {
            Some(region) => Some(sign::Signer::new(region).await?),
            None => None,
        };
        #[cfg(not(feature = "live"))]
        if address.region.is_some() {
            return Err(Error::Told(
                "requests to this address are signed with AWS credentials, and this program was built without that: \
                 build it with --features live, or say --unsigned for an api that takes requests as they are"
                    .to_owned(),
            ));
        }
        Ok(Some(Self {
            address,
            http,
            #[cfg(feature = "live")]
            signer,
            screen: screen.clone(),
        }))
    }

    /// Begins a run. The key makes every attempt the same run.
    pub(crate) async fn start(&self, wanted: &StartRequest, key: &str) -> Result<Accepted, Error> {
        let headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (IDEMPOTENCY_KEY, HeaderValue::from_str(key).map_err(|error| Error::Told(error.to_string()))?),
        ];
        let body = serde_json::to_vec(wanted)?;
        self.ask(&Request { method: Method::POST, path: "", headers, body }).await
    }

    /// Gives a run up.
    pub(crate) async fn abort(&self, run: RunNumber) -> Result<Accepted, Error> {
        let path = format!("/{run}/abort");
        self.ask(&Request { method: Method::POST, path: &path, headers: Vec::new(), body: Vec::new() }).await
    }

    /// The latest runs, latest first.
    pub(crate) async fn latest(&self, most: usize) -> Result<Vec<Summary>, Error> {
        self.get(&format!("?last={most}")).await
    }

    /// The report of a run; an error when there is none.
    pub(crate) async fn report(&self, run: RunNumber) -> Result<Report, Error> {
        self.get(&format!("/{run}")).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.ask(&Request { method: Method::GET, path, headers: Vec::new(), body: Vec::new() }).await
    }

    /// Asks until there is an answer that another attempt would not change.
    async fn ask<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, Error> {
        let mut attempt = 1;
        loop {
            let (why, wait) = match self.once(request).await {
                Ok(answer) if answer.status.is_success() => return self.read(&answer),
                Ok(answer) => {
                    let refusal = Refusal::of(self, answer.status, &answer.body);
                    if attempt == ATTEMPTS || !is_passing(answer.status) {
                        return Err(Error::Refused(Box::new(refusal)));
                    }
                    (refusal.reason, answer.retry_after)
                }
                Err(Failure::Passing(why)) if attempt == ATTEMPTS => {
                    return Err(Error::Told(format!("{self}: {why}, {ATTEMPTS} times in a row")));
                }
                Err(Failure::Passing(why)) => (why, None),
                Err(Failure::Lasting(error)) => return Err(error),
            };
            let wait = wait.unwrap_or_else(|| BACKOFF.wait(attempt, Machine.chance())).min(BACKOFF.most);
            self.screen.tell(&format!("{self}: {why}; it is asked again"));
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn once(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let url = self.address.join(request.path);
        let mut sent = self.http.request(request.method.clone(), url.clone()).body(request.body.clone());
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        #[cfg(feature = "live")]
        if let Some(signer) = &self.signer {
            for (name, value) in signer.sign(&request.method, &url, &request.headers, &request.body).await? {
                sent = sent.header(name, value);
            }
        }
        let mut answer = sent.send().await.map_err(|error| Failure::Passing(no_answer(&error)))?;
        let status = answer.status();
        let retry_after = answer
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| Failure::Passing(no_answer(&error)))? {
            if body.len() + part.len() > MAX_ANSWER {
                return Err(Failure::Lasting(Error::Told(format!(
                    "{self}: the answer is larger than {MAX_ANSWER} bytes, which is none of this api's"
                ))));
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status, retry_after, body })
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Error> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            Error::Told(format!(
                "{self}: the answer with status {} is none of this api's: {error}; is the address that of v1/admin?",
                answer.status.as_u16()
            ))
        })
    }

    /// Who signs, for people; `None` when nobody does.
    #[cfg_attr(
        not(feature = "live"),
        expect(clippy::unused_self, reason = "without the feature nobody signs")
    )]
    fn signed_by(&self) -> Option<String> {
        #[cfg(feature = "live")]
        return self.signer.as_ref().and_then(sign::Signer::shown);
        #[cfg(not(feature = "live"))]
        None
    }

    /// What a command needs to ask the same API.
    pub(crate) fn option(&self) -> String {
        self.address.option()
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// Why there is no answer.
pub(crate) enum Failure {
    /// The same request may be answered later.
    Passing(String),
    /// It will not.
    Lasting(Error),
}

/// Whether the same request may be answered otherwise later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// The innermost reason: what is around it names the address once more.
fn no_answer(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", PATIENCE.as_secs());
    }
    format!("no answer: {}", one_line(&innermost(error), TOLD))
}
