//! What people call a designated body.

/// The regions of the codes that are current (docs/domain.md §3).
const REGIONS: [(&str, &str); 13] = [
    ("1-1RSG4X0", "Yorkshire and the Humber"),
    ("1-1RSSPZ7", "East Midlands"),
    ("1-1RSSQ05", "East of England"),
    ("1-1RSSQ1B", "North East"),
    ("1-1RSSQ2H", "North West"),
    ("1-1RSSQ5L", "South London"),
    ("1-1RSSQ6R", "Thames Valley"),
    ("1-1RUZUSF", "Wessex"),
    ("1-1RUZUVB", "South West"),
    ("1-1RUZUYF", "West Midlands"),
    ("1-1RUZV1D", "Kent, Surrey and Sussex"),
    ("1-1RUZV4H", "North Central and East London"),
    ("1-1RUZV6H", "North West London"),
];

/// The region of a code, where it is known: a hint for people. Which bodies there are is a setting, and nothing rests on
/// this list.
pub fn region(code: &str) -> Option<&'static str> {
    REGIONS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_nobody_has_named_has_no_region() {
        assert_eq!(region("1-1RUZUSF"), Some("Wessex"));
        assert_eq!(region("1-2NEW"), None);
    }
}
