//! What API Gateway is answered.

use serde::Serialize;
use serde_json::{Value, json};

/// A response of Lambda has six megabytes, and its JSON stands in a text, where quotes take two bytes.
pub(crate) const MAX_BODY: usize = 4_500_000;

/// An answer with a JSON body.
pub(crate) fn answer(status: u16, body: &impl Serialize) -> Value {
    let body = serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned());
    json!({
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"},
        "isBase64Encoded": false,
        "body": body,
    })
}

/// An answer that says what is wrong.
pub(crate) fn error(status: u16, reason: &str) -> Value {
    answer(status, &json!({"error": reason}))
}

/// An answer of an engine that is away: the same request may go through later.
pub(crate) fn unavailable(reason: &str) -> Value {
    let mut answer = error(503, reason);
    answer["headers"]["Retry-After"] = json!("30");
    answer
}
