//! What the headers of a request say.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderName};

use crate::server::PATH;

/// The content type is that of SOAP 1.1 or 1.2, in an encoding that can be read.
pub(crate) fn is_soap(headers: &HeaderMap) -> bool {
    let content_type = text_of(headers, CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let mut parts = content_type.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| part.strip_prefix("charset=")).map(|name| name.trim_matches('"'));
    matches!(media, "text/xml" | "application/soap+xml")
        && matches!(charset, None | Some("utf-8" | "us-ascii"))
}

/// gzip is named, and not with the weight 0.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = text_of(headers, ACCEPT_ENCODING).unwrap_or_default().to_ascii_lowercase();
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0);
        name.trim() == "gzip" && !refused
    })
}

/// The address by which the client came, so that it comes back by it (through a port forward, say).
pub(crate) fn own_url(headers: &HeaderMap, otherwise: &str) -> String {
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]_".contains(&byte);
    let host = text_of(headers, HOST).filter(|host| !host.is_empty() && host.bytes().all(is_host));
    host.map_or_else(|| otherwise.to_owned(), |host| format!("http://{host}{PATH}"))
}

/// A header as text; what is no UTF-8 in it is replaced.
pub(crate) fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
