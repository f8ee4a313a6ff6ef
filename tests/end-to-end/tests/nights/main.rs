//! Nights through the functions' real binaries, SQS, MongoDB's protocol and OpenSearch: one story on one stack, because a
//! stack takes seconds to start. Each step is a night, and is held against what the GMC truly said, in the database, in
//! the indexes, and on the admins' screens.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test, in helpers as well")]
#![expect(
    clippy::print_stderr,
    reason = "where the logs are, and how long each step took, is for whoever reads a failure"
)]

mod documented;
mod logs;
mod pages;
mod report;
mod seed;
mod story;

use std::time::Duration;

use end_to_end::events::{console_test, parameter_change};
use end_to_end::functions::Function;
use end_to_end::poller::batch_of;
use end_to_end::stack::{RULE, RULE_DESCRIPTION, SCHEDULE_PARAMETER};
use futures_util::future::join;
use night_tests::Expected;
use serde_json::{Value, json};
use simulator::Population;
use uuid::Uuid;

use crate::report::{assert_tells_just, body_of, run_of};
use crate::story::{LONG, Story};

/// The body that most of it happens to, as the simulator has it.
const X: &str = "1-1RSG4X0";
/// Another one.
const Y: &str = "1-1RSSPZ7";
/// The body of which the GMC gives half.
const HALVED: &str = "1-1RSSQ05";
/// The body to which we have no access.
const FORBIDDEN: &str = "1-1RSSQ1B";
/// The body that does not answer.
const SILENT: &str = "1-1RSSQ2H";
/// A code of before 2023.
const OLD_CODE: &str = "1-AIIDHJ";

/// Nobody can read it, and it must not be in any log.
const UNREADABLE: &str = r#"{"chunk":{"doctors":[{"doctorLastName":"Unreadable-Surname"}]}}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nights_through_the_real_binaries_end_as_the_gmc_says() {
    let mut story = Story::begin(5_000).await;

    story.step("what is set up once is not set up again");
    a_second_set_up_finds_everything(&story).await;
    story.step("the rule follows the parameter");
    the_rule_follows_the_parameter(&story).await;
    story.step("the first night, by the rule, mends what the old system left");
    the_first_night(&mut story).await;
    story.step("the next night, by the console's test button, with a process of each function killed in it");
    a_night_with_changes_and_killed_processes(&mut story).await;
    story.step("a night with a body that fails and one that is held");
    a_night_with_a_failing_and_a_held_body(&mut story).await;
    story.step("the held body, accepted");
    the_held_body_accepted(&mut story).await;
    story.step("a night that is given up");
    a_night_that_is_given_up(&mut story).await;
    story.step("a dry night, and then the same live");
    a_dry_night_and_the_same_live(&mut story).await;
    story.step("what is left");
    only_what_nobody_can_read_is_a_dead_letter(&story).await;
    logs::assert_tell_no_secrets(&story);
    documented::assert_tell_what_is_documented(&story);
    story.end().await;
}

async fn a_second_set_up_finds_everything(story: &Story) {
    let report = story.stack.set_up().await.unwrap();

    assert!(!report.contains("made ") && !report.contains("differs "), "{report}");
}

async fn the_rule_follows_the_parameter(story: &Story) {
    let before = story.stack.cloud.rule(RULE).unwrap();
    assert_eq!(before["State"], "DISABLED");

    let event = parameter_change(SCHEDULE_PARAMETER);
    let answer = story.stack.invoke(Function::FollowSchedule, &event).await.unwrap();

    let after = story.stack.cloud.rule(RULE).unwrap();
    assert_eq!(after["ScheduleExpression"], "cron(0 0 * * ? *)", "{answer}");
    assert_eq!((&after["State"], &after["Description"]), (&json!("ENABLED"), &json!(RULE_DESCRIPTION)));
}

