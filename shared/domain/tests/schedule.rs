//! What each expression becomes for EventBridge, and what an operator reads when it is refused.

use domain::schedule::Schedule;

/// An expression, and the one that a rule is given for it.
const CONVERSIONS: &[(&str, &str)] = &[
    // docs/domain.md §8
    ("0 0 0 * * *", "cron(0 0 * * ? *)"),
    ("0 5 0 * * MON-FRI", "cron(5 0 ? * MON-FRI *)"),
    // Spring's examples
    ("0 0 * * * *", "cron(0 * * * ? *)"),
    ("0 0 8-10 * * *", "cron(0 8-10 * * ? *)"),
    ("0 0 6,19 * * *", "cron(0 6,19 * * ? *)"),
    ("0 0/30 8-10 * * *", "cron(0,30 8-10 * * ? *)"),
    ("0 0 9-17 * * MON-FRI", "cron(0 9-17 ? * MON-FRI *)"),
    ("0 0 0 25 12 ?", "cron(0 0 25 12 ? *)"),
    ("0 0 0 L * *", "cron(0 0 L * ? *)"),
    ("0 0 0 1W * *", "cron(0 0 1W * ? *)"),
    ("0 0 0 * * 5L", "cron(0 0 ? * 6L *)"),
    ("0 0 0 * * THUL", "cron(0 0 ? * 5L *)"),
    ("0 0 0 ? * 5#2", "cron(0 0 ? * 6#2 *)"),
    ("0 0 0 ? * MON#1", "cron(0 0 ? * 2#1 *)"),
    // numbers of days of the week differ, names do not
    ("0 0 0 * * 0", "cron(0 0 ? * SUN *)"),
    ("0 0 0 * * 7", "cron(0 0 ? * SUN *)"),
    ("0 0 0 * * 1,3,5", "cron(0 0 ? * MON,WED,FRI *)"),
    ("0 0 0 * * 0-5", "cron(0 0 ? * SUN-FRI *)"),
    ("0 0 0 * * 7-3", "cron(0 0 ? * SUN-WED *)"),
    ("0 0 0 * * SUN-WED", "cron(0 0 ? * SUN-WED *)"),
    ("0 0 0 * * SUNL", "cron(0 0 ? * 1L *)"),
    ("0 0 0 * * 7#5", "cron(0 0 ? * 1#5 *)"),
    ("cron(0 0 ? * 2-6 *)", "cron(0 0 ? * MON-FRI *)"),
    // EventBridge's week ends on Saturday
    ("0 0 0 * * 5-7", "cron(0 0 ? * SUN,FRI-SAT *)"),
    ("0 0 0 * * SAT-SUN", "cron(0 0 ? * SUN,SAT *)"),
    ("0 0 0 * * fri-sun", "cron(0 0 ? * SUN,FRI-SAT *)"),
    ("cron(0 0 ? * sat-mon *)", "cron(0 0 ? * SUN-MON,SAT *)"),
    // and has no steps; Spring's week begins on Monday when it is *, on Sunday when it is 0
    ("0 0 0 * * */2", "cron(0 0 ? * SUN-MON,WED,FRI *)"),
    ("0 0 0 * * 0/2", "cron(0 0 ? * SUN,TUE,THU,SAT *)"),
    ("0 0 0 * * MON-FRI/2", "cron(0 0 ? * MON,WED,FRI *)"),
    ("cron(0 0 ? * */2 *)", "cron(0 0 ? * SUN,TUE,THU,SAT *)"),
    // every day, however written, leaves the other field free
    ("0 0 0 ? * ?", "cron(0 0 * * ? *)"),
    ("0 0 0 1-31 * TUE", "cron(0 0 ? * TUE *)"),
    ("0 0 0 13 * 0-7", "cron(0 0 13 * ? *)"),
    ("0 0 0 13 * MON-SUN", "cron(0 0 13 * ? *)"),
    ("0 0 0 13 * SUN-SAT", "cron(0 0 13 * ? *)"),
    ("0 0 0 13 * SUN-SUN", "cron(0 0 13 * ? *)"),
    // steps go from a value to the end of the field; one that picks a single value is that value
    ("0 5/15 * * * *", "cron(5/15 * * * ? *)"),
    ("0 */10 1-9/2 */5 */3 *", "cron(0/10 1,3,5,7,9 1/5 1/3 ? *)"),
    ("0 */60 0/90 * 3/12 *", "cron(0 0 * 3 ? *)"),
    ("cron(*/60 * * * ? *)", "cron(0 * * * ? *)"),
    ("0 0 0 1 jan,Jul-SEP/2 *", "cron(0 0 1 1,7,9 ? *)"),
    ("00 05 07 01 * *", "cron(5 7 1 * ? *)"),
    ("  0\t30  2 * *   *\n", "cron(30 2 * * ? *)"),
    // a fixed second is dropped
    ("30 0 0 * * *", "cron(0 0 * * ? *)"),
    ("0/60 0 0 * * *", "cron(0 0 * * ? *)"),
    // the examples of EventBridge's user guide
    ("cron(0 10 * * ? *)", "cron(0 10 * * ? *)"),
    ("cron(0 18 ? * MON-FRI *)", "cron(0 18 ? * MON-FRI *)"),
    ("cron(0/15 * * * ? *)", "cron(0/15 * * * ? *)"),
    ("cron(0/5 8-17 ? * MON-FRI *)", "cron(0/5 8-17 ? * MON-FRI *)"),
    ("cron(0/30 20-2 ? * MON-FRI *)", "cron(0,30 0-2,20-23 ? * MON-FRI *)"),
    ("cron(5,35 14 * * ? *)", "cron(5,35 14 * * ? *)"),
    ("cron(15 10 ? * 6L 2019-2022)", "cron(15 10 ? * 6L 2019-2022)"),
    ("cron(0 0 ? * 3#2 *)", "cron(0 0 ? * 3#2 *)"),
    ("cron(0 0 3W * ? *)", "cron(0 0 3W * ? *)"),
    // and what it describes
    ("cron(0 0 31W * ? *)", "cron(0 0 31W * ? *)"),
    ("cron(0 0 ? * L *)", "cron(0 0 ? * SAT *)"),
    ("cron(0 0 ? * * *)", "cron(0 0 ? * * *)"),
    ("cron(0 0 ? * 7-2 2025/2)", "cron(0 0 ? * SUN-MON,SAT 2025/2)"),
    (" CRON ( 0  10 *   * ? * ) ", "cron(0 10 * * ? *)"),
    ("rate(1 minute)", "rate(1 minute)"),
    ("rate( 5  minutes )", "rate(5 minutes)"),
    ("Rate(12 Hours)", "rate(12 hours)"),
    ("rate(1 day)", "rate(1 day)"),
];

