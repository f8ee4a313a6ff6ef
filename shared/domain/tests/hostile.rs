//! What somebody hostile would put in the place of a GMC number or of a body's code: neither type can hold it.

use domain::body::{body_of, is_hidden};
use domain::{BodyCode, GmcNumber};
use proptest::prelude::*;
use serde_json::json;

/// Operators, paths, quotation marks, line ends and marks of direction, beside what looks right.
const HOSTILE: [&str; 20] = [
    "$where",
    "$7000001",
    "{\"$gt\":\"\"}",
    "7000001.5",
    "7000001\"",
    "'7000001'",
    "7000001' OR '1'='1",
    "7000001;",
    "7000001\n7000002",
    "7000001\r\n{\"delete\":{}}",
    "7000001\u{0}",
    "\u{202e}7000001",
    "7000001\u{200f}",
    "7000001\u{2028}x",
    "7000001/../x",
    "70000*1",
    "７０００００１",
    "\u{1b}[2J",
    "<b>",
    "%00",
];

#[test]
fn what_is_hostile_is_no_gmc_number_and_no_code() {
    for text in HOSTILE {
        assert!(GmcNumber::parse(text).is_err(), "{text:?}");
        assert!(serde_json::from_value::<GmcNumber>(json!(text)).is_err(), "{text:?}");
        // a code may have dots
        if text != "7000001.5" {
            assert!(BodyCode::parse(text).is_err(), "{text:?}");
            assert!(serde_json::from_value::<BodyCode>(json!(text)).is_err(), "{text:?}");
        }
    }
}

#[test]
fn what_is_no_text_is_no_gmc_number_and_no_code() {
    for value in [json!(7_000_001), json!({"$gt": ""}), json!(["7000001"]), json!(null), json!(true)] {
        assert!(serde_json::from_value::<GmcNumber>(value.clone()).is_err(), "{value}");
        assert!(serde_json::from_value::<BodyCode>(value.clone()).is_err(), "{value}");
    }
}

#[test]
fn why_a_code_is_refused_is_told_in_one_line() {
    for text in HOSTILE {
        let Err(error) = BodyCode::parse(text) else { continue };
        let told = error.to_string();
        assert!(
            !told.contains(|c: char| c.is_control() || "\u{202e}\u{200f}\u{2028}".contains(c)),
            "{told:?}"
        );
        assert!(!GmcNumber::parse(text).unwrap_err().to_string().contains("700"), "nothing of it is told");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_gmc_number_is_seven_digits_whatever_it_was_read_from(text in "\\PC{0,9}|[ \t]?[0-9]{6,8}[\n\u{2028}]?|[0-9]{3}.[0-9]{3}") {
        if let Ok(number) = GmcNumber::parse(&text) {
            let shown = number.to_string();
            prop_assert!(shown.len() == 7 && shown.bytes().all(|byte| byte.is_ascii_digit()), "{shown:?}");
            prop_assert_eq!(&shown, text.trim());
            prop_assert_eq!(serde_json::to_value(number).unwrap(), json!(shown));
        }
    }

    #[test]
    fn a_code_has_letters_digits_hyphens_underscores_and_dots(text in "\\PC{0,9}|[-_.a-zA-Z0-9]{0,70}|(last-)?[ -~]{0,6}|[0-9A-Z-]{3}.") {
        if let Ok(code) = BodyCode::parse(&text) {
            let code = code.as_str();
            prop_assert!((1..=64).contains(&code.len()), "{code:?}");
            prop_assert!(code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{code:?}");
            prop_assert!(!is_hidden(Some(code)));
            let hidden = format!("last-{code}");
            prop_assert_eq!(body_of(Some(&hidden)), Some(code));
        }
    }
}
