//! The page of the past nights, and of what goes on over many of them.

use askama::Template;
use domain::{BodyState, Moment};
use sync::trends::Night;

use crate::assets::{POLICY, SCRIPT, STYLE};
use crate::night::kind;
use crate::text::{LONG, grouped, listed, name, shown, span};
use crate::time::{machine, short, when};
use crate::trend::{Trend, losses, trends};
use crate::verdict::Tone;

/// How many nights the page has when nobody says: as long as they are kept.
pub const NIGHTS: usize = 90;

/// What the page of the past nights is made of.
#[derive(Clone, Copy, Debug)]
pub struct NightsPage<'a> {
    /// The nights, latest first.
    pub nights: &'a [Night],
    /// When they were read.
    pub as_of: Moment,
    /// Where the data are, for people.
    pub source: &'a str,
    /// What stands before a night's number in the address of its page, relative to this one, where pages are served.
    pub night: Option<&'a str>,
}

/// The page of the past nights, as one HTML document.
pub fn nights(page: &NightsPage<'_>) -> String {
    let trends = trends(page.nights);
    let view = View {
        policy: &POLICY,
        style: STYLE,
        script: SCRIPT,
        title: "Nights".to_owned(),
        latest: page.nights.first().map(latest),
        is_live: page.night.is_some() && page.nights.iter().any(|night| !night.summary.state.is_closed()),
        losses: losses(&trends),
        trends,
        rows: page.nights.iter().map(row).collect(),
        night: page.night,
        as_of: when(page.as_of),
        as_of_machine: machine(page.as_of),
        source: shown(page.source, LONG),
    };
    // writing to a string does not fail
    view.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "nights.html")]
struct View<'a> {
    policy: &'a str,
    style: &'static str,
    script: &'static str,
    title: String,
    latest: Option<Latest>,
    is_live: bool,
    losses: Vec<String>,
    trends: Vec<Trend>,
    rows: Vec<Row>,
    night: Option<&'a str>,
    as_of: String,
    as_of_machine: String,
    source: String,
}

struct Latest {
    kind: &'static str,
    run: i64,
    tone: Tone,
    headline: String,
}

struct Row {
    run: i64,
    tone: Tone,
    state: String,
    began: String,
    began_machine: String,
    kind: &'static str,
    /// The bodies that are not done.
    not_done: String,
    figures: Vec<(&'static str, String)>,
}

fn latest(night: &Night) -> Latest {
    let summary = &night.summary;
    let tone = Tone::of_run(summary.state, summary.failed);
    let went = match tone {
        // of the other bodies nothing was asked
        Tone::Good if !summary.is_whole => "Everyone there is accounted for".to_owned(),
        Tone::Good => "Everyone is accounted for".to_owned(),
        Tone::Busy => "It is going on".to_owned(),
        Tone::Look | Tone::Bad if summary.held + summary.failed > 0 => {
            format!("Not done: {}", not_done(night))
        }
        Tone::Look | Tone::Bad => "Not everything agrees".to_owned(),
    };
    let headline = format!(
        "{}: {}. {} of {} bodies done. {went}.",
        short(summary.opened),
        summary.state,
        summary.done,
        summary.bodies
    );
    Latest { kind: kind(summary.is_dry, summary.is_whole), run: summary.run.0, tone, headline }
}

fn not_done(night: &Night) -> String {
    let said = [(BodyState::Held, "held"), (BodyState::Failed, "failed")].map(|(state, word)| {
        let names: Vec<&str> =
            night.by_body.iter().filter(|body| body.state == state).map(|body| name(&body.code)).collect();
        if names.is_empty() { String::new() } else { format!("{word}: {}", listed(&names)) }
    });
    said.into_iter().filter(|said| !said.is_empty()).collect::<Vec<_>>().join("; ")
}

fn row(night: &Night) -> Row {
    let summary = &night.summary;
    let counts = &summary.totals;
    Row {
        run: summary.run.0,
        tone: Tone::of_run(summary.state, summary.failed),
        state: summary.state.to_string(),
        began: short(summary.opened),
        began_machine: machine(summary.opened),
        kind: match (summary.is_dry, summary.is_whole) {
            (true, _) => "dry run",
            (false, true) => "whole",
            (false, false) => "some bodies",
        },
        not_done: not_done(night),
        figures: vec![
            ("done", format!("{} of {}", summary.done, summary.bodies)),
            ("returned", grouped(counts.returned)),
            ("left", grouped(counts.left)),
            ("joined", grouped(counts.joined)),
            ("new", grouped(counts.new)),
            ("moved", grouped(counts.moved_in)),
            ("hidden for", night.hidden_for_ms.map_or_else(|| "–".to_owned(), span)),
            ("took", summary.took_ms.map_or_else(|| "–".to_owned(), span)),
        ],
    }
}