/// An expression, and what an operator reads about it.
const REFUSALS: &[(&str, &str)] = &[
    ("  ", r#""" is no schedule expression: write Spring's six fields, cron(...), rate(...), or - for off"#),
    (
        "at(2026-01-01T00:00:00)",
        r#""at(2026-01-01T00:00:00)" is no schedule expression: write Spring's six fields, cron(...), rate(...), or - for off"#,
    ),
    (
        "cron(0 0 * * ? *",
        r#""cron(0 0 * * ? *" is no schedule expression: write Spring's six fields, cron(...), rate(...), or - for off"#,
    ),
    ("0 0 * * *", "Spring has 6 fields, seconds first, and this has 5"),
    ("0 0 0 * * ? *", "Spring has 6 fields, seconds first, and this has 7"),
    ("cron(0 0 * * ?)", "cron(...) has 6 fields, the year last, and this has 5"),
    // values
    ("60 0 0 * * *", r#"second "60": "60" is not in 0-59"#),
    ("0 60 0 * * *", r#"minute "60": "60" is not in 0-59"#),
    ("0 0 0,24 * * *", r#"hour "0,24": "24" is not in 0-23"#),
    ("0 0 0 0 * *", r#"day of month "0": "0" is not in 1-31"#),
    ("0 0 0 1 13 *", r#"month "13": "13" is not in 1-12 or JAN-DEC"#),
    ("0 0 0 * * 8", r#"day of week "8": "8" is not in 0-7 or MON-SUN"#),
    ("cron(0 0 ? * 0 *)", r#"day of week "0": "0" is not in 1-7 or SUN-SAT"#),
    ("cron(0 0 * * ? 1969)", r#"year "1969": "1969" is not in 1970-2199"#),
    (
        "0 99999999999999999999 0 * * *",
        r#"minute "99999999999999999999": "99999999999999999999" is not in 0-59"#,
    ),
    ("0 x 0 * * *", r#"minute "X": "X" is not in 0-59"#),
    ("0 -5 0 * * *", r#"minute "-5": "" is not in 0-59"#),
    ("0 +5 0 * * *", r#"minute "+5": "+5" is not in 0-59"#),
    ("0 1,,2 0 * * *", r#"minute "1,,2": "" is not in 0-59"#),
    ("0 0 0 * JANUARY *", r#"month "JANUARY": "JANUARY" is not in 1-12 or JAN-DEC"#),
    ("0 0 0 * * Monday", r#"day of week "MONDAY": "MONDAY" is not in 0-7 or MON-SUN"#),
    // ranges and steps
    ("cron(0 0 * * ? 2030-2026)", r#"year "2030-2026": 2030-2026 runs backwards"#),
    ("0 */0 * * * *", r#"minute "*/0": a step is a whole number from 1 up"#),
    ("0 0/ * * * *", r#"minute "0/": a step is a whole number from 1 up"#),
    // the days
    (
        "0 ? 0 * * *",
        r#"minute "?": ? stands for a day only; EventBridge's order of fields is written cron(...)"#,
    ),
    (
        "0 18 ? * MON-FRI *",
        r#"hour "?": ? stands for a day only; EventBridge's order of fields is written cron(...)"#,
    ),
    ("0 0 0 ?,1 * *", r#"day of month "?,1": "?" is not in 1-31"#),
    ("0 0 0 32W * *", r#"day of month "32W": "32" is not in 1-31"#),
    ("0 0 0 W * *", r#"day of month "W": "" is not in 1-31"#),
    ("0 0 0 * * L", r#"day of week "L": "" is not in 0-7 or MON-SUN"#),
    ("0 0 0 * * 5L2", r#"day of week "5L2": nothing may follow the L"#),
    ("0 0 0 * * MON#6", r#"day of week "MON#6": "6" is not in 1-5"#),
    (
        "cron(0 0 ? * 3#1,6#3 *)",
        r#"day of week "3#1,6#3": EventBridge takes L, W and # alone in their field"#,
    ),
    ("cron(0 0 * * * *)", r#"day of month "*" and day of week "*": EventBridge wants ? in one of them"#),
    ("cron(0 0 ? * ? *)", r#"day of month "?" and day of week "?": EventBridge wants ? in one of them"#),
    ("0 0 0 30 2 *", r#""0 0 0 30 2 *" never fires: no month that it names has such a day"#),
    (
        "cron(0 0 29 2 ? 2025)",
        r#""cron(0 0 29 2 ? 2025)" never fires: no month that it names has such a day"#,
    ),
    // rates
    (
        "rate(5)",
        r#"rate "5": write a number of minutes, hours or days, such as rate(1 day) or rate(12 hours)"#,
    ),
];

/// More rates that EventBridge refuses.
const NO_RATES: [&str; 8] = [
    "rate(0 minutes)",
    "rate(-1 hours)",
    "rate(1.5 hours)",
    "rate(1 hours)",
    "rate(01 hours)",
    "rate(5 hour)",
    "rate(2 weeks)",
    "rate()",
];

/// An expression that Spring knows and EventBridge does not, why, and what to write instead.
const ONLY_OF_SPRING: &[(&str, &str, &[&str])] = &[
    ("@daily", r#""@daily": EventBridge has no macros: write 0 0 0 * * *"#, &["0 0 0 * * *"]),
    ("@Weekly", r#""@Weekly": EventBridge has no macros: write 0 0 0 * * SUN"#, &["0 0 0 * * SUN"]),
    ("@monthly", r#""@monthly": EventBridge has no macros: write 0 0 0 1 * *"#, &["0 0 0 1 * *"]),
    ("@annually", r#""@annually": EventBridge has no macros: write 0 0 0 1 1 *"#, &["0 0 0 1 1 *"]),
    ("@hourly", r#""@hourly": EventBridge has no macros: write 0 0 * * * *"#, &["0 0 * * * *"]),
    (
        "* * * * * *",
        r#"second "*": EventBridge fires at most once a minute: write a number, such as 0"#,
        &["0 * * * * *"],
    ),
    (
        "0,30 0 0 * * *",
        r#"second "0,30": EventBridge fires at most once a minute: write a number, such as 0"#,
        &["0 0 0 * * *"],
    ),
    (
        "0 0 0 13 * FRI",
        r#"day of month "13" and day of week "FRI": Spring fires when both match, EventBridge can restrict only one: write * for the other"#,
        &["0 0 0 13 * *", "0 0 0 * * FRI"],
    ),
    (
        "0 0 0 LW * *",
        r#"day of month "LW": EventBridge documents only L, a month's last day, and W, the weekday nearest to a day, such as 15W"#,
        &["0 0 0 L * *", "0 0 0 15W * *"],
    ),
    (
        "0 0 0 L-3 * *",
        r#"day of month "L-3": EventBridge documents only L, a month's last day, and W, the weekday nearest to a day, such as 15W"#,
        &["0 0 0 L * *", "0 0 0 15W * *"],
    ),
    (
        "cron(0 0 LW * ? *)",
        r#"day of month "LW": EventBridge documents only L, a month's last day, and W, the weekday nearest to a day, such as 15W"#,
        &["cron(0 0 L * ? *)"],
    ),
    (
        "0 0 0 28W * *",
        r#"day of month "28W": where that is a Sunday and the month's last day, EventBridge fires on the Friday before and Spring not at all: write 27W or L"#,
        &["0 0 0 27W * *", "0 0 0 L * *"],
    ),
    (
        "0 0 0 1,L * *",
        r#"day of month "1,L": EventBridge takes L, W and # alone in their field"#,
        &["0 0 0 L * *"],
    ),
    (
        "0 0 0 * * MON#1,MON#3",
        r#"day of week "MON#1,MON#3": EventBridge takes L, W and # alone in their field"#,
        &["0 0 0 * * MON#1"],
    ),
    // EventBridge goes on at the field's start, and Spring does not start
    ("0 0 22-2 * * *", r#"hour "22-2": 22-2 runs backwards: write 22-23,0-2"#, &["0 0 22-23,0-2 * * *"]),
    (
        "0 0 0 1 DEC-FEB *",
        r#"month "DEC-FEB": DEC-FEB runs backwards: write DEC-12,1-FEB"#,
        &["0 0 0 1 DEC-12,1-FEB *"],
    ),
    (
        "0 0 0 * * FRI-MON",
        r#"day of week "FRI-MON": FRI-MON runs backwards: write FRI-7,1-MON"#,
        &["0 0 0 * * FRI-7,1-MON"],
    ),
    ("0 0 0 * * 5-0", r#"day of week "5-0": 5-0 runs backwards: write 5-7"#, &["0 0 0 * * 5-7"]),
];

#[test]
fn an_expression_becomes_the_one_that_a_rule_is_given() {
    for (expression, expected) in CONVERSIONS {
        let schedule = Schedule::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(schedule.expression(), Some(*expected), "{expression}");
    }
}

#[test]
fn what_a_rule_is_given_is_read_back_unchanged() {
    for (_, converted) in CONVERSIONS {
        assert_eq!(Schedule::parse(converted).unwrap().expression(), Some(*converted));
    }
}

#[test]
fn what_cannot_be_followed_is_refused_with_the_field_and_the_reason() {
    for (expression, expected) in REFUSALS {
        assert_eq!(Schedule::parse(expression).expect_err(expression).to_string(), *expected, "{expression}");
    }
    for rate in NO_RATES {
        assert!(Schedule::parse(rate).is_err(), "{rate}");
    }
}

#[test]
fn what_only_spring_knows_is_refused_with_what_works_instead() {
    for (expression, expected, instead) in ONLY_OF_SPRING {
        assert_eq!(Schedule::parse(expression).expect_err(expression).to_string(), *expected, "{expression}");
        for works in *instead {
            assert!(Schedule::parse(works).is_ok(), "{works}, instead of {expression}");
        }
    }
}

#[test]
fn a_dash_switches_the_schedule_off() {
    let off = Schedule::parse(" - ").unwrap();

    assert_eq!(off, Schedule::Off);
    assert_eq!(off.expression(), None);
    assert_eq!(off.to_string(), "-");
}

#[test]
fn a_fixed_second_is_dropped_and_reported() {
    let dropped = |expression: &str| Schedule::parse(expression).unwrap().dropped_second();

    assert_eq!(dropped("30 0 0 * * *"), Some(30));
    for none in ["0 0 0 * * *", "cron(30 0 * * ? *)", "rate(1 day)", "-"] {
        assert_eq!(dropped(none), None, "{none}");
    }
}

#[test]
fn a_schedule_is_shown_as_it_was_written() {
    for written in ["0 5 0 * * MON-FRI", "cron(0 10 ? * 2-6 *)", "rate(1 day)", "-"] {
        assert_eq!(Schedule::parse(written).unwrap().to_string(), written);
    }
}

#[test]
fn an_expression_that_is_too_long_is_refused_before_eventbridge_refuses_it() {
    for (long, characters) in [("0".repeat(257), 257), ("cron(0 0 1 1 ? 1970-2190/2)".to_owned(), 570)] {
        let refusal = Schedule::parse(&long).unwrap_err();
        let expected = format!("an expression of {characters} characters: EventBridge accepts 256");
        assert_eq!(refusal.to_string(), expected);
    }
}

#[test]
fn no_text_however_odd_makes_the_parser_panic() {
    for odd in [
        "cron",
        "cron()",
        "()",
        "rate()",
        "@",
        "* * * * * #",
        "0 0 0 W# * L#",
        "0 0 0 * * #1",
        "é é é é é é",
        "0 0 0 * * 5L#2",
        "0 0 0 5LW * *",
        "0 */99999999999999999999 0 * * *",
    ] {
        assert!(Schedule::parse(odd).is_err(), "{odd}");
    }
}
