//! `connectionLogs`: one entry for each doctor whose body really changed, and no other.

use std::collections::BTreeMap;

use domain::Moment;
use night_tests::night::of;
use night_tests::{Call, Expected, Night, Setup, Snapshot};
use serde_json::{Map, Value};
use simulator::Changes;
use sync::ports::PortError;
use sync::ports::queue::QueueName;

type Log = Map<String, Value>;

#[tokio::test]
async fn entries_are_written_for_real_changes_alone_and_with_plain_codes() {
    let night = Setup::default().start().await;
    let first = night.whole_night().await;
    assert_eq!(night.snapshot().logs.len() as u64, first.totals.new);
    night.next_day();
    night.whole_night().await;
    let changes = night.next_day();
    assert!(!changes.returned.is_empty(), "the test needs somebody who comes back");
    let before = night.snapshot();

    let report = night.whole_night().await;

    let logs = new_logs(&before, &night);
    assert_eq!(places(&logs), wanted(&changes));
    for log in &logs {
        assert_eq!(log["updatedBy"], "Updated by GMC");
        let body = log.get("newDesignatedBodyCode").or(log.get("previousDesignatedBodyCode")).unwrap();
        let asked: Moment = of(&report, body.as_str().unwrap()).asked_at.unwrap();
        assert_eq!(log["requestTime"], asked.to_string());
        assert!(uuid::Uuid::parse_str(log["_id"].as_str().unwrap()).is_ok());
    }
    let texts: Vec<String> = logs.iter().map(|log| format!("{log:?}")).collect();
    assert!(texts.iter().all(|text| !text.contains("last-")));

    // nothing has changed: nothing is logged
    let before = night.snapshot();
    night.whole_night().await;
    assert!(new_logs(&before, &night).is_empty());
}

#[tokio::test]
async fn an_entry_is_written_once_however_often_the_sweep_is_repeated() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let changes = night.next_day();
    let before = night.snapshot();
    // the sweep is cut off after it has logged, again and again
    for nth in 1..=3 {
        night.hooks().after(Call::LogConnections, nth, || async { Err(PortError::transient("cut off")) });
    }

    let report = night.whole_night().await;

    assert!(night.hooks().are_done());
    assert_eq!(places(&new_logs(&before, &night)), wanted(&changes));
    // and whoever sweeps once more adds nothing
    night.send(QueueName::RecommendationUpdate, &format!("{{\"sweep\":{{\"run\":{}}}}}", report.run)).await;
    night.idle().await;
    night.second_look().await;
    assert_eq!(new_logs(&before, &night).len(), wanted(&changes).len());
    night.assert_right(&before, &Expected::of(&night));
}

#[tokio::test]
async fn a_body_that_is_held_or_fails_logs_nobody() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = night.snapshot();
    night.fault("*=half");

    let report = night.whole_night().await;

    assert_eq!(report.totals.left, 0);
    assert!(new_logs(&before, &night).is_empty());
}

/// From and to, by GMC number.
type Places = BTreeMap<String, (Option<String>, Option<String>)>;

fn wanted(changes: &Changes) -> Places {
    let some = |code: &String| Some(code.clone());
    let moved = changes.moved.iter().map(|m| (m.number.clone(), (some(&m.from), some(&m.to))));
    let came =
        changes.joined.iter().chain(&changes.returned).map(|m| (m.number.clone(), (None, some(&m.body))));
    let left = changes.left.iter().map(|m| (m.number.clone(), (some(&m.body), None)));
    moved.chain(came).chain(left).collect()
}

fn places(logs: &[Log]) -> Places {
    let code = |log: &Log, field: &str| log.get(field).map(|code| code.as_str().unwrap().to_owned());
    let place = |log: &Log| {
        let number = log["gmcId"].as_str().unwrap().to_owned();
        (number, (code(log, "previousDesignatedBodyCode"), code(log, "newDesignatedBodyCode")))
    };
    let places: Places = logs.iter().map(place).collect();
    assert_eq!(places.len(), logs.len(), "one entry a doctor");
    places
}

fn new_logs(before: &Snapshot, night: &Night) -> Vec<Log> {
    night.snapshot().logs.into_iter().filter(|log| !before.logs.contains(log)).collect()
}
