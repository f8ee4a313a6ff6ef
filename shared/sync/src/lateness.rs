//! Whether a night is missing: what the watchdog tells, so that a sync that did not start is noticed, not only one that
//! failed (docs/domain.md §2, 2022-01 and 2023-10).

use std::time::Duration;

use domain::schedule::Schedule;
use domain::{Moment, RunState};

use crate::ledger::Run;

/// A rule fires within its minute, and the run of it is opened a little later; a clock may be a little early.
const EARLY: Duration = Duration::from_mins(1);

/// How long ago a night was due that nobody has finished: since the last due time of `schedule`, unless a whole run
/// that was opened then or later is swept and closed. `None` when none is overdue: there was one, or the schedule has
/// no due time (it is off, or a rate, which counts from the making of its rule).
///
/// `runs` are the latest ones; `counts_dry` says whether dry runs are what is due here.
pub fn overdue(schedule: &Schedule, runs: &[Run], counts_dry: bool, now: Moment) -> Option<Duration> {
    let due = Moment::from(schedule.previous_at_or_before(now.timestamp())?);
    let is_the_night = |run: &&Run| {
        run.settings.is_whole
            && (counts_dry || !run.settings.is_dry)
            && run.state.is_closed()
            && run.moments.opened.plus(EARLY) >= due
    };
    if runs.iter().any(|run| is_the_night(&run)) {
        return None;
    }
    Some(now.since(due))
}

/// Since when the last whole run is closed that succeeded; `None` when none of `runs` did.
pub fn since_success(runs: &[Run], counts_dry: bool, now: Moment) -> Option<Duration> {
    let succeeded = |run: &&Run| {
        run.settings.is_whole && (counts_dry || !run.settings.is_dry) && run.state == RunState::Succeeded
    };
    let closed = runs.iter().filter(succeeded).filter_map(|run| run.moments.closed).max()?;
    Some(now.since(closed))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::roll_call::Safeguard;
    use domain::{BodyCode, RunNumber};

    use super::*;
    use crate::ledger::{Moments, RunSettings, Trigger};

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_night_that_did_not_start_is_overdue_since_its_due_time() {
        let yesterday = run(at("2026-11-24T00:05:10Z"), RunState::Succeeded);

        let late = overdue(&nightly(), &[yesterday], false, at("2026-11-25T02:05:00Z"));

        assert_eq!(late, Some(Duration::from_hours(2)));
    }

    #[test]
    fn a_night_that_is_not_finished_is_overdue() {
        let tonight = run(at("2026-11-25T00:05:10Z"), RunState::Running);

        let late = overdue(&nightly(), &[tonight], false, at("2026-11-25T00:35:00Z"));

        assert_eq!(late, Some(Duration::from_mins(30)));
    }

    #[test]
    fn a_night_that_ended_is_not_overdue_however_it_ended() {
        for state in [RunState::Succeeded, RunState::Partial, RunState::Failed] {
            let tonight = run(at("2026-11-25T00:04:30Z"), state);
            assert_eq!(overdue(&nightly(), &[tonight], false, at("2026-11-25T06:00:00Z")), None, "{state}");
        }
    }

    #[test]
    fn a_day_without_a_due_time_and_a_schedule_that_is_off_have_no_night_to_miss() {
        let friday = run(at("2026-11-27T00:05:10Z"), RunState::Succeeded);
        let on_sunday = at("2026-11-29T12:00:00Z");

        assert_eq!(overdue(&nightly(), &[friday], false, on_sunday), None);
        assert_eq!(overdue(&Schedule::Off, &[], false, on_sunday), None);
    }

    #[test]
    fn a_night_over_some_bodies_or_a_dry_one_is_not_the_night() {
        let mut some = run(at("2026-11-25T00:05:10Z"), RunState::Succeeded);
        some.settings.is_whole = false;
        let mut dry = run(at("2026-11-25T00:06:00Z"), RunState::Succeeded);
        dry.settings.is_dry = true;
        let runs = [dry, some];
        let now = at("2026-11-25T01:05:00Z");

        assert_eq!(overdue(&nightly(), &runs, false, now), Some(Duration::from_hours(1)));
        assert_eq!(overdue(&nightly(), &runs, true, now), None, "where dry runs are due, one will do");
        assert_eq!(since_success(&runs, false, now), None);
        assert!(since_success(&runs, true, now).is_some());
    }

    #[test]
    fn success_is_counted_from_the_closing_of_the_latest_run_that_had_it() {
        let runs = [
            run(at("2026-11-25T00:05:00Z"), RunState::Partial),
            run(at("2026-11-24T00:05:00Z"), RunState::Succeeded),
            run(at("2026-11-23T00:05:00Z"), RunState::Succeeded),
        ];

        let since = since_success(&runs, false, at("2026-11-25T00:06:00Z"));

        assert_eq!(since, Some(Duration::from_hours(24)));
    }

    fn nightly() -> Schedule {
        Schedule::parse("0 5 0 * * MON-FRI").unwrap()
    }

    fn at(text: &str) -> Moment {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    /// Closed a minute after it was opened, if it is closed.
    fn run(opened: Moment, state: RunState) -> Run {
        let closed = state.is_closed().then_some(Moment(opened.0 + MINUTE));
        Run {
            number: RunNumber(1),
            version: 1,
            key: String::new(),
            trigger: Trigger::Rule,
            state,
            settings: RunSettings {
                bodies: vec![BodyCode::parse("1-X").unwrap()],
                is_whole: true,
                hides: true,
                is_dry: false,
                safeguard: Safeguard {
                    max_disconnected_percent: 20,
                    max_disconnected_min: 50,
                    accept: BTreeMap::new(),
                    accept_empty: false,
                },
            },
            moments: Moments { opened, closed, ..Moments::default() },
            hidden: 0,
            unknown_codes: Vec::new(),
            abort: None,
            decision: None,
            swept: None,
            second_look: None,
            looks: None,
        }
    }
}
