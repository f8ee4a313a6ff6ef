//! Messages and requests that nobody wants: poisoned ones, lost ones, a second trigger, an abort.

use std::time::Duration;

use futures_util::future::join;
use uuid::Uuid;

use super::scene::expect;
use super::{Drill, Scene};
use crate::failure::Result;
use crate::functions::Function;

pub(super) const DRILLS: &[Drill] = &[
    Drill {
        name: "poisoned-messages",
        done: "A message that nobody can read is sent to each queue in mid-night",
        is_short: true,
        config: |_| {},
        act: |scene| Box::pin(poisoned(scene)),
    },
    Drill {
        name: "purged-queue",
        done: "gmc-fetch's queue is purged and its processes are killed, and the deadline passes",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(purged(scene)),
    },
    Drill {
        name: "abort",
        done: "`POST v1/admin/{runId}/abort` while one body does not answer",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(abort(scene)),
    },
    Drill {
        name: "abort-while-preparing",
        done: "`POST v1/admin/{runId}/abort` while doctors are being hidden",
        is_short: true,
        config: |_| {},
        act: |scene| Box::pin(abort_while_preparing(scene)),
    },
    Drill {
        name: "same-event-twice",
        done: "The rule's event is delivered twice at once, and again when the night is over",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(same_event_twice(scene)),
    },
    Drill {
        name: "second-trigger",
        done: "In mid-night the API is called again, and the rule fires",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(second_trigger(scene)),
    },
];

/// The body that does not answer.
const SILENT: &str = "1-1RSSQ1B";

/// Valid JSON, and no message of ours.
const UNREADABLE: &str = r#"{"chunk":{"doctors":"all of them"}}"#;

async fn poisoned(scene: &mut Scene) -> Result<Option<u64>> {
    let run = scene.begin_with_others().await?;
    for function in Function::WITH_QUEUE {
        scene.stack.queues.send(function, UNREADABLE).await?;
    }
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn purged(scene: &mut Scene) -> Result<Option<u64>> {
    scene.fault("*=hang")?;
    let run = scene.begin_with_others().await?;
    scene.until("the GMC is asked", async |scene| scene.is(run, "running").await).await?;
    scene.kill(Function::GmcFetch).await?;
    scene.stack.queues.purge(Function::GmcFetch).await?;
    scene
        .until("nobody asks any more", async |scene| {
            Ok(!scene.stack.runtime.kill_a_busy_one(Function::GmcFetch)
                && scene.stack.queues.are_empty().await?)
        })
        .await?;
    scene.stack.gmc.faults().clear();
    scene.notes.push("until the deadline the run is RUNNING".to_owned());
    expect(scene.is(run, "running").await?, || "the run is not running".to_owned())?;
    scene.let_pass(run, |moments| moments.deadline.0).await?;
    scene.tick().await;
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn abort(scene: &mut Scene) -> Result<Option<u64>> {
    scene.fault(&format!("{SILENT}=hang"))?;
    let run = scene.begin_with_others().await?;
    let others_answered = |report: &serde_json::Value| {
        let bodies = report["bodies"].as_array().map_or(&[][..], Vec::as_slice);
        bodies.iter().filter(|body| body["state"] == "ANSWERED").count() + 1 == bodies.len()
    };
    scene.stack.reached(run, Duration::from_mins(2), others_answered).await?;
    ask_to_abort(scene, run).await?;
    // what hangs is asked again when its time is up, and answers too late
    scene.stack.gmc.faults().clear();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn abort_while_preparing(scene: &mut Scene) -> Result<Option<u64>> {
    scene.mongodb.slow(Duration::from_millis(60));
    let run = scene.begin().await?;
    scene.until("somebody is hidden", Scene::some_are_hidden).await?;
    ask_to_abort(scene, run).await?;
    scene.mongodb.restore();
    scene.others_write().await?;
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn ask_to_abort(scene: &mut Scene, run: u64) -> Result<()> {
    let answer = scene.stack.api("POST", &format!("/v1/admin/{run}/abort"), None).await?;
    scene.notes.push(format!("the abort answers {}", answer.status));
    expect(answer.status == 202, || answer.body.to_string())
}

async fn same_event_twice(scene: &mut Scene) -> Result<Option<u64>> {
    let event = Uuid::new_v4();
    let (one, other) = join(scene.stack.rule_fires(event), scene.stack.rule_fires(event)).await;
    let (one, other) = (one?, other?);
    expect(one["runId"] == other["runId"], || format!("two runs were begun: {one} and {other}"))?;
    let run = scene.yesterday + 1;
    scene.others_write().await?;
    scene.end_of(run).await?;
    let late = scene.stack.rule_fires(event).await?;
    scene.notes.push(format!("delivered late: {}", late["outcome"].as_str().unwrap_or("?")));
    expect(late["runId"] == run && late["outcome"] == "over", || {
        format!("delivered late it answers {late}")
    })?;
    Ok(Some(run))
}

async fn second_trigger(scene: &mut Scene) -> Result<Option<u64>> {
    scene.fault(&format!("{SILENT}=hang:1"))?;
    let run = scene.begin_with_others().await?;
    let refused = scene.stack.api("POST", "/v1/admin", None).await?;
    scene.notes.push(format!("`POST v1/admin` answers {}", refused.status));
    expect(refused.status == 409 && refused.body["runId"] == run, || refused.body.to_string())?;
    let rule = scene.rule_fires(Uuid::new_v4()).await.unwrap_or_default();
    scene.notes.push(format!("the rule's night {}", rule["outcome"].as_str().unwrap_or("?")));
    expect(rule["outcome"] == "waits" && rule["runId"] == run, || rule.to_string())?;
    let first = scene.end_of(run).await?;
    expect(first["state"] == "SUCCEEDED", || format!("the first night is {}", first["state"]))?;
    // its message came again two minutes later, and end_of waits for the queues
    scene.notes.push(format!("run {run} SUCCEEDED, and then the rule's began"));
    scene.end_of(run + 1).await?;
    Ok(Some(run + 1))
}
