//! CloudFormation's requests: it always gets an answer, and a deployment fails only where that helps.

use std::time::{Duration, Instant};

use aws_stub::Answer;
use serde_json::{Value, json};

use super::support::{KEY, OLD, World, usual};
use crate::responder::Responder;

#[tokio::test]
async fn an_answer_is_put_as_cloudformation_wants_it() {
    let world = World::with_text("0 5 0 * * *").await;

    let answer = world.deploy("Create").await;

    assert_eq!(
        answer,
        json!({
            "Status": "SUCCESS",
            "PhysicalResourceId": "ScheduleAtDeployment",
            "StackId": "the-stack",
            "RequestId": "the-request",
            "LogicalResourceId": "ScheduleAtDeployment",
            "Data": {"Outcome": "changed", "Expression": "cron(5 0 * * ? *)", "Enabled": "true", "Reason": ""},
        })
    );
    let call = world.stub.calls().pop().unwrap();
    assert_eq!((&*call.method, call.content_type), ("PUT", None), "the address is signed without a type");
}

#[tokio::test]
async fn the_resource_keeps_the_id_that_it_has() {
    let world = World::with_text("0 5 0 * * *").await;
    let mut request = world.deployment("Update");
    request["PhysicalResourceId"] = json!("an-older-id");

    world.invoke(request).await.unwrap();

    assert_eq!(world.answers()[0]["PhysicalResourceId"], "an-older-id");
}

#[tokio::test]
async fn a_text_that_cannot_be_followed_fails_no_deployment() {
    for request_type in ["Create", "Update"] {
        let world = World::with_text("nonsense").await;

        let answer = world.deploy(request_type).await;

        assert_eq!(answer["Status"], "SUCCESS");
        assert_eq!(answer["Data"]["Outcome"], "refused");
        assert_eq!(answer["Data"]["Expression"], OLD);
        assert_eq!(answer["Reason"], answer["Data"]["Reason"]);
        assert!(answer["Reason"].as_str().unwrap().contains("Spring has 6 fields"), "{answer}");
        assert_eq!(world.schedule_errors(), ["1"]);
        assert_eq!(world.written(), []);
    }
}

#[tokio::test]
async fn a_refusal_that_stays_fails_a_creation_and_no_update() {
    for (request_type, status) in [("Create", "FAILED"), ("Update", "SUCCESS")] {
        let world = World::new(|call| match &*call.operation {
            "DescribeRule" => Answer::refusal(400, "AccessDeniedException", "no"),
            _ => usual(call, "-"),
        })
        .await;

        let answer = world.deploy(request_type).await;

        assert_eq!(answer["Status"], status);
        assert!(answer["Reason"].as_str().unwrap().ends_with("AccessDeniedException: no"), "{answer}");
        assert_eq!(answer["Data"]["Outcome"], "failed");
        assert_eq!(world.schedule_errors(), ["1"]);
    }
}

#[tokio::test]
async fn what_may_pass_fails_no_deployment_because_the_hour_mends_it() {
    let world = World::new(|call| match &*call.operation {
        "PutRule" => Answer::refusal(503, "ServiceUnavailable", "later"),
        _ => usual(call, "-"),
    })
    .await;

    let answer = world.deploy("Create").await;

    assert_eq!(answer["Status"], "SUCCESS");
    assert!(answer["Reason"].as_str().unwrap().ends_with("ServiceUnavailable: later"), "{answer}");
    assert_eq!(world.schedule_errors(), ["1"], "it is told all the same");
}

#[tokio::test]
async fn services_that_do_not_answer_leave_time_to_answer_cloudformation() {
    let world = World::new(|call| match &*call.operation {
        "GetParameter" => usual(call, "-").after(Duration::from_mins(1)),
        _ => usual(call, "-"),
    })
    .await;
    let (begun, time) = (Instant::now(), Duration::from_millis(12_500));

    world.invoke_for(time, world.deployment("Create")).await.unwrap();

    assert!(begun.elapsed() < Duration::from_secs(3));
    assert_eq!(world.answers()[0]["Status"], "SUCCESS");
    assert_eq!(world.answers()[0]["Data"]["Outcome"], "failed");
}

#[tokio::test]
async fn a_deletion_does_nothing_and_succeeds_even_without_settings() {
    for world in [World::with_text("-").await, World::with_text("-").await.without_settings()] {
        let answer = world.deploy("Delete").await;

        assert_eq!(answer["Status"], "SUCCESS");
        assert_eq!(world.stub.calls().len(), 1, "nothing but the answer");
    }
}

#[tokio::test]
async fn a_setting_that_is_missing_is_told_to_cloudformation() {
    for (request_type, status) in [("Create", "FAILED"), ("Update", "SUCCESS")] {
        let world = World::with_text("-").await.without_settings();

        let answer = world.deploy(request_type).await;

        assert_eq!(answer["Status"], status);
        assert!(answer["Reason"].as_str().unwrap().contains("SCHEDULE_RULE is not set"), "{answer}");
    }
}

#[tokio::test]
async fn a_request_of_another_kind_is_answered_too() {
    let world = World::with_text("-").await;

    let answer = world.deploy("Replace").await;

    assert_eq!(answer["Status"], "FAILED");
    assert_eq!(answer["Reason"], "\"Replace\" is not asked of a custom resource");
    assert_eq!(world.written(), []);
}

#[tokio::test]
async fn the_longest_reason_fits_into_an_answer() {
    // given a text as long as it may be, of the widest characters, of which the reason quotes all
    let text: &'static str = format!("{}()", "🕛".repeat(255)).leak();
    let world = World::with_text(text).await;

    let answer = world.deploy("Create").await;

    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.contains(text), "{reason}");
    let bytes = answer.to_string().len();
    assert!(bytes < 4_096, "{bytes} bytes");
}

#[tokio::test]
async fn a_reason_that_would_not_fit_is_cut() {
    // given a refusal that names a parameter with the longest name
    let world = World::new(|call| match &*call.operation {
        "GetParameter" => Answer::refusal(400, "AccessDeniedException", &"é".repeat(2_000)),
        _ => usual(call, "-"),
    })
    .await
    .with_parameter(&"/long".repeat(200));

    let answer = world.deploy("Create").await;

    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.starts_with("could not read parameter /long") && reason.ends_with('…'), "{reason}");
    let bytes = answer.to_string().len();
    assert!(bytes < 4_096, "{bytes} bytes");
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_put_again() {
    let world = World::new(|call| match (&*call.operation, call.place) {
        ("", 0) => Answer::page(503),
        ("", 1) => Answer::page(429),
        _ => usual(call, "-"),
    })
    .await;

    world.invoke(world.deployment("Create")).await.unwrap();

    assert_eq!(world.answers().len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_never_taken_is_an_error_so_that_lambda_tries_again() {
    for (status, attempts) in [(503, 3), (403, 1)] {
        let world = World::new(move |call| match &*call.operation {
            "" => Answer::page(status),
            _ => usual(call, "-"),
        })
        .await;

        let error = world.invoke(world.deployment("Create")).await.unwrap_err();

        assert_eq!(error.to_string(), format!("CloudFormation could not be answered: http {status}"));
        assert_eq!(world.answers().len(), attempts);
    }
}

#[tokio::test]
async fn nothing_is_put_at_an_address_without_tls() {
    let world = World::with_text("-").await;

    let error = Responder::default().put(&world.response_url(), "{}".to_owned()).await.unwrap_err();

    assert!(!error.contains(KEY), "{error}");
    assert_eq!(world.answers(), [Value::Null; 0]);
}
