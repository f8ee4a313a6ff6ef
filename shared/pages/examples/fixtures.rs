//! Pages that no real night makes on demand, for the tests in a browser: text from outside that means harm, a night as
//! large as they come, a first night, a slow loss, and a night before and after its end.
//!
//! `fixtures FOLDER` writes them there.

use std::error::Error;
use std::path::Path;

use domain::Moment;
use pages::{NightPage, NightsPage, Reach, night, nights};
use serde_json::{Value, json};
use sync::report::Report;
use sync::trends::Night;

const CODES: [&str; 13] = [
    "1-1RSG4X0",
    "1-1RSSPZ7",
    "1-1RSSQ05",
    "1-1RSSQ1B",
    "1-1RSSQ2H",
    "1-1RSSQ5L",
    "1-1RSSQ6R",
    "1-1RUZUSF",
    "1-1RUZUVB",
    "1-1RUZUYF",
    "1-1RUZV1D",
    "1-1RUZV4H",
    "1-1RUZV6H",
];
const DAY: i64 = 24 * 60 * 60 * 1_000;
/// Five past midnight in London, on 26 November 2026.
const OPENED: i64 = 1_795_651_500_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("a folder is expected")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for (name, report) in [("hostile", hostile()), ("large", large()), ("first", first())] {
        std::fs::write(folder.join(name).with_extension("html"), page(report, None)?)?;
    }
    // as they are served: before the end of a night, and after it
    let mut going_on = large();
    going_on["state"] = json!("SWEPT");
    going_on["moments"]["closed"] = Value::Null;
    std::fs::write(folder.join("going-on.html"), page(going_on, Some("../"))?)?;
    std::fs::write(folder.join("over.html"), page(large(), Some("../"))?)?;

    let slow_loss: Vec<Night> = (0..90).map(slow_loss).collect::<Result<_, _>>()?;
    let past =
        NightsPage { nights: &slow_loss, as_of: Moment(OPENED + DAY), source: "a fixture", night: None };
    std::fs::write(folder.join("nights.html"), nights(&past))?;
    Ok(())
}

fn page(report: Value, list: Option<&str>) -> Result<String, Box<dyn Error>> {
    let report: Report = serde_json::from_value(report)?;
    let reach = Reach::CommandLine { options: format!(" --data '{}'", hostile_text()) };
    let source = hostile_text();
    Ok(night(&NightPage {
        report: &report,
        as_of: Moment(OPENED + 60_000),
        source: &source,
        reach: &reach,
        list,
    }))
}

/// What breaks a page that trusts it: markup, an end of script, a turn of direction, and length.
fn hostile_text() -> String {
    format!(
        "O'Brien & <b>bold</b> \"quoted\" </script><script>window.harmed=1</script> <img src=x onerror=window.harmed=2> \
         \u{202E}turned \u{5D0}\u{5D1} {{{{ 7*7 }}}} {}",
        "x".repeat(10_000)
    )
}

fn hostile() -> Value {
    let text = hostile_text();
    let mut report = night_of(&CODES.iter().map(|code| body(code, "DONE", 4_600)).collect::<Vec<_>>());
    report["state"] = json!("PARTIAL");
    report["key"] = json!(text);
    report["aborted"] = json!(text);
    report["unknownCodes"] = json!([[text, 3], ["last-<i>", 1]]);
    let swept = json!({"at": OPENED + 20_000, "written": 5, "setByHand": 1, "unsettled": 1, "namedBySeveral": 2,
        "unsettledFirst": [["7000009", text]]});
    report["swept"] = swept.clone();
    report["secondLook"] = swept;
    report["unreadable"] = json!([["7000010", "submissionDate"]]);
    for (place, state) in [(3, "FAILED"), (7, "HELD")] {
        let body = &mut report["bodies"][place];
        body["state"] = json!(state);
        body["reason"] = json!(text);
        body["returnCode"] = json!(text);
        body["gmcRequestId"] = json!(text);
        body["loss"] = json!({"left": 2_300, "unusable": 12, "isEmpty": false});
        body["rejected"] = json!(12);
        body["rejectedByReason"] = json!({"malformedNumber": 12});
        body["missingFields"] = json!({"underNotice": 4});
        body["unreadableFields"] = json!({"dateAdded": 2});
    }
    report["doctors"] = json!([
        {"gmcNumber": "7000001", "what": "moved", "from": text, "to": CODES[0]},
        {"gmcNumber": "7000002", "what": "moved", "from": "=HYPERLINK(\"http://evil.example\",\"x\")", "to": CODES[0]},
        {"gmcNumber": "7000003", "what": "moved", "from": "-2+3,\"quoted\"", "to": CODES[1]},
        {"gmcNumber": "7000004", "what": "moved", "from": "\u{5D0}\u{5D1}\u{5D2}", "to": CODES[1]},
        {"gmcNumber": "0700005", "what": "left", "from": CODES[8]},
    ]);
    report
}

