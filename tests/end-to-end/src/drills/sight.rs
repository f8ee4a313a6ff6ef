//! What an operator sees of a night: its report, the alarms that go off, the dead letters.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::functions::Function;
use crate::metrics::Told;

/// How late a night may be before an alarm goes off: the template's default.
const MAX_MINUTES_OVERDUE: f64 = 90.0;

/// The alarms of the template that a drill can set off; those of age and depth take longer than a drill.
pub const ALARMS: [&str; 14] = [
    "body-failed",
    "body-held",
    "connection-index-dead-letters",
    "connection-index-errors",
    "doctors-unsettled",
    "gmc-fetch-dead-letters",
    "gmc-fetch-errors",
    "overdue",
    "prepare-sync-dead-letters",
    "prepare-sync-errors",
    "recommendation-update-dead-letters",
    "recommendation-update-errors",
    "schedule-errors",
    "undelivered-events",
];

/// What there is to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// What the report says, in a line; without a run, that there is none.
    pub report: String,
    /// The alarms, as the template names them.
    pub alarms: BTreeSet<String>,
    /// How many dead letters each function has, where there are any.
    pub dead_letters: BTreeMap<Function, usize>,
    /// What was seen on the way: answers of the API, a run that stood still.
    pub notes: Vec<String>,
    /// Whether the run's report says that the index has taken every look.
    pub are_looks_taken: bool,
}

/// What it is made of.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) report: Option<&'a Value>,
    pub(super) metrics: &'a BTreeMap<String, Told>,
    pub(super) dead_letters: BTreeMap<Function, usize>,
    /// Invocations that failed as a whole.
    pub(super) errors: BTreeSet<Function>,
    /// Events that Lambda has given up delivering.
    pub(super) undelivered: usize,
    pub(super) notes: Vec<String>,
}

impl Sight {
    pub(super) fn of(seen: Seen<'_>) -> Self {
        let metric = |name: &str| seen.metrics.get(name).copied().unwrap_or_default();
        let mut alarms = BTreeSet::new();
        let mut set_off = |name: String, is_so: bool| {
            if is_so {
                alarms.insert(name);
            }
        };
        for (metric_name, alarm) in [
            ("BodiesFailed", "body-failed"),
            ("BodiesHeld", "body-held"),
            ("DoctorsUnsettled", "doctors-unsettled"),
            ("ScheduleErrors", "schedule-errors"),
        ] {
            set_off(alarm.to_owned(), metric(metric_name).sum > 0.0);
        }
        set_off("overdue".to_owned(), metric("MinutesOverdue").greatest > MAX_MINUTES_OVERDUE);
        set_off("undelivered-events".to_owned(), seen.undelivered > 0);
        for (function, count) in &seen.dead_letters {
            set_off(format!("{function}-dead-letters"), *count > 0);
        }
        for function in &seen.errors {
            set_off(format!("{function}-errors"), true);
        }
        let looks = seen.report.map(|report| (report["looks"][0].as_u64(), report["looks"][1].as_u64()));
        Self {
            report: seen.report.map_or_else(|| "no run was begun".to_owned(), in_a_line),
            alarms,
            dead_letters: seen.dead_letters.into_iter().filter(|(_, count)| *count > 0).collect(),
            notes: seen.notes,
            are_looks_taken: looks.is_none_or(|(all, taken)| all == taken),
        }
    }
}

/// State, bodies by state, and the reasons of those that are not done.
fn in_a_line(report: &Value) -> String {
    let bodies = report["bodies"].as_array().map_or(&[][..], Vec::as_slice);
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    let mut reasons: BTreeSet<&str> = BTreeSet::new();
    for body in bodies {
        *states.entry(body["state"].as_str().unwrap_or("?")).or_default() += 1;
        reasons.extend(body["reason"].as_str());
    }
    let states: Vec<String> = states.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
    let mut line =
        format!("run {} {}: {}", report["run"], report["state"].as_str().unwrap_or("?"), states.join(", "));
    let (all, taken) = (report["looks"][0].as_u64().unwrap_or(0), report["looks"][1].as_u64().unwrap_or(0));
    if taken < all {
        line = format!("{line}, {taken} of {all} looks taken");
    }
    let mut reasons = reasons.into_iter();
    if let Some(first) = reasons.next() {
        line = format!("{line}; \"{first}\"");
    }
    match reasons.count() {
        0 => line,
        more => format!("{line} and {more} other reasons"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operator_sees_the_states_the_reason_the_alarms_and_the_dead_letters() {
        let report = json!({
            "run": 2, "state": "PARTIAL", "looks": [3, 2],
            "bodies": [{ "state": "DONE" }, { "state": "FAILED", "reason": "no answer" }],
        });
        let metrics = BTreeMap::from([("BodiesFailed".to_owned(), Told { sum: 1.0, greatest: 1.0 })]);

        let sight = Sight::of(Seen {
            report: Some(&report),
            metrics: &metrics,
            dead_letters: BTreeMap::from([(Function::GmcFetch, 0), (Function::ConnectionIndex, 2)]),
            errors: BTreeSet::from([Function::GmcFetch]),
            undelivered: 0,
            notes: Vec::new(),
        });

        assert_eq!(sight.report, "run 2 PARTIAL: 1 DONE, 1 FAILED, 2 of 3 looks taken; \"no answer\"");
        let alarms: Vec<_> = sight.alarms.iter().map(String::as_str).collect();
        assert_eq!(alarms, ["body-failed", "connection-index-dead-letters", "gmc-fetch-errors"]);
        assert_eq!(sight.dead_letters, BTreeMap::from([(Function::ConnectionIndex, 2)]));
        assert!(!sight.are_looks_taken);
    }

    #[test]
    fn every_alarm_is_one_of_the_template() {
        let template = include_str!("../../../../template.yaml");

        for alarm in ALARMS {
            let line = format!("AlarmName: !Sub ${{AWS::StackName}}-{alarm}\n");
            assert!(template.contains(&line), "{alarm}");
        }
        assert!(template.contains("  MaxMinutesOverdue:\n    Type: Number\n    Default: 90\n"));
    }
}
