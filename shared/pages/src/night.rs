//! The page of one night.

use askama::Template;
use domain::{Moment, RunState};
use sync::ledger::Trigger;
use sync::report::Report;

use crate::assets::{POLICY, SCRIPT, STYLE};
use crate::bodies::{BodyRow, COLUMNS, Cell, rows, totals};
use crate::findings::{Finding, findings, notes};
use crate::people::People;
use crate::text::{LONG, doctors, shown, span};
use crate::time::{machine, when};
use crate::timeline::{Timeline, timeline};
use crate::todo::{Reach, Todo, todos};
use crate::verdict::{Verdict, verdict, would_leave};

/// What the page of a night is made of.
#[derive(Clone, Copy, Debug)]
pub struct NightPage<'a> {
    /// The night.
    pub report: &'a Report,
    /// When the report was made.
    pub as_of: Moment,
    /// Where the data are, for people.
    pub source: &'a str,
    /// How whoever reads the page begins another night.
    pub reach: &'a Reach,
    /// Where the list of nights is, relative to the page, where the page is served; there the page of another night is its
    /// number, and a night that goes on is shown live. A file has none.
    pub list: Option<&'a str>,
}

/// The page of a night, as one HTML document.
pub fn night(page: &NightPage<'_>) -> String {
    let report = page.report;
    let people = People::of(report);
    let verdict = verdict(report, page.as_of);
    let kind = kind(report.is_dry, report.is_whole);
    let view = View {
        policy: &POLICY,
        style: STYLE,
        script: SCRIPT,
        title: format!("{kind} {}: {}", report.run, word(report)),
        run: report.run.0,
        kind,
        word: word(report),
        going: match (report.state.is_closed(), page.list) {
            (true, _) => Going::Over,
            (false, Some(_)) => Going::Live { every_ms: every_ms(page.reach) },
            (false, None) => Going::Saved,
        },
        is_dry: report.is_dry,
        facts: facts(report, page.as_of),
        bodies: rows(report, &people),
        columns: &COLUMNS,
        totals: totals(report),
        previous: report.previous.as_ref().map(|previous| (previous.run.0, when(previous.opened))),
        timeline: timeline(report, page.as_of),
        todos: todos(report, page.reach),
        lists_are_gone: lists_are_gone(report),
        people,
        findings: findings(report),
        notes: notes(report),
        list: page.list,
        as_of: when(page.as_of),
        as_of_machine: machine(page.as_of),
        source: shown(page.source, LONG),
        verdict,
    };
    // writing to a string does not fail
    view.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "night.html")]
struct View<'a> {
    policy: &'a str,
    style: &'static str,
    script: &'static str,
    title: String,
    run: i64,
    kind: &'static str,
    word: &'static str,
    going: Going,
    is_dry: bool,
    verdict: Verdict,
    facts: Vec<(&'static str, String)>,
    bodies: Vec<BodyRow>,
    columns: &'static [(&'static str, &'static str)],
    totals: Vec<Cell>,
    previous: Option<(i64, String)>,
    timeline: Option<Timeline>,
    todos: Vec<Todo>,
    lists_are_gone: bool,
    people: People,
    findings: Vec<Finding>,
    notes: Vec<String>,
    list: Option<&'a str>,
    as_of: String,
    as_of_machine: String,
    source: String,
}

/// Every refresh through the API is an invocation, and reads the shared database.
fn every_ms(reach: &Reach) -> u32 {
    match reach {
        Reach::CommandLine { .. } => 2_000,
        Reach::Api => 10_000,
    }
}

/// Whether the night goes on, and what that is for the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Going {
    Over,
    /// It goes on, and the page refreshes itself so often.
    Live {
        every_ms: u32,
    },
    /// It goes on, and the page is a file: it will not say how it ended.
    Saved,
}

/// What a run is called.
pub(crate) fn kind(is_dry: bool, is_whole: bool) -> &'static str {
    match (is_dry, is_whole) {
        (true, _) => "Dry run",
        (false, true) => "Night",
        (false, false) => "Run over some bodies",
    }
}

fn word(report: &Report) -> &'static str {
    match report.state {
        RunState::Succeeded => "succeeded",
        RunState::Partial => "partly done",
        RunState::Failed => "failed",
        _ => "going on",
    }
}

fn facts(report: &Report, now: Moment) -> Vec<(&'static str, String)> {
    let took = if report.state.is_closed() { "Took" } else { "So far" };
    let trigger = match report.trigger {
        Trigger::Rule => "the nightly schedule",
        Trigger::Api => "an operator, through the API",
        Trigger::CommandLine => "an operator, on the command line",
    };
    let hidden = match report.hidden_for_ms {
        Some(longest) => format!("{}, for at most {}", doctors(report.hidden), span(longest)),
        None => "nobody".to_owned(),
    };
    let mut facts = vec![
        ("Began", when(report.moments.opened)),
        (took, span(report.took_ms)),
        ("Begun by", trigger.to_owned()),
        ("Hidden", hidden),
    ];
    if !report.state.is_closed() && now < report.moments.deadline {
        facts.push(("Has until", when(report.moments.deadline)));
    }
    facts.push(("Key", shown(&report.key, crate::text::SHORT)));
    facts
}

/// Whether somebody left, moved, is new or would have left, of whom only the count is left: the lists are kept for 14 days.
fn lists_are_gone(report: &Report) -> bool {
    let counts = &report.totals;
    let kept: u64 = report.bodies.iter().map(would_leave).sum();
    report.state.is_closed()
        && report.doctors.is_empty()
        && counts.left + counts.joined + counts.moved_in + counts.restored + counts.new + kept > 0
}
