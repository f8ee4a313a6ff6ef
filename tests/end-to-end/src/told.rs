//! A night as people read it: the report's main lines, the time of each stage, and what each function took.

use std::fmt::Write as _;
use std::time::Instant;

use serde_json::Value;

use crate::functions::Function;
use crate::stack::Stack;

/// The report of a night in a few lines.
pub fn told_report(report: &Value) -> String {
    let mut text = String::new();
    let bodies = report["bodies"].as_array().map_or(&[][..], Vec::as_slice);
    let in_state = |state: &str| bodies.iter().filter(|body| body["state"] == state).count();
    let (done, held, failed) = (in_state("DONE"), in_state("HELD"), in_state("FAILED"));
    let state = report["state"].as_str().unwrap_or("?");
    let _ = writeln!(text, "run {} {state}: {done} bodies done, {held} held, {failed} failed", report["run"]);
    for body in bodies.iter().filter(|body| body["state"] != "DONE") {
        let reason = body["reason"].as_str().unwrap_or("no reason");
        let _ = writeln!(text, "  {}: {reason}", body["code"].as_str().unwrap_or("?"));
    }
    let count = |name: &str| report["totals"][name].as_u64().unwrap_or(0);
    let doctors = [
        ("returned", "returned"),
        ("new", "new"),
        ("changed", "changed"),
        ("unchanged", "unchanged"),
        ("movedIn", "moved"),
        ("joined", "joined"),
        ("left", "left"),
        ("restored", "restored"),
        ("rejected", "rejected"),
    ];
    let counts: Vec<String> = doctors.map(|(name, word)| format!("{} {word}", count(name))).into();
    let _ = writeln!(text, "  doctors: {}", counts.join(", "));
    let _ = writeln!(text, "  {}", told_moments(report));
    text
}

/// How long each stage of a run took, by the run's own moments.
fn told_moments(report: &Value) -> String {
    let stages = [
        ("rolls and hiding", "opened", "running"),
        ("asking and applying", "running", "sweeping"),
        ("sweep", "sweeping", "swept"),
        ("last looks", "swept", "closed"),
    ];
    let moment = |name: &str| report["moments"][name].as_i64();
    let mut told: Vec<String> = stages
        .into_iter()
        .filter_map(|(stage, from, to)| {
            Some(format!("{stage} {}", seconds(moment(to)?.saturating_sub(moment(from)?))))
        })
        .collect();
    told.push(format!("in all {}", seconds(report["tookMs"].as_i64().unwrap_or(0))));
    if let Some(hidden) = report["hiddenForMs"].as_i64() {
        told.push(format!("{} hidden for at most {}", report["hidden"], seconds(hidden)));
    }
    told.join(", ")
}

fn seconds(millis: i64) -> String {
    format!("{}.{:03} s", millis / 1_000, millis % 1_000)
}

/// What each function's queue gave it since `begun`, how long that took, and the memory of its processes, as a table.
pub fn told_functions(stack: &Stack, begun: Instant) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "  {:<22} {:>5} {:>7} {:>9} {:>9} {:>9} {:>9} {:>6} {:>6} {:>9} {:>8}",
        "function",
        "calls",
        "batches",
        "messages",
        "total s",
        "median ms",
        "max ms",
        "back",
        "errors",
        "peak MiB",
        "start ms"
    );
    for function in Function::ALL {
        let calls = stack.invocations.summary(begun, function);
        let processes = stack.runtime.processes(function);
        let tenths = processes.peak_kib * 10 / 1_024;
        let _ = writeln!(
            text,
            "  {:<22} {:>5} {:>7} {:>9} {:>9.2} {:>9} {:>9} {:>6} {:>6} {:>9} {:>8}",
            function.as_str(),
            calls.count,
            format!("≤{}", calls.largest_batch),
            calls.messages,
            calls.total.as_secs_f64(),
            calls.median.as_millis(),
            calls.longest.as_millis(),
            calls.handed_back,
            calls.errors,
            format!("{}.{}", tenths / 10, tenths % 10),
            processes.slowest_start.as_millis(),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_night_is_told_in_a_few_lines() {
        let report = json!({
            "run": 7, "state": "PARTIAL", "tookMs": 12_345, "hidden": 9, "hiddenForMs": 8_001,
            "moments": { "opened": 1_000, "running": 2_500, "sweeping": 10_000, "swept": 11_000, "closed": 13_345 },
            "bodies": [
                { "code": "1-X", "state": "DONE" },
                { "code": "1-Y", "state": "HELD", "reason": "5 possible losses" },
            ],
            "totals": { "returned": 20, "movedIn": 2 },
        });

        let told = told_report(&report);

        assert_eq!(
            told,
            "run 7 PARTIAL: 1 bodies done, 1 held, 0 failed\n  1-Y: 5 possible losses\n  doctors: 20 returned, 0 new, \
             0 changed, 0 unchanged, 2 moved, 0 joined, 0 left, 0 restored, 0 rejected\n  rolls and hiding 1.500 s, \
             asking and applying 7.500 s, sweep 1.000 s, last looks 2.345 s, in all 12.345 s, 9 hidden for at most \
             8.001 s\n"
        );
    }
}
