//! What a failure of the driver or the server means for a caller: whether the same call may go through later.

use std::error::Error as _;

use mongodb::error::{Error, ErrorKind, WriteFailure};
use sync::ports::PortError;

/// The keys of a document that is there already: `DuplicateKey`, and two older forms of it.
const DUPLICATE_KEY: [i32; 3] = [11_000, 11_001, 12_582];

/// The server, or the way to it, is not what it was, and will be again
/// (<https://www.mongodb.com/docs/manual/reference/error-codes/>).
const PASSING: [(i32, &str); 28] = [
    (6, "HostUnreachable"),
    (7, "HostNotFound"),
    (24, "LockTimeout"),
    (43, "CursorNotFound"),
    (46, "LockBusy"),
    (50, "MaxTimeMSExpired"),
    (64, "WriteConcernTimeout"),
    (89, "NetworkTimeout"),
    (91, "ShutdownInProgress"),
    (112, "WriteConflict"),
    (133, "FailedToSatisfyReadPreference"),
    (134, "ReadConcernMajorityNotAvailableYet"),
    (175, "QueryPlanKilled"),
    (189, "PrimarySteppedDown"),
    (202, "NetworkInterfaceExceededTimeLimit"),
    (237, "CursorKilled"),
    (246, "SnapshotUnavailable"),
    (262, "ExceededTimeLimit"),
    (317, "ConnectionPoolExpired"),
    (462, "IngressRequestRateLimitExceeded"),
    (9_001, "SocketException"),
    (10_058, "LegacyNotPrimary"),
    (10_107, "NotWritablePrimary"),
    (11_600, "InterruptedAtShutdown"),
    (11_601, "Interrupted"),
    (11_602, "InterruptedDueToReplStateChange"),
    (13_435, "NotPrimaryNoSecondaryOk"),
    (13_436, "NotPrimaryOrSecondary"),
];

/// Not about one document: every other statement would meet the same.
const ABOUT_THE_SERVER: [(i32, &str); 6] = [
    (13, "Unauthorized"),
    (18, "AuthenticationFailed"),
    (59, "CommandNotFound"),
    (303, "FeatureNotSupported"),
    (8_000, "AtlasError"),
    (14_031, "OutOfDiskSpace"),
];

/// Codes of documents that are refused, for the reader of a report.
const ABOUT_A_DOCUMENT: [(i32, &str); 8] = [
    (2, "BadValue"),
    (14, "TypeMismatch"),
    (28, "PathNotViable"),
    (66, "ImmutableField"),
    (121, "DocumentValidationFailure"),
    (10_334, "BSONObjectTooLarge"),
    (17_280, "KeyTooLong"),
    (17_419, "ResultingDocumentTooLarge"),
];

/// The failure of a call as a port tells it. `what` completes the sentence "could not …".
///
/// The server's own words are left out: they quote the command, and so a doctor's name. Its code says as much.
pub(crate) fn port_error(what: &str, error: &Error) -> PortError {
    let (reason, is_transient) = explain(error);
    failure(what, &reason, is_transient)
}

/// A failure with this reason.
pub(crate) fn failure(what: &str, reason: &str, is_transient: bool) -> PortError {
    PortError { message: format!("could not {what} in MongoDB: {reason}"), is_transient }
}

/// A code of the server with its name, if it is known here.
pub(crate) fn code_text(code: i32) -> String {
    let known = PASSING.iter().chain(&ABOUT_THE_SERVER).chain(&ABOUT_A_DOCUMENT);
    match known.into_iter().find(|(known, _)| *known == code) {
        Some((_, name)) => format!("error {code} ({name})"),
        None => format!("error {code}"),
    }
}

/// Whether the server has refused a document because one with the same key is there.
pub(crate) fn is_duplicate_key(code: i32) -> bool {
    DUPLICATE_KEY.contains(&code)
}

/// Whether a call that ended with this code may go through later.
pub(crate) fn is_passing(code: i32) -> bool {
    PASSING.iter().any(|(known, _)| *known == code)
}

/// Whether a statement was refused for what the server is, and not for what the statement says.
pub(crate) fn is_about_the_server(code: i32) -> bool {
    ABOUT_THE_SERVER.iter().any(|(known, _)| *known == code)
}

