//! Time runs out: of a run, or of one invocation of a function.

use std::time::Duration;

use super::scene::expect;
use super::{Drill, Scene};
use crate::failure::Result;
use crate::functions::Function;

pub(super) const DRILLS: &[Drill] = &[
    Drill {
        name: "deadline",
        done: "One body does not answer until the run's deadline has passed, and then answers after all",
        is_short: true,
        config: |_| {},
        act: |scene| Box::pin(deadline(scene)),
    },
    Drill {
        name: "no-time-gmc-fetch",
        done: "The GMC takes longer than gmc-fetch may, once",
        is_short: false,
        config: |config| config.latency = Duration::from_secs(3),
        act: |scene| Box::pin(no_time_for_gmc_fetch(scene)),
    },
    Drill {
        name: "no-time-recommendation-update",
        done: "MongoDB is so slow that recommendation-update is not done with a batch in its time",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(no_time_for_recommendation_update(scene)),
    },
    Drill {
        name: "no-time-connection-index",
        done: "OpenSearch is so slow that connection-index is not done with a batch in its time",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(no_time_for_connection_index(scene)),
    },
];

/// Too short for a batch when every answer of an engine takes [`SLOW`].
const LITTLE: Duration = Duration::from_secs(6);
const SLOW: Duration = Duration::from_millis(900);

async fn deadline(scene: &mut Scene) -> Result<Option<u64>> {
    scene.fault("1-1RSSQ1B=hang")?;
    let run = scene.begin_with_others().await?;
    let others_answered = |report: &serde_json::Value| {
        let bodies = report["bodies"].as_array().map_or(&[][..], Vec::as_slice);
        bodies.iter().filter(|body| body["state"] == "ANSWERED").count() + 1 == bodies.len()
    };
    scene.stack.reached(run, Duration::from_mins(2), others_answered).await?;
    scene.let_pass(run, |moments| moments.deadline.0).await?;
    scene.tick().await;
    scene.stack.gmc.faults().clear();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn no_time_for_gmc_fetch(scene: &mut Scene) -> Result<Option<u64>> {
    // of which it keeps a quarter of a minute for sending an answer on
    scene.stack.runtime.give(Function::GmcFetch, Duration::from_secs(16));
    let run = scene.begin_with_others().await?;
    ends_when_there_is_time(scene, run, Function::GmcFetch).await
}

async fn no_time_for_recommendation_update(scene: &mut Scene) -> Result<Option<u64>> {
    let run = scene.begin_with_others().await?;
    scene.until("the GMC is asked", async |scene| scene.is(run, "running").await).await?;
    scene.stack.runtime.give(Function::RecommendationUpdate, LITTLE);
    scene.mongodb.slow(SLOW);
    ends_when_there_is_time(scene, run, Function::RecommendationUpdate).await
}

async fn no_time_for_connection_index(scene: &mut Scene) -> Result<Option<u64>> {
    scene.stack.runtime.give(Function::ConnectionIndex, LITTLE);
    scene.opensearch.slow(SLOW);
    let run = scene.begin_with_others().await?;
    ends_when_there_is_time(scene, run, Function::ConnectionIndex).await
}

/// Messages are handed back in time: Lambda would have killed a function that is late, and all of its batch would wait for
/// the visibility timeout.
async fn ends_when_there_is_time(scene: &mut Scene, run: u64, function: Function) -> Result<Option<u64>> {
    scene.hands_back(function).await?;
    scene.stack.runtime.give(function, function.timeout());
    scene.mongodb.restore();
    scene.opensearch.restore();
    scene.end_of(run).await?;
    let calls = scene.stack.invocations.summary(scene.begun, function);
    expect(calls.errors == 0, || format!("{} invocations of {function} were over their time", calls.errors))?;
    scene.notes.push(format!("{} messages were handed back in time", calls.handed_back));
    Ok(Some(run))
}
