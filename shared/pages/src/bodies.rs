//! The table of bodies: a row each, with last night beside.

use domain::BodyState;
use sync::ledger::BodyCounts;
use sync::report::{BodyReport, Report, What};

use crate::people::People;
use crate::text::{LONG, difference, grouped, shown};
use crate::verdict::{Tone, would_leave};

/// One row.
pub(crate) struct BodyRow {
    pub(crate) code: String,
    pub(crate) region: Option<&'static str>,
    pub(crate) tone: Tone,
    pub(crate) state: String,
    /// Why it failed or is held.
    pub(crate) reason: Option<String>,
    pub(crate) cells: Vec<Cell>,
}

/// One figure.
pub(crate) struct Cell {
    /// The column's name, for a narrow screen, where there is no header.
    pub(crate) column: &'static str,
    pub(crate) figure: String,
    /// What stands beside it, smaller.
    pub(crate) beside: Option<String>,
    /// The list that tells who these are.
    pub(crate) who_beside: Option<Who>,
    /// Whether there is nothing to see.
    pub(crate) is_zero: bool,
    /// The list that tells who, where there is one.
    pub(crate) who: Option<Who>,
}

/// Which part of the list of doctors a figure counts.
pub(crate) struct Who {
    /// Where that part begins.
    pub(crate) anchor: String,
    pub(crate) what: &'static str,
    /// The place of the body among the bodies, in the list's columns *from* and *to*.
    pub(crate) from: Option<usize>,
    pub(crate) to: Option<usize>,
}

/// The columns with figures, and what each means.
pub(crate) const COLUMNS: [(&str, &str); 11] = [
    ("left", "on the roll, and in nobody's answer"),
    ("returned", "different GMC numbers in the answer; the difference is against the night before"),
    ("roll", "visible in the body when the night began"),
    ("new", "nobody knew them before"),
    ("joined", "known before, connected to no body"),
    ("moved in", "came from another body"),
    ("moved out", "went to another body"),
    ("restored", "hidden in this body before, and visible again"),
    ("changed", "the GMC says something new of them"),
    ("set by hand", "connected or disconnected by hand during the night, and left alone"),
    ("rejected", "records that could not be used"),
];

/// The rows, in order of the bodies' codes.
pub(crate) fn rows(report: &Report, people: &People) -> Vec<BodyRow> {
    report.bodies.iter().enumerate().map(|(place, body)| row(report, place, body, people)).collect()
}

/// All bodies together.
pub(crate) fn totals(report: &Report) -> Vec<Cell> {
    let counts = &report.totals;
    let roll = report.bodies.iter().map(|body| body.roll).sum();
    figures(counts, roll).into_iter().map(|(column, figure)| Cell::new(column, figure)).collect()
}

fn row(report: &Report, place: usize, body: &BodyReport, people: &People) -> BodyRow {
    let previous = report.previous.as_ref().and_then(|previous| previous.done(&body.code));
    let cells = figures(&body.counts, body.roll).into_iter().map(|(column, figure)| {
        let mut cell = Cell::new(column, figure);
        cell.who = people.who(column, place).filter(|_| figure > 0);
        match column {
            "left" if would_leave(body) > 0 => {
                cell.beside = Some(format!("{} would", grouped(would_leave(body))));
                cell.who_beside = people.kept(place);
                cell.is_zero = false;
            }
            "left" => {
                let told = previous.filter(|before| before.left + figure > 0);
                cell.beside = told.map(|before| format!("{} before", grouped(before.left)));
            }
            "returned" if body.state != BodyState::Pending && body.state != BodyState::Failed => {
                cell.beside = previous.map(|before| difference(figure, before.returned));
            }
            _ => {}
        }
        cell
    });
    BodyRow {
        code: body.code.to_string(),
        region: domain::region(body.code.as_str()),
        tone: Tone::of(body.state),
        state: body.state.to_string(),
        reason: body.reason.as_deref().map(|reason| shown(reason, LONG)),
        cells: cells.collect(),
    }
}

fn figures(counts: &BodyCounts, roll: u64) -> [(&'static str, u64); 11] {
    let figures = [
        counts.left,
        counts.returned,
        roll,
        counts.new,
        counts.joined,
        counts.moved_in,
        counts.moved_out,
        counts.restored,
        counts.changed,
        counts.set_by_hand,
        counts.rejected,
    ];
    let mut named = [("", 0); 11];
    for (named, ((column, _), figure)) in named.iter_mut().zip(COLUMNS.into_iter().zip(figures)) {
        *named = (column, figure);
    }
    named
}

impl Cell {
    fn new(column: &'static str, figure: u64) -> Self {
        Self {
            column,
            figure: grouped(figure),
            beside: None,
            who_beside: None,
            is_zero: figure == 0,
            who: None,
        }
    }
}

/// What a column counts, and whether by where doctors came from.
pub(crate) fn counted_by(column: &str) -> Option<(What, bool)> {
    match column {
        "left" => Some((What::Left, true)),
        "new" => Some((What::New, false)),
        "joined" => Some((What::Joined, false)),
        "moved in" => Some((What::Moved, false)),
        "moved out" => Some((What::Moved, true)),
        "restored" => Some((What::Restored, false)),
        _ => None,
    }
}
