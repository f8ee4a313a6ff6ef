//! The return codes of `GetDoctorsForDB`, and what each means for the body (docs/domain.md §4).

use sync::ports::gmc::FailureKind;

/// The code of an answer to go by.
pub(crate) const SUCCESS: &str = "0";

/// The class of a code other than [`SUCCESS`], and its meaning for the operator.
pub(crate) fn meaning(code: Option<&str>) -> (FailureKind, &'static str) {
    match code {
        Some("98") => (FailureKind::Internal, "the service reports an internal error"),
        Some("80") => (FailureKind::Refused, "the designated body code is missing or invalid"),
        Some("81") => (FailureKind::Refused, "there is no access to this designated body"),
        Some("99") => {
            (FailureKind::Refused, "the credentials are not accepted (user, password or ip address)")
        }
        Some("110") => (FailureKind::Refused, "the internal user is missing"),
        Some(_) => (FailureKind::UnknownCode, "the return code is unknown"),
        None => (FailureKind::UnknownCode, "the answer has no return code"),
    }
}
