//! When a rule fires: dates worked out by hand, the examples of the EventBridge user guide, and two readings that share
//! nothing with the code under test and look at every minute of a year.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

use std::collections::BTreeSet;

use domain::schedule::Schedule;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::sample::select;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// An expression, a moment, and the times after it, worked out on a calendar. All but the last are looked for backwards
/// as well.
const BY_HAND: &[(&str, &str, &[&str])] = &[
    ("0 0 0 * * *", "2026-06-30T23:59:59.999Z", &["2026-07-01T00:00", "2026-07-02T00:00"]),
    ("0 0 0 * * *", "2026-07-01T00:00:00Z", &["2026-07-02T00:00", "2026-07-03T00:00"]),
    ("0 0 0 * * *", "2028-02-28T00:00:00Z", &["2028-02-29T00:00", "2028-03-01T00:00"]),
    // 3 July 2026 is a Friday
    (
        "0 5 0 * * MON-FRI",
        "2026-07-03T00:05:00Z",
        &["2026-07-06T00:05", "2026-07-07T00:05", "2026-07-08T00:05"],
    ),
    (
        "0 5 0 * * 5-7",
        "2026-07-03T00:04:00Z",
        &["2026-07-03T00:05", "2026-07-04T00:05", "2026-07-05T00:05", "2026-07-10T00:05"],
    ),
    ("0 5 0 * * 0", "2026-07-03T00:05:00Z", &["2026-07-05T00:05", "2026-07-12T00:05"]),
    ("0 5 0 * * 7", "2026-07-03T00:05:00Z", &["2026-07-05T00:05", "2026-07-12T00:05"]),
    ("cron(5 0 ? * 1 *)", "2026-07-03T00:05:00Z", &["2026-07-05T00:05", "2026-07-12T00:05"]),
    (
        "cron(5 0 ? * 6-2 *)",
        "2026-07-02T00:05:00Z",
        &["2026-07-03T00:05", "2026-07-04T00:05", "2026-07-05T00:05", "2026-07-06T00:05", "2026-07-10T00:05"],
    ),
    // leap days, of which 2100 has none
    ("0 0 0 29 2 *", "2096-02-29T00:00:00Z", &["2104-02-29T00:00", "2108-02-29T00:00"]),
    ("cron(0 0 29 2 ? 2026/2)", "2026-01-01T00:00:00Z", &["2028-02-29T00:00", "2032-02-29T00:00"]),
    // months without a 31st
    (
        "0 0 0 31 * *",
        "2026-01-31T00:00:00Z",
        &["2026-03-31T00:00", "2026-05-31T00:00", "2026-07-31T00:00", "2026-08-31T00:00"],
    ),
    ("0 0 0 31 2,4,5 *", "2026-05-31T00:00:00Z", &["2027-05-31T00:00"]),
    ("0 0 0 L * *", "2026-01-31T00:00:00Z", &["2026-02-28T00:00", "2026-03-31T00:00", "2026-04-30T00:00"]),
    ("cron(0 0 L 2 ? *)", "2027-01-01T00:00:00Z", &["2027-02-28T00:00", "2028-02-29T00:00"]),
    // the weekday nearest to a day: 1 August 2026 is a Saturday, 15 August too, 1 November a Sunday, 31 May a Sunday
    (
        "0 0 0 1W * *",
        "2026-07-01T00:00:00Z",
        &["2026-08-03T00:00", "2026-09-01T00:00", "2026-10-01T00:00", "2026-11-02T00:00"],
    ),
    (
        "0 0 0 15W * *",
        "2026-07-15T00:00:00Z",
        &["2026-08-14T00:00", "2026-09-15T00:00", "2026-10-15T00:00", "2026-11-16T00:00"],
    ),
    (
        "cron(0 0 31W * ? *)",
        "2026-03-31T00:00:00Z",
        &["2026-05-29T00:00", "2026-07-31T00:00", "2026-08-31T00:00"],
    ),
    // a day's place in the month: May 2026 has five Fridays, June four
    ("0 0 0 ? * 5#5", "2026-01-31T00:00:00Z", &["2026-05-29T00:00", "2026-07-31T00:00", "2026-10-30T00:00"]),
    ("0 0 0 ? * MON#1", "2026-06-01T00:00:00Z", &["2026-07-06T00:00", "2026-08-03T00:00"]),
    ("0 0 0 * * 5L", "2026-05-01T00:00:00Z", &["2026-05-29T00:00", "2026-06-26T00:00"]),
    ("0 0 0 * * 0L", "2026-05-01T00:00:00Z", &["2026-05-31T00:00", "2026-06-28T00:00"]),
    ("cron(0 0 ? * L *)", "2026-05-01T00:00:00Z", &["2026-05-02T00:00", "2026-05-09T00:00"]),
    // steps from a start, and ranges that go on at the field's start
    (
        "0 0 3/5 * * *",
        "2026-05-01T03:00:00Z",
        &["2026-05-01T08:00", "2026-05-01T13:00", "2026-05-01T18:00", "2026-05-01T23:00", "2026-05-02T03:00"],
    ),
    (
        "0 0 0 * * */2",
        "2026-07-03T00:00:00Z",
        &["2026-07-05T00:00", "2026-07-06T00:00", "2026-07-08T00:00", "2026-07-10T00:00"],
    ),
    (
        "cron(0 20-4/4 * * ? *)",
        "2026-05-01T20:00:00Z",
        &["2026-05-02T00:00", "2026-05-02T04:00", "2026-05-02T20:00"],
    ),
    ("cron(0 0 1 NOV-FEB/2 ? *)", "2026-11-01T00:00:00Z", &["2027-01-01T00:00", "2027-11-01T00:00"]),
    // a second is dropped, and the year ends
    ("30 59 23 31 12 *", "2026-12-31T23:59:00Z", &["2027-12-31T23:59"]),
    ("cron(0 0 1 1 ? 2150)", "-005000-01-01T00:00:00Z", &["2150-01-01T00:00"]),
];

