//! Drills as people read them: a table in Markdown.

use std::fmt::Write as _;

use super::{Outcome, Sight, Taken};

/// A row a drill; what broke stands below the table.
pub fn as_markdown(taken: &[Taken]) -> String {
    let mut text = String::from(
        "| drill | what was done | what the operator sees | lost | wrongly hidden | index equal | s |\n\
         |---|---|---|--:|--:|---|--:|\n",
    );
    for drill in taken {
        let (name, done) = (drill.name, drill.done);
        // writing to a text cannot fail
        let _ = match &drill.outcome {
            Ok(outcome) => writeln!(text, "| `{name}` | {done} | {}", cells(outcome)),
            Err(_) => writeln!(text, "| `{name}` | {done} | it did not come to its end | ? | ? | ? | ? |"),
        };
    }
    for drill in taken {
        let broken = match &drill.outcome {
            Ok(outcome) => outcome.broken(),
            Err(error) => vec![error.to_string()],
        };
        for what in broken {
            let _ = writeln!(text, "\n{}: {what}", drill.name);
        }
    }
    text
}

fn cells(outcome: &Outcome) -> String {
    let (toll, after) = (&outcome.toll, &outcome.after);
    format!(
        "{} | {} | {} | {} | {} |",
        seen(&outcome.sight).replace('|', "\\|"),
        toll.lost.len() + after.lost.len(),
        toll.wrongly_hidden.len() + after.wrongly_hidden.len(),
        index(outcome),
        outcome.took.as_secs(),
    )
}

fn seen(sight: &Sight) -> String {
    let mut parts = sight.notes.clone();
    parts.push(sight.report.clone());
    if !sight.dead_letters.is_empty() {
        let letters: Vec<String> =
            sight.dead_letters.iter().map(|(function, count)| format!("{function} {count}")).collect();
        parts.push(format!("dead letters: {}", letters.join(", ")));
    }
    let alarms: Vec<String> = sight.alarms.iter().map(|alarm| format!("`{alarm}`")).collect();
    parts.push(if alarms.is_empty() {
        "no alarm".to_owned()
    } else {
        format!("alarms: {}", alarms.join(" "))
    });
    parts.join(". ")
}

fn index(outcome: &Outcome) -> String {
    let is_equal =
        |differing: usize| if differing == 0 { "yes".to_owned() } else { format!("{differing} differ") };
    let (now, after) = (outcome.toll.index_differs.len(), outcome.after.index_differs.len());
    if now == after {
        is_equal(now)
    } else {
        format!("{}; after the next night {}", is_equal(now), is_equal(after))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use super::*;
    use crate::drills::Toll;
    use crate::failure::Failure;
    use crate::functions::Function;

    #[test]
    fn a_row_tells_what_was_seen_and_what_it_cost() {
        let sight = Sight {
            report: "run 2 PARTIAL: 5 DONE, 1 FAILED; \"no answer\"".to_owned(),
            alarms: BTreeSet::from(["body-failed".to_owned()]),
            dead_letters: BTreeMap::from([(Function::ConnectionIndex, 2)]),
            notes: vec!["`POST v1/admin` answers 409".to_owned()],
            are_looks_taken: false,
        };
        let toll = Toll { index_differs: vec!["0000007".to_owned()], ..Toll::default() };
        let outcome = Outcome { sight, toll, after: Toll::default(), took: Duration::from_millis(12_900) };
        let drills = [
            Taken { name: "one", done: "this", outcome: Ok(outcome) },
            Taken { name: "two", done: "that", outcome: Err(Failure::new("an engine", "it is away")) },
        ];

        let table = as_markdown(&drills);

        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| `one` | this | `POST v1/admin` answers 409. run 2 PARTIAL: 5 DONE, 1 FAILED; \"no answer\". dead letters: \
                 connection-index 2. alarms: `body-failed` | 0 | 0 | 1 differ; after the next night yes | 12 |",
                "| `two` | that | it did not come to its end | ? | ? | ? | ? |",
                "",
                "two: an engine: it is away",
            ]
        );
        assert!(drills[0].is_well() && !drills[1].is_well());
    }
}
