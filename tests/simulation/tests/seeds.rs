//! A fixed set of schedules, and some that nobody has seen before.

use simulation::scheduler::run;

fn assert_kept(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        let ran = run(seed, false);
        let broken: Vec<String> = ran.violations.iter().map(ToString::to_string).collect();
        assert!(
            broken.is_empty(),
            "cargo run --release -p simulation -- --replay {seed}\n{}",
            broken.join("\n")
        );
    }
}

#[test]
fn the_promise_holds_in_schedules_that_are_always_the_same() {
    assert_kept(1..=150);
}

#[test]
fn the_promise_holds_in_schedules_that_nobody_has_seen() {
    let fresh = u64::from(std::process::id()) * 1_000_003;
    assert_kept(fresh..fresh + 50);
}

#[test]
fn a_seed_replays() {
    let (first, second) = (run(7, true), run(7, true));
    assert!(first.trace.len() > 50);
    assert_eq!(first.trace, second.trace);
}