/// The examples of the user guide, from Friday 1 May 2026 on.
const OF_THE_USER_GUIDE: &[(&str, &[&str])] = &[
    ("cron(0 10 * * ? *)", &["2026-05-01T10:00", "2026-05-02T10:00"]),
    ("cron(15 12 * * ? *)", &["2026-05-01T12:15", "2026-05-02T12:15"]),
    ("cron(0 18 ? * MON-FRI *)", &["2026-05-01T18:00", "2026-05-04T18:00"]),
    ("cron(0 8 1 * ? *)", &["2026-05-01T08:00", "2026-06-01T08:00"]),
    (
        "cron(0/15 * * * ? *)",
        &["2026-05-01T00:15", "2026-05-01T00:30", "2026-05-01T00:45", "2026-05-01T01:00"],
    ),
    ("cron(0/10 * ? * MON-FRI *)", &["2026-05-01T00:10", "2026-05-01T00:20"]),
    ("cron(0/5 8-17 ? * MON-FRI *)", &["2026-05-01T08:00", "2026-05-01T08:05"]),
    (
        "cron(0/30 20-2 ? * MON-FRI *)",
        &[
            "2026-05-01T00:30",
            "2026-05-01T01:00",
            "2026-05-01T01:30",
            "2026-05-01T02:00",
            "2026-05-01T02:30",
            "2026-05-01T20:00",
        ],
    ),
    ("cron(0 12 * * ? *)", &["2026-05-01T12:00"]),
    ("cron(5,35 14 * * ? *)", &["2026-05-01T14:05", "2026-05-01T14:35", "2026-05-02T14:05"]),
    // its years are 2019-2022
    ("cron(15 10 ? * 6L 2026-2029)", &["2026-05-29T10:15", "2026-06-26T10:15"]),
    ("cron(1/10 0 1 JAN,FEB,MAR ? *)", &["2027-01-01T00:01", "2027-01-01T00:11", "2027-01-01T00:21"]),
    ("cron(0 0 1-15 * ? *)", &["2026-05-02T00:00", "2026-05-03T00:00"]),
    ("cron(0 0 7 * ? *)", &["2026-05-07T00:00", "2026-06-07T00:00"]),
    // 3 May 2026 is a Sunday
    ("cron(0 0 3W * ? *)", &["2026-05-04T00:00", "2026-06-03T00:00", "2026-07-03T00:00"]),
    ("cron(0 0 ? * 3#2 *)", &["2026-05-12T00:00", "2026-06-09T00:00"]),
];

