//! A fixed set of schedules. Many more, and some that differ from run to run, are what `--check docs/testing.md` runs.

use simulation::scheduler::run;
use simulation::totals::Totals;

#[test]
fn the_promise_holds_in_schedules_that_are_always_the_same() {
    let totals = Totals::of(1..401);

    let commands: Vec<String> = totals
        .failing
        .iter()
        .map(|(seed, broken)| {
            let command = format!("cargo run --release -p simulation -- --replay {seed}");
            format!("{command}\n{}", broken.join("\n"))
        })
        .collect();
    assert!(commands.is_empty(), "{}", commands.join("\n"));
    assert_eq!(totals.seeds, 400);
    // and they go everywhere
    assert_eq!(totals.not_covered(), Vec::<String>::new());
    for kind in KINDS {
        assert!(totals.made.contains_key(kind), "nobody met: {kind}");
    }
}

#[test]
fn a_seed_replays() {
    let (first, second) = (run(7, true), run(7, true));
    assert!(first.trace.len() > 50);
    assert_eq!(first.trace, second.trace);
}

/// Each of these, and more, can happen at any moment.
const KINDS: [&str; 44] = [
    "acknowledgement lost",
    "a message that is not ours",
    "a run was to be given up",
    "another run: dry",
    "another run: one body",
    "another run: whole",
    "another service: connected or disconnected by a whole save",
    "another service: connected to another body",
    "another service: connected to the body that is about to be hidden",
    "another service: connected to the same body",
    "another service: dated a document years ahead",
    "another service: disconnected",
    "another service: hid a doctor",
    "another service: new index document",
    "another service: own field of an index document",
    "another service: recommendation outcome",
    "another service: saved a document just read",
    "another service: saved a document read before",
    "another service: set the admin",
    "call failed after its effect",
    "call failed before its effect",
    "call refused for good",
    "database away for longer than all redeliveries",
    "document refused by the database",
    "index away for longer than all redeliveries",
    "item failed: 409",
    "item failed: 429",
    "item failed: 503",
    "item failed: refused",
    "message delivered again hours later",
    "message delivered hours late",
    "message delivered twice",
    "message went to the dead letters",
    "queues away for longer than all redeliveries",
    "stage killed",
    "stage paused",
    "stage ran out of time",
    "statement on its way for minutes",
    "the GMC changed its mind: a doctor left",
    "the GMC changed its mind: a doctor moved",
    "the GMC failed: an answer cut off",
    "the GMC failed: return code 81",
    "the GMC lied: an empty list",
    "the GMC lied: half the list",
];
