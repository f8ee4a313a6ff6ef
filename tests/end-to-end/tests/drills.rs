//! The drills that are soon over; `drills`, the program, does all of them.

use std::collections::BTreeSet;
use std::time::Duration;

use end_to_end::binaries::Binaries;
use end_to_end::drills::{self, Taken, as_markdown};
use end_to_end::midnight::not_over_midnight;

/// More stacks at a time would wait for the processor.
const AT_ONCE: usize = 4;

/// Longer than they take.
const ALL_OF_THEM: Duration = Duration::from_mins(6);

#[tokio::test]
async fn nobody_is_lost_and_nobody_is_left_hidden_whatever_goes_wrong() {
    not_over_midnight(ALL_OF_THEM).await;
    let binaries = Binaries::beside_this_program().unwrap();
    let engines = engines::addresses().unwrap();
    let mut short = drills::all();
    short.retain(|drill| drill.is_short);

    let taken = drills::take(&short, AT_ONCE, &binaries, engines, |drill, took| {
        eprintln!("{:4} s  {}", took.as_secs(), drill.name);
    })
    .await;

    assert!(taken.iter().all(Taken::is_well), "\n{}", as_markdown(&taken));
    // each was seen by somebody: a drill in which nothing happened proves nothing
    for drill in &taken {
        let sight = &drill.outcome.as_ref().unwrap().sight;
        let is_seen = !sight.alarms.is_empty() || !sight.notes.is_empty();
        assert!(is_seen, "{}: {sight:?}", drill.name);
    }
}

#[test]
fn every_drill_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = drills::all().iter().map(|drill| drill.name).collect();

    assert_eq!(names.len(), drills::all().len());
    assert!(names.iter().all(|name| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')));
}
