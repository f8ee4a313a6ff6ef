//! `Retry-After`: how long the service asks to be left alone (RFC 9110, 10.2.3).

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Longer than any night: what is asked beyond it makes no difference, and stays addable to any clock.
const LONGEST: Duration = Duration::from_hours(24);

/// The wait that a `Retry-After` asks for: seconds or an HTTP date; `None` for a date that is over, or anything else.
pub(crate) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // more digits than a number holds are a long wait as well
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let until = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    let wait = Duration::try_from(until.duration_since(now)).ok()?;
    (!wait.is_zero()).then(|| wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_http_dates_are_read_and_bounded() {
        let now: Timestamp = "2026-11-23T00:05:00Z".parse().unwrap();

        for (value, wait) in [
            ("120", Some(Duration::from_mins(2))),
            (" 0 ", Some(Duration::ZERO)),
            ("Mon, 23 Nov 2026 00:05:30 GMT", Some(Duration::from_secs(30))),
            ("Sun, 22 Nov 2026 00:05:30 GMT", None),
            ("Mon, 23 Nov 2099 00:05:30 GMT", Some(LONGEST)),
            ("99999999999999999999999999", Some(LONGEST)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(value, now), wait, "{value:?}");
        }
    }
}
