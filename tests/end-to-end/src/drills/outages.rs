//! An engine is away, for the functions and the event source mappings: at the start of a night or in the middle of it, for
//! a while or for longer than every message is received. How often that is, is a setting (`MAX_RECEIVES`): at its least,
//! 2, the last receipt is 10 to 20 seconds after the first, with the template's 5 it is some minutes.

use std::time::Duration;

use uuid::Uuid;

use super::scene::expect;
use super::{Drill, Scene};
use crate::events::parameter_change;
use crate::failure::Result;
use crate::functions::Function;
use crate::stack::{RULE, SCHEDULE_PARAMETER, StackConfig};

pub(super) const DRILLS: &[Drill] = &[
    Drill {
        name: "mongodb-away-at-start",
        done: "MongoDB is away when the rule fires, and back when Lambda delivers the event again",
        is_short: true,
        config: |_| {},
        act: |scene| Box::pin(mongodb_at_start(scene)),
    },
    Drill {
        name: "mongodb-away-at-start-for-long",
        done: "MongoDB is away until Lambda gives the rule's event up; the night is begun by hand",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(mongodb_at_start_for_long(scene)),
    },
    Drill {
        name: "mongodb-away",
        done: "MongoDB is away for a while in mid-night",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(mongodb_for_a_while(scene)),
    },
    Drill {
        name: "mongodb-away-for-long",
        done: "MongoDB is away in mid-night until every message is a dead letter, and the deadline passes",
        is_short: false,
        config: |config| {
            gives_up_soon(config);
            in_two_waves(config);
        },
        act: |scene| Box::pin(mongodb_for_long(scene)),
    },
    Drill {
        name: "opensearch-away-at-start",
        done: "OpenSearch is away when the night begins, and back a while later",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(opensearch_at_start(scene)),
    },
    Drill {
        name: "opensearch-away",
        done: "OpenSearch is away for a while in mid-night",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(opensearch_for_a_while(scene)),
    },
    Drill {
        name: "opensearch-away-for-long",
        done: "OpenSearch is away from the start until every message is a dead letter, and the run expires",
        is_short: false,
        config: gives_up_soon,
        act: |scene| Box::pin(opensearch_for_long(scene)),
    },
    Drill {
        name: "sqs-away-at-start",
        done: "SQS is away when the rule fires, and back when Lambda delivers the event again",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(sqs_at_start(scene)),
    },
    Drill {
        name: "sqs-away-at-start-for-long",
        done: "SQS is away until Lambda gives the rule's event up, and the deadline passes",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(sqs_at_start_for_long(scene)),
    },
    Drill {
        name: "sqs-away",
        done: "SQS is away for a while in mid-night",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(sqs_for_a_while(scene)),
    },
    Drill {
        name: "sqs-away-for-long",
        done: "SQS is away in mid-night until the deadline has passed",
        is_short: false,
        config: in_two_waves,
        act: |scene| Box::pin(sqs_for_long(scene)),
    },
];

/// A while: longer than the visibility of a message here.
const A_WHILE: Duration = Duration::from_secs(7);

/// How often Lambda delivers an event of a rule: once, and twice again.
const DELIVERIES: usize = 3;

fn gives_up_soon(config: &mut StackConfig) {
    config.max_receives = 2;
}

/// The GMC takes so long that half of the bodies have not answered when the others have.
fn in_two_waves(config: &mut StackConfig) {
    config.latency = Duration::from_secs(2);
    config.visibility = Duration::from_secs(15);
}

async fn mongodb_at_start(scene: &mut Scene) -> Result<Option<u64>> {
    let event = Uuid::new_v4();
    scene.mongodb.cut();
    let answer = scene.rule_fires(event).await;
    expect(answer.is_none(), || format!("without a database it answers {answer:?}"))?;
    scene.mongodb.restore();
    delivered_again(scene, event).await
}

async fn mongodb_at_start_for_long(scene: &mut Scene) -> Result<Option<u64>> {
    scene.let_a_day_pass(scene.yesterday).await?;
    a_night_was_due_two_hours_ago(scene).await?;
    let event = Uuid::new_v4();
    scene.mongodb.cut();
    for _ in 0..DELIVERIES {
        let answer = scene.rule_fires(event).await;
        expect(answer.is_none(), || format!("without a database it answers {answer:?}"))?;
    }
    scene.undelivered = 1;
    let by_hand = scene.stack.api("POST", "/v1/admin", None).await?;
    scene.notes.push(format!("`POST v1/admin` answers {}", by_hand.status));
    scene.mongodb.restore();
    let tick = scene.stack.watchdog_ticks().await?;
    scene.notes.push(format!("the watchdog tells {} minutes overdue", tick["minutesOverdue"]));
    let run = scene.begin_with_others().await?;
    scene.end_of(run).await?;
    let tick = scene.stack.watchdog_ticks().await?;
    expect(tick["minutesOverdue"] == 0, || format!("after the night the watchdog tells {tick}"))?;
    Ok(Some(run))
}

