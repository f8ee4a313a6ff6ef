//! Every event of the folder, and what the function does with it.

use serde_json::{Value, json};

use super::support::{OLD, World, event};
use crate::handler::NAME;

/// What the parameter holds, and what the rule is given for it.
const TEXT: &str = "0 5 0 * * MON-FRI";
const NEW: &str = "cron(5 0 ? * MON-FRI *)";

#[tokio::test]
async fn every_event_of_the_folder_brings_the_rule_in_line_with_what_the_parameter_holds_by_then() {
    let events = contract::events::of(NAME);
    assert_eq!(events.len(), 3);
    for (name, event) in events {
        let world = World::with_text(TEXT).await;

        let answer = world.invoke(event).await.unwrap();

        assert_eq!(answer, answered("changed", NEW, true), "{name}");
        assert_eq!(world.written(), [(json!(NEW), json!("ENABLED"))], "{name}");
        assert_eq!(world.schedule_errors(), ["0"], "{name}");
    }
}

#[tokio::test]
async fn the_second_time_changes_nothing() {
    // given a rule that already fires by the parameter's text, which is in Spring's notation
    let world = World::with_text("0 0 3 * * *").await;

    let answer = world.invoke(event("tick")).await.unwrap();

    assert_eq!(answer, answered("unchanged", OLD, true));
    assert_eq!(world.written(), []);
    assert_eq!(world.schedule_errors(), ["0"]);
    assert_eq!(world.lines(), [""; 0]);
}

#[tokio::test]
async fn a_rule_as_the_template_makes_it_is_switched_on() {
    let world = World::with_rule("0 0 3 * * *", "cron(0 0 1 1 ? 2199)", "DISABLED").await;

    let answer = world.invoke(event("tick")).await.unwrap();

    assert_eq!(answer, answered("changed", OLD, true));
    assert_eq!(world.written(), [(json!(OLD), json!("ENABLED"))]);
}

#[tokio::test]
async fn a_rule_that_fires_by_a_rate_is_possible() {
    let world = World::with_text("rate(1 day)").await;

    let answer = world.invoke(event("tick")).await.unwrap();

    assert_eq!(answer, answered("changed", "rate(1 day)", true));
}

#[tokio::test]
async fn a_hyphen_switches_the_rule_off_and_keeps_its_expression() {
    let world = World::with_text("-").await;

    let answer = world.invoke(event("parameter-change")).await.unwrap();

    assert_eq!(answer, answered("changed", OLD, false));
    assert_eq!(world.written(), [(json!(OLD), json!("DISABLED"))]);
    assert_eq!(world.schedule_errors(), ["0"]);
}

#[tokio::test]
async fn a_second_that_is_dropped_is_reported_with_the_change() {
    let world = World::with_text("30 5 0 * * *").await;

    let answer = world.invoke(event("tick")).await.unwrap();

    assert_eq!(answer["droppedSecond"], 30);
    let [line] = &world.lines()[..] else { panic!("{:?}", world.lines()) };
    assert!(line.starts_with("INFO") && line.contains("dropped_second=30"), "{line}");
}

#[tokio::test]
async fn an_event_of_another_kind_is_an_error_that_names_its_fields() {
    let world = World::with_text(TEXT).await;
    for (event, said) in [
        (json!({}), "it is empty"),
        (json!({"detail-type": "EC2 Instance State-change Notification"}), "its fields are detail-type"),
        (json!({"Records": [{"messageId": "1", "body": "{}"}]}), "its fields are Records"),
        (
            json!({"RequestType": "Delete", "ResponseURL": "https://…"}),
            "its fields are RequestType, ResponseURL",
        ),
        (json!([]), "it is no object"),
    ] {
        let error = world.invoke(event).await.unwrap_err().to_string();

        assert_eq!(error, format!("an event that follow-schedule does not know: {said}"));
    }
    assert_eq!(world.stub.calls(), []);
}

fn answered(outcome: &str, expression: &str, is_enabled: bool) -> Value {
    json!({"outcome": outcome, "expression": expression, "isEnabled": is_enabled, "droppedSecond": null})
}
