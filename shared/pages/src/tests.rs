//! What the pages say, of small nights.

use domain::Moment;
use serde_json::{Value, json};
use sync::report::Report;

use crate::verdict::{Tone, verdict};
use crate::{NightPage, Reach, night};

const OPENED: i64 = 1_795_651_500_000;

/// A night over Wessex, North East and a body that nobody has named.
fn report(state: &str, bodies: [&str; 3]) -> Value {
    let codes = ["1-1RUZUSF", "1-1RSSQ1B", "1-NEW"];
    let bodies: Vec<Value> = codes
        .iter()
        .zip(bodies)
        .map(|(code, state)| {
            json!({"code": code, "state": state, "roll": 1_000, "returned": 700, "left": if state == "DONE" { 3 } else { 0 },
                "reason": if state == "DONE" { Value::Null } else { json!("because") },
                "loss": if state == "HELD" { json!({"left": 300, "unusable": 12, "isEmpty": false}) } else { Value::Null }})
        })
        .collect();
    let closed = if ["PREPARING", "RUNNING", "SWEEPING", "SWEPT"].contains(&state) {
        Value::Null
    } else {
        json!(OPENED + 9_000)
    };
    json!({
        "run": 7, "key": "k", "trigger": "rule", "state": state, "isDry": false, "isWhole": true,
        "moments": {"opened": OPENED, "giveUp": OPENED + 60_000, "deadline": OPENED + 60_000, "expires": OPENED + 90_000,
            "hiding": OPENED + 1_000, "running": OPENED + 2_000, "closed": closed},
        "tookMs": 9_000, "hidden": 3_000, "hiddenForMs": 8_000, "bodies": bodies, "totals": {"left": 3, "new": 2},
        "unknownCodes": [], "looks": [3, 3], "doctors": [],
    })
}

fn read(report: Value) -> Report {
    serde_json::from_value(report).unwrap()
}

fn told(report: Value) -> (Tone, String, Vec<String>) {
    let verdict = verdict(&read(report), Moment(OPENED + 30_000));
    (verdict.tone, verdict.headline, verdict.besides)
}

fn page(report: Value, reach: &Reach) -> String {
    night(&NightPage {
        report: &read(report),
        as_of: Moment(OPENED + 30_000),
        source: "here",
        reach,
        list: None,
    })
}

#[test]
fn a_good_night_is_told_in_a_sentence() {
    let (tone, headline, besides) = told(report("SUCCEEDED", ["DONE"; 3]));
    assert_eq!((tone, headline.as_str()), (Tone::Good, "Everyone is accounted for: 3 of 3 bodies done."));
    assert_eq!(besides, ["3 left, 2 joined or new, 0 moved, 0 came back."]);
}

#[test]
fn a_run_over_some_bodies_speaks_of_nobody_else() {
    let mut some = report("SUCCEEDED", ["DONE"; 3]);
    some["isWhole"] = json!(false);
    assert_eq!(told(some).1, "Everyone there is accounted for: 3 of 3 bodies done.");
}

#[test]
fn a_dry_run_that_goes_on_speaks_of_nobody_being_hidden_or_put_in_place() {
    for state in ["PREPARING", "SWEEPING"] {
        let mut dry = report(state, ["PENDING"; 3]);
        dry["isDry"] = json!(true);
        let headline = told(dry).1;
        assert!(!headline.contains("hidden") && !headline.contains("in place"), "{headline}");
    }
}

#[test]
fn what_is_held_and_what_failed_is_told_by_name() {
    let (tone, headline, _) = told(report("PARTIAL", ["HELD", "FAILED", "DONE"]));
    assert_eq!(tone, Tone::Bad);
    assert_eq!(
        headline,
        "Wessex is held: 300 doctors would have left. Nobody has left it. North East failed: everyone is as visible there as \
         before."
    );
    assert_eq!(told(report("PARTIAL", ["DONE", "HELD", "HELD"])).0, Tone::Look);
    assert_eq!(
        told(report("FAILED", ["FAILED"; 3])).1,
        "Every body failed: everyone is as visible as before."
    );
}

#[test]
fn a_night_of_which_something_is_missing_is_no_success() {
    let mut missing = report("PARTIAL", ["DONE"; 3]);
    missing["looks"] = json!([3, 1]);
    missing["swept"] = json!({"at": 1, "written": 1, "setByHand": 0, "unsettled": 1, "namedBySeveral": 0});
    let (tone, headline, besides) = told(missing);
    assert_eq!(tone, Tone::Look);
    assert!(headline.contains("not everything agrees"), "{headline}");
    assert_eq!(besides[1], "2 of 3 looks at the search indexes are missing: the next night takes them.");
    assert_eq!(besides[2], "1 document would not agree; they are listed below, and tried again.");
}