async fn the_first_night(story: &mut Story) {
    let before = story.before.clone();
    story.stack.queues.send(Function::RecommendationUpdate, UNREADABLE).await.unwrap();
    story.stack.queues.send(Function::ConnectionIndex, UNREADABLE).await.unwrap();

    // delivered twice, and at once
    let event = Uuid::new_v4();
    let (one, other) = join(story.stack.rule_fires(event), story.stack.rule_fires(event)).await;
    let run = run_of(&one.unwrap());
    assert_eq!(run_of(&other.unwrap()), run, "the same event is the same run");

    let refused = story.stack.api("POST", "/v1/admin", Some(&json!({}))).await.unwrap();
    assert_eq!((refused.status, &refused.body["runId"]), (409, &json!(run)), "{}", refused.body);
    story.stack.watchdog_ticks().await.unwrap();
    let report = story.closed(run).await;

    assert_eq!(report["state"], "SUCCEEDED", "{report}");
    assert_eq!(report["trigger"], "rule");
    assert!(report["unknownCodes"].to_string().contains(OLD_CODE), "{}", report["unknownCodes"]);
    let expected = story.gmc(Expected::of_gmc);
    story.assert_right(&before, &expected).await;
    story.everyone_is_visible_whom_the_gmc_named(&[]).await;

    let again = story.stack.rule_fires(event).await.unwrap();
    assert_eq!((run_of(&again), &again["outcome"]), (run, &json!("over")), "a late delivery begins nothing");
    let poisoned = batch_of(&[UNREADABLE, &json!({ "sweep": { "run": run } }).to_string()]);
    let answer = story.stack.invoke(Function::RecommendationUpdate, &poisoned).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "message-0" }] }));
}

async fn a_night_with_changes_and_killed_processes(story: &mut Story) {
    // new doctors are NOT_STARTED, and those not under notice COMPLETED from the next night on (docs/domain.md §5)
    let quiet = story.run(&json!({})).await;
    assert_eq!((&quiet["state"], &quiet["totals"]["changed"]), (&json!("SUCCEEDED"), &json!(0)));
    let changes = story.gmc_mut(Population::advance);
    let before = story.stack.snapshot().await.unwrap();

    let answer = story.stack.api_event(&console_test()).await.unwrap();
    assert_eq!(answer.status, 202, "{}", answer.body);
    for function in Function::WITH_QUEUE {
        story.kill_a_busy_one(function).await;
    }
    let report = story.closed(run_of(&answer.body)).await;

    assert_eq!(report["state"], "SUCCEEDED", "{report}");
    assert_tells_just(&report, &changes);
    for function in Function::WITH_QUEUE {
        let errors = story.stack.invocations.summary(story.begun, function).errors;
        assert!(errors > 0, "no invocation of {function} was lost, and one was to be");
    }
    let expected = story.gmc(Expected::of_gmc);
    story.assert_right(&before, &expected).await;
    story.everyone_is_visible_whom_the_gmc_named(&[]).await;
}

async fn a_night_with_a_failing_and_a_held_body(story: &mut Story) {
    story.gmc_mut(Population::advance);
    let half = story.half_of(HALVED);
    // the last of these answers when it is asked again
    for fault in [format!("{FORBIDDEN}=code-81"), format!("{HALVED}=half"), format!("{X}=http-503:1")] {
        story.stack.gmc.faults().add(fault.parse().unwrap());
    }
    let before = story.stack.snapshot().await.unwrap();
    let asked_before = story.stack.gmc.requests().of(FORBIDDEN).len();

    let report = story.run(&json!({})).await;

    assert_eq!(report["state"], "PARTIAL", "{report}");
    let (forbidden, halved) = (body_of(&report, FORBIDDEN), body_of(&report, HALVED));
    assert_eq!((&forbidden["state"], &forbidden["returnCode"]), (&json!("FAILED"), &json!("81")));
    assert_eq!((&halved["state"], &halved["left"]), (&json!("HELD"), &json!(0)));
    assert_eq!(body_of(&report, X)["state"], "DONE");
    let asked = story.stack.gmc.requests().of(FORBIDDEN).len() - asked_before;
    assert_eq!(asked, 1, "who is refused does not ask again");
    let expected = story.gmc(Expected::of_gmc).failed(FORBIDDEN).held(HALVED).names(HALVED, half);
    story.assert_right(&before, &expected).await;
    story.everyone_is_visible_whom_the_gmc_named(&[FORBIDDEN, HALVED]).await;
    // nobody was left hidden in the two
    let stored_in =
        |code: &str| before.doctors.keys().filter(|doctor| before.code(doctor) == Some(code)).count();
    for code in [FORBIDDEN, HALVED] {
        let visible = story.stack.summary(&[code], false).await.unwrap().len();
        // a few of them were named by another body in the night
        assert!(visible + 10 > stored_in(code), "{visible} of {} are visible in {code}", stored_in(code));
    }
}

