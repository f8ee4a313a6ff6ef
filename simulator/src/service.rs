//! One HTTP request and its answer.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::answer::Answer;
use crate::connection::ResetSwitch;
use crate::delivery;
use crate::faults::{Fault, Faults};
use crate::headers::{accepts_gzip, is_soap, own_url, text_of};
use crate::listing::Listing;
use crate::log::{RequestRecord, Requests};
use crate::pages;
use crate::population::Population;
use crate::request::{self, Call, Fields};
use crate::server::{Credentials, PATH, SimulatorConfig, Stopped};
use crate::soap::{self, Blame, GET_DOCTORS, NAMESPACE, NOT_SIMULATED, Version};

/// A request of the WSDL has about 1 KiB.
const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// Longer codes are no codes.
const MAX_CODE_BYTES: usize = 50;

/// The return codes of docs/domain.md §4.
mod code {
    pub(super) const SUCCESS: &str = "0";
    pub(super) const BODY_CODE: &str = "80";
    pub(super) const NO_ACCESS: &str = "81";
    pub(super) const CREDENTIALS: &str = "99";
    pub(super) const INTERNAL_USER: &str = "110";
}

/// What every request needs.
pub(crate) struct Service {
    url: String,
    credentials: Credentials,
    population: Arc<RwLock<Population>>,
    faults: Faults,
    requests: Requests,
    stopped: Stopped,
    latency: Duration,
    drip_pause: Duration,
    gzip: bool,
    /// The second of the newest `GMCRequestID`.
    newest_id: AtomicI64,
}

impl Service {
    pub(crate) fn new(
        config: &SimulatorConfig,
        url: String,
        population: Arc<RwLock<Population>>,
        faults: Faults,
        requests: Requests,
        stopped: Stopped,
    ) -> Self {
        Self {
            url,
            credentials: config.credentials.clone(),
            population,
            faults,
            requests,
            stopped,
            latency: config.latency,
            drip_pause: config.drip_pause,
            gzip: config.gzip,
            newest_id: AtomicI64::new(0),
        }
    }
}

/// Every path and method comes to one place: a SOAP service has one address.
pub(crate) fn router(service: Service) -> Router {
    Router::new().fallback(handle).with_state(Arc::new(service))
}

async fn handle(
    State(service): State<Arc<Service>>,
    ConnectInfo(connection): ConnectInfo<ResetSwitch>,
    request: Request<Body>,
) -> Response {
    if request.uri().path() != PATH {
        return pages::plain(StatusCode::NOT_FOUND, "there is nothing here");
    }
    match *request.method() {
        Method::POST => service.post(request, connection).await,
        Method::GET | Method::HEAD if wants_wsdl(request.uri().query()) => {
            pages::wsdl(&own_url(request.headers(), &service.url))
        }
        Method::GET | Method::HEAD => pages::index(),
        _ => {
            let page = pages::plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and POST are allowed");
            with_header(page, header::ALLOW, "GET, HEAD, POST")
        }
    }
}

impl Service {
    async fn post(&self, request: Request<Body>, connection: ResetSwitch) -> Response {
        let (parts, body) = request.into_parts();
        let mut record =
            RequestRecord { user_agent: text_of(&parts.headers, USER_AGENT), ..Default::default() };
        let response = self.answer(&parts.headers, body, connection, &mut record).await;
        // until here `hang` has been waiting, and has written its own record
        if record.fault != Some(Fault::Hang) {
            record.status = Some(response.status().as_u16());
            self.requests.add(record);
        }
        response
    }

    async fn answer(
        &self,
        headers: &HeaderMap,
        body: Body,
        connection: ResetSwitch,
        record: &mut RequestRecord,
    ) -> Response {
        if !is_soap(headers) {
            let expected = "the content type must be text/xml or application/soap+xml, in utf-8";
            return pages::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, expected);
        }
        let Ok(bytes) = axum::body::to_bytes(body, MAX_REQUEST_BYTES).await else {
            return pages::plain(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large");
        };
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let call = match request::read(&bytes) {
            Ok(call) => call,
            Err(error) => return soap_fault(Version::Soap11, Blame::Client, &error.to_string()),
        };
        record.operation.clone_from(&call.operation);
        if let Err(reason) = check_operation(headers, &call) {
            return soap_fault(call.version, Blame::Client, &reason);
        }
        record.body.clone_from(&call.fields.designated_body_code);
        record.client_request_id.clone_from(&call.fields.client_request_id);
        self.get_doctors(headers, &call, connection, record).await
    }

    async fn get_doctors(
        &self,
        headers: &HeaderMap,
        call: &Call,
        connection: ResetSwitch,
        record: &mut RequestRecord,
    ) -> Response {
        let group = match self.check_fields(&call.fields) {
            Ok(group) => group,
            Err(code) => return self.send(headers, self.new_answer(call, code), record),
        };
        // what is refused above has nothing to do with the body, and uses up none of its faults
        record.fault = self.faults.take(&call.fields.designated_body_code);
        let Some(fault) = record.fault else {
            return self.send(headers, self.with_doctors(call, group, None), record);
        };
        match fault {
            Fault::Code(code) => self.send(headers, self.new_answer(call, &code.to_string()), record),
            Fault::SoapFault => {
                soap_fault(call.version, Blame::Server, "the server could not process the request")
            }
            Fault::Http403 => pages::firewall(),
            Fault::Http503 => pages::unavailable(),
            Fault::Http429 => with_header(pages::too_many(), header::RETRY_AFTER, "1"),
            Fault::NotSoap => pages::maintenance(),
            Fault::Hang => self.hang(record).await,
            Fault::Drip | Fault::Reset => {
                self.send_badly(headers, self.with_doctors(call, group, record.fault), connection, record)
            }
            _ => self.send(headers, self.with_doctors(call, group, record.fault), record),
        }
    }

