//! The list of doctors: who left, moved, came back, joined or is new, each with the reason.

use std::collections::HashSet;

use domain::{BodyState, GmcNumber};
use sync::report::{DoctorReport, Report, What};

use crate::bodies::{Who, counted_by};
use crate::text::{counted, grouped, listed, name, shown};

/// How many doctors a page has at most, and how many new ones of them: a first night has tens of thousands, and a page
/// is to be small enough for a phone.
const MOST: usize = 4_000;
const MOST_NEW: usize = 1_000;
/// How many are listed who would have left, if their bodies were not held.
const MOST_KEPT: usize = 2_000;
/// The longest that a code is in the list, in characters: what is stored may be anything, and stands there thousands of
/// times. The codes in use have eleven.
const CODE: usize = 32;

/// The list.
pub(crate) struct People {
    pub(crate) rows: Vec<Row>,
    /// What is on the list, and how often, whether or not it is shown.
    pub(crate) kinds: Vec<(&'static str, usize)>,
    /// How many are left out, and what they are.
    pub(crate) left_out: Option<String>,
    /// The bodies that can be chosen.
    pub(crate) bodies: Vec<String>,
}

/// One doctor.
pub(crate) struct Row {
    /// The first one of a body, where the table of bodies points to.
    pub(crate) anchor: Option<String>,
    /// The first one who went away from a body to another.
    pub(crate) out_anchor: Option<String>,
    pub(crate) number: GmcNumber,
    pub(crate) what: &'static str,
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) why: String,
}

/// A body in the list.
pub(crate) struct Place {
    /// Among the bodies of the night.
    pub(crate) at: Option<usize>,
    pub(crate) region: Option<&'static str>,
    pub(crate) code: Option<String>,
}

impl People {
    /// Of a night.
    pub(crate) fn of(report: &Report) -> Self {
        let mut doctors: Vec<&DoctorReport> = report.doctors.iter().collect();
        doctors.sort_by_key(|doctor| {
            let body = if doctor.what == What::Left { &doctor.from } else { &doctor.to };
            (order(doctor.what), body.as_ref().and_then(|code| place_of(report, code)), doctor.gmc_number)
        });
        let count = |what| report.doctors.iter().filter(|doctor| doctor.what == what).count();
        let kinds = ORDER.map(|what| (word(what), count(what)));

        let (kept, new) = (count(What::Kept), count(What::New));
        let all = doctors.len();
        let news = doctors.split_off(all - new);
        doctors.truncate((all - new - kept + kept.min(MOST_KEPT)).min(MOST));
        doctors.extend(news.into_iter().take(MOST_NEW.min(MOST - doctors.len())));
        let left_out = (doctors.len() < all).then(|| {
            let old = doctors.iter().filter(|doctor| doctor.what != What::New).count();
            let what = if old == all - new { "new doctor" } else { "doctor" };
            counted((all - doctors.len()) as u64, &format!("{what} is"), &format!("{what}s are"))
        });

        let silent = silent(report);
        let mut rows: Vec<Row> = doctors.iter().map(|doctor| row(report, doctor, &silent)).collect();
        mark(&mut rows);
        let bodies = report.bodies.iter().map(|body| name(&body.code).to_owned()).collect();
        Self { rows, kinds: kinds.into_iter().filter(|(_, count)| *count > 0).collect(), left_out, bodies }
    }

    /// The part of the list that a figure of a body counts.
    pub(crate) fn who(&self, column: &str, body: usize) -> Option<Who> {
        let (what, is_from) = counted_by(column)?;
        self.part(what, is_from, body)
    }

    /// Those who would have left a body that is held.
    pub(crate) fn kept(&self, body: usize) -> Option<Who> {
        self.part(What::Kept, true, body)
    }

    fn part(&self, what: What, is_from: bool, body: usize) -> Option<Who> {
        let (from, to) = if is_from { (Some(body), None) } else { (None, Some(body)) };
        let anchor = anchor(word(what), is_from, body);
        let is_there =
            |row: &Row| row.anchor.as_ref() == Some(&anchor) || row.out_anchor.as_ref() == Some(&anchor);
        self.rows.iter().any(is_there).then(|| Who { anchor, what: word(what), from, to })
    }
}

