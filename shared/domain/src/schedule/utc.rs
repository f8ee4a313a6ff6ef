//! A moment as croner wants it. croner's own support of jiff is for an older version of it.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A moment, by the clock of UTC.
#[derive(Clone, Debug)]
pub(super) struct Utc(pub(super) Timestamp);

impl CronDateTime for Utc {
    fn to_civil(&self) -> CivilDateTime {
        let clock = TimeZone::UTC.to_datetime(self.0);
        let part = |number: i8| u32::from(number.unsigned_abs());
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(clock.year().into(), part(clock.month()), part(clock.day())),
            CivilTime::from_parts_unchecked(part(clock.hour()), part(clock.minute()), part(clock.second())),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        let from_sunday = TimeZone::UTC.to_datetime(self.0).weekday().to_sunday_zero_offset();
        Weekday::from_days_from_sunday(from_sunday.unsigned_abs().into())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
        let part = |number: u32| i8::try_from(number).map_err(|_| CronError::InvalidDate);
        let (month, day) = (part(civil.month())?, part(civil.day())?);
        let (hour, minute, second) = (part(civil.hour())?, part(civil.minute())?, part(civil.second())?);
        DateTime::new(year, month, day, hour, minute, second, 0)
            .and_then(|clock| TimeZone::UTC.to_timestamp(clock))
            .map(|timestamp| Resolution::Single(Self(timestamp)))
            .map_err(|_| CronError::InvalidDate)
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
