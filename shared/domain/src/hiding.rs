//! Hiding: which doctors a run hides while it asks the GMC, and how their codes are stored then (docs/domain.md §5).

use crate::planted::{Bug, planted};
use crate::stored::StoredDoctor;
use crate::{BodyCode, Moment};

/// What one run hides of one body. This is the rule: an adapter's statement says the same in its own language, and the
/// contract of the port compares the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hiding {
    /// The body whose doctors the run hides.
    pub body: BodyCode,
    /// When the run was opened. A statement can be minutes on its way; a doctor whom another service has connected
    /// since then must not be hidden when it lands.
    pub opened: Moment,
}

impl Hiding {
    /// The code that hides this doctor; `None` if hiding leaves the document as it is. A code that is absent, empty,
    /// hidden already or another body's stays, and so does one that is dated after the run was opened.
    pub fn code_for(&self, doctor: &StoredDoctor) -> Option<String> {
        let is_visible_here = doctor.code.as_deref() == Some(self.body.as_str());
        let is_set_since = doctor.gmc_last_updated.is_some_and(|at| at > self.opened);
        (is_visible_here && (!is_set_since || planted(Bug::SetByHandHidden))).then(|| self.body.hidden())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::GmcNumber;
    use crate::body::{body_of, is_hidden};

    const OPENED: Moment = Moment(1_000);

    fn hiding(code: &str) -> Hiding {
        Hiding { body: BodyCode::parse(code).unwrap(), opened: OPENED }
    }

    fn stored(code: Option<&str>, dated: Option<i64>) -> StoredDoctor {
        StoredDoctor {
            code: code.map(str::to_owned),
            gmc_last_updated: dated.map(Moment),
            ..StoredDoctor::bare(GmcNumber::from_value(7_000_001).unwrap())
        }
    }

    #[test]
    fn only_the_plain_code_of_the_body_is_hidden() {
        let of = |code| hiding("1-AIIDHJ").code_for(&stored(code, None));

        assert_eq!(of(Some("1-AIIDHJ")).as_deref(), Some("last-1-AIIDHJ"));
        for code in [None, Some(""), Some("last-1-AIIDHJ"), Some("1-AIIDHJ1"), Some("1-OTHER")] {
            assert_eq!(of(code), None, "{code:?} stays");
        }
    }

    #[test]
    fn a_doctor_dated_after_the_run_was_opened_is_not_hidden() {
        let of = |dated| hiding("1-X").code_for(&stored(Some("1-X"), dated)).is_some();

        for (dated, is_hidden) in [
            (None, true),
            (Some(999), true),
            (Some(1_000), true),
            (Some(1_001), false),
            (Some(i64::MAX), false),
        ] {
            assert_eq!(of(dated), is_hidden, "dated {dated:?}");
        }
    }

    proptest! {
        #[test]
        fn hiding_twice_is_hiding_once(stored_code in proptest::option::of("(last-)?[0-9][0-9A-Z-]{0,3}")) {
            let hiding = hiding("1-X");
            let mut doctor = stored(stored_code.as_deref(), None);
            if let Some(code) = hiding.code_for(&doctor) {
                doctor.code = Some(code);
            }
            prop_assert_eq!(hiding.code_for(&doctor), None);
        }

        #[test]
        fn hiding_is_reversible(code in "[0-9][0-9A-Z-]{0,12}") {
            let hidden = hiding(&code).code_for(&stored(Some(&code), None));
            prop_assert!(is_hidden(hidden.as_deref()));
            prop_assert_eq!(body_of(hidden.as_deref()), Some(code.as_str()));
        }
    }
}
