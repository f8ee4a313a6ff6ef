//! What each expression becomes for EventBridge, and what an operator is told when it cannot be had.

use domain::schedule::Schedule;

/// An expression, and the one that a rule of EventBridge is given for it.
const CONVERSIONS: &[(&str, &str)] = &[
    // docs/domain.md §8
    ("0 0 0 * * *", "cron(0 0 * * ? *)"),
    ("0 5 0 * * MON-FRI", "cron(5 0 ? * MON-FRI *)"),
    // Spring's examples
    ("0 0 * * * *", "cron(0 * * * ? *)"),
    ("0 0 8-10 * * *", "cron(0 8-10 * * ? *)"),
    ("0 0 6,19 * * *", "cron(0 6,19 * * ? *)"),
    ("0 0/30 8-10 * * *", "cron(0/30 8-10 * * ? *)"),
    ("0 0 9-17 * * MON-FRI", "cron(0 9-17 ? * MON-FRI *)"),
    ("0 0 0 25 12 ?", "cron(0 0 25 12 ? *)"),
    ("0 0 0 L * *", "cron(0 0 L * ? *)"),
    ("0 0 0 1W * *", "cron(0 0 1W * ? *)"),
    ("0 0 0 LW * *", "cron(0 0 LW * ? *)"),
    ("0 0 0 * * 5L", "cron(0 0 ? * 6L *)"),
    ("0 0 0 * * THUL", "cron(0 0 ? * 5L *)"),
    ("0 0 0 ? * 5#2", "cron(0 0 ? * 6#2 *)"),
    ("0 0 0 ? * MON#1", "cron(0 0 ? * 2#1 *)"),
    ("@yearly", "cron(0 0 1 1 ? *)"),
    ("@annually", "cron(0 0 1 1 ? *)"),
    ("@monthly", "cron(0 0 1 * ? *)"),
    ("@weekly", "cron(0 0 ? * 1 *)"),
    ("@Daily", "cron(0 0 * * ? *)"),
    ("@midnight", "cron(0 0 * * ? *)"),
    ("@hourly", "cron(0 * * * ? *)"),
    // days of the week are counted anew
    ("0 0 0 * * 0", "cron(0 0 ? * 1 *)"),
    ("0 0 0 * * 7", "cron(0 0 ? * 1 *)"),
    ("0 0 0 * * 1,3,5", "cron(0 0 ? * 2,4,6 *)"),
    ("0 0 0 * * 0-5", "cron(0 0 ? * 1-6 *)"),
    ("0 0 0 * * 5-7", "cron(0 0 ? * 6-7,1 *)"),
    ("0 0 0 * * 6-7", "cron(0 0 ? * 7,1 *)"),
    ("0 0 0 * * 7-3", "cron(0 0 ? * 1-4 *)"),
    ("0 0 0 * * SAT-SUN", "cron(0 0 ? * SAT,SUN *)"),
    ("0 0 0 * * fri-sun", "cron(0 0 ? * FRI-SAT,SUN *)"),
    ("0 0 0 * * SUN-WED", "cron(0 0 ? * SUN-WED *)"),
    ("0 0 0 * * SUNL", "cron(0 0 ? * 1L *)"),
    // EventBridge has no steps there; Spring's week begins on Monday when it is *, on Sunday when it is 0
    ("0 0 0 * * */2", "cron(0 0 ? * 2,4,6,1 *)"),
    ("0 0 0 * * 0/2", "cron(0 0 ? * 1,3,5,7 *)"),
    ("0 0 0 * * MON-FRI/2", "cron(0 0 ? * MON,WED,FRI *)"),
    // every day, however written, leaves the other field free
    ("0 0 0 ? * ?", "cron(0 0 * * ? *)"),
    ("0 0 0 1-31 * TUE", "cron(0 0 ? * TUE *)"),
    ("0 0 0 13 * 0-7", "cron(0 0 13 * ? *)"),
    ("0 0 0 13 * MON-SUN", "cron(0 0 13 * ? *)"),
    ("0 0 0 13 * SUN-SAT", "cron(0 0 13 * ? *)"),
    // Spring reads a range that begins on Sunday as 0-..., and one that ends on it as ...-7
    ("0 0 0 13 * SUN-SUN", "cron(0 0 13 * ? *)"),
    // steps: from the value to the end of the field; a longer one picks a single value, which EventBridge refuses
    ("0 5/15 * * * *", "cron(5/15 * * * ? *)"),
    ("0 */10 1-9/2 */5 */3 *", "cron(*/10 1-9/2 */5 */3 ? *)"),
    ("0 */60 0/90 * 3/12 *", "cron(0 0 * 3 ? *)"),
    ("0 0 0 1 jan,Jul-SEP/2 *", "cron(0 0 1 JAN,JUL-SEP/2 ? *)"),
    ("00 05 07 01 * *", "cron(5 7 1 * ? *)"),
    ("  0\t30  2 * *   *\n", "cron(30 2 * * ? *)"),
    // a fixed second is dropped
    ("30 0 0 * * *", "cron(0 0 * * ? *)"),
    ("0/60 0 0 * * *", "cron(0 0 * * ? *)"),
    // EventBridge's own examples
    ("cron(0 10 * * ? *)", "cron(0 10 * * ? *)"),
    ("cron(0 18 ? * MON-FRI *)", "cron(0 18 ? * MON-FRI *)"),
    ("cron(0/5 8-17 ? * MON-FRI *)", "cron(0/5 8-17 ? * MON-FRI *)"),
    ("cron(0/30 20-2 ? * MON-FRI *)", "cron(0/30 20-2 ? * MON-FRI *)"),
    ("cron(15 10 ? * 6L 2019-2022)", "cron(15 10 ? * 6L 2019-2022)"),
    ("cron(0 0 ? * 3#2 *)", "cron(0 0 ? * 3#2 *)"),
    ("cron(0 0 3W * ? *)", "cron(0 0 3W * ? *)"),
    ("cron(0 0 31W * ? *)", "cron(0 0 31W * ? *)"),
    ("cron(0 0 ? * L *)", "cron(0 0 ? * L *)"),
    ("cron(0 0 ? * * *)", "cron(0 0 ? * * *)"),
    ("cron(0 0 ? * sat-mon *)", "cron(0 0 ? * SAT-MON *)"),
    ("cron(0 0 ? * 7-2 2025/2)", "cron(0 0 ? * 7-2 2025/2)"),
    (" cron( 0  10 *   * ? * ) ", "cron(0 10 * * ? *)"),
    ("rate(1 minute)", "rate(1 minute)"),
    ("rate( 5  minutes )", "rate(5 minutes)"),
    ("rate(12 hours)", "rate(12 hours)"),
    ("rate(1 day)", "rate(1 day)"),
];