#[test]
fn a_night_that_goes_on_says_how_far_it_is_and_when_its_time_is_over() {
    let (tone, headline, besides) = told(report("RUNNING", ["ANSWERED", "PENDING", "PENDING"]));
    assert_eq!(
        (tone, headline.as_str()),
        (Tone::Busy, "The night is going on: 1 of 3 bodies have answered.")
    );
    assert!(besides[0].starts_with("3,000 doctors were hidden"), "{besides:?}");

    let late = verdict(&read(report("RUNNING", ["ANSWERED", "PENDING", "PENDING"])), Moment(OPENED + 60_000));
    assert_eq!(late.tone, Tone::Look);
    assert!(late.besides[0].starts_with("Its time is over"));
}

#[test]
fn what_is_to_be_done_is_a_command_or_a_request_as_the_reader_can_use_it() {
    let here = Reach::CommandLine { options: " --data /tmp/week".to_owned() };
    let page_here = page(report("PARTIAL", ["HELD", "FAILED", "FAILED"]), &here);
    assert!(
        page_here.contains("gmc-sync night --bodies 1-1RUZUSF --accept 1-1RUZUSF=312 --data /tmp/week<"),
        "{page_here}"
    );
    assert!(
        page_here.contains("gmc-sync night --bodies 1-1RSSQ1B,1-NEW --data /tmp/week<"),
        "one for the same reason"
    );
    assert!(
        page_here
            .contains(r"{&#34;accept&#34;:{&#34;1-1RUZUSF&#34;:312},&#34;bodies&#34;:[&#34;1-1RUZUSF&#34;]}")
    );

    let by_api = page(report("FAILED", ["FAILED"; 3]), &Reach::Api);
    assert!(
        by_api.contains(">{}<") && by_api.contains("gmc-sync start --api URL<"),
        "all of them: the whole night"
    );

    let mut empty = report("PARTIAL", ["HELD", "DONE", "DONE"]);
    empty["bodies"][0]["loss"] = json!({"left": 1_000, "unusable": 0, "isEmpty": true});
    let empty = page(empty, &here);
    assert!(
        empty.contains("--accept 1-1RUZUSF=1000 --accept-empty") && empty.contains("&#34;empty&#34;:true")
    );

    let going_on = page(report("RUNNING", ["FAILED", "PENDING", "PENDING"]), &here);
    assert!(!going_on.contains("What to do"), "it may yet be settled");
}

#[test]
fn why_somebody_left_names_who_gave_no_answer() {
    let mut partial = report("PARTIAL", ["DONE", "FAILED", "DONE"]);
    partial["doctors"] = json!([{"gmcNumber": "0700001", "what": "left", "from": "1-1RUZUSF"}]);
    let text = page(partial, &Reach::Api);
    assert!(
        text.contains("not in Wessex’s complete answer, nor in any other body’s; North East gave none"),
        "{text}"
    );
    assert!(text.contains("0700001"), "leading zeros count");
}

#[test]
fn why_somebody_left_names_records_that_may_be_anybodys() {
    let mut lossy = report("SUCCEEDED", ["DONE"; 3]);
    lossy["doctors"] = json!([{"gmcNumber": "0700001", "what": "left", "from": "1-1RUZUSF"}]);
    lossy["bodies"][0]["loss"] = json!({"left": 1, "unusable": 14, "isEmpty": false});
    let text = page(lossy, &Reach::Api);
    assert!(text.contains("any other body’s; 14 records there have no usable GMC number"), "{text}");
}

#[test]
fn lists_that_are_gone_are_not_taken_for_nobody() {
    let mut only_held = report("PARTIAL", ["HELD", "FAILED", "FAILED"]);
    only_held["totals"] = json!({});
    for night in [report("SUCCEEDED", ["DONE"; 3]), only_held] {
        let text = page(night, &Reach::Api);
        assert!(text.contains("the lists of GMC numbers are kept for 14 days"));
    }
    let mut quiet = report("SUCCEEDED", ["DONE"; 3]);
    quiet["totals"] = json!({});
    assert!(page(quiet, &Reach::Api).contains("<p>Nobody.</p>"));
}

#[test]
fn a_page_is_small_whatever_the_stored_codes_hold() {
    // given as many doctors as a page lists, each under a code that is long and all quotes
    let mut full = report("SUCCEEDED", ["DONE"; 3]);
    let doctors: Vec<Value> = (1_000_000..1_010_000)
        .map(|number| json!({"gmcNumber": number.to_string(), "what": "moved", "from": "\"".repeat(500), "to": "1-NEW"}))
        .collect();
    full["doctors"] = json!(doctors);

    let text = page(full, &Reach::Api);

    // then an answer of API Gateway can hold the page, as the text in JSON that it is there
    assert!(serde_json::to_string(&text).unwrap().len() < 4_500_000);
    assert!(text.contains("6,000 doctors are left out"));
}
