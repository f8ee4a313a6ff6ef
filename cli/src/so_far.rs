//! A night that goes on, as far as it has come.

use std::fmt::Write as _;

use domain::BodyState;
use sync::progress::{BodyStatus, Status};

use crate::output::{Colour, Paint};
use crate::progress::doing;
use crate::table::{Place, doctors, grouped, region, span};

/// How many characters a bar has.
const WIDTH: u64 = 20;

/// A line a body, and below them figures, what is waited for, and what can be done.
pub(crate) fn night_so_far(status: &Status, place: &Place<'_>, paint: Paint) -> String {
    let mut text = String::new();
    let kind = if status.is_dry { "dry run" } else { "run" };
    let aborted = status.aborted.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let _ = writeln!(
        text,
        "{kind} {} {}{aborted}, since {}: {}\n",
        status.run,
        status.state,
        clock(status.opened),
        doing(status.state, status.aborted.is_some())
    );
    let widest = |of: fn(&BodyStatus) -> usize| status.bodies.iter().map(of).max().unwrap_or(0);
    let (code, name) =
        (widest(|body| body.code.as_str().len()), widest(|body| region(body.code.as_str()).len()));
    for body in &status.bodies {
        let line = format!(
            "{:code$}  {:name$}  {}  {:>7} of {:<7} {}",
            body.code.as_str(),
            region(body.code.as_str()),
            bar(body),
            grouped(body.received),
            body.expected.map_or("?".to_owned(), grouped),
            body.state,
        );
        let line = line.trim_end();
        let is_bad = matches!(body.state, BodyState::Failed | BodyState::Held);
        let _ = writeln!(text, "{}", if is_bad { paint.line(Colour::Bad, line) } else { line.to_owned() });
        if let Some(reason) = &body.reason {
            let _ = writeln!(text, "{:code$}  {reason}", "");
        }
    }
    let _ = writeln!(text, "\nreceived  {}{}", of_all(status), speed(status));
    let waiting = &status.waiting;
    let _ = writeln!(
        text,
        "waiting   {} bodies without an answer, {} chunks to be applied, {} looks at the indexes",
        waiting.bodies, waiting.chunks, waiting.looks
    );
    match (status.hidden_since, status.hidden_for_ms) {
        (Some(since), Some(span_ms)) => {
            let _ = writeln!(
                text,
                "hidden    {} since {}, for {} so far",
                doctors(status.hidden),
                clock(since),
                span(span_ms)
            );
        }
        _ => text += "hidden    nobody\n",
    }
    let _ = writeln!(text, "deadline  {}", clock(status.deadline));
    let _ = writeln!(text, "\ndata      {}", place.shown);
    let _ = writeln!(text, "follow    {}", place.status(status.run, " --follow"));
    let _ = writeln!(text, "give up   {}", place.abort(status.run));
    text
}

/// How fast it goes and how long it will take still, as far as that is known; as a sentence goes on.
pub(crate) fn speed(status: &Status) -> String {
    let rate = status.doctors_per_second.map(|rate| format!(", {rate:.0} a second")).unwrap_or_default();
    let rest = status.remaining_ms.map(|rest| format!(", about {} remain", span(rest))).unwrap_or_default();
    rate + &rest
}

fn of_all(status: &Status) -> String {
    match status.expected {
        Some(expected) => format!("{} of about {}", grouped(status.received), doctors(expected)),
        None => format!("{}, and nobody knows of how many yet", doctors(status.received)),
    }
}

fn bar(body: &BodyStatus) -> String {
    let full = match body.expected {
        Some(expected) if expected > 0 => (body.received.min(expected) * WIDTH / expected).min(WIDTH),
        _ => 0,
    };
    let part =
        |character: char, count: u64| character.to_string().repeat(usize::try_from(count).unwrap_or(0));
    part('█', full) + &part('░', WIDTH - full)
}

/// To the second: who looks at it looks at a clock.
fn clock(moment: domain::Moment) -> String {
    moment.timestamp().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
