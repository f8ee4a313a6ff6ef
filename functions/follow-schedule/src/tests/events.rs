//! Every event of the folder, and what is done with it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::support::{OLD, PARAMETER, World};

/// What the parameter holds, and what EventBridge is given for it.
const TEXT: &str = "0 5 0 * * MON-FRI";
const NEW: &str = "cron(5 0 ? * MON-FRI *)";

#[tokio::test]
async fn every_event_of_the_folder_is_answered_as_it_should_be() {
    let events = events();
    let expected = expected();
    assert_eq!(
        events.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>(),
        "every event has its expectation"
    );

    for (name, mut event) in events {
        let world = World::with_text(TEXT).await;
        if let Some(url) = event.get_mut("ResponseURL") {
            let real = std::mem::replace(url, json!(world.response_url()));
            assert!(real.as_str().unwrap().starts_with("https://"), "{name}");
        }

        let answer = world.invoke(event).await.unwrap();

        let (expected, is_written) = &expected[&name];
        assert_eq!(answer, *expected, "{name}");
        let written = if *is_written { vec![(json!(NEW), json!("ENABLED"))] } else { vec![] };
        assert_eq!(world.written(), written, "{name}");
        let answers: Vec<_> = world.answers().iter().map(|answer| answer["Status"].clone()).collect();
        let told = if name.starts_with("deployment") { vec![json!("SUCCESS")] } else { vec![] };
        assert_eq!(answers, told, "{name}");
    }
}

/// By file: the answer, and whether the rule is written.
fn expected() -> BTreeMap<String, (Value, bool)> {
    let followed =
        json!({"outcome": "changed", "parameter": PARAMETER, "expression": NEW, "isEnabled": true});
    let deployed = |request_type| {
        json!({
            "requestType": request_type,
            "status": "SUCCESS",
            "data": {"Outcome": "changed", "Expression": NEW, "Enabled": "true", "Reason": ""},
        })
    };
    let deleted = json!({
        "requestType": "Delete",
        "status": "SUCCESS",
        "data": {"Outcome": "deleted", "Expression": "", "Enabled": "", "Reason": ""},
    });
    let ignored = json!({
        "outcome": "ignored",
        "parameter": "/tis/revalidation/prod/recommendation/cron/nightlysync",
        "reason": format!("another parameter than {PARAMETER}"),
    });
    [
        ("another-parameter.json", (ignored, false)),
        ("deployment-create.json", (deployed("Create"), true)),
        ("deployment-delete.json", (deleted, false)),
        ("deployment-update.json", (deployed("Update"), true)),
        ("hourly.json", (followed.clone(), true)),
        ("parameter-change.json", (followed.clone(), true)),
        // the event is only the occasion: what counts is what the parameter holds by then
        ("parameter-deleted.json", (followed, true)),
    ]
    .map(|(name, expectation)| (name.to_owned(), expectation))
    .into()
}

#[tokio::test]
async fn another_parameter_is_not_even_read() {
    let world = World::with_text(TEXT).await;

    world.invoke(events()["another-parameter.json"].clone()).await.unwrap();

    assert_eq!(world.stub.calls(), []);
    assert_eq!(world.schedule_errors(), [""; 0]);
}

#[tokio::test]
async fn the_second_time_changes_nothing() {
    // given a rule that fires by the parameter's text already, in its own notation
    let world = World::with_text("0 0 3 * * *").await;

    let answer = world.invoke(events()["hourly.json"].clone()).await.unwrap();

    assert_eq!(
        answer,
        json!({"outcome": "unchanged", "parameter": PARAMETER, "expression": OLD, "isEnabled": true})
    );
    assert_eq!(world.written(), []);
    assert_eq!(world.schedule_errors(), ["0"]);
}

#[tokio::test]
async fn a_hyphen_switches_the_rule_off_and_keeps_its_expression() {
    let world = World::with_text("-").await;

    let answer = world.invoke(events()["parameter-change.json"].clone()).await.unwrap();

    assert_eq!(
        answer,
        json!({"outcome": "changed", "parameter": PARAMETER, "expression": OLD, "isEnabled": false})
    );
    assert_eq!(world.written(), [(json!(OLD), json!("DISABLED"))]);
    assert_eq!(world.schedule_errors(), ["0"]);
}

#[tokio::test]
async fn a_second_that_is_lost_is_told() {
    let world = World::with_text("30 0 3 * * *").await;

    let answer = world.invoke(events()["hourly.json"].clone()).await.unwrap();

    assert_eq!(answer["droppedSecond"], 30);
    let lines = world.lines();
    let told = |line: &String| line.starts_with("WARN") && line.contains("second=30");
    assert!(lines.iter().any(told), "{lines:?}");
}

#[tokio::test]
async fn an_event_that_is_none_of_these_is_an_error_that_names_its_fields() {
    let world = World::with_text(TEXT).await;
    for (event, told) in [
        (json!({}), "it is empty"),
        (json!({"detail-type": "EC2 Instance State-change Notification"}), "its fields are detail-type"),
        (json!({"Records": [{"messageId": "1", "body": "{}"}]}), "its fields are Records"),
        (json!({"detail-type": "Parameter Store Change", "detail": {}}), "without its name"),
        (json!({"RequestType": "Create"}), "a field is missing"),
    ] {
        let error = world.invoke(event).await.unwrap_err().to_string();

        assert!(error.contains(told), "{error}");
    }
    assert_eq!(world.stub.calls(), []);
}

/// The folder's files, by name.
pub(super) fn events() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/follow-schedule");
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let event = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
        (name, event)
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}
