//! The collection's dates: BSON Dates at midnight UTC (docs/domain.md §5).

use domain::Moment;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use mongodb::bson::DateTime;

const EPOCH: Date = date(1970, 1, 1);
const MILLISECONDS_A_DAY: i64 = 24 * 60 * 60 * 1_000;

/// The calendar day that a stored BSON Date stands for; `None` beyond the calendar's range.
///
/// Midnight UTC is that day, whatever day it is in London: what we write must be read back, also for a year such as 1
/// or 9999, which the GMC's own systems may use for "none" and "always". Any other time of day was stored by a service
/// that works in London's time, where 23:00Z in summer is the midnight with which the next day begins.
pub(crate) fn day_of(stored: DateTime) -> Option<Date> {
    let milliseconds = stored.timestamp_millis();
    if milliseconds.rem_euclid(MILLISECONDS_A_DAY) == 0 {
        let days = milliseconds.div_euclid(MILLISECONDS_A_DAY);
        return EPOCH.checked_add(SignedDuration::from_hours(days.checked_mul(24)?)).ok();
    }
    // a moment outside the calendar is no day, and must not become its first or last one
    Timestamp::from_millisecond(milliseconds).ok()?;
    Some(Moment(milliseconds).london_date())
}

/// Midnight UTC with which the day begins.
pub(crate) fn midnight(day: Date) -> DateTime {
    let days = (day - EPOCH).get_days();
    DateTime::from_millis(i64::from(days) * MILLISECONDS_A_DAY)
}

/// A moment as a BSON Date: the same milliseconds.
pub(crate) fn stored_moment(moment: Moment) -> DateTime {
    DateTime::from_millis(moment.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime {
        stored_moment(text.parse::<Timestamp>().unwrap().into())
    }

    #[test]
    fn a_day_that_was_written_is_read_back_also_at_the_ends_of_the_calendar() {
        for day in [
            date(2026, 11, 23),
            date(2026, 7, 1),
            date(1970, 1, 1),
            date(1969, 12, 31),
            date(1840, 6, 1),
            date(1, 1, 1),
            date(9999, 12, 31),
            date(2028, 2, 29),
        ] {
            assert_eq!(day_of(midnight(day)), Some(day), "{day}");
        }
        assert_eq!(midnight(date(2026, 11, 23)), at("2026-11-23T00:00:00Z"));
    }

    #[test]
    fn londons_midnight_is_the_day_that_it_begins() {
        assert_eq!(day_of(at("2026-06-30T23:00:00Z")), Some(date(2026, 7, 1)));
        assert_eq!(day_of(at("2026-07-01T00:00:00Z")), Some(date(2026, 7, 1)));
        assert_eq!(
            day_of(at("2026-01-31T23:00:00Z")),
            Some(date(2026, 1, 31)),
            "in winter it is the evening"
        );
    }

    #[test]
    fn a_date_with_a_time_of_day_is_the_day_in_london() {
        assert_eq!(day_of(at("2026-07-01T13:14:15.016Z")), Some(date(2026, 7, 1)));
        assert_eq!(day_of(at("2026-07-01T23:30:00Z")), Some(date(2026, 7, 2)));
        assert_eq!(day_of(at("2026-01-01T23:30:00Z")), Some(date(2026, 1, 1)));
    }

    #[test]
    fn what_is_beyond_the_calendar_is_no_day() {
        for milliseconds in [i64::MAX, i64::MIN, i64::MAX / MILLISECONDS_A_DAY * MILLISECONDS_A_DAY] {
            assert_eq!(day_of(DateTime::from_millis(milliseconds)), None, "{milliseconds}");
        }
    }
}
