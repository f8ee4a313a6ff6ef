//! Each row of docs/domain.md's table of return codes.

use gmc::ReadError;
use sync::ports::gmc::{FailureKind, GmcFailure};

use crate::support::{error, read, result};

fn failure(code_element: &str) -> GmcFailure {
    error(result(&format!("<Doctors/><GMCRequestID>20261124000317</GMCRequestID>{code_element}"))).into()
}

fn coded(code: &str) -> GmcFailure {
    failure(&format!("<ReturnCode>{code}</ReturnCode>"))
}

#[test]
fn zero_is_success_with_white_space_around_it_as_well() {
    for code in ["0", " 0\n", "<![CDATA[0]]>", "&#48;"] {
        assert!(read(result(&format!("<ReturnCode>{code}</ReturnCode>"))).1.is_ok(), "{code:?}");
    }
}

#[test]
fn ninety_eight_is_an_internal_error_that_may_pass() {
    let failure = coded("98");

    assert_eq!(failure.kind, FailureKind::Internal);
    assert!(failure.kind.is_transient());
    assert_eq!(failure.message, "the service reports an internal error (return code 98)");
    assert_eq!(failure.return_code.as_deref(), Some("98"));
    assert_eq!(failure.gmc_request_id.as_deref(), Some("20261124000317"));
}

#[test]
fn a_refusal_says_its_reason_and_does_not_pass() {
    for (code, message) in [
        ("80", "the designated body code is missing or invalid (return code 80)"),
        ("81", "there is no access to this designated body (return code 81)"),
        ("99", "the credentials are not accepted (user, password or ip address) (return code 99)"),
        ("110", "the internal user is missing (return code 110)"),
    ] {
        let failure = coded(code);

        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Refused, message));
        assert!(!failure.kind.is_transient());
        assert_eq!(failure.return_code.as_deref(), Some(code));
    }
}

#[test]
fn any_other_code_is_shown() {
    for code in ["1", "00", "0.0", "-1", "zero", "098"] {
        let failure = coded(code);

        assert_eq!(failure.kind, FailureKind::UnknownCode);
        assert_eq!(failure.message, format!("the return code is unknown (return code {code})"));
    }
}

#[test]
fn a_code_is_shown_bounded_and_on_one_line() {
    let failure = coded(&format!("1\n2{}", "x".repeat(500)));

    assert_eq!(failure.return_code, Some(format!("1 2{}…", "x".repeat(37))));
}

#[test]
fn an_answer_without_a_code_is_no_success() {
    for none in [
        "",
        "<ReturnCode/>",
        "<ReturnCode> </ReturnCode>",
        "<ReturnCode xsi:nil='true'/>",
        "<ReturnCode xmlns=''>0</ReturnCode>",
    ] {
        let failure = failure(none);

        assert_eq!(failure.kind, FailureKind::UnknownCode, "{none}");
        assert_eq!((failure.message.as_str(), failure.return_code), ("the answer has no return code", None));
    }
    let empty_result =
        crate::support::body(&format!("<GetDoctorsForDBResponse xmlns='{}'/>", gmc::GMC_NAMESPACE));
    assert_eq!(error(empty_result), ReadError::ReturnCode { code: None, gmc_request_id: None });
}
