//! Schedule expressions.

use domain::schedule::Schedule;
use jiff::Timestamp;

use crate::told::assert_one_plain_line;

/// From where times are looked for, in seconds: before a leap day, before a month that begins with a weekend, and before
/// the end of a century that is no leap year.
const WINDOWS: [i64; 3] = [1_709_000_000, 1_775_000_000, 4_102_444_000];

/// How many times are looked for from there.
const TIMES: usize = 12;

/// Whatever stands in the parameter is refused with one line, or is shown as it was written and becomes an expression
/// that a rule can be given and that is read back as it is.
pub fn schedule(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let schedule = match Schedule::parse(text) {
        Ok(schedule) => schedule,
        Err(error) => {
            let error = error.to_string();
            assert!(!error.contains("cannot be read"), "croner does not read what a rule is given: {error}");
            return assert_one_plain_line(&error, 8_000);
        }
    };
    assert_eq!(Schedule::parse(&schedule.to_string()).as_ref(), Ok(&schedule), "it is not shown as written");
    match schedule.expression() {
        Some(expression) => assert_read_back(&schedule, expression),
        None => assert_eq!(schedule, Schedule::Off),
    }
    for at in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        assert_around(&schedule, at);
    }
    for start in WINDOWS {
        assert_times(&schedule, Timestamp::from_second(start).unwrap_or_default());
    }
}

fn assert_read_back(schedule: &Schedule, expression: &str) {
    assert!(expression.len() <= 256, "EventBridge takes 256 characters: {expression}");
    match Schedule::parse(expression) {
        Ok(again) => {
            assert_eq!(again.expression(), Some(expression), "{schedule} is converted differently again");
        }
        Err(error) => panic!("{schedule} became {expression}: {error}"),
    }
}

/// A rule fires at the beginning of a minute, as far as anybody can say.
fn assert_times(schedule: &Schedule, start: Timestamp) {
    let times = std::iter::successors(schedule.next_after(start), |at| schedule.next_after(*at));
    for at in times.take(TIMES) {
        assert_eq!(at.as_nanosecond() % 60_000_000_000, 0, "{schedule} at {at}");
        assert_around(schedule, at);
    }
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
