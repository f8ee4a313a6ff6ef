//! The SDK's failures, as the ports tell them.

use std::error::Error;

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use domain::text::{innermost, shortened};
use sync::ports::PortError;

/// Codes of failures that may pass although their status is a client's error, in addition to those that the SDK itself
/// retries. Credentials expire with the environment that holds them, and the next one has new ones.
const ALSO_TRANSIENT: &[&str] = &[
    "ConcurrentModificationException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalError",
    "InternalException",
    "KmsThrottled",
    "OverLimit",
];

/// The longest text of a service that is told, in characters.
const MAX_MESSAGE: usize = 300;

/// What could not be done and why. `what` goes on after "could not": "send to queue gmc-fetch".
///
/// Only the service's code and message are told. Neither request nor answer is: an answer may hold a password, a request
/// a doctor.
pub(crate) fn port_error<E: ProvideErrorMetadata + Error + 'static>(
    what: &str,
    error: &SdkError<E>,
) -> PortError {
    let (why, is_transient) = match error {
        SdkError::ServiceError(refusal) => {
            let (code, message) = (refusal.err().code(), refusal.err().message());
            let status = refusal.raw().status().as_u16();
            let why = match code {
                Some(code) => told(code, message),
                None => unreadable(status),
            };
            (why, is_transient_status(status) || code.is_some_and(is_transient))
        }
        SdkError::TimeoutError(_) => ("no answer in time".to_owned(), true),
        SdkError::DispatchFailure(failure) => {
            (format!("no answer: {}", innermost(error)), !failure.is_user())
        }
        SdkError::ResponseError(answer) => (unreadable(answer.raw().status().as_u16()), true),
        SdkError::ConstructionFailure(_) => {
            (format!("the request cannot be made: {}", innermost(error)), false)
        }
        _ => ("an unknown failure".to_owned(), true),
    };
    PortError { message: format!("could not {what}: {why}"), is_transient }
}

/// Whether a failure with this code may pass.
pub(crate) fn is_transient(code: &str) -> bool {
    let code = last_part(code);
    [THROTTLING_ERRORS, TRANSIENT_ERRORS, ALSO_TRANSIENT].iter().any(|codes| codes.contains(&code))
}

/// A refusal in words: the code, and the message where it can be told.
pub(crate) fn told(code: &str, message: Option<&str>) -> String {
    let code = last_part(code);
    match message.map(str::trim).filter(|message| !message.is_empty()) {
        // it quotes the signed request, the session's token among its headers
        Some(_) if code.contains("Signature") => code.to_owned(),
        Some(message) => {
            format!("{code}: {}", shortened(message.lines().next().unwrap_or_default(), MAX_MESSAGE))
        }
        None => code.to_owned(),
    }
}

/// What stands there may be anything: a firewall's page, or a secret that was not recognised.
fn unreadable(status: u16) -> String {
    format!("an answer that cannot be read (http {status})")
}

/// Other than a client's error, it may pass; a success that is no answer came from something in between.
fn is_transient_status(status: u16) -> bool {
    !(400..500).contains(&status) || status == 429 || status == 408
}

/// Older codes come with a name space before them: `AWS.SimpleQueueService.NonExistentQueue`.
fn last_part(code: &str) -> &str {
    code.rsplit(['.', '#']).next().unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_that_does_not_match_is_told_without_what_was_signed() {
        let message = "The Canonical String should have been 'POST ... x-amz-security-token:abc'";

        let told = told("SignatureDoesNotMatch", Some(message));

        assert_eq!(told, "SignatureDoesNotMatch");
    }

    #[test]
    fn a_long_message_is_cut_and_one_of_several_lines_has_one() {
        let long = "é".repeat(1_000);

        assert_eq!(told("Oops", Some(&long)).chars().count(), "Oops: …".chars().count() + MAX_MESSAGE);
        assert_eq!(told("Oops", Some(" first\nsecond ")), "Oops: first");
        assert_eq!(told("Oops", Some("  ")), "Oops");
    }

    #[test]
    fn a_code_counts_without_its_name_space() {
        assert!(is_transient("com.amazonaws.sqs#RequestThrottled"));
        assert!(is_transient("aws.kms#KmsThrottled"));
        assert!(!is_transient("AWS.SimpleQueueService.NonExistentQueue"));
        assert_eq!(told("AWS.SimpleQueueService.NonExistentQueue", None), "NonExistentQueue");
    }
}