#[test]
fn a_rule_fires_at_the_times_that_were_worked_out_by_hand() {
    for (expression, after, expected) in BY_HAND {
        assert_fires(expression, after.parse().unwrap(), expected);
    }
}

#[test]
fn the_examples_of_the_user_guide_fire_when_it_says() {
    for (expression, expected) in OF_THE_USER_GUIDE {
        assert_fires(expression, midnight(2026, 5, 1), expected);
    }
}

fn assert_fires(expression: &str, mut after: Timestamp, expected: &[&str]) {
    let schedule = Schedule::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    for minute in expected {
        let next = schedule.next_after(after).unwrap_or_else(|| panic!("{expression}: never after {after}"));
        assert_eq!(next.to_string(), format!("{minute}:00Z"), "{expression} after {after}");
        let later = schedule.next_after(next).map_or(Timestamp::MAX, |later| later - 1.second());
        for now in [next, next + 59.seconds(), later] {
            assert_eq!(schedule.previous_at_or_before(now), Some(next), "{expression} before {now}");
        }
        after = next;
    }
}

#[test]
fn the_last_time_counts_when_it_is_now() {
    let schedule = Schedule::parse("0 5 0 * * MON-FRI").unwrap();
    for (at, expected) in [
        ("2026-07-06T00:05:00Z", "2026-07-06T00:05:00Z"),
        ("2026-07-06T00:05:00.9Z", "2026-07-06T00:05:00Z"),
        ("2026-07-06T00:04:59.999Z", "2026-07-03T00:05:00Z"),
    ] {
        let at: Timestamp = at.parse().unwrap();
        assert_eq!(schedule.previous_at_or_before(at).unwrap().to_string(), expected, "{at}");
    }
}

