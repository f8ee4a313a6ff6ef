//! When expressions fire: against croner for Spring's notation, and against a matcher written straight from the
//! EventBridge user guide ("Cron expressions reference") that looks at every minute of a year.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds};
use croner::{CivilDate, CivilDateTime, CivilTime, Cron, CronDateTime, Resolution, Weekday};
use domain::schedule::Schedule;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::sample::select;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_conversion_fires_at_the_same_minutes_of_a_year_as_the_original(
        original in convertible(),
        year in 2020_i16..2060,
    ) {
        let schedule = Schedule::parse(&original.spring).unwrap();
        // A day that no month has is refused, and rightly never fires.
        let Ok(Some(converted)) = schedule.to_eventbridge() else {
            let never = schedule.to_eventbridge().unwrap_err().to_string();
            prop_assert!(never.contains("never fires"), "{never}");
            prop_assert_eq!(minutes_by_croner(&original.croner, year), Vec::<i64>::new());
            return Ok(());
        };

        let expected = minutes_by_croner(&original.croner, year);
        let brute_force = minutes_by_aws_rules(&converted, year);
        let difference = expected.iter().zip(&brute_force).find(|(one, other)| one != other);
        prop_assert!(
            expected.len() == brute_force.len() && difference.is_none(),
            "{} became {}: {} and {} firings, first difference {:?}",
            original.spring, converted, expected.len(), brute_force.len(), difference
        );

        let converted = Schedule::parse(&converted).unwrap();
        for firing in [&schedule, &converted] {
            let mut at = midnight(year, 1, 1).checked_sub(1.second()).unwrap();
            for minute in expected.iter().take(200) {
                let next = firing.next_after(at).unwrap();
                prop_assert_eq!(next.as_second() / 60, *minute, "{} after {}", firing, at);
                prop_assert_eq!(firing.previous_at_or_before(next), Some(next));
                at = next;
            }
        }
    }

    #[test]
    fn the_next_and_the_previous_time_are_those_of_a_second_implementation(
        original in any_spring(),
        start in 1_577_836_800_i64..2_840_140_800,
    ) {
        let schedule = Schedule::parse(&original.spring).unwrap();
        let reference = croner(&original.croner);
        let start = Timestamp::from_second(start).unwrap();
        let mut at = Utc(TimeZone::UTC.to_datetime(start));
        for _ in 0..5 {
            let now = timestamp(at.0);
            let next = reference.find_next_occurrence(&at, false).ok();
            let previous = reference.find_previous_occurrence(&at, true).ok();
            prop_assert_eq!(
                schedule.next_after(now), next.as_ref().map(|utc| timestamp(utc.0)),
                "{} after {}", &original.spring, now
            );
            prop_assert_eq!(
                schedule.previous_at_or_before(now), previous.map(|utc| timestamp(utc.0)),
                "{} before {}", &original.spring, now
            );
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
    }
}