/// An expression, and what an operator reads about it.
const REFUSALS: &[(&str, &str)] = &[
    ("  ", r#"the schedule expression is empty: "-" switches the schedule off"#),
    ("0 0 * * *", "5 fields: Unix cron is not accepted: Spring has 6 fields, seconds first"),
    ("0 0 0 * * ? *", "7 fields: Quartz cron is not accepted: Spring has 6 fields and no year"),
    ("never", "1 field: Spring has 6 fields: second, minute, hour, day of month, month, day of week"),
    (
        "cron(0 0 * * ?)",
        "cron(...) with 5 fields: EventBridge has 6 fields: minute, hour, day of month, month, day of week, year",
    ),
    (
        "@nightly",
        r#""@nightly" is no macro of Spring: it has @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly"#,
    ),
    (
        "at(2026-01-01T00:00:00)",
        r#""at(2026-01-01T00:00:00)" is no schedule expression: write Spring's six fields, cron(...), rate(...), or "-" for off"#,
    ),
    (
        "cron(0 0 * * ? *",
        r#""cron(0 0 * * ? *" is no schedule expression: write Spring's six fields, cron(...), rate(...), or "-" for off"#,
    ),
    // values
    ("60 0 0 * * *", r#"second "60": 60 is out of range: Spring accepts 0-59"#),
    ("0 60 0 * * *", r#"minute "60": 60 is out of range: Spring accepts 0-59"#),
    ("0 0 0,24 * * *", r#"hour "0,24": 24 is out of range: Spring accepts 0-23"#),
    ("0 0 0 0 * *", r#"day of month "0": 0 is out of range: Spring accepts 1-31"#),
    ("0 0 0 1 13 *", r#"month "13": 13 is out of range: Spring accepts 1-12"#),
    ("0 0 0 * * 8", r#"day of week "8": 8 is out of range: Spring accepts 0-7 (0 and 7 are Sunday)"#),
    ("cron(0 0 ? * 0 *)", r#"day of week "0": 0 is out of range: EventBridge accepts 1-7 (1 is Sunday)"#),
    ("cron(0 0 * * ? 1969)", r#"year "1969": 1969 is out of range: EventBridge accepts 1970-2199"#),
    ("0 99999 0 * * *", r#"minute "99999": 99999 is out of range: Spring accepts 0-59"#),
    ("0 x 0 * * *", r#"minute "X": "X" is not a number"#),
    ("0 -5 0 * * *", r#"minute "-5": "" is not a number"#),
    ("0 +5 0 * * *", r#"minute "+5": "+5" is not a number"#),
    ("0 1,,2 0 * * *", r#"minute "1,,2": a value is missing"#),
    ("0 0 0 * JANUARY *", r#"month "JANUARY": "JANUARY" is neither a number nor a name from JAN to DEC"#),
    ("0 0 0 * * Monday", r#"day of week "MONDAY": "MONDAY" is neither a number nor a name from SUN to SAT"#),
    // ranges and steps
    ("0 0 22-2 * * *", r#"hour "22-2": 22-2 runs backwards, which Spring refuses: write 22-23,0-2"#),
    (
        "0 0 0 1 DEC-FEB *",
        r#"month "DEC-FEB": DEC-FEB runs backwards, which Spring refuses: write DEC,JAN-FEB"#,
    ),
    (
        "0 0 0 * * SAT-MON",
        r#"day of week "SAT-MON": SAT-MON runs backwards, which Spring refuses: write SAT-SUN,MON"#,
    ),
    ("0 0 0 * * 5-0", r#"day of week "5-0": 5-0 runs backwards, which Spring refuses: write 5-7"#),
    (
        "cron(0 0 * * ? 2030-2026)",
        r#"year "2030-2026": 2030-2026 runs backwards, and years do not come again: 1970-2199"#,
    ),
    ("0 */0 * * * *", r#"minute "*/0": step "0" is not a whole number from 1 up"#),
    ("cron(*/60 * * * ? *)", r#"minute "*/60": step "60" is not a whole number from 1 to 59"#),
    ("cron(0 0 ? * */2 *)", r#"day of week "*/2": EventBridge has no steps here: list the days"#),
    // the days
    ("0 ? 0 * * *", r#"minute "?": ? stands for a day only"#),
    (
        "0 18 ? * MON-FRI *",
        r#"hour "?": ? stands for a day only; an expression in EventBridge's order is written cron(...)"#,
    ),
    (
        "0 10 * * ? *",
        r#"month "?": ? stands for a day only; an expression in EventBridge's order is written cron(...)"#,
    ),
    ("0 0 0 ?,1 * *", r#"day of month "?,1": ? stands alone"#),
    ("0 0 0 32W * *", r#"day of month "32W": 32 is out of range: Spring accepts 1-31"#),
    (
        "0 0 0 L-31 * *",
        r#"day of month "L-31": "L-31" counts back "31" days from the last: 1-30 are accepted"#,
    ),
    ("0 0 0 W * *", r#"day of month "W": "W" is none of L, L-3, LW and 15W"#),
    ("0 0 0 l * *", r#"day of month "l": "l" is not a number"#),
    ("0 0 0 * * L", r#"day of week "L": Spring wants a day before L: 5L is the last Friday of the month"#),
    ("0 0 0 * * 5L2", r#"day of week "5L2": nothing may follow the L in "5L2""#),
    ("0 0 0 * * MON#6", r#"day of week "MON#6": "MON#6" names number "6" of the month: 1-5 are accepted"#),
    (
        "cron(0 0 ? * 3#1,6#3 *)",
        r#"day of week "3#1,6#3": EventBridge takes L, W and # alone in their field"#,
    ),
    (
        "cron(0 0 L-3 * ? *)",
        r#"day of month "L-3": EventBridge cannot count back from the last day of a month"#,
    ),
    (
        "cron(0 0 * * * *)",
        r#"day of month "*" and day of week "*": EventBridge wants ? in exactly one of them"#,
    ),
    (
        "cron(0 0 ? * ? *)",
        r#"day of month "?" and day of week "?": EventBridge wants ? in exactly one of them"#,
    ),
    // rates
    ("rate(5)", r#"rate "5": a value and a unit are needed, such as rate(1 day)"#),
    ("rate(0 minutes)", r#"rate "0 minutes": "0" is not a whole number from 1 up"#),
    ("rate(-1 hours)", r#"rate "-1 hours": "-1" is not a whole number from 1 up"#),
    ("rate(1.5 hours)", r#"rate "1.5 hours": "1.5" is not a whole number from 1 up"#),
    (
        "rate(1 hours)",
        r#"rate "1 hours": a value of 1 takes the singular, any other the plural: write rate(1 hour)"#,
    ),
    (
        "rate(5 hour)",
        r#"rate "5 hour": a value of 1 takes the singular, any other the plural: write rate(5 hours)"#,
    ),
    ("rate(2 weeks)", r#"rate "2 weeks": "weeks" is no unit: minutes, hours and days are accepted"#),
];

/// Expressions that can be read, and why no rule of EventBridge can be had for them.
const NO_EQUIVALENT: &[(&str, &str)] = &[
    (
        "* * * * * *",
        r#"second "*" has no equivalent in EventBridge: it fires at most once a minute, so the second must be a fixed number, such as 0"#,
    ),
    (
        "0,30 0 0 * * *",
        r#"second "0,30" has no equivalent in EventBridge: it fires at most once a minute, so the second must be a fixed number, such as 0"#,
    ),
    (
        "0 0 0 13 * FRI",
        r#"day of month "13" and day of week "FRI" have no equivalent in EventBridge: Spring fires when both match, EventBridge can restrict only one of them"#,
    ),
    (
        "0 0 0 L-3 * *",
        r#"day of month "L-3" has no equivalent in EventBridge: it cannot count back from the last day of a month"#,
    ),
    (
        "0 0 0 28W * *",
        r#"day of month "28W" has no equivalent in EventBridge: when that day is a Sunday and the month's last, EventBridge fires on the Friday and Spring not at all"#,
    ),
    (
        "0 0 0 1,L * *",
        r#"day of month "1,L" has no equivalent in EventBridge: it takes L and W alone in their field"#,
    ),
    (
        "0 0 0 * * MON#1,MON#3",
        r#"day of week "MON#1,MON#3" has no equivalent in EventBridge: it takes L and # alone in their field"#,
    ),
    ("0 0 0 30 2 *", r#""0 0 0 30 2 *" never fires: no month that it names has such a day"#),
    (
        "cron(0 0 29 2 ? 2025)",
        r#""cron(0 0 29 2 ? 2025)" never fires: no month that it names has such a day"#,
    ),
];

#[test]
fn an_expression_becomes_the_one_that_eventbridge_is_given() {
    for (expression, expected) in CONVERSIONS {
        let schedule = Schedule::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let converted = schedule.to_eventbridge().unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(converted.as_deref(), Some(*expected), "{expression}");
    }
}

#[test]
fn what_is_given_to_eventbridge_is_read_back_unchanged() {
    for (_, converted) in CONVERSIONS {
        let again = Schedule::parse(converted).unwrap().to_eventbridge().unwrap();
        assert_eq!(again.as_deref(), Some(*converted));
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_the_field_and_the_reason() {
    for (expression, expected) in REFUSALS {
        let refusal = Schedule::parse(expression).expect_err(expression);
        assert_eq!(refusal.to_string(), *expected, "{expression}");
    }
}

#[test]
fn what_eventbridge_cannot_do_is_read_and_its_conversion_refused_with_the_reason() {
    for (expression, expected) in NO_EQUIVALENT {
        let schedule = Schedule::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let refusal = schedule.to_eventbridge().expect_err(expression);
        assert_eq!(refusal.to_string(), *expected, "{expression}");
    }
}

#[test]
fn a_dash_switches_the_schedule_off() {
    let off = Schedule::parse(" - ").unwrap();

    assert_eq!(off, Schedule::Off);
    assert_eq!(off.to_eventbridge(), Ok(None));
    assert_eq!(off.to_string(), "-");
}

#[test]
fn a_fixed_second_is_dropped_and_told() {
    let dropped = |expression: &str| Schedule::parse(expression).unwrap().dropped_second();

    assert_eq!(dropped("30 0 0 * * *"), Some(30));
    for none in ["0 0 0 * * *", "*/30 0 0 * * *", "cron(30 0 * * ? *)", "rate(1 day)", "-"] {
        assert_eq!(dropped(none), None, "{none}");
    }
}

#[test]
fn a_schedule_is_shown_as_it_was_written() {
    for written in ["0 5 0 * * MON-FRI", "@daily", "cron(0 10 * * ? *)", "rate(1 day)", "-"] {
        assert_eq!(Schedule::parse(written).unwrap().to_string(), written);
    }
}

#[test]
fn an_expression_that_is_too_long_is_refused_before_eventbridge_refuses_it() {
    let list = |numbers: std::ops::Range<u8>| numbers.map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let long = Schedule::parse(&format!("0 {} 0 {} * *", list(0..60), list(1..31))).unwrap();

    let refusal = long.to_eventbridge().unwrap_err();

    assert_eq!(refusal.to_string(), "a schedule expression of 264 characters: at most 256 are accepted");
    assert!(Schedule::parse(&"0".repeat(1025)).is_err());
}

#[test]
fn no_text_however_odd_makes_the_parser_panic() {
    for odd in
        ["cron", "cron()", "()", "rate()", "@", "* * * * * #", "0 0 0 W# * L#", "0 0 0 * * #1", "é é é é é é"]
    {
        assert!(Schedule::parse(odd).is_err(), "{odd}");
    }
}
