//! One request and its answer, and what an operator is told when it goes wrong.

use std::error::Error;

use domain::text::{self, one_line};
use domain::{BodyCode, GmcRecord};
use jiff::Timestamp;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use sync::ports::gmc::{AnswerEnd, FailureKind, GmcFailure, RecordSink};
use uuid::Uuid;

use crate::envelope::{SOAP_ACTION, request_envelope};
use crate::error::ReadError;
use crate::reader::{AnswerReader, Asked};
use crate::retry_after::retry_after;
use crate::settings::GmcSettings;

/// How much of an answer that is no success is read, in bytes: a fault or a page's title is in it.
const MAX_ERROR_BODY: u64 = 64 * 1024;

/// How much of a transport's own words is told, in characters.
const MAX_REASON: usize = 200;

/// Asks for the doctors of a body, and gives them to `records` as they arrive.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    settings: &GmcSettings,
    body: &BodyCode,
    request_id: Uuid,
    records: &mut dyn RecordSink,
) -> Result<AnswerEnd, GmcFailure> {
    let response = http
        .post(settings.url.clone())
        .header(CONTENT_TYPE, "text/xml; charset=utf-8")
        .header(HeaderName::from_static("soapaction"), SOAP_ACTION)
        .body(request_envelope(&settings.credentials, body, request_id).into_bytes())
        .send()
        .await
        .map_err(|error| transport(not_sent(&error, settings)))?;

    let status = response.status();
    let wait = header(&response, RETRY_AFTER).and_then(|value| retry_after(value, Timestamp::now()));
    let answer = match header(&response, CONTENT_ENCODING) {
        // gzip has been taken off together with its header
        Some(encoding) if !encoding.trim().eq_ignore_ascii_case("identity") => Err(transport(format!(
            "{}the answer is in the encoding '{}', which was not asked for",
            prefix(status),
            one_line(encoding, MAX_REASON)
        ))),
        _ if status == StatusCode::OK => read_list(response, settings, request_id, records).await,
        _ => Err(read_refusal(response, settings, request_id).await),
    };
    tracing::debug!(body = %body, %request_id, status = status.as_u16(), ok = answer.is_ok(), "the gmc answered");
    answer.map_err(|failure| GmcFailure { retry_after: wait, ..failure })
}

/// The body of an answer with status 200.
async fn read_list(
    mut response: Response,
    settings: &GmcSettings,
    request_id: Uuid,
    records: &mut dyn RecordSink,
) -> Result<AnswerEnd, GmcFailure> {
    let status = response.status();
    let told = |error: ReadError| {
        let message =
            if error.is_no_soap() { format!("{}{error}", prefix(status)) } else { error.to_string() };
        GmcFailure { message, ..error.into() }
    };
    let mut reader = AnswerReader::new(asked(&response, settings, request_id, settings.max_answer_bytes));
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) => reader.push(&bytes, records).map_err(told)?,
            Ok(None) => return reader.finish().map_err(told),
            Err(error) => {
                let (bytes, doctors) = (reader.bytes(), reader.doctors());
                let reason = cut_off(&error, settings);
                return Err(transport(format!("{reason}, after {bytes} bytes and {doctors} doctors")));
            }
        }
    }
}

/// The body of an answer with any other status. Doctors do not count in it; a fault, a return code or a page tells why.
async fn read_refusal(mut response: Response, settings: &GmcSettings, request_id: Uuid) -> GmcFailure {
    let status = response.status();
    if status.is_redirection() {
        return transport(format!(
            "{}the service redirects elsewhere, which is not followed",
            prefix(status)
        ));
    }
    let limit = MAX_ERROR_BODY.min(settings.max_answer_bytes);
    let mut reader = AnswerReader::new(asked(&response, settings, request_id, limit));
    let mut nobody = |_: &GmcRecord<'_>| {};
    // a body that is too long or cut off has told by then what it can
    let error = loop {
        match response.chunk().await {
            Ok(Some(bytes)) => match reader.push(&bytes, &mut nobody) {
                Ok(()) => {}
                Err(error) => break Some(error),
            },
            Ok(None) | Err(_) => break reader.finish().err(),
        }
    };
    match error {
        Some(error) => {
            let message = format!("{}{error}", prefix(status));
            let failure = GmcFailure::from(error);
            // whatever the content is like, with such a status it may be another one later
            let kind = match failure.kind {
                FailureKind::Unacceptable => FailureKind::Transport,
                kind if failure.return_code.is_none() && kind == FailureKind::UnknownCode => {
                    FailureKind::Transport
                }
                kind => kind,
            };
            GmcFailure { kind, message, ..failure }
        }
        None => {
            transport(format!("{}the answer is a list, but its status says that it is none", prefix(status)))
        }
    }
}

fn asked(response: &Response, settings: &GmcSettings, request_id: Uuid, max_answer_bytes: u64) -> Asked {
    Asked {
        request_id,
        charset: header(response, CONTENT_TYPE).and_then(charset),
        max_answer_bytes,
        conceal: Some(settings.credentials.clone()),
    }
}

/// The `charset` of a `Content-Type`.
fn charset(content_type: &str) -> Option<String> {
    let (_, parameters) = content_type.split_once(';')?;
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })?;
    let label = value.trim().trim_matches(['"', '\'']).trim();
    (!label.is_empty()).then(|| label.to_owned())
}

fn header(response: &Response, name: HeaderName) -> Option<&str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

fn prefix(status: StatusCode) -> String {
    format!("http {}: ", status.as_u16())
}

/// Why there is no answer at all.
fn not_sent(error: &reqwest::Error, settings: &GmcSettings) -> String {
    if error.is_connect() && error.is_timeout() {
        format!("no connection to the service within {:?}", settings.connect_timeout)
    } else if error.is_connect() {
        format!("no connection to the service: {}", innermost(error))
    } else if error.is_timeout() {
        format!("the service sent nothing for {:?}", settings.idle_timeout)
    } else {
        format!("the connection broke before an answer: {}", innermost(error))
    }
}

/// Why an answer stopped in the middle.
fn cut_off(error: &reqwest::Error, settings: &GmcSettings) -> String {
    if error.is_timeout() {
        format!("the service sent nothing for {:?} in the middle of the answer", settings.idle_timeout)
    } else {
        format!("the connection broke in the middle of the answer: {}", innermost(error))
    }
}

/// The words of the last cause, in one line.
pub(crate) fn innermost(error: &dyn Error) -> String {
    one_line(&text::innermost(error), MAX_REASON)
}

fn transport(message: String) -> GmcFailure {
    GmcFailure {
        kind: FailureKind::Transport,
        message,
        return_code: None,
        gmc_request_id: None,
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charset_of_a_content_type_is_found() {
        for (content_type, label) in [
            ("text/xml; charset=utf-8", Some("utf-8")),
            ("text/xml;action=\"x\"; Charset = \"ISO-8859-1\"", Some("ISO-8859-1")),
            ("text/xml", None),
            ("text/xml; charset=", None),
        ] {
            assert_eq!(charset(content_type).as_deref(), label, "{content_type}");
        }
    }
}