/// 60,000 doctors, of whom 2,000 have changed place.
fn large() -> Value {
    let mut report = night_of(&CODES.iter().map(|code| body(code, "DONE", 4_615)).collect::<Vec<_>>());
    let doctors: Vec<Value> = (0..2_000_usize)
        .map(|place| {
            let (from, to) = (CODES[place % 13], CODES[(place + 5) % 13]);
            let number = format!("{:07}", 1_000_000 + place * 37);
            match place % 5 {
                0 => json!({"gmcNumber": number, "what": "left", "from": from}),
                1 => json!({"gmcNumber": number, "what": "moved", "from": from, "to": to}),
                2 => json!({"gmcNumber": number, "what": "joined", "to": to}),
                3 => json!({"gmcNumber": number, "what": "new", "to": to}),
                _ => json!({"gmcNumber": number, "what": "restored", "to": to}),
            }
        })
        .collect();
    report["doctors"] = json!(doctors);
    report["totals"]["left"] = json!(400);
    report
}

/// Nobody was there before.
fn first() -> Value {
    let mut report = night_of(&CODES.iter().map(|code| body(code, "DONE", 0)).collect::<Vec<_>>());
    let doctors: Vec<Value> = (0..60_000_usize)
        .map(|place| json!({"gmcNumber": format!("{:07}", 1_000_000 + place), "what": "new", "to": CODES[place % 13]}))
        .collect();
    report["doctors"] = json!(doctors);
    report["totals"]["new"] = json!(60_000);
    report["previous"] = Value::Null;
    report
}

fn night_of(bodies: &[Value]) -> Value {
    let before: Vec<Value> = CODES
        .iter()
        .map(|code| json!({"code": code, "state": "DONE", "roll": 4_600, "returned": 4_610, "left": 7}))
        .collect();
    json!({
        "run": 7, "key": "rule:7", "trigger": "rule", "state": "SUCCEEDED", "isDry": false, "isWhole": true,
        "moments": {
            "opened": OPENED, "giveUp": OPENED + 2_700_000, "deadline": OPENED + 3_600_000, "expires": OPENED + 7_200_000,
            "hiding": OPENED + 2_000, "running": OPENED + 4_000, "sweeping": OPENED + 31_000, "swept": OPENED + 34_000,
            "closed": OPENED + 41_000,
        },
        "tookMs": 41_000, "hidden": 60_000, "hiddenForMs": 32_000, "bodies": bodies, "totals": {}, "unknownCodes": [],
        "looks": [13, 13], "doctors": [],
        "previous": {"run": 6, "opened": OPENED - DAY, "bodies": before},
    })
}

fn body(code: &str, state: &str, roll: u64) -> Value {
    let at =
        i64::try_from(code.len() * usize::from(code.as_bytes()[code.len() - 1]) % 20).unwrap_or(0) * 1_000;
    json!({
        "code": code, "state": state, "roll": roll, "returned": 4_615, "new": 3, "changed": 21, "left": 8, "joined": 2,
        "movedIn": 4, "movedOut": 5, "restored": 1, "askedAt": OPENED + 4_100, "settledAt": OPENED + 9_000 + at,
    })
}

/// Wessex loses a few each night, never enough to be held.
fn slow_loss(days_ago: i64) -> Result<Night, serde_json::Error> {
    let by_body: Vec<Value> = CODES
        .iter()
        .map(|code| {
            let (returned, left) = if *code == "1-1RUZUSF" {
                (3_000 + days_ago * 9, 9)
            } else {
                (4_600 + days_ago % 3, days_ago % 3)
            };
            let state = if *code == "1-1RSSQ1B" && days_ago == 40 { "FAILED" } else { "DONE" };
            json!({"code": code, "state": state, "roll": returned + left, "returned": returned, "left": left})
        })
        .collect();
    let opened = OPENED - days_ago * DAY;
    let (failed, state) = if days_ago == 40 { (1, "PARTIAL") } else { (0, "SUCCEEDED") };
    serde_json::from_value(json!({
        "run": 90 - days_ago, "state": state, "trigger": "rule", "isDry": false, "isWhole": true, "opened": opened,
        "tookMs": 41_000, "bodies": 13, "done": 13 - failed, "held": 0, "failed": failed,
        "totals": {"returned": 58_200, "left": 20}, "hiddenForMs": 30_000, "byBody": by_body,
    }))
}
