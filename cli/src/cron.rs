//! `gmc-sync cron`: what EventBridge makes of a schedule expression.

use std::fmt::Write as _;

use domain::moment::london;
use domain::schedule::Schedule;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::args::{Common, CronArgs};
use crate::error::Error;
use crate::output::{print, print_json};
use crate::{DONE, ERROR};

/// How many times are told.
const TIMES: usize = 5;

/// What the command tells.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    /// As it was given.
    expression: String,
    /// What a rule is given; absent when it is off, or has no equivalent.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_bridge: Option<String>,
    /// Whether a rule is to be disabled.
    is_off: bool,
    /// Why it has no equivalent.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What is to be known besides.
    notes: Vec<String>,
    /// When it fires next.
    next: Vec<Firing>,
}

/// One firing, by two clocks.
#[derive(Serialize)]
struct Firing {
    utc: Timestamp,
    london: String,
}

/// Prints what EventBridge is given and when it fires, or why there is no equivalent.
pub(crate) fn run(args: &CronArgs, common: &Common) -> Result<u8, Error> {
    let told = examine(&args.expression, args.after.unwrap_or_else(Timestamp::now));
    if common.json {
        print_json(&told)?;
        return Ok(if told.reason.is_some() { ERROR } else { DONE });
    }
    if let Some(reason) = told.reason {
        return Err(Error::Told(reason));
    }
    print(&shown(&told))?;
    Ok(DONE)
}

fn examine(expression: &str, after: Timestamp) -> Told {
    let mut told = Told {
        expression: expression.trim().to_owned(),
        event_bridge: None,
        is_off: false,
        reason: None,
        notes: Vec::new(),
        next: Vec::new(),
    };
    let schedule = match Schedule::parse(expression) {
        Ok(schedule) => schedule,
        Err(error) => {
            told.reason = Some(error.to_string());
            return told;
        }
    };
    told.event_bridge = schedule.expression().map(str::to_owned);
    match &schedule {
        Schedule::Off => {
            told.is_off = true;
            told.notes.push("off: the rule is disabled, and nothing starts by itself".to_owned());
        }
        Schedule::Rate(_) => {
            told.notes.push(
                "a rate has no fixed times: EventBridge counts from the moment the rule was made".to_owned(),
            );
        }
        Schedule::Cron(_) => told.next = next_firings(&schedule, after),
    }
    if let Some(second) = schedule.dropped_second() {
        told.notes
            .push(format!("second {second} is dropped: EventBridge fires at some moment within the minute"));
    }
    if matches!(schedule, Schedule::Cron(_)) && told.next.is_empty() {
        told.notes.push("it never fires again".to_owned());
    }
    told
}

fn next_firings(schedule: &Schedule, after: Timestamp) -> Vec<Firing> {
    let mut last = after;
    std::iter::from_fn(|| {
        last = schedule.next_after(last)?;
        let london = last.to_zoned_datetime(london()).strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string();
        Some(Firing { utc: last, london })
    })
    .take(TIMES)
    .collect()
}

fn shown(told: &Told) -> String {
    let mut text = format!("expression   {}\n", told.expression);
    if let Some(event_bridge) = &told.event_bridge {
        let _ = writeln!(text, "EventBridge  {event_bridge}");
    }
    for note in &told.notes {
        let _ = writeln!(text, "note         {note}");
    }
    if !told.next.is_empty() {
        let _ = writeln!(text, "\n{:<24}  London", "UTC");
    }
    for firing in &told.next {
        let utc = firing.utc.to_zoned_datetime(TimeZone::UTC).strftime("%a %Y-%m-%d %H:%M:%S").to_string();
        let _ = writeln!(text, "{utc:<24}  {}", firing.london);
    }
    text
}
