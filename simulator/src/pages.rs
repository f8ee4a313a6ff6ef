//! Everything that is not SOAP: the WSDL, and the pages of firewalls, gateways and people.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, SERVER};
use axum::response::{IntoResponse, Response};

use crate::soap::{GET_DOCTORS, NOT_SIMULATED};

/// The contract, as the GMC publishes it.
const WSDL: &str = include_str!("GMCWebServices.wsdl");

/// Where the WSDL says that the service is.
const REAL_URL: &str = "https://webcache.gmc-uk.org/GMCWebServices/WebService.asmx";

/// The WSDL with this address in the place of the real one.
pub(crate) fn wsdl(url: &str) -> Response {
    ([(CONTENT_TYPE, "text/xml; charset=utf-8")], WSDL.replace(REAL_URL, url)).into_response()
}

/// What a browser sees.
pub(crate) fn index() -> Response {
    let others = NOT_SIMULATED.join(", ");
    let text = format!(
        "<p>A simulated service: it answers {GET_DOCTORS}. Of its <a href=\"?wsdl\">WSDL</a>, these are not \
         simulated: {others}.</p>"
    );
    html(StatusCode::OK, "GMCWebServices", &text)
}

/// The firewall of 2021: HTTP 403, Cloudflare error 1020 (docs/domain.md §2).
pub(crate) fn firewall() -> Response {
    let text = "<h1>Error 1020</h1><p>Access denied: the owner of this site uses a firewall rule that your \
                request has met.<p>Cloudflare Ray ID: 0000000000000000";
    let mut page = html(StatusCode::FORBIDDEN, "Access denied | Cloudflare", text);
    page.headers_mut().insert(SERVER, axum::http::HeaderValue::from_static("cloudflare"));
    page
}

/// HTTP 503.
pub(crate) fn unavailable() -> Response {
    let text = "<h2>Service Unavailable</h2><hr><p>HTTP Error 503. The service is not available.";
    html(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", text)
}

/// HTTP 429.
pub(crate) fn too_many() -> Response {
    html(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", "<h1>Error 1015</h1><p>You are rate limited.")
}

/// HTTP 200, and nothing that a program could use.
pub(crate) fn maintenance() -> Response {
    html(StatusCode::OK, "Maintenance", "<h1>We will be back soon</h1><p>Sorry for the trouble &nbsp;:-)<br>")
}

/// One line of text.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

/// HTML as browsers take it, which is no XML.
fn html(status: StatusCode, title: &str, body: &str) -> Response {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body>\n{body}\n</body>\n</html>\n"
    );
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}