#[test]
fn there_is_no_time_when_nothing_fires() {
    let now = midnight(2026, 7, 1);
    for expression in ["-", "rate(1 day)", "cron(0 0 * * ? 2019-2022)"] {
        assert_eq!(Schedule::parse(expression).unwrap().next_after(now), None, "{expression}");
    }
    for expression in ["-", "rate(1 day)", "cron(0 0 * * ? 2030)"] {
        assert_eq!(Schedule::parse(expression).unwrap().previous_at_or_before(now), None, "{expression}");
    }
    let nightly = Schedule::parse("0 0 0 * * *").unwrap();
    assert_eq!(nightly.next_after(Timestamp::MAX), None);
    assert_eq!(nightly.previous_at_or_before(Timestamp::MIN), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_fires_in_the_minutes_that_spring_means_and_that_the_user_guide_says(
        spring in spring(),
        year in 2020_i16..2060,
    ) {
        let meant = spring.minutes_of(year);
        let schedule = match Schedule::parse(&spring.text) {
            Ok(schedule) => schedule,
            Err(error) => {
                prop_assert!(error.to_string().contains("never fires"), "{error}");
                prop_assert_eq!(meant, Vec::<i64>::new());
                return Ok(());
            }
        };
        let expression = schedule.expression().unwrap();

        let said = minutes_by_the_user_guide(expression, year);
        let difference = meant.iter().zip(&said).find(|(one, other)| one != other);
        prop_assert!(
            meant.len() == said.len() && difference.is_none(),
            "{} became {}: {} and {} minutes, the first difference is {:?}",
            spring.text, expression, meant.len(), said.len(), difference
        );

        let mut at = midnight(year, 1, 1) - 1.second();
        for minute in meant.iter().take(200) {
            let next = schedule.next_after(at).unwrap();
            prop_assert_eq!(next.as_second(), minute * 60, "{} after {}", schedule, at);
            prop_assert_eq!(schedule.previous_at_or_before(next), Some(next));
            if at > midnight(year, 1, 1) {
                prop_assert_eq!(schedule.previous_at_or_before(next - 1.second()), Some(at));
            }
            at = next;
        }
    }
}

/// An expression in Spring's notation, and what its fields mean by Spring's documentation.
#[derive(Clone, Debug)]
struct Spring {
    text: String,
    minutes: BTreeSet<i8>,
    hours: BTreeSet<i8>,
    month_days: MonthDays,
    months: BTreeSet<i8>,
    week_days: WeekDays,
}

#[derive(Clone, Debug)]
enum MonthDays {
    These(BTreeSet<i8>),
    Last,
    NearestWeekday(i8),
}

/// Sunday is 0.
#[derive(Clone, Debug)]
enum WeekDays {
    These(BTreeSet<i8>),
    Last(i8),
    Nth(i8, i8),
}

impl Spring {
    fn minutes_of(&self, year: i16) -> Vec<i64> {
        let (hours, minutes) = (|hour| self.hours.contains(&hour), |minute| self.minutes.contains(&minute));
        every_minute(year, hours, minutes, |date| {
            let nth = |day: i8, nth| {
                let weekday = Weekday::from_sunday_zero_offset(day % 7).unwrap();
                date.nth_weekday_of_month(nth, weekday).ok() == Some(date)
            };
            self.months.contains(&date.month())
                && match &self.month_days {
                    MonthDays::These(days) => days.contains(&date.day()),
                    MonthDays::Last => date == date.last_of_month(),
                    MonthDays::NearestWeekday(day) => is_nearest_weekday(date, *day),
                }
                && match self.week_days {
                    WeekDays::These(ref days) => days.contains(&date.weekday().to_sunday_zero_offset()),
                    WeekDays::Last(day) => nth(day, -1),
                    WeekDays::Nth(day, place) => nth(day, place),
                }
        })
    }
}

/// Expressions with a fixed second and at most one of the days restricted.
fn spring() -> impl Strategy<Value = Spring> {
    let open = || select(vec!["*", "?"]).prop_map(str::to_owned);
    let every_day = MonthDays::These((1..=31).collect());
    let every_weekday = WeekDays::These((0..7).collect());
    let days = prop_oneof![
        1 => ((open(), Just(every_day.clone())), (open(), Just(every_weekday.clone()))),
        3 => (month_days(), (open(), Just(every_weekday))),
        3 => ((open(), Just(every_day)), week_days()),
    ];
    (0..60_u8, numbers(0, 59, &[]), numbers(0, 23, &[]), days, numbers(1, 12, &MONTHS)).prop_map(
        |(
            second,
            (minute, minutes),
            (hour, hours),
            ((month_day, month_days), (week_day, week_days)),
            (month, months),
        )| Spring {
            text: format!("{second} {minute} {hour} {month_day} {month} {week_day}"),
            minutes,
            hours,
            month_days,
            months,
            week_days,
        },
    )
}

/// Values, ranges and steps, and the values that they stand for.
fn numbers(min: i8, max: i8, names: &'static [&'static str]) -> BoxedStrategy<(String, BTreeSet<i8>)> {
    let name = move |number: i8, named: bool| match names.get(usize::from((number - min).unsigned_abs())) {
        Some(name) if named => name.to_lowercase(),
        _ => number.to_string(),
    };
    let item = (min..=max, min..=max, 1..=max + 3, any::<bool>(), 0..4_u8).prop_map(
        move |(a, b, step, named, form)| {
            let (a, b) = (a.min(b), a.max(b));
            let (first, last) = (name(a, named), name(b, named));
            let stepped = |end: i8| (a..=end).step_by(usize::from(step.unsigned_abs())).collect();
            match form {
                0 => (first, BTreeSet::from([a])),
                1 => (format!("{first}-{last}"), (a..=b).collect()),
                2 => (format!("{first}/{step}"), stepped(max)),
                _ => (format!("{first}-{last}/{step}"), stepped(b)),
            }
        },
    );
    let every =
        move |step: i8| (min..=max).step_by(usize::from(step.unsigned_abs())).collect::<BTreeSet<_>>();
    prop_oneof![
        2 => Just(("*".to_owned(), every(1))),
        1 => (1..=max + 3).prop_map(move |step| (format!("*/{step}"), every(step))),
        4 => list_of(item),
    ]
    .boxed()
}

