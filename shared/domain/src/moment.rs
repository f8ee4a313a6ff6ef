//! Moments in time and London's calendar.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z: the precision of a BSON date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment `span` later; the end of time if that is beyond it.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The calendar day in London at this moment: what the rules call today.
    pub fn london_date(self) -> Date {
        london().to_datetime(self.timestamp()).date()
    }

    /// The moment as a timestamp; what lies outside the calendar's range is moved to its end.
    pub fn timestamp(self) -> Timestamp {
        let bounded = self.0.clamp(Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
        Timestamp::from_millisecond(bounded).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_millisecond())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

/// London's time zone.
pub fn london() -> TimeZone {
    static LONDON: OnceLock<TimeZone> = OnceLock::new();
    LONDON.get_or_init(|| TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC)).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_londons_also_in_summer() {
        // given half past eleven at night in UTC, in July and in January
        let summer: Timestamp = "2026-07-01T23:30:00Z".parse().unwrap();
        let winter: Timestamp = "2026-01-01T23:30:00Z".parse().unwrap();

        // then London is a day on in summer only
        assert_eq!(Moment::from(summer).london_date(), jiff::civil::date(2026, 7, 2));
        assert_eq!(Moment::from(winter).london_date(), jiff::civil::date(2026, 1, 1));
    }

    #[test]
    fn a_span_never_runs_backwards() {
        assert_eq!(Moment(5).since(Moment(9)), Duration::ZERO);
        assert_eq!(Moment(9).since(Moment(5)), Duration::from_millis(4));
        assert_eq!(Moment(i64::MAX).plus(Duration::from_secs(1)), Moment(i64::MAX));
    }
}
