//! The same answers as pages, for a caller whose `Accept` says so.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use domain::Moment;
use pages::{NightPage, NightsPage, Reach};
use serde_json::{Value, json};
use sync::report::Report;
use sync::trends::Night;

/// What the pages say of where they come from.
const SOURCE: &str = "the sync’s ledger, by v1/admin";

/// Whether the caller would rather have HTML than JSON. Both alike, as of `*/*`, is JSON.
pub(crate) fn is_wanted(request: &ApiGatewayProxyRequest) -> bool {
    let accept = request.headers.get_all("accept").iter().filter_map(|value| value.to_str().ok());
    let accept = accept.collect::<Vec<_>>().join(",");
    quality(&accept, "text", "html") > quality(&accept, "application", "json")
}

/// A night's page.
pub(crate) fn night(report: &Report, now: Moment) -> Value {
    let page = NightPage { report, as_of: now, source: SOURCE, reach: &Reach::Api, list: Some("../admin") };
    page_answer(&pages::night(&page))
}

/// The page of the past nights.
pub(crate) fn nights(nights: &[Night], now: Moment) -> Value {
    page_answer(&pages::nights(&NightsPage { nights, as_of: now, source: SOURCE, night: Some("admin/") }))
}

fn page_answer(page: &str) -> Value {
    json!({
        "statusCode": 200,
        "headers": {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": pages::content_security_policy(),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
        "isBase64Encoded": false,
        "body": page,
    })
}

/// How much a media type is wanted, in thousandths: by the most precise range that holds it (RFC 9110, 12.5.1).
fn quality(accept: &str, kind: &str, subtype: &str) -> u32 {
    let mut best = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some((found_kind, found_subtype)) = parts.next().and_then(|media| media.split_once('/')) else {
            continue;
        };
        let precision = match (found_kind, found_subtype) {
            (found, sub) if found.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => 3,
            (found, "*") if found.eq_ignore_ascii_case(kind) => 2,
            ("*", "*") => 1,
            _ => continue,
        };
        if precision > best.0 {
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            best = (precision, weight.map_or(1_000, thousandths));
        }
    }
    best.1
}

/// What cannot be read is not wanted.
fn thousandths(weight: &str) -> u32 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let fraction = format!("{fraction:0<3}");
    match (whole, fraction.parse::<u32>()) {
        ("1", Ok(0)) => 1_000,
        ("0", Ok(fraction)) if fraction < 1_000 => fraction,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_answered_only_where_it_is_wanted_more_than_json() {
        let is_wanted =
            |accept: &str| quality(accept, "text", "html") > quality(accept, "application", "json");
        for accept in [
            "text/html",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/*;q=0.5, application/json;q=0.4",
            "application/json;q=0, */*",
            "TEXT/HTML; charset=utf-8",
        ] {
            assert!(is_wanted(accept), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/json",
            "application/json, text/html;q=0.9",
            "text/html, application/json",
            "text/html;q=0",
            "text/html;q=x",
        ] {
            assert!(!is_wanted(accept), "{accept}");
        }
    }
}