fn month_days() -> impl Strategy<Value = (String, MonthDays)> {
    prop_oneof![
        4 => numbers(1, 31, &[]).prop_map(|(text, days)| (text, MonthDays::These(days))),
        1 => Just(("L".to_owned(), MonthDays::Last)),
        1 => (1..28_i8).prop_map(|day| (format!("{day}W"), MonthDays::NearestWeekday(day))),
    ]
}

/// Spring's week begins on Monday as `*`, and on Sunday as the beginning of a range.
fn week_days() -> impl Strategy<Value = (String, WeekDays)> {
    let spelt = |day: i8, named: bool| match DAYS[usize::from((day % 7).unsigned_abs())] {
        name if named => name.to_owned(),
        _ => day.to_string(),
    };
    let item =
        (0..=7_i8, 0..=7_i8, 1..=8_i8, any::<bool>(), 0..5_u8).prop_map(move |(a, b, step, named, form)| {
            // by name, Sunday as a single day is 7
            let (a, b) = (a.min(b), a.max(b));
            let named = named && a > 0;
            let stepped =
                |end: i8| (a..=end).step_by(usize::from(step.unsigned_abs())).map(|day| day % 7).collect();
            match form {
                0 => (spelt(a, named), BTreeSet::from([a % 7])),
                1 if a < 7 => {
                    (format!("{}-{}", spelt(a, named), spelt(b, named)), (a..=b).map(|day| day % 7).collect())
                }
                2 => (format!("{}/{step}", spelt(a, named)), stepped(7)),
                3 if a < 7 => (format!("{}-{}/{step}", spelt(a, named), spelt(b, named)), stepped(b)),
                _ => (format!("{}-{b}", spelt(7, named)), (0..=b).map(|day| day % 7).collect()),
            }
        });
    let marked = (0..=7_i8, 1..=5_i8, any::<bool>(), any::<bool>()).prop_map(
        move |(day, nth, named, is_last)| match (spelt(day, named), is_last) {
            (name, true) => (format!("{name}L"), WeekDays::Last(day)),
            (name, false) => (format!("{name}#{nth}"), WeekDays::Nth(day, nth)),
        },
    );
    let every = |step: i8| (1..=7).step_by(usize::from(step.unsigned_abs())).map(|day: i8| day % 7).collect();
    prop_oneof![
        1 => (1..=8_i8).prop_map(move |step| (format!("*/{step}"), WeekDays::These(every(step)))),
        5 => list_of(item).prop_map(|(text, days)| (text, WeekDays::These(days))),
        2 => marked,
    ]
}

fn list_of(
    item: impl Strategy<Value = (String, BTreeSet<i8>)>,
) -> impl Strategy<Value = (String, BTreeSet<i8>)> {
    proptest::collection::vec(item, 1..4).prop_map(|items| {
        let (texts, values): (Vec<String>, Vec<BTreeSet<i8>>) = items.into_iter().unzip();
        (texts.join(","), values.into_iter().flatten().collect())
    })
}

