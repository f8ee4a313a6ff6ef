//! Texts that look like schedule expressions, and bytes that look like nothing.

use fuzzing::{TARGETS, schedule};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_looks_like_an_expression_keeps_what_must_hold(
        text in "[-@a-zA-Z0-9*?/,#() LW]{0,40}",
        fields in "[0-9*?/,LW# -]{1,30}",
        days in "([0-9]{1,2}|[*?]|L|LW|L-[0-9]|[0-9]{1,2}W) ([0-9*]{1,2}|JAN|FEB-DEC/3) ([0-7*?]|[0-7]#[1-5]|[0-7]L|L|MON-SUN|SAT-[0-7])",
    ) {
        for text in [text, format!("cron({fields})"), format!("cron(0 0 {days} *)"), format!("0 0 0 {fields}"), format!("0 0 0 {days}")] {
            schedule(text.as_bytes());
        }
    }

    #[test]
    fn bytes_of_any_kind_keep_what_must_hold(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        for (_, target) in TARGETS {
            target(&bytes);
        }
    }
}