#[test]
fn the_next_times_of_an_expression_are_found_however_far_away() {
    for (expression, after, expected) in [
        ("0 0 0 * * *", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"),
        ("0 0 0 * * *", "2026-06-30T23:59:59.999Z", "2026-07-01T00:00:00Z"),
        ("0 5 0 * * MON-FRI", "2026-07-03T00:05:00Z", "2026-07-06T00:05:00Z"),
        ("30 59 23 31 12 *", "2026-12-31T23:59:30Z", "2027-12-31T23:59:30Z"),
        ("0 0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        // both days must match in Spring
        ("0 0 0 13 * FRI", "2026-03-13T00:00:00Z", "2026-11-13T00:00:00Z"),
        ("0 0 0 29 2 MON#5", "2025-01-01T00:00:00Z", "2044-02-29T00:00:00Z"),
        // days from a month's end
        ("0 0 0 L-3 * *", "2026-02-01T00:00:00Z", "2026-02-25T00:00:00Z"),
        ("0 0 0 L-30 * *", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("0 0 0 LW * *", "2026-05-01T00:00:00Z", "2026-05-29T00:00:00Z"),
        ("0 0 0 1W * *", "2026-08-01T00:00:00Z", "2026-08-03T00:00:00Z"),
        ("0 0 0 1,15,L * *", "2026-02-16T00:00:00Z", "2026-02-28T00:00:00Z"),
        ("0 0 0 * * MON#1,FRIL", "2026-06-02T00:00:00Z", "2026-06-26T00:00:00Z"),
        // 31 May 2026 is a Sunday
        ("0 0 0 31W * *", "2026-05-01T00:00:00Z", "2026-07-31T00:00:00Z"),
        ("cron(0 0 31W * ? *)", "2026-05-01T00:00:00Z", "2026-05-29T00:00:00Z"),
        ("cron(0 0 ? * L *)", "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"),
        ("cron(0/30 20-2 ? * MON-FRI *)", "2026-05-01T02:30:00Z", "2026-05-01T20:00:00Z"),
        ("cron(0 20-4/4 * * ? *)", "2026-05-01T20:00:00Z", "2026-05-02T00:00:00Z"),
        ("cron(0 0 ? * SAT-MON *)", "2026-05-04T00:00:00Z", "2026-05-09T00:00:00Z"),
        ("cron(0 0 1 1 ? 2150)", "-005000-01-01T00:00:00Z", "2150-01-01T00:00:00Z"),
    ] {
        let schedule = Schedule::parse(expression).unwrap();
        let after: Timestamp = after.parse().unwrap();
        assert_eq!(schedule.next_after(after).unwrap().to_string(), expected, "{expression} after {after}");
    }
}

#[test]
fn the_last_time_counts_when_it_is_now() {
    let schedule = Schedule::parse("0 5 0 * * MON-FRI").unwrap();
    for (at, expected) in [
        ("2026-07-06T00:05:00Z", "2026-07-06T00:05:00Z"),
        ("2026-07-06T00:05:00.9Z", "2026-07-06T00:05:00Z"),
        ("2026-07-06T00:04:59.999Z", "2026-07-03T00:05:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T00:05:00Z"),
    ] {
        let at: Timestamp = at.parse().unwrap();
        assert_eq!(schedule.previous_at_or_before(at).unwrap().to_string(), expected, "{at}");
    }
}

#[test]
fn there_is_no_next_time_when_nothing_fires_any_more() {
    let now: Timestamp = "2026-07-01T00:00:00Z".parse().unwrap();
    for expression in
        ["-", "rate(1 day)", "0 0 0 30 2 *", "0 0 0 31 2,4,6,9,11 *", "cron(0 0 * * ? 2019-2022)"]
    {
        assert_eq!(Schedule::parse(expression).unwrap().next_after(now), None, "{expression}");
    }
    for expression in ["-", "rate(1 day)", "0 0 0 30 2 *", "cron(0 0 * * ? 2030)"] {
        assert_eq!(Schedule::parse(expression).unwrap().previous_at_or_before(now), None, "{expression}");
    }
}

/// One expression in Spring's notation, and in croner's where the two differ.
#[derive(Clone, Debug)]
struct Original {
    spring: String,
    croner: String,
}

/// One field: Spring's text and croner's.
type Both = (String, String);

fn alike(text: impl Into<String>) -> Both {
    let text = text.into();
    (text.clone(), text)
}

/// Expressions with a fixed second and at most one of the days restricted.
fn convertible() -> impl Strategy<Value = Original> {
    let open = || select(vec!["*", "?"]).prop_map(|open| (open.to_owned(), "*".to_owned()));
    let days = prop_oneof![
        1 => (open(), open()),
        3 => (day_of_month(), open()),
        3 => (open(), day_of_week()),
    ];
    let second = (0..60_u8).prop_map(|second| alike(second.to_string()));
    (second, numbers(0, 59, &[]), numbers(0, 23, &[]), days, numbers(1, 12, &MONTHS)).prop_map(
        |(second, minute, hour, (dom, dow), month)| original([second, minute, hour, dom, month, dow]),
    )
}

/// Any expression on which croner agrees with Spring, both days restricted and several seconds included.
fn any_spring() -> impl Strategy<Value = Original> {
    let times = (numbers(0, 59, &[]), numbers(0, 59, &[]), numbers(0, 23, &[]));
    (times, day_of_month(), numbers(1, 12, &MONTHS), day_of_week()).prop_map(
        |((second, minute, hour), dom, month, dow)| original([second, minute, hour, dom, month, dow]),
    )
}

fn original(fields: [Both; 6]) -> Original {
    let (spring, croner): (Vec<String>, Vec<String>) = fields.into_iter().unzip();
    Original { spring: spring.join(" "), croner: croner.join(" ") }
}

/// Values, ranges and steps; croner has no `5/15`, which is written with the end of its field there, and no names here.
fn numbers(min: u8, max: u8, names: &'static [&'static str]) -> BoxedStrategy<Both> {
    let name = move |number: u8, named: bool| match names.get(usize::from(number - min)) {
        Some(name) if named => name.to_lowercase(),
        _ => number.to_string(),
    };
    let part = (min..=max, min..=max, 1..=max + 3, any::<bool>(), 0..4_u8).prop_map(
        move |(a, b, step, named, form)| {
            let (a, b) = (a.min(b), a.max(b));
            let (first, last) = (name(a, named), name(b, named));
            match form {
                0 => (first, format!("{a}")),
                1 => (format!("{first}-{last}"), format!("{a}-{b}")),
                2 => (format!("{first}/{step}"), format!("{a}-{max}/{step}")),
                _ => (format!("{first}-{last}/{step}"), format!("{a}-{b}/{step}")),
            }
        },
    );
    prop_oneof![
        2 => Just(alike("*")),
        1 => (1..=max + 3).prop_map(|step| alike(format!("*/{step}"))),
        4 => list_of(part),
    ]
    .boxed()
}

fn day_of_month() -> impl Strategy<Value = Both> {
    prop_oneof![
        4 => numbers(1, 31, &[]),
        1 => select(vec!["L", "LW"]).prop_map(alike),
        // From the 28th on, Spring's W differs from Quartz's, and so from croner's.
        1 => (1..28_u8).prop_map(|day| alike(format!("{day}W"))),
    ]
}

/// Spring's week begins on Monday as `*`, and on Sunday as the beginning of a range: croner gets the numbers.
fn day_of_week() -> impl Strategy<Value = Both> {
    let spring_name = |day: u8| DAYS[usize::from(day % 7)].to_owned();
    let part =
        (0..=7_u8, 0..=7_u8, 1..=8_u8, any::<bool>(), 0..5_u8).prop_map(move |(a, b, step, named, form)| {
            let name = |day: u8| if named && day > 0 { spring_name(day) } else { day.to_string() };
            let (a, b) = (a.min(b), a.max(b));
            match form {
                0 => (name(a), format!("{a}")),
                1 if a < 7 => (format!("{}-{}", name(a), name(b)), format!("{a}-{b}")),
                2 => (format!("{}/{step}", name(a)), format!("{a}-7/{step}")),
                3 if a < 7 => (format!("{}-{}/{step}", name(a), name(b)), format!("{a}-{b}/{step}")),
                _ => (format!("{}-{b}", name(7)), format!("0-{b}")),
            }
        });
    let special = (0..=7_u8, 1..=5_u8, any::<bool>()).prop_flat_map(move |(day, nth, named)| {
        let name = if named { spring_name(day) } else { day.to_string() };
        select(vec![
            (format!("{name}L"), format!("{day}L")),
            (format!("{name}#{nth}"), format!("{day}#{nth}")),
        ])
    });
    prop_oneof![
        1 => Just(alike("*")),
        1 => (1..=8_u8).prop_map(|step| (format!("*/{step}"), format!("1-7/{step}"))),
        5 => list_of(part),
        2 => special,
    ]
}

fn list_of(part: impl Strategy<Value = Both>) -> impl Strategy<Value = Both> {
    proptest::collection::vec(part, 1..4).prop_map(|parts| {
        let (spring, croner): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
        (spring.join(","), croner.join(","))
    })
}

fn croner(expression: &str) -> Cron {
    let parser = CronParser::builder().seconds(Seconds::Required).dom_and_dow(true).build();
    parser.parse(expression).unwrap_or_else(|error| panic!("croner: {expression}: {error}"))
}

/// The minutes since 1970 at which croner fires in a year.
fn minutes_by_croner(expression: &str, year: i16) -> Vec<i64> {
    let pattern = croner(expression).pattern;
    let fires =
        |number: u16, matches: &dyn Fn(u32) -> bool| (0..u32::from(number)).map(matches).collect::<Vec<_>>();
    let hours = fires(24, &|hour| pattern.hour_match(hour).unwrap());
    let minutes = fires(60, &|minute| pattern.minute_match(minute).unwrap());
    every_minute(year, &hours, &minutes, |date| {
        let (month, day) = (u32::from(date.month().unsigned_abs()), u32::from(date.day().unsigned_abs()));
        let weekday = Utc(date.at(0, 0, 0, 0)).civil_weekday();
        pattern.month_match(month).unwrap()
            && pattern.day_match(i32::from(date.year()), month, day, weekday).unwrap()
    })
}

/// The minutes since 1970 at which a rule of EventBridge fires in a year: its user guide's rules, nothing shared with
/// the code under test.
fn minutes_by_aws_rules(expression: &str, year: i16) -> Vec<i64> {
    let fields = expression.strip_prefix("cron(").unwrap().strip_suffix(')').unwrap();
    let [minute, hour, day_of_month, month, day_of_week, years] = fields.split(' ').collect::<Vec<_>>()[..]
    else {
        panic!("{expression} has not six fields");
    };
    assert_eq!(1, [day_of_month, day_of_week].iter().filter(|field| **field == "?").count(), "{expression}");
    assert!(!day_of_week.contains('/'), "{expression}");
    let hours: Vec<bool> = (0..24).map(|value| allows(hour, value, (0, 23), &[])).collect();
    let minutes: Vec<bool> = (0..60).map(|value| allows(minute, value, (0, 59), &[])).collect();
    every_minute(year, &hours, &minutes, |date| {
        allows(years, date.year(), (1970, 2199), &[])
            && allows(month, date.month().into(), (1, 12), &MONTHS)
            && allows_day_of_month(day_of_month, date)
            && allows_day_of_week(day_of_week, date)
    })
}

fn allows_day_of_month(field: &str, date: Date) -> bool {
    let is_weekday = |date: Date| date.weekday().to_monday_zero_offset() < 5;
    let month: Vec<Date> =
        date.first_of_month().series(1.day()).take_while(|day| day.month() == date.month()).collect();
    if field == "L" {
        return date == date.last_of_month();
    }
    if field == "LW" {
        return Some(date) == month.into_iter().rfind(|day| is_weekday(*day));
    }
    if let Some(day) = field.strip_suffix('W') {
        // the closest weekday of the month; a Saturday is closer to Friday, a Sunday to Monday
        let day: i8 = day.parse().unwrap();
        let weekdays = month.into_iter().filter(|date| is_weekday(*date));
        return Some(date) == weekdays.min_by_key(|date| (date.day() - day).abs());
    }
    allows(field, date.day().into(), (1, 31), &[])
}

fn allows_day_of_week(field: &str, date: Date) -> bool {
    let number = i16::from(date.weekday().to_sunday_one_offset());
    if let Some(day) = field.strip_suffix('L') {
        return number == day.parse::<i16>().unwrap() && date.day() + 7 > date.days_in_month();
    }
    if let Some((day, nth)) = field.split_once('#') {
        return number == day.parse::<i16>().unwrap() && (date.day() + 6) / 7 == nth.parse::<i8>().unwrap();
    }
    allows(field, number, (1, 7), &DAYS)
}

/// `,` more values, `-` ranges that may go on at the start, `*` and `?` everything, `/` increments.
fn allows(field: &str, value: i16, (min, max): (i16, i16), names: &[&str]) -> bool {
    let number = |text: &str| match names.iter().position(|name| *name == text) {
        Some(position) => min + i16::try_from(position).unwrap(),
        None => text.parse::<i16>().unwrap(),
    };
    field.split(',').any(|item| {
        let (span, step) =
            item.split_once('/').map_or((item, None), |(span, step)| (span, Some(number(step))));
        let (first, last) = match (span, step) {
            ("*" | "?", _) => (min, max),
            _ => match (span.split_once('-'), step) {
                (Some((first, last)), _) => (number(first), number(last)),
                (None, Some(_)) => (number(span), max),
                (None, None) => (number(span), number(span)),
            },
        };
        assert!(min <= first && first <= max && min <= last && last <= max, "{field}");
        assert!(step.is_none_or(|step| 1 <= step && step <= max), "{field}");
        let length = max - min + 1;
        let offset = (value - first).rem_euclid(length);
        offset <= (last - first).rem_euclid(length) && offset % step.unwrap_or(1) == 0
    })
}

fn every_minute(year: i16, hours: &[bool], minutes: &[bool], fires_on: impl Fn(Date) -> bool) -> Vec<i64> {
    let mut found = Vec::new();
    let days = Date::constant(year, 1, 1).series(1.day()).take_while(|day| day.year() == year);
    for date in days.filter(|date| fires_on(*date)) {
        let first = timestamp(date.at(0, 0, 0, 0)).as_second() / 60;
        for (hour, _) in (0_i64..).zip(hours).filter(|(_, fires)| **fires) {
            for (minute, _) in (0_i64..).zip(minutes).filter(|(_, fires)| **fires) {
                found.push(first + hour * 60 + minute);
            }
        }
    }
    found
}

fn midnight(year: i16, month: i8, day: i8) -> Timestamp {
    timestamp(Date::constant(year, month, day).at(0, 0, 0, 0))
}

fn timestamp(utc: DateTime) -> Timestamp {
    TimeZone::UTC.to_timestamp(utc).unwrap()
}

/// A time in UTC, for croner.
#[derive(Clone, Debug)]
struct Utc(DateTime);

impl CronDateTime for Utc {
    fn to_civil(&self) -> CivilDateTime {
        let part = |number: i8| u32::from(number.unsigned_abs());
        let (date, time) = (self.0.date(), self.0.time());
        CivilDateTime::new(
            CivilDate::from_ymd_opt(date.year().into(), part(date.month()), part(date.day())).unwrap(),
            CivilTime::from_hms_opt(part(time.hour()), part(time.minute()), part(time.second())).unwrap(),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(u32::from(self.0.weekday().to_sunday_zero_offset().unsigned_abs()))
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let part = |number: u32| i8::try_from(number).unwrap();
        DateTime::new(
            i16::try_from(civil.year()).unwrap(),
            part(civil.month()),
            part(civil.day()),
            part(civil.hour()),
            part(civil.minute()),
            part(civil.second()),
            0,
        )
        .map(|utc| Resolution::Single(Self(utc)))
        .map_err(|_| CronError::InvalidDate)
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(Span::new().try_seconds(seconds).ok()?).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