/// Whether a write concern that was not met may be met later; else no such write concern can be met there.
pub(crate) fn write_concern_may_pass(code: i32) -> bool {
    const UNKNOWN_WRITE_CONCERN: i32 = 79;
    const UNSATISFIABLE_WRITE_CONCERN: i32 = 100;
    !matches!(code, UNKNOWN_WRITE_CONCERN | UNSATISFIABLE_WRITE_CONCERN)
}

/// The code with which a single insertion was refused.
pub(crate) fn write_error_code(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(refusal)) => Some(refusal.code),
        ErrorKind::Command(refusal) => Some(refusal.code),
        _ => None,
    }
}

/// The reason without anything that a document may hold, and whether it may pass.
fn explain(error: &Error) -> (String, bool) {
    match error.kind.as_ref() {
        ErrorKind::Command(refusal) => {
            (named_code(refusal.code, &refusal.code_name), may_pass(error, refusal.code))
        }
        ErrorKind::Write(WriteFailure::WriteError(refusal)) => {
            (code_text(refusal.code), may_pass(error, refusal.code))
        }
        ErrorKind::Write(WriteFailure::WriteConcernError(unmet)) => (
            format!("the write concern was not met, {}", named_code(unmet.code, &unmet.code_name)),
            write_concern_may_pass(unmet.code),
        ),
        ErrorKind::Io(cause) => (format!("the connection failed: {cause}"), true),
        ErrorKind::ServerSelection { message, .. } => (format!("no server can be used: {message}"), true),
        ErrorKind::ConnectionPoolCleared { .. } => {
            ("the connections were closed, because another call on them failed".to_owned(), true)
        }
        ErrorKind::DnsResolve { message, .. } => (format!("a host name cannot be resolved: {message}"), true),
        ErrorKind::Authentication { .. } => explain_authentication(error),
        ErrorKind::InvalidTlsConfig { message, .. } => (format!("TLS cannot be set up: {message}"), false),
        ErrorKind::IncompatibleServer { message, .. } => {
            (format!("the server is another one: {message}"), false)
        }
        ErrorKind::Bson(_) | ErrorKind::InvalidResponse { .. } => {
            ("the server's answer cannot be read".to_owned(), false)
        }
        ErrorKind::Shutdown => ("the client was shut down".to_owned(), false),
        _ => ("the driver refused the call".to_owned(), false),
    }
}

fn may_pass(error: &Error, code: i32) -> bool {
    is_passing(code)
        || error.contains_label(mongodb::error::RETRYABLE_WRITE_ERROR)
        || error.contains_label(mongodb::error::RETRYABLE_ERROR)
}

/// A server that steps down in the middle of an authentication ends it as well.
fn explain_authentication(error: &Error) -> (String, bool) {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<Error>()).map(explain);
    match cause {
        Some((reason, true)) => (format!("authentication failed: {reason}"), true),
        Some((reason, false)) => (format!("user or password is refused: {reason}"), false),
        None => ("user or password is refused".to_owned(), false),
    }
}

fn named_code(code: i32, name: &str) -> String {
    if name.is_empty() { code_text(code) } else { format!("error {code} ({name})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_one_class() {
        let classes = [PASSING.as_slice(), &ABOUT_THE_SERVER, &ABOUT_A_DOCUMENT];
        let mut codes: Vec<i32> =
            classes.iter().flat_map(|class| class.iter().map(|(code, _)| *code)).collect();
        codes.extend(DUPLICATE_KEY);
        let listed = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), listed, "expected every code once");
    }

    #[test]
    fn what_is_away_is_transient_and_what_is_forbidden_permanent() {
        let away = Error::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        assert!(port_error("read", &away).is_transient);
        assert!(is_passing(91) && is_passing(11_600) && is_passing(10_107) && is_passing(50));
        assert!(!is_passing(13) && !is_passing(18) && !is_passing(9) && !is_passing(11_000));
        assert!(write_concern_may_pass(64) && write_concern_may_pass(91) && !write_concern_may_pass(79));
        assert_eq!(code_text(121), "error 121 (DocumentValidationFailure)");
        assert_eq!(code_text(4_242), "error 4242");
    }
}
