//! The suite has teeth: every planted bug is noticed, and docs/testing.md lists each. `tests/simulation/planted` runs this.
#![cfg(planted_bugs)]

use std::path::Path;

use domain::planted::Bug;
use simulation::teeth::hunt;

/// Several times what the rarest of them needs.
const MOST_SEEDS: u64 = 20_000;

#[test]
fn every_planted_bug_is_noticed() {
    let escaped: Vec<Bug> = Bug::ALL.iter().copied().filter(|bug| hunt(*bug, MOST_SEEDS).is_none()).collect();
    assert_eq!(escaped, [], "not noticed within {MOST_SEEDS} seeds");
}

#[test]
fn nothing_is_noticed_without_a_planted_bug() {
    assert!((1..=50).all(|seed| simulation::scheduler::run(seed, false).violations.is_empty()));
}

#[test]
fn the_documentation_has_a_row_for_each_planted_bug_and_no_others() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/testing.md");
    let text = std::fs::read_to_string(path).unwrap();
    let table = text.split("### The suite has teeth").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let rows: Vec<(String, String)> = table
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let name = cells.next()?.trim_end_matches('`').to_owned();
            Some((name, cells.next()?.to_owned()))
        })
        .collect();
    let bugs: Vec<(String, String)> =
        Bug::ALL.iter().map(|bug| (format!("{bug:?}"), bug.what().to_owned())).collect();
    assert_eq!(rows, bugs);
}
