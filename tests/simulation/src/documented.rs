//! The figure of the simulation in docs/testing.md. `--write` makes the paragraph of what was run, and `--check` runs the
//! seeds that it states again, so that no document states more than was run.

use crate::totals::Totals;

/// The line before the paragraph.
const BEFORE: &str = "<!-- the simulation writes this paragraph: --write docs/testing.md -->\n";
/// The line after it.
const AFTER: &str = "<!-- end of the paragraph -->\n";

/// Why a document cannot have the paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undocumented {
    /// The document has no place for it.
    NoPlace,
    /// A paragraph that does not say how many seeds were run.
    NoSeeds(String),
}

impl std::fmt::Display for Undocumented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoPlace => write!(f, "no paragraph between {BEFORE:?} and {AFTER:?}"),
            Self::NoSeeds(found) => write!(f, "the paragraph says nothing about seeds: {found:?}"),
        }
    }
}

/// Up to which seed, from 1, a document says that it was run.
pub fn stated_seeds(document: &str) -> Result<u64, Undocumented> {
    let stated = &document[place(document)?];
    let count =
        stated.strip_prefix("Seeds 1 to ").and_then(|rest| rest.split_once(':')).map(|(count, _)| count);
    let seeds = count.and_then(|count| count.replace(',', "").parse().ok());
    seeds.ok_or_else(|| Undocumented::NoSeeds(stated.to_owned()))
}

/// The document with what came of the seeds from 1 on.
pub fn with_figure(document: &str, totals: &Totals) -> Result<String, Undocumented> {
    let kept = match totals.failing.len() {
        0 => "every promise was kept".to_owned(),
        failing => format!("{failing} broke a promise"),
    };
    let met = match totals.not_covered().as_slice() {
        [] => "every possible transition was met".to_owned(),
        missing => format!("none met {}", missing.join(", ")),
    };
    let paragraph = format!("Seeds 1 to {}: {kept}, and {met}.\n", grouped(totals.seeds));
    let mut document = document.to_owned();
    document.replace_range(place(&document)?, &paragraph);
    Ok(document)
}

fn place(document: &str) -> Result<std::ops::Range<usize>, Undocumented> {
    let start = document.find(BEFORE).ok_or(Undocumented::NoPlace)? + BEFORE.len();
    let length = document[start..].find(AFTER).ok_or(Undocumented::NoPlace)?;
    Ok(start..start + length)
}

/// A count as people write it, such as 100,000.
fn grouped(count: u64) -> String {
    if count < 1_000 { count.to_string() } else { format!("{},{:03}", grouped(count / 1_000), count % 1_000) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::possible_transitions;

    fn good(seeds: u64) -> Totals {
        let transitions = possible_transitions().into_iter().map(|transition| (transition, 1)).collect();
        Totals { seeds, transitions, ..Totals::default() }
    }

    fn document(paragraph: &str) -> String {
        format!("# Tests\n\n{BEFORE}{paragraph}{AFTER}\nMore.\n")
    }

    #[test]
    fn what_was_run_is_written_and_can_be_read_again() {
        let written = with_figure(&document("Nothing yet.\n"), &good(100_000)).unwrap();

        let seen = "Seeds 1 to 100,000: every promise was kept, and every possible transition was met.\n";
        assert_eq!(written, document(seen));
        assert_eq!(stated_seeds(&written), Ok(100_000));
        assert_eq!(with_figure(&written, &good(100_000)), Ok(written));
    }

    #[test]
    fn a_transition_that_no_seed_met_is_named() {
        let mut totals = good(1_234_567);
        totals.transitions.pop_first();

        let written = with_figure(&document(""), &totals).unwrap();

        assert!(written.contains("Seeds 1 to 1,234,567: every promise was kept, and none met body: none → "));
    }

    #[test]
    fn a_broken_promise_is_told() {
        let broken = Totals { failing: vec![(2, vec!["[doctors] hidden".into()])], ..good(3) };
        let written = with_figure(&document(""), &broken).unwrap();
        assert!(written.contains("Seeds 1 to 3: 1 broke a promise, and"), "{written}");
    }

    #[test]
    fn a_document_without_the_paragraph_is_refused() {
        assert_eq!(stated_seeds("# Tests\n"), Err(Undocumented::NoPlace));
        assert_eq!(with_figure(BEFORE, &good(1)), Err(Undocumented::NoPlace));
        let vague = "Many seeds were run.\n";
        assert_eq!(stated_seeds(&document(vague)), Err(Undocumented::NoSeeds(vague.to_owned())));
    }

    #[test]
    fn the_documentation_states_how_many_seeds_were_run() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/testing.md");
        let seeds = stated_seeds(&std::fs::read_to_string(path).unwrap());
        assert!(seeds.is_ok_and(|seeds| seeds >= 10_000));
    }
}
