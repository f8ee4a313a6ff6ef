//! The nightly rule.

use aws::{NightlyRule, RuleState};
use aws_stub::{Answer, Call, Stub};
use serde_json::{Value, json};

const NAME: &str = "gmc-sync-preprod-nightly";
const NIGHTLY: &str = "cron(5 0 * * ? *)";

#[tokio::test]
async fn a_rule_is_read_as_it_stands() {
    let (rule, stub) = rule(stored("DISABLED")).await;

    let state = rule.read().await.unwrap();

    assert_eq!(
        state,
        RuleState {
            expression: Some("cron(0 3 * * ? *)".to_owned()),
            is_enabled: false,
            description: Some("starts the night".to_owned()),
            event_pattern: None,
            role: Some("arn:aws:iam::123456789012:role/starter".to_owned()),
            event_bus: Some("default".to_owned()),
        }
    );
    assert_eq!(stub.requests("DescribeRule"), [json!({"Name": NAME})]);
    assert_eq!(rule.name(), NAME);
}

#[tokio::test]
async fn what_is_put_says_again_what_must_not_be_lost() {
    let (rule, stub) = rule(stored("DISABLED")).await;

    let change = rule.put(Some(NIGHTLY)).await.unwrap();

    assert_eq!(
        stub.requests("PutRule"),
        [json!({
            "Name": NAME,
            "ScheduleExpression": NIGHTLY,
            "State": "ENABLED",
            "Description": "starts the night",
            "RoleArn": "arn:aws:iam::123456789012:role/starter",
            "EventBusName": "default",
        })]
    );
    assert!(change.is_change() && !change.before.is_enabled && change.after.is_enabled);
    assert_eq!(change.before.expression.as_deref(), Some("cron(0 3 * * ? *)"));
    assert_eq!(change.after.expression.as_deref(), Some(NIGHTLY));
}

#[tokio::test]
async fn a_rule_that_is_as_it_should_be_is_not_written() {
    let (enabled, enabled_stub) = rule(stored("ENABLED")).await;
    let (disabled, disabled_stub) = rule(stored("DISABLED")).await;

    let same = enabled.put(Some("cron(0 3 * * ? *)")).await.unwrap();
    let off = disabled.put(None).await.unwrap();

    assert!(!same.is_change() && !off.is_change());
    assert_eq!(enabled_stub.requests("PutRule"), [Value::Null; 0]);
    assert_eq!(disabled_stub.requests("PutRule"), [Value::Null; 0]);
}

#[tokio::test]
async fn a_rule_that_is_switched_off_keeps_its_expression() {
    let (rule, stub) = rule(stored("ENABLED")).await;

    let change = rule.put(None).await.unwrap();

    let request = &stub.requests("PutRule")[0];
    assert_eq!(request["State"], "DISABLED");
    assert_eq!(request["ScheduleExpression"], "cron(0 3 * * ? *)");
    assert_eq!(request["Description"], "starts the night");
    assert!(change.before.is_enabled && !change.after.is_enabled);
}

#[tokio::test]
async fn a_rule_with_the_right_expression_that_is_off_is_switched_on() {
    let (rule, stub) = rule(stored("DISABLED")).await;

    rule.put(Some("cron(0 3 * * ? *)")).await.unwrap();

    assert_eq!(stub.requests("PutRule")[0]["State"], "ENABLED");
}

#[tokio::test]
async fn a_rule_that_is_not_there_and_one_that_may_not_be_written_stay_errors() {
    let (missing, _) =
        answering(|_| Answer::refusal(400, "ResourceNotFoundException", "Rule x does not exist.")).await;
    let error = missing.put(Some(NIGHTLY)).await.unwrap_err();
    assert_eq!(
        error.message,
        format!("could not read rule {NAME}: ResourceNotFoundException: Rule x does not exist.")
    );
    assert!(!error.is_transient);

    let (forbidden, _) = answering(|call| match &*call.operation {
        "DescribeRule" => Answer::of(&stored("ENABLED")),
        _ => Answer::refusal(400, "AccessDeniedException", "no"),
    })
    .await;
    let error = forbidden.put(Some(NIGHTLY)).await.unwrap_err();
    assert_eq!(error.message, format!("could not write rule {NAME}: AccessDeniedException: no"));
    assert!(!error.is_transient);
}

#[tokio::test]
async fn a_rule_that_somebody_else_is_writing_may_be_written_later() {
    let (rule, _) = answering(|call| match &*call.operation {
        "DescribeRule" => Answer::of(&stored("ENABLED")),
        _ => Answer::refusal(400, "ConcurrentModificationException", "busy"),
    })
    .await;

    let error = rule.put(Some(NIGHTLY)).await.unwrap_err();

    assert!(error.is_transient, "{error}");
}

async fn rule(stored: Value) -> (NightlyRule, Stub) {
    answering(move |call| match &*call.operation {
        "DescribeRule" => Answer::of(&stored),
        _ => Answer::of(&json!({"RuleArn": "arn:aws:events:eu-west-2:123456789012:rule/x"})),
    })
    .await
}

async fn answering(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> (NightlyRule, Stub) {
    let stub = Stub::start(answer).await.unwrap();
    (NightlyRule::new(&stub.config(), NAME), stub)
}

fn stored(state: &str) -> Value {
    json!({
        "Name": NAME,
        "Arn": format!("arn:aws:events:eu-west-2:123456789012:rule/{NAME}"),
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "State": state,
        "Description": "starts the night",
        "RoleArn": "arn:aws:iam::123456789012:role/starter",
        "EventBusName": "default",
    })
}
