//! The one sentence that answers: did it run, and is anybody missing?

use domain::{BodyState, Moment, RunState};
use sync::report::{BodyReport, Report};

use crate::text::{counted, doctors, grouped, listed, name};

/// How a night, or a body of one, stands: a word, a shape and a colour, never the colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Somebody has to look.
    Look,
    /// Something was not done.
    Bad,
    /// It goes on.
    Busy,
}

impl Tone {
    /// The class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Look => "look",
            Self::Bad => "bad",
            Self::Busy => "busy",
        }
    }

    /// The shape, a symbol of the page.
    pub(crate) fn shape(self) -> &'static str {
        match self {
            Self::Good => "s-good",
            Self::Look => "s-look",
            Self::Bad => "s-bad",
            Self::Busy => "s-busy",
        }
    }

    /// Of a body.
    pub(crate) fn of(state: BodyState) -> Self {
        match state {
            BodyState::Done => Self::Good,
            BodyState::Held => Self::Look,
            BodyState::Failed => Self::Bad,
            BodyState::Pending | BodyState::Answered => Self::Busy,
        }
    }

    /// Of a night, of which so many bodies failed.
    pub(crate) fn of_run(state: RunState, failed: usize) -> Self {
        match state {
            RunState::Succeeded => Self::Good,
            RunState::Partial if failed == 0 => Self::Look,
            RunState::Partial | RunState::Failed => Self::Bad,
            _ => Self::Busy,
        }
    }
}

/// The answer.
pub(crate) struct Verdict {
    pub(crate) tone: Tone,
    /// The sentence that is read first.
    pub(crate) headline: String,
    /// What else is to be known at once.
    pub(crate) besides: Vec<String>,
}

/// What a night came to, or how far it has come at `now`.
pub(crate) fn verdict(report: &Report, now: Moment) -> Verdict {
    let mut besides = Vec::new();
    if let Some(reason) = &report.aborted {
        besides.push(format!("It was given up: {}.", crate::text::shown(reason, crate::text::LONG)));
    }
    let (tone, headline) = if report.state.is_closed() {
        ended(report, &mut besides)
    } else {
        going_on(report, now, &mut besides)
    };
    Verdict { tone, headline, besides }
}

fn ended(report: &Report, besides: &mut Vec<String>) -> (Tone, String) {
    let [done, held, failed] =
        [BodyState::Done, BodyState::Held, BodyState::Failed].map(|state| named(report, state));
    let would = if report.is_dry { "would have " } else { "" };
    let moved = format!(
        "{} {would}left, {} joined or new, {} moved, {} came back.",
        grouped(report.totals.left),
        grouped(report.totals.joined + report.totals.new),
        grouped(report.totals.moved_in),
        grouped(report.totals.restored)
    );
    if report.is_dry {
        besides.push("A dry run: nothing was written, and nobody was hidden.".to_owned());
    }
    if held.is_empty() && failed.is_empty() {
        let everyone = if report.is_whole { "Everyone" } else { "Everyone there" };
        let all = format!("{} of {} bodies done", done.len(), report.bodies.len());
        besides.push(moved);
        let missing = missing(report);
        if missing.is_empty() {
            let is = if report.is_dry { "would be" } else { "is" };
            return (Tone::Good, format!("{everyone} {is} accounted for: {all}."));
        }
        besides.extend(missing);
        return (Tone::Look, format!("{everyone} is accounted for, but not everything agrees: {all}."));
    }

    let mut sentences = Vec::new();
    if !held.is_empty() {
        let loss: u64 = report.bodies.iter().map(would_leave).sum();
        let (is, it) = if held.len() == 1 { ("is", "it") } else { ("are", "them") };
        sentences.push(format!(
            "{} {is} held: {} would have left. Nobody has left {it}.",
            listed(&held),
            doctors(loss)
        ));
    }
    if !failed.is_empty() {
        let (there, is) = if failed.len() == report.bodies.len() {
            ("Every body".to_owned(), "as visible as before")
        } else {
            (listed(&failed), "as visible there as before")
        };
        sentences.push(format!("{there} failed: everyone is {is}."));
    }
    besides.push(format!("{} of {} bodies are done: {moved}", done.len(), report.bodies.len()));
    besides.extend(missing(report));
    (if failed.is_empty() { Tone::Look } else { Tone::Bad }, sentences.join(" "))
}

fn going_on(report: &Report, now: Moment, besides: &mut Vec<String>) -> (Tone, String) {
    let settled = report.bodies.iter().filter(|body| body.state.is_settled()).count();
    let headline = match report.state {
        RunState::Preparing if report.is_dry => {
            "The dry run has begun: who is connected where is written down.".to_owned()
        }
        RunState::Preparing => {
            "The night has begun: who is connected where is written down, before anybody is hidden."
                .to_owned()
        }
        RunState::Running => {
            format!("The night is going on: {settled} of {} bodies have answered.", report.bodies.len())
        }
        RunState::Sweeping if report.is_dry => {
            "Every body has answered or failed: what would come of it is worked out.".to_owned()
        }
        RunState::Sweeping => "Every body has answered or failed: everyone is put in place.".to_owned(),
        _ => "Everyone is in place; the search indexes are looked over.".to_owned(),
    };
    if report.state.is_before_swept() && now >= report.moments.deadline {
        besides.push(
            "Its time is over: the watchdog, or the next command on the data, brings it to its end."
                .to_owned(),
        );
        return (Tone::Look, headline);
    }
    if report.state == RunState::Running && report.hidden > 0 {
        besides.push(format!(
            "{} were hidden when it began; each body is shown again as soon as its answer is in.",
            doctors(report.hidden)
        ));
    }
    (Tone::Busy, headline)
}

/// What keeps a night from being a success although every body is done.
fn missing(report: &Report) -> Vec<String> {
    let mut missing = Vec::new();
    let (looks, taken) = report.looks;
    if taken < looks {
        let open = looks - taken;
        missing.push(format!(
            "{open} of {looks} looks at the search indexes {} missing: the next night takes them.",
            if open == 1 { "is" } else { "are" }
        ));
    }
    let unsettled = report.second_look.as_ref().or(report.swept.as_ref()).map_or(0, |swept| swept.unsettled);
    if unsettled > 0 {
        missing.push(format!(
            "{} would not agree; they are listed below, and tried again.",
            counted(unsettled, "document", "documents")
        ));
    }
    missing
}

/// How many doctors the answer of a body that is held would have cost it.
pub(crate) fn would_leave(body: &BodyReport) -> u64 {
    body.loss.filter(|_| body.state == BodyState::Held).map_or(0, |loss| loss.left)
}

fn named(report: &Report, state: BodyState) -> Vec<&str> {
    report.bodies.iter().filter(|body| body.state == state).map(|body| name(&body.code)).collect()
}