/// First who is gone, last who is new: in this order they are worth a look, and are left out from the end.
const ORDER: [What; 6] = [What::Left, What::Moved, What::Restored, What::Joined, What::Kept, What::New];

fn order(what: What) -> usize {
    ORDER.iter().position(|known| *known == what).unwrap_or(ORDER.len())
}

fn word(what: What) -> &'static str {
    match what {
        What::Left => "left",
        What::Joined => "joined",
        What::Moved => "moved",
        What::New => "new",
        What::Restored => "restored",
        What::Kept => "kept",
    }
}

fn row(report: &Report, doctor: &DoctorReport, silent: &str) -> Row {
    Row {
        anchor: None,
        out_anchor: None,
        number: doctor.gmc_number,
        what: word(doctor.what),
        from: place(report, doctor.from.as_deref()),
        to: place(report, doctor.to.as_deref()),
        why: why(report, doctor, silent),
    }
}

fn place(report: &Report, code: Option<&str>) -> Place {
    Place {
        at: code.and_then(|code| place_of(report, code)),
        region: code.and_then(domain::region),
        code: code.map(|code| shown(code, CODE)),
    }
}

fn place_of(report: &Report, code: &str) -> Option<usize> {
    report.bodies.iter().position(|body| body.code.as_str() == code)
}

fn why(report: &Report, doctor: &DoctorReport, silent: &str) -> String {
    let called = |code: &Option<String>| {
        code.as_deref().map_or_else(String::new, |code| {
            domain::region(code).map_or_else(|| shown(code, CODE), str::to_owned)
        })
    };
    let (from, to) = (called(&doctor.from), called(&doctor.to));
    match doctor.what {
        What::Left => {
            let unusable = unusable(report, doctor.from.as_deref());
            format!("not in {from}’s complete answer, nor in any other body’s{silent}{unusable}")
        }
        What::Moved => format!("named by {to}, and not by {from}"),
        What::Joined => format!("connected to no body before, and in {to}’s answer"),
        What::New => format!("unknown before, and in {to}’s answer"),
        What::Kept => {
            format!(
                "not in {from}’s answer, nor in any other body’s{silent}; still there, because {from} is held{}",
                unusable(report, doctor.from.as_deref())
            )
        }
        What::Restored => format!("hidden in {to} before the night, and in its answer again"),
    }
}

/// How many records of the body's answer may be anybody's, since they have no usable GMC number.
fn unusable(report: &Report, code: Option<&str>) -> String {
    let body = code.and_then(|code| report.bodies.iter().find(|body| body.code.as_str() == code));
    match body.and_then(|body| body.loss).map_or(0, |loss| loss.unusable) {
        0 => String::new(),
        1 => "; 1 record there has no usable GMC number".to_owned(),
        many => format!("; {} records there have no usable GMC number", grouped(many)),
    }
}

/// Who gave no answer, and might have named somebody who has left.
fn silent(report: &Report) -> String {
    let silent: Vec<&str> = report
        .bodies
        .iter()
        .filter(|body| body.state == BodyState::Failed)
        .map(|body| name(&body.code))
        .collect();
    match silent.as_slice() {
        [] if report.is_whole => String::new(),
        [] => " of this night".to_owned(),
        names => format!("; {} gave none", listed(names)),
    }
}

/// Marks the first doctor of each body and kind.
fn mark(rows: &mut [Row]) {
    let mut seen = HashSet::new();
    for row in rows {
        for (is_from, at) in [(true, row.from.at), (false, row.to.at)] {
            let Some(at) = at else { continue };
            if seen.insert((row.what, is_from, at)) {
                let anchor = anchor(row.what, is_from, at);
                if row.anchor.is_none() { row.anchor = Some(anchor) } else { row.out_anchor = Some(anchor) }
            }
        }
    }
}

fn anchor(what: &str, is_from: bool, body: usize) -> String {
    format!("{what}-{}-{body}", if is_from { "from" } else { "to" })
}
