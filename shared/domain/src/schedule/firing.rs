//! When a cron expression fires, in UTC. Days are found month by month, the time of day from its three lists: no
//! search walks through minutes.

use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Cron;
use super::days::Month;

/// The calendar repeats after so many years: what does not fire within them never does.
const CALENDAR_CYCLE: usize = 400;

/// The first time after `timestamp`.
pub(super) fn next_after(cron: &Cron, timestamp: Timestamp) -> Option<Timestamp> {
    let start = whole_second(timestamp)?.checked_add(1.second()).ok()?;
    let time = if fires_on(cron, start.date()) { first_time_from(cron, start.time()) } else { None };
    let fires_at = match time {
        Some(time) => start.date().to_datetime(time),
        None => first_day_from(cron, start.date().tomorrow().ok()?)?
            .to_datetime(first_time_from(cron, Time::midnight())?),
    };
    TimeZone::UTC.to_timestamp(fires_at).ok()
}

/// The last time before `timestamp` or at it.
pub(super) fn previous_at_or_before(cron: &Cron, timestamp: Timestamp) -> Option<Timestamp> {
    let end = whole_second(timestamp)?;
    let time = if fires_on(cron, end.date()) { last_time_until(cron, end.time()) } else { None };
    let fires_at = match time {
        Some(time) => end.date().to_datetime(time),
        None => last_day_until(cron, end.date().yesterday().ok()?)?
            .to_datetime(last_time_until(cron, Time::constant(23, 59, 59, 0))?),
    };
    TimeZone::UTC.to_timestamp(fires_at).ok()
}

/// Whether no day is ever chosen, such as 30 February.
pub(super) fn never_fires(cron: &Cron) -> bool {
    first_day_from(cron, Date::constant(1970, 1, 1)).is_none()
}

/// In UTC, without its fraction.
fn whole_second(timestamp: Timestamp) -> Option<DateTime> {
    TimeZone::UTC.to_datetime(timestamp).with().subsec_nanosecond(0).build().ok()
}

fn fires_on(cron: &Cron, date: Date) -> bool {
    years(cron, date.year()..=date.year()).next().is_some()
        && has(cron.month.mask(), date.month())
        && has(days(cron, date.year(), date.month()), date.day())
}

fn first_day_from(cron: &Cron, from: Date) -> Option<Date> {
    for year in years(cron, from.year()..=i16::MAX).take(CALENDAR_CYCLE + 1) {
        let first_month = if year == from.year() { from.month() } else { 1 };
        for month in (first_month..=12).filter(|month| has(cron.month.mask(), *month)) {
            let days = days(cron, year, month);
            let first_day = if (year, month) == (from.year(), from.month()) { from.day() } else { 1 };
            if let Some(day) = (first_day..=31).find(|day| has(days, *day)) {
                return Date::new(year, month, day).ok();
            }
        }
    }
    None
}

fn last_day_until(cron: &Cron, until: Date) -> Option<Date> {
    for year in years(cron, i16::MIN..=until.year()).rev().take(CALENDAR_CYCLE + 1) {
        let last_month = if year == until.year() { until.month() } else { 12 };
        for month in (1..=last_month).rev().filter(|month| has(cron.month.mask(), *month)) {
            let days = days(cron, year, month);
            let last_day = if (year, month) == (until.year(), until.month()) { until.day() } else { 31 };
            if let Some(day) = (1..=last_day).rev().find(|day| has(days, *day)) {
                return Date::new(year, month, day).ok();
            }
        }
    }
    None
}

fn first_time_from(cron: &Cron, from: Time) -> Option<Time> {
    let (hours, minutes, seconds) = times(cron);
    for hour in (from.hour()..24).filter(|hour| has(hours, *hour)) {
        let first_minute = if hour == from.hour() { from.minute() } else { 0 };
        for minute in (first_minute..60).filter(|minute| has(minutes, *minute)) {
            let first_second = if (hour, minute) == (from.hour(), from.minute()) { from.second() } else { 0 };
            if let Some(second) = (first_second..60).find(|second| has(seconds, *second)) {
                return Time::new(hour, minute, second, 0).ok();
            }
        }
    }
    None
}

fn last_time_until(cron: &Cron, until: Time) -> Option<Time> {
    let (hours, minutes, seconds) = times(cron);
    for hour in (0..=until.hour()).rev().filter(|hour| has(hours, *hour)) {
        let last_minute = if hour == until.hour() { until.minute() } else { 59 };
        for minute in (0..=last_minute).rev().filter(|minute| has(minutes, *minute)) {
            let last_second =
                if (hour, minute) == (until.hour(), until.minute()) { until.second() } else { 59 };
            if let Some(second) = (0..=last_second).rev().find(|second| has(seconds, *second)) {
                return Time::new(hour, minute, second, 0).ok();
            }
        }
    }
    None
}

/// The years of a span in which it may fire at all.
fn years(cron: &Cron, within: RangeInclusive<i16>) -> Box<dyn DoubleEndedIterator<Item = i16> + '_> {
    match &cron.year {
        Some(list) => {
            let years = list.numbers().iter().filter_map(|year| i16::try_from(*year).ok());
            Box::new(years.filter(move |year| within.contains(year)))
        }
        None => Box::new(within),
    }
}

/// The days of a month that both fields allow, one bit each.
fn days(cron: &Cron, year: i16, month: i8) -> u64 {
    Month::of(year, month).map_or(0, |month| cron.day_of_month.mask(month) & cron.day_of_week.mask(month))
}

fn times(cron: &Cron) -> (u64, u64, u64) {
    (cron.hour.mask(), cron.minute.mask(), cron.second.mask())
}

fn has(mask: u64, number: i8) -> bool {
    mask >> number & 1 == 1
}