    /// The group of the body asked for, or the return code that refuses.
    fn check_fields(&self, fields: &Fields) -> Result<u16, &'static str> {
        let Credentials { username, password } = &self.credentials;
        if fields.username != *username || fields.password != *password {
            return Err(code::CREDENTIALS);
        }
        if fields.internal_user.is_empty() {
            return Err(code::INTERNAL_USER);
        }
        let body = fields.designated_body_code.as_str();
        let population = self.population.read().unwrap_or_else(PoisonError::into_inner);
        let refusal = if is_code(body) { code::NO_ACCESS } else { code::BODY_CODE };
        population.group_of(body).ok_or(refusal)
    }

    fn new_answer(&self, call: &Call, return_code: &str) -> Answer {
        Answer {
            version: call.version,
            listing: None,
            client_request_id: call.fields.client_request_id.clone(),
            gmc_request_id: self.next_request_id(),
            return_code: Some(return_code.to_owned()),
            cut_at_half: false,
        }
    }

    fn with_doctors(&self, call: &Call, group: u16, fault: Option<Fault>) -> Answer {
        let population = self.population.read().unwrap_or_else(PoisonError::into_inner);
        let listing = Some(Listing::new(&population, group, fault));
        let mut answer = Answer { listing, ..self.new_answer(call, code::SUCCESS) };
        match fault {
            Some(Fault::NoCode) => answer.return_code = None,
            Some(Fault::WrongRequestId) => {
                "00000000-0000-4000-8000-000000000000".clone_into(&mut answer.client_request_id);
            }
            Some(Fault::Reset | Fault::Truncated) => answer.cut_at_half = true,
            _ => {}
        }
        answer
    }

    fn send(&self, headers: &HeaderMap, answer: Answer, record: &mut RequestRecord) -> Response {
        note(&answer, record);
        let gzip = self.gzip && accepts_gzip(headers);
        let content_type = answer.version.content_type();
        soap_response(content_type, gzip, delivery::whole(delivery::pieces(answer.pieces(), gzip)))
    }

    fn send_badly(
        &self,
        headers: &HeaderMap,
        answer: Answer,
        connection: ResetSwitch,
        record: &mut RequestRecord,
    ) -> Response {
        note(&answer, record);
        let gzip = self.gzip && accepts_gzip(headers);
        let content_type = answer.version.content_type();
        let pieces = delivery::pieces(answer.pieces(), gzip);
        let body = if record.fault == Some(Fault::Reset) {
            delivery::then_reset(pieces, connection)
        } else {
            delivery::drop_by_drop(pieces, self.drip_pause, self.stopped.clone())
        };
        soap_response(content_type, gzip, body)
    }

    /// Answers only so that the simulator can stop; most clients are gone by then.
    async fn hang(&self, record: &RequestRecord) -> Response {
        self.requests.add(record.clone());
        self.stopped.clone().wait().await;
        pages::unavailable()
    }

    /// The time (UTC) in seconds, as in the sample answer; the next second if this one's is given.
    fn next_request_id(&self) -> String {
        let now = Timestamp::now().as_second();
        let next = |newest: i64| Some(now.max(newest + 1));
        let newest = self.newest_id.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let mine = newest.map_or(now, |newest| now.max(newest + 1));
        Timestamp::from_second(mine).unwrap_or_default().strftime("%Y%m%d%H%M%S").to_string()
    }
}

/// Whether it could be some body's code.
fn is_code(body: &str) -> bool {
    !body.is_empty() && body.len() <= MAX_CODE_BYTES && !body.contains(char::is_whitespace)
}

/// What the record says of an answer.
fn note(answer: &Answer, record: &mut RequestRecord) {
    record.doctors = answer.doctors();
    record.gmc_request_id = Some(answer.gmc_request_id.clone());
    record.return_code = answer.return_code.clone().filter(|_| !answer.cut_at_half);
}

/// `SOAPAction` and the body's element must mean the operation that is simulated. Only SOAP 1.1 has the
/// header; a client that leaves it out or empty is understood by the element.
fn check_operation(headers: &HeaderMap, call: &Call) -> Result<(), String> {
    let element = call
        .operation
        .as_deref()
        .ok_or_else(|| format!("the element in the body is not in the namespace {NAMESPACE}"))?;
    if NOT_SIMULATED.contains(&element) {
        return Err(format!("the operation {element} is not simulated"));
    }
    if element != GET_DOCTORS {
        return Err(format!("the service has no operation {element}"));
    }
    let header = text_of(headers, header::HeaderName::from_static("soapaction")).unwrap_or_default();
    let action = header.trim().trim_matches('"');
    if !action.is_empty() && action.strip_prefix(NAMESPACE) != Some(element) {
        return Err(format!("the soapaction {action} is not that of the operation {element}"));
    }
    Ok(())
}

fn wants_wsdl(query: Option<&str>) -> bool {
    query.is_some_and(|query| query.eq_ignore_ascii_case("wsdl"))
}

fn soap_response(content_type: &'static str, gzip: bool, body: Body) -> Response {
    let response = ([(CONTENT_TYPE, content_type)], body).into_response();
    if gzip { with_header(response, CONTENT_ENCODING, "gzip") } else { response }
}

/// HTTP 500, as SOAP 1.1 over HTTP asks for.
fn soap_fault(version: Version, blame: Blame, reason: &str) -> Response {
    let headers = [(CONTENT_TYPE, version.content_type())];
    (StatusCode::INTERNAL_SERVER_ERROR, headers, soap::fault(version, blame, reason)).into_response()
}

fn with_header(mut response: Response, name: header::HeaderName, value: &'static str) -> Response {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
