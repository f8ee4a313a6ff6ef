//! A schedule that cannot be followed, and services that do not do their part.

use std::time::Duration;

use aws_stub::Answer;
use serde_json::json;

use super::support::{OLD, PARAMETER, World, event, usual};

#[tokio::test]
async fn a_text_that_cannot_be_followed_leaves_the_rule_and_is_in_log_metric_and_answer() {
    let world = World::with_text("0 0 * * *").await;

    let answer = world.invoke(event("parameter-change")).await.unwrap();

    let reason = "Spring has 6 fields, seconds first, and this has 5";
    assert_eq!(answer, json!({"outcome": "refused", "expression": OLD, "isEnabled": true, "reason": reason}));
    assert_eq!(world.written(), []);
    assert_eq!(world.schedule_errors(), ["1"]);
    let lines = world.lines();
    assert_eq!(lines.len(), 1, "a failure is logged once: {lines:?}");
    assert!(lines[0].starts_with("ERROR") && lines[0].contains(reason) && lines[0].contains(PARAMETER));
}

#[tokio::test]
async fn a_parameter_that_is_not_there_is_a_text_that_cannot_be_followed() {
    let world = World::new(|call| match &*call.operation {
        "GetParameter" => Answer::refusal(400, "ParameterNotFound", ""),
        _ => usual(call, ""),
    })
    .await;

    let answer = world.invoke(event("parameter-deleted")).await.unwrap();

    assert_eq!(answer["outcome"], "refused");
    assert_eq!(answer["reason"], "there is no such parameter");
    assert_eq!(world.written(), []);
    assert_eq!(world.schedule_errors(), ["1"]);
}

#[tokio::test]
async fn a_refusal_that_stays_is_reported_and_does_not_make_lambda_try_again() {
    for forbidden in ["GetParameter", "DescribeRule", "PutRule"] {
        let world = World::new(move |call| match &*call.operation {
            operation if operation == forbidden => Answer::refusal(400, "AccessDeniedException", "no"),
            _ => usual(call, "0 5 0 * * *"),
        })
        .await;

        let answer = world.invoke(event("tick")).await.unwrap();

        assert_eq!(answer["outcome"], "failed", "{forbidden}");
        assert!(answer["reason"].as_str().unwrap().ends_with("AccessDeniedException: no"), "{answer}");
        assert_eq!(world.schedule_errors(), ["1"], "{forbidden}");
        assert!(world.lines()[0].starts_with("ERROR"), "{forbidden}");
    }
}

#[tokio::test]
async fn an_expression_that_eventbridge_refuses_is_reported() {
    let world = World::new(|call| match &*call.operation {
        "PutRule" => {
            Answer::refusal(400, "ValidationException", "Parameter ScheduleExpression is not valid.")
        }
        _ => usual(call, "0 5 0 * * *"),
    })
    .await;

    let answer = world.invoke(event("tick")).await.unwrap();

    assert_eq!(answer["outcome"], "failed");
    assert!(answer["reason"].as_str().unwrap().contains("ScheduleExpression is not valid"), "{answer}");
    assert_eq!(world.schedule_errors(), ["1"]);
}

#[tokio::test]
async fn what_may_pass_is_an_error_so_that_lambda_tries_again() {
    for busy in ["GetParameter", "DescribeRule", "PutRule"] {
        let world = World::new(move |call| match &*call.operation {
            operation if operation == busy => Answer::refusal(400, "ThrottlingException", "Rate exceeded"),
            _ => usual(call, "0 5 0 * * *"),
        })
        .await;

        let error = world.invoke(event("tick")).await.unwrap_err();

        assert!(error.to_string().ends_with("ThrottlingException: Rate exceeded"), "{error}");
        assert_eq!(world.schedule_errors(), [""; 0], "Lambda tries again first");
    }
}

#[tokio::test]
async fn services_that_do_not_answer_are_reported_before_the_time_is_up() {
    let world = World::new(|call| usual(call, "0 5 0 * * *").after(Duration::from_mins(1))).await;

    let time = Duration::from_millis(2_500);
    let error = world.invoke_for(time, event("tick")).await.unwrap_err();

    assert!(error.to_string().contains("could not be followed within"), "{error}");
}
