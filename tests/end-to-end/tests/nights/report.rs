//! What an operator reads, against what the day truly changed.

use serde_json::Value;
use simulator::Changes;

/// The run that an answer is about.
pub(crate) fn run_of(answer: &Value) -> u64 {
    answer["runId"].as_u64().unwrap_or_else(|| panic!("no run in {answer}"))
}

/// A body's part of a report.
pub(crate) fn body_of<'a>(report: &'a Value, code: &str) -> &'a Value {
    let bodies = report["bodies"].as_array().unwrap();
    bodies.iter().find(|body| body["code"] == code).unwrap_or_else(|| panic!("{code} is not in {report}"))
}

/// The report's numbers, and everyone whom it tells one by one, are the day's changes and nothing else.
pub(crate) fn assert_tells_just(report: &Value, changes: &Changes) {
    let edited = changes.renamed.len() + changes.under_notice.len() + changes.submission_date.len();
    let counts = [
        ("new", changes.joined.len()),
        ("left", changes.left.len()),
        ("joined", changes.returned.len()),
        ("movedIn", changes.moved.len()),
        ("movedOut", changes.moved.len()),
        ("changed", edited + changes.moved.len() + changes.returned.len()),
        ("restored", 0),
        ("rejected", 0),
    ];
    for (name, count) in counts {
        assert_eq!(report["totals"][name].as_u64(), Some(count as u64), "{name}");
    }

    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let told = report["doctors"].as_array().unwrap().iter();
    let mut told: Vec<[String; 4]> =
        told.map(|doctor| ["gmcNumber", "what", "from", "to"].map(|field| text(&doctor[field]))).collect();
    let is = |number: &String, what: &str, from: &str, to: &str| {
        [number.clone(), what.to_owned(), from.to_owned(), to.to_owned()]
    };
    let mut wanted = Vec::new();
    wanted.extend(changes.moved.iter().map(|moved| is(&moved.number, "moved", &moved.from, &moved.to)));
    wanted.extend(changes.joined.iter().map(|member| is(&member.number, "new", "-", &member.body)));
    wanted.extend(changes.left.iter().map(|member| is(&member.number, "left", &member.body, "-")));
    wanted.extend(changes.returned.iter().map(|member| is(&member.number, "joined", "-", &member.body)));
    told.sort();
    wanted.sort();
    assert_eq!(told, wanted);
}