async fn mongodb_for_a_while(scene: &mut Scene) -> Result<Option<u64>> {
    let run = scene.begin_with_others().await?;
    in_the_middle(scene, run).await?;
    scene.mongodb.cut();
    scene.hands_back(Function::RecommendationUpdate).await?;
    scene.mongodb.restore();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn mongodb_for_long(scene: &mut Scene) -> Result<Option<u64>> {
    let run = scene.begin_with_others().await?;
    in_the_middle(scene, run).await?;
    scene.mongodb.cut();
    every_message_is_gone(scene).await?;
    scene.mongodb.restore();
    let report = scene.stack.report(run).await?;
    scene.notes.push(format!("until the deadline the run is {}", report["state"].as_str().unwrap_or("?")));
    the_deadline_passes(scene, run).await
}

async fn opensearch_at_start(scene: &mut Scene) -> Result<Option<u64>> {
    scene.opensearch.cut();
    let run = scene.begin_with_others().await?;
    scene.hands_back(Function::ConnectionIndex).await?;
    scene.opensearch.restore();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn opensearch_for_a_while(scene: &mut Scene) -> Result<Option<u64>> {
    scene.opensearch.slow(Duration::from_millis(60));
    let run = scene.begin_with_others().await?;
    scene.until("a chunk is recorded", async |scene| scene.some_are_recorded(run).await).await?;
    scene.opensearch.cut();
    scene.hands_back(Function::ConnectionIndex).await?;
    scene.opensearch.restore();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn opensearch_for_long(scene: &mut Scene) -> Result<Option<u64>> {
    scene.opensearch.cut();
    let run = scene.begin_with_others().await?;
    scene.until("the database is right", async |scene| scene.is(run, "swept").await).await?;
    every_message_is_gone(scene).await?;
    scene.notes.push("until it expires the run is SWEPT".to_owned());
    scene.let_pass(run, |moments| moments.expires.0).await?;
    scene.opensearch.restore();
    scene.tick().await;
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn sqs_at_start(scene: &mut Scene) -> Result<Option<u64>> {
    let event = Uuid::new_v4();
    scene.sqs.cut();
    let answer = scene.rule_fires(event).await;
    expect(answer.is_none(), || format!("without queues it answers {answer:?}"))?;
    scene.sqs.restore();
    delivered_again(scene, event).await
}

async fn sqs_at_start_for_long(scene: &mut Scene) -> Result<Option<u64>> {
    let event = Uuid::new_v4();
    scene.sqs.cut();
    for _ in 0..DELIVERIES {
        let answer = scene.rule_fires(event).await;
        expect(answer.is_none(), || format!("without queues it answers {answer:?}"))?;
    }
    scene.undelivered = 1;
    let run = scene.yesterday + 1;
    // others write before the clean night only: this run has no rolls, so nobody looks at an index in it
    scene.sqs.restore();
    scene.notes.push("until the deadline the run is PREPARING".to_owned());
    expect(scene.is(run, "preparing").await?, || "the run is not being prepared".to_owned())?;
    the_deadline_passes(scene, run).await
}

async fn sqs_for_a_while(scene: &mut Scene) -> Result<Option<u64>> {
    let run = scene.begin_with_others().await?;
    in_the_middle(scene, run).await?;
    scene.sqs.cut();
    tokio::time::sleep(A_WHILE).await;
    scene.sqs.restore();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn sqs_for_long(scene: &mut Scene) -> Result<Option<u64>> {
    let run = scene.begin_with_others().await?;
    in_the_middle(scene, run).await?;
    scene.sqs.cut();
    tokio::time::sleep(A_WHILE).await;
    scene.let_pass(run, |moments| moments.deadline.0).await?;
    let could_settle = scene.tick().await;
    expect(!could_settle, || "the watchdog did everything without queues".to_owned())?;
    scene.notes.push("while SQS is away the watchdog fails, and tries again at its next tick".to_owned());
    scene.sqs.restore();
    scene.tick().await;
    scene.end_of(run).await?;
    Ok(Some(run))
}

/// Some answers are in, and others are not.
async fn in_the_middle(scene: &Scene, run: u64) -> Result<()> {
    scene.mongodb.slow(Duration::from_millis(60));
    scene.until("a chunk is recorded", async |scene| scene.some_are_recorded(run).await).await?;
    scene.mongodb.restore();
    Ok(())
}

/// Lambda delivers the rule's event again, and the night goes on from there.
async fn delivered_again(scene: &mut Scene, event: Uuid) -> Result<Option<u64>> {
    let answer = scene.rule_fires(event).await.unwrap_or_default();
    let run = answer["runId"].as_u64();
    expect(run == Some(scene.yesterday + 1), || format!("delivered again it answers {answer}"))?;
    scene.notes.push(format!("the event delivered again: {}", answer["outcome"].as_str().unwrap_or("?")));
    scene.others_write().await?;
    scene.end_of(scene.yesterday + 1).await?;
    Ok(run)
}

async fn the_deadline_passes(scene: &mut Scene, run: u64) -> Result<Option<u64>> {
    scene.let_pass(run, |moments| moments.deadline.0).await?;
    scene.tick().await;
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn every_message_is_gone(scene: &Scene) -> Result<()> {
    scene.until("every message is gone", async |scene| scene.stack.queues.are_empty().await).await
}

/// By the parameter, as somebody sets it who wants a night at that time.
async fn a_night_was_due_two_hours_ago(scene: &Scene) -> Result<()> {
    let due = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(120);
    let cron = due.strftime("0 %M %H * * *").to_string();
    scene.stack.cloud.put_parameter(SCHEDULE_PARAMETER, &cron);
    scene.stack.invoke(Function::FollowSchedule, &parameter_change(SCHEDULE_PARAMETER)).await?;
    let rule = scene.stack.cloud.rule(RULE).unwrap_or_default();
    expect(rule["State"] == "ENABLED", || format!("the rule is {rule}"))
}
