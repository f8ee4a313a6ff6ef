//! The tables of docs/metrics.md.

use std::collections::BTreeSet;
use std::fs;

use crate::root;

/// A row of the table of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentedMetric {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The sets of dimensions that it comes with.
    pub dimensions: BTreeSet<BTreeSet<String>>,
}

/// A row of a table of log events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentedEvent {
    /// `ERROR`, `WARN` or `INFO`.
    pub level: String,
    /// The message; `…` stands for what differs from one time to the next.
    pub message: String,
    /// The names of its fields.
    pub fields: BTreeSet<String>,
    /// The functions that log it.
    pub functions: BTreeSet<String>,
}

impl DocumentedEvent {
    /// Whether a line's message is one of this event.
    pub fn is_said_by(&self, message: &str) -> bool {
        let mut rest = message;
        let mut pieces = self.message.split('…');
        let Some(after) = pieces.next().and_then(|first| rest.strip_prefix(first)) else {
            return false;
        };
        rest = after;
        let mut is_open = false;
        for piece in pieces {
            is_open = piece.is_empty();
            let Some(at) = rest.find(piece) else { return false };
            rest = &rest[at + piece.len()..];
        }
        is_open || rest.is_empty()
    }
}

/// The metrics of the document.
pub fn metrics() -> Vec<DocumentedMetric> {
    let metric = |cells: Vec<String>| DocumentedMetric {
        name: bare(&cells[0]),
        unit: bare(&cells[1]),
        dimensions: listed(&cells[2]).iter().map(|set| set.split(" + ").map(bare).collect()).collect(),
    };
    rows("## Metrics").into_iter().map(metric).collect()
}

/// The log events of the document that are told one by one: all but those of the level debug.
pub fn events() -> Vec<DocumentedEvent> {
    let event = |cells: Vec<String>| DocumentedEvent {
        level: cells[0].to_uppercase(),
        message: bare(&cells[1]),
        fields: listed(&cells[2]).iter().map(|field| bare(field)).collect(),
        functions: listed(&cells[3]),
    };
    rows("## Log events").into_iter().map(event).filter(|event| event.level != "DEBUG").collect()
}

/// The cells of every row of the tables under a heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("docs/metrics.md")).unwrap();
    let mut is_under = false;
    let mut rows = Vec::new();
    for line in text.lines() {
        if line.starts_with("## ") {
            is_under = line == heading;
        }
        let Some(cells) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else { continue };
        let cells: Vec<String> = cells.split(" | ").map(str::to_owned).collect();
        // the head of a table names its columns, and a row begins with what the column holds
        if is_under && !["metric", "level"].contains(&cells[0].as_str()) {
            rows.push(cells);
        }
    }
    assert!(!rows.is_empty(), "docs/metrics.md has no table under {heading:?}");
    rows
}

/// What stands between commas; a dash is nothing.
fn listed(cell: &str) -> BTreeSet<String> {
    cell.split(", ").map(str::to_owned).filter(|one| !one.trim().is_empty() && one.trim() != "–").collect()
}

fn bare(cell: &str) -> String {
    cell.trim().trim_matches('`').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_by_what_stands_around_that_which_differs() {
        let is_said = |pattern: &str, message: &str| {
            let event = DocumentedEvent {
                level: "INFO".to_owned(),
                message: pattern.to_owned(),
                fields: BTreeSet::new(),
                functions: BTreeSet::new(),
            };
            event.is_said_by(message)
        };

        assert!(is_said("the run is closed", "the run is closed"));
        assert!(!is_said("the run is closed", "the run is closed again"));
        assert!(!is_said("the run is closed", "the run is"));
        assert!(is_said("no run was begun: …", "no run was begun: the lock: away"));
        assert!(!is_said("no run was begun: …", "a run was begun: 1"));
        assert!(is_said("the GMC did not let us in, and …", "the GMC did not let us in, and it is so"));
        assert!(is_said("… of … are left", "3 of 4 are left"));
        assert!(!is_said("… of … are left", "3 of 4 are left over"));
    }
}