/// The minutes since 1970 at which a rule fires in a year: the rules of the EventBridge user guide ("Cron expressions
/// reference"), and no form that it does not show.
fn minutes_by_the_user_guide(expression: &str, year: i16) -> Vec<i64> {
    let fields = expression.strip_prefix("cron(").unwrap().strip_suffix(')').unwrap();
    let [minute, hour, day_of_month, month, day_of_week, years] = fields.split(' ').collect::<Vec<_>>()[..]
    else {
        panic!("{expression} has not six fields");
    };
    assert_eq!(1, [day_of_month, day_of_week].iter().filter(|field| **field == "?").count(), "{expression}");
    assert!(!day_of_week.contains('/'), "{expression}");
    let (hours, minutes) = (
        |value: i8| allows(hour, value.into(), (0, 23), &[]),
        |value: i8| allows(minute, value.into(), (0, 59), &[]),
    );
    every_minute(year, hours, minutes, |date| {
        allows(years, date.year(), (1970, 2199), &[])
            && allows(month, date.month().into(), (1, 12), &MONTHS)
            && allows_day_of_month(day_of_month, date)
            && allows_day_of_week(day_of_week, date)
    })
}

fn allows_day_of_month(field: &str, date: Date) -> bool {
    match field.strip_suffix('W') {
        _ if field == "L" => date == date.last_of_month(),
        Some(day) => is_nearest_weekday(date, day.parse().unwrap()),
        None => allows(field, date.day().into(), (1, 31), &[]),
    }
}

/// The closest weekday within the month; a Saturday is closer to Friday, a Sunday to Monday.
fn is_nearest_weekday(date: Date, day: i8) -> bool {
    let month = date.first_of_month().series(1.day()).take_while(|other| other.month() == date.month());
    let weekdays = month.filter(|other| other.weekday().to_monday_zero_offset() < 5);
    Some(date) == weekdays.min_by_key(|other| (other.day() - day).abs())
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

/// `,` more values, `-` ranges, `*` and `?` everything, `/` increments from a value to the end.
fn allows(field: &str, value: i16, (min, max): (i16, i16), names: &[&str]) -> bool {
    let number = |text: &str| match names.iter().position(|name| *name == text) {
        Some(position) => min + i16::try_from(position).unwrap(),
        None => text.parse::<i16>().unwrap(),
    };
    field.split(',').any(|item| {
        let (first, last, step) = match (item.split_once('-'), item.split_once('/')) {
            _ if item == "*" || item == "?" => (min, max, 1),
            (Some((first, last)), _) => (number(first), number(last), 1),
            (None, Some((first, step))) => (number(first), max, number(step)),
            (None, None) => (number(item), number(item), 1),
        };
        assert!(min <= first && first <= last && last <= max && 1 <= step && step <= max, "{field}");
        (first..=last).contains(&value) && (value - first) % step == 0
    })
}

fn every_minute(
    year: i16,
    hours: impl Fn(i8) -> bool,
    minutes: impl Fn(i8) -> bool,
    fires_on: impl Fn(Date) -> bool,
) -> Vec<i64> {
    let hours: Vec<i8> = (0..24).filter(|hour| hours(*hour)).collect();
    let minutes: Vec<i8> = (0..60).filter(|minute| minutes(*minute)).collect();
    let days = Date::constant(year, 1, 1).series(1.day()).take_while(|day| day.year() == year);
    let mut found = Vec::new();
    for date in days.filter(|date| fires_on(*date)) {
        let first = midnight(year, date.month(), date.day()).as_second() / 60;
        for hour in &hours {
            found.extend(minutes.iter().map(|minute| first + i64::from(*hour) * 60 + i64::from(*minute)));
        }
    }
    found
}

fn midnight(year: i16, month: i8, day: i8) -> Timestamp {
    TimeZone::UTC.to_timestamp(Date::constant(year, month, day).at(0, 0, 0, 0)).unwrap()
}
