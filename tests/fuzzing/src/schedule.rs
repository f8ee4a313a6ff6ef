//! Schedule expressions.

use domain::schedule::Schedule;
use jiff::Timestamp;

use crate::told::assert_one_plain_line;

/// From where an expression and its conversion are compared, in seconds: before a leap day, before a month that begins
/// with a weekend, and before the end of a century that is no leap year.
const WINDOWS: [i64; 3] = [1_709_000_000, 1_775_000_000, 4_102_444_000];

/// How many times are compared from there.
const TIMES: usize = 12;

/// Whatever stands in the parameter is an expression that is shown as it was written and converted to one that fires in
/// the same minutes, or is refused with one line.
pub fn schedule(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let schedule = match Schedule::parse(text) {
        Ok(schedule) => schedule,
        Err(error) => return assert_one_plain_line(&error.to_string(), 8_000),
    };
    assert_eq!(Schedule::parse(&schedule.to_string()).as_ref(), Ok(&schedule), "it is not shown as written");
    for at in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        assert_around(&schedule, at);
    }
    match schedule.to_eventbridge() {
        Ok(Some(converted)) => assert_converted(&schedule, &converted),
        Ok(None) => assert_eq!(schedule, Schedule::Off),
        Err(error) => assert_one_plain_line(&error.to_string(), 8_000),
    }
}

fn assert_converted(schedule: &Schedule, expression: &str) {
    assert!(expression.len() <= 256, "EventBridge takes 256 characters: {expression}");
    let converted = match Schedule::parse(expression) {
        Ok(converted) => converted,
        Err(error) => panic!("{schedule} became {expression}: {error}"),
    };
    assert_eq!(converted.to_eventbridge(), Ok(Some(expression.to_owned())), "converted again it is another");
    for start in WINDOWS {
        assert_eq!(minutes(schedule, start), minutes(&converted, start), "{schedule} became {expression}");
    }
}

/// The minutes at which it fires from there on. The start is the last second of a minute, because a fixed second is
/// lost.
fn minutes(schedule: &Schedule, start: i64) -> Vec<i64> {
    // EventBridge's years end there
    const END: i64 = 7_258_118_400;
    let mut times = Vec::new();
    let mut at = Timestamp::from_second(start / 60 * 60 + 59).ok();
    while let Some(next) = at.and_then(|at| schedule.next_after(at))
        && next.as_second() < END
        && times.len() < TIMES
    {
        assert_around(schedule, next);
        times.push(next.as_second() / 60);
        at = Some(next);
    }
    times
}

/// The next time is after a moment and the previous one is not, and each is found from the other's side.
fn assert_around(schedule: &Schedule, at: Timestamp) {
    let (previous, next) = (schedule.previous_at_or_before(at), schedule.next_after(at));
    assert!(previous.is_none_or(|previous| previous <= at), "{schedule}: {previous:?} is before {at}");
    assert!(next.is_none_or(|next| next > at), "{schedule}: {next:?} is after {at}");
    if let Some(next) = next {
        assert_eq!(schedule.previous_at_or_before(next), Some(next), "{schedule}");
    }
    if let (Some(previous), Some(next)) = (previous, next) {
        assert_eq!(schedule.next_after(previous), Some(next), "{schedule} between {previous} and {next}");
    }
}
