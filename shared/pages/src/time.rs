//! Moments as people in London read them, with UTC beside.

use domain::Moment;
use domain::moment::london;

/// "Thu 26 Nov 2026, 01:05:12 BST (00:05:12 UTC)".
pub(crate) fn when(moment: Moment) -> String {
    let zoned = moment.timestamp().to_zoned_datetime(london());
    let here = zoned.strftime("%a %-d %b %Y, %H:%M:%S %Z");
    format!("{here} ({} UTC)", moment.timestamp().strftime("%H:%M:%S"))
}

/// "Thu 26 Nov 2026, 01:05", London's.
pub(crate) fn short(moment: Moment) -> String {
    moment.timestamp().to_zoned_datetime(london()).strftime("%a %-d %b %Y, %H:%M").to_string()
}

/// For the attribute `datetime`.
pub(crate) fn machine(moment: Moment) -> String {
    moment.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn londons_time_stands_first_and_utc_beside_it() {
        let at = |text: &str| Moment::from(text.parse::<jiff::Timestamp>().unwrap());
        assert_eq!(when(at("2026-11-26T00:05:12Z")), "Thu 26 Nov 2026, 00:05:12 GMT (00:05:12 UTC)");
        assert_eq!(when(at("2026-07-01T23:30:00Z")), "Thu 2 Jul 2026, 00:30:00 BST (23:30:00 UTC)");
    }
}
