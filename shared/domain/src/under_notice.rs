//! Whether a doctor is under notice: due for revalidation soon, so that the region must recommend.

use serde::{Deserialize, Serialize};

/// The GMC's UnderNotice, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnderNotice {
    /// The region's recommendation is due.
    Yes,
    /// Not due.
    No,
    /// Suspended by the GMC.
    OnHold,
}

impl UnderNotice {
    /// Reads the GMC's `Yes`, `No`, `On Hold` in any case (docs/domain.md §4); `None` for anything else.
    pub fn parse_gmc(text: &str) -> Option<Self> {
        let text = text.trim();
        [("yes", Self::Yes), ("no", Self::No), ("on hold", Self::OnHold)]
            .into_iter()
            .find_map(|(name, value)| text.eq_ignore_ascii_case(name).then_some(value))
    }

    /// The stored form: `YES`, `NO`, `ON_HOLD` (docs/domain.md §5).
    pub fn stored(self) -> &'static str {
        match self {
            Self::Yes => "YES",
            Self::No => "NO",
            Self::OnHold => "ON_HOLD",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gmcs_words_are_read_in_any_case() {
        for (text, expected) in [
            ("Yes", Some(UnderNotice::Yes)),
            ("NO", Some(UnderNotice::No)),
            ("on hold", Some(UnderNotice::OnHold)),
            (" On Hold ", Some(UnderNotice::OnHold)),
            ("ON_HOLD", None),
            ("Perhaps", None),
            ("", None),
        ] {
            assert_eq!(UnderNotice::parse_gmc(text), expected, "{text:?}");
        }
    }
}
