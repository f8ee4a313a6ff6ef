//! What the API, or the gateway before it, says when it does not do what was asked.

use std::fmt;

use domain::RunNumber;
use domain::text::one_line;
use reqwest::StatusCode;
use serde::Deserialize;

use super::Api;

/// A reason is told up to here.
pub(super) const TOLD: usize = 400;

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Which API, for people.
    api: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// Why, as a sentence goes on.
    pub(crate) reason: String,
    /// The run that it is about, where the answer names one.
    pub(crate) run: Option<RunNumber>,
}

/// Ours is `error`; API Gateway's own is `message`, of some of its parts `Message`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(rename = "runId")]
    run_id: Option<RunNumber>,
}

impl Refusal {
    /// Reads an answer.
    pub(super) fn of(api: &Api, status: StatusCode, body: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        let said = body.error.or(body.message).map(|said| one_line(&said, TOLD));
        let code = status.as_u16();
        let reason = match (code, said) {
            (401 | 403, said) => not_let_in(code, said.as_deref(), api.signed_by().as_deref()),
            (400 | 404 | 409, Some(said)) => said,
            (_, Some(said)) => format!("it answers {code}: {said}"),
            (_, None) => format!("it answers {code}, and no reason: is it the address of v1/admin?"),
        };
        Self { api: api.to_string(), status: code, reason, run: body.run_id }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.api, self.reason)
    }
}

/// API Gateway says so little that what to look at is said here.
fn not_let_in(status: u16, said: Option<&str>, signed_by: Option<&str>) -> String {
    let said = said.map(|said| format!(" ({said})")).unwrap_or_default();
    match signed_by {
        Some(signer) => format!(
            "it answers {status}{said}: the request was signed by {signer}; whoever that is must be allowed \
             execute-api:Invoke there (aws sts get-caller-identity tells), the region, the path and this machine's clock \
             must be right"
        ),
        None => {
            format!("it answers {status}{said}: the request was not signed, and this api may want it to be")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_let_in_is_told_what_to_look_at() {
        let signed = not_let_in(403, Some("Forbidden"), Some("access key AKIA1 for eu-west-2"));
        assert!(signed.contains("403 (Forbidden)") && signed.contains("execute-api:Invoke"), "{signed}");
        assert!(not_let_in(403, None, None).contains("was not signed"));
    }

    #[test]
    fn what_comes_from_outside_cannot_move_the_cursor() {
        assert_eq!(one_line("a\u{1b}[2Jb\nc", TOLD), "a [2Jb c");
        assert_eq!(one_line(&"x".repeat(1_000), TOLD).chars().count(), TOLD + 1);
    }
}