async fn the_held_body_accepted(story: &mut Story) {
    let held = story.latest_report().await;
    let loss = &body_of(&held, HALVED)["loss"];
    let possible = loss["left"].as_u64().unwrap() + loss["unusable"].as_u64().unwrap();
    let half = story.half_of(HALVED);
    let before = story.stack.snapshot().await.unwrap();

    let report = story.run(&json!({ "bodies": [HALVED], "accept": { HALVED: possible } })).await;

    assert_eq!(report["state"], "SUCCEEDED", "{report}");
    assert_eq!(body_of(&report, HALVED)["left"].as_u64(), loss["left"].as_u64());
    let expected = story.gmc(Expected::of_gmc).names(HALVED, half.clone()).only(&[HALVED]);
    story.assert_right(&before, &expected).await;
    let visible = story.stack.summary(&[HALVED], false).await.unwrap();
    assert_eq!(visible, half.into_iter().collect());
}

async fn a_night_that_is_given_up(story: &mut Story) {
    story.stack.gmc.faults().clear();
    story.stack.gmc.faults().add(format!("{SILENT}=hang").parse().unwrap());
    let before = story.stack.snapshot().await.unwrap();
    let silent = story.stack.summary(&[SILENT], false).await.unwrap();
    assert!(!silent.is_empty());

    let run = story.start(&json!({})).await;
    let others_answered = |report: &Value| {
        let bodies = report["bodies"].as_array().unwrap();
        bodies.iter().filter(|body| body["state"] == "ANSWERED").count() == bodies.len() - 1
    };
    story.stack.reached(run, LONG, others_answered).await.unwrap();
    assert!(story.stack.summary(&[SILENT], false).await.unwrap().is_empty(), "they are hidden meanwhile");
    let abort = story.stack.api("POST", &format!("/v1/admin/{run}/abort"), None).await.unwrap();
    assert_eq!(abort.status, 202, "{}", abort.body);
    // what hangs is asked again when its time is up, and answers too late
    story.stack.gmc.faults().clear();
    let report = story.closed(run).await;

    assert_eq!(report["state"], "PARTIAL", "{report}");
    assert!(report["aborted"].is_string(), "{report}");
    assert_eq!(body_of(&report, SILENT)["state"], "FAILED");
    assert_eq!(story.stack.summary(&[SILENT], false).await.unwrap(), silent, "and visible again");
    let expected = story.gmc(Expected::of_gmc).failed(SILENT);
    story.assert_right(&before, &expected).await;
    let over = story.stack.api("POST", &format!("/v1/admin/{run}/abort"), None).await.unwrap();
    assert_eq!(over.status, 409, "{}", over.body);
}

async fn a_dry_night_and_the_same_live(story: &mut Story) {
    story.gmc_mut(Population::advance);
    let before = story.stack.snapshot().await.unwrap();

    let dry = story.run(&json!({ "dryRun": true })).await;

    assert_eq!((&dry["state"], &dry["isDry"]), (&json!("SUCCEEDED"), &json!(true)), "{dry}");
    story.stack.snapshot().await.unwrap().assert_same(&before);
    assert!(!dry["changes"].as_array().unwrap().is_empty());

    let live = story.run(&json!({})).await;

    assert_eq!(live["state"], "SUCCEEDED", "{live}");
    for count in ["returned", "new", "changed", "left", "joined", "movedIn", "movedOut"] {
        assert_eq!(live["totals"][count], dry["totals"][count], "{count} as the dry run said");
    }
    let expected = story.gmc(Expected::of_gmc);
    story.assert_right(&before, &expected).await;
    story.everyone_is_visible_whom_the_gmc_named(&[]).await;
    story.a_name_is_found().await;

    let list = story.stack.api("GET", "/v1/admin", None).await.unwrap();
    let runs: Vec<_> = list.body.as_array().unwrap().iter().map(|run| run["run"].as_u64().unwrap()).collect();
    assert_eq!((list.status, runs), (200, (1..=8).rev().collect()), "latest first");
    assert_eq!(list.body[1]["isDry"], true);
    assert_eq!(story.stack.api("GET", "/v1/admin/99", None).await.unwrap().status, 404);
    let tick = story.stack.watchdog_ticks().await.unwrap();
    assert_eq!(tick, json!({ "minutesOverdue": 0, "minutesSinceSuccess": 0 }));
}

async fn only_what_nobody_can_read_is_a_dead_letter(story: &Story) {
    story.stack.idle(Duration::from_mins(1)).await.unwrap();

    for function in Function::WITH_QUEUE {
        let dead = story.stack.queues.dead_letters(function).await.unwrap();
        let got_one = matches!(function, Function::RecommendationUpdate | Function::ConnectionIndex);
        assert_eq!(dead, if got_one { vec![UNREADABLE] } else { vec![] }, "{function}");
    }
}
