//! A process of a function is killed, as by `kill -9`, in the middle of its work.

use std::time::Duration;

use super::{Drill, Scene};
use crate::failure::Result;
use crate::functions::Function;

pub(super) const DRILLS: &[Drill] = &[
    Drill {
        name: "kill-prepare-sync",
        done: "`kill -9` of prepare-sync while it hides doctors",
        is_short: true,
        config: |_| {},
        act: |scene| Box::pin(prepare_sync(scene)),
    },
    Drill {
        name: "kill-gmc-fetch",
        done: "`kill -9` of gmc-fetch while it sends an answer on",
        is_short: true,
        config: |_| {},
        act: |scene| Box::pin(gmc_fetch(scene)),
    },
    Drill {
        name: "kill-recommendation-update",
        done: "`kill -9` of recommendation-update while it applies answers",
        is_short: true,
        config: |_| {},
        act: |scene| Box::pin(recommendation_update(scene)),
    },
    Drill {
        name: "kill-sweep",
        done: "`kill -9` of recommendation-update in the middle of the sweep",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(sweep(scene)),
    },
    Drill {
        name: "kill-connection-index",
        done: "`kill -9` of connection-index while it writes the indexes",
        is_short: true,
        config: |_| {},
        act: |scene| Box::pin(connection_index(scene)),
    },
    Drill {
        name: "kill-everything",
        done: "`kill -9` of whatever is at work, again and again, until every function was met",
        is_short: false,
        config: |config| config.max_receives = 10,
        act: |scene| Box::pin(everything(scene)),
    },
];

/// Slow enough to be met in the middle of something.
const SLOW: Duration = Duration::from_millis(60);

/// Between two times that everything is killed.
const PAUSE: Duration = Duration::from_millis(1_300);

async fn prepare_sync(scene: &mut Scene) -> Result<Option<u64>> {
    scene.mongodb.slow(SLOW);
    let run = scene.begin().await?;
    scene.until("somebody is hidden", Scene::some_are_hidden).await?;
    scene.kill(Function::PrepareSync).await?;
    scene.others_write().await?;
    scene.until("the run is still being prepared", async |scene| scene.is(run, "preparing").await).await?;
    scene.mongodb.restore();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn gmc_fetch(scene: &mut Scene) -> Result<Option<u64>> {
    scene.sqs.slow(4 * SLOW);
    let run = scene.begin_with_others().await?;
    let answered = async |scene: &Scene| {
        Ok(scene.stack.gmc.requests().all().iter().any(|request| request.status == Some(200)))
    };
    scene.stack.gmc.requests().clear();
    scene.until("the GMC has answered", answered).await?;
    scene.kill(Function::GmcFetch).await?;
    scene.sqs.restore();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn recommendation_update(scene: &mut Scene) -> Result<Option<u64>> {
    let run = scene.begin_with_others().await?;
    scene.mongodb.slow(SLOW);
    scene.until("a chunk is recorded", async |scene| scene.some_are_recorded(run).await).await?;
    scene.kill(Function::RecommendationUpdate).await?;
    scene.mongodb.restore();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn sweep(scene: &mut Scene) -> Result<Option<u64>> {
    let run = scene.begin_with_others().await?;
    scene.mongodb.slow(SLOW);
    scene.until("the run is being swept", async |scene| scene.is(run, "sweeping").await).await?;
    scene.kill(Function::RecommendationUpdate).await?;
    scene.mongodb.restore();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn connection_index(scene: &mut Scene) -> Result<Option<u64>> {
    scene.opensearch.slow(SLOW);
    let run = scene.begin_with_others().await?;
    scene.kill(Function::ConnectionIndex).await?;
    scene.opensearch.restore();
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn everything(scene: &mut Scene) -> Result<Option<u64>> {
    scene.mongodb.slow(SLOW);
    let run = scene.begin().await?;
    scene.until("somebody is hidden", Scene::some_are_hidden).await?;
    scene.kill(Function::PrepareSync).await?;
    scene.others_write().await?;
    scene.mongodb.restore();
    scene.until("the GMC is asked", async |scene| scene.is(run, "running").await).await?;
    for line in [&scene.mongodb, &scene.opensearch, &scene.sqs] {
        line.slow(SLOW);
    }
    scene
        .until("every function was met", async |scene| {
            let runtime = &scene.stack.runtime;
            for function in Function::WITH_QUEUE {
                runtime.kill_a_busy_one(function);
            }
            // between two times something is to be done
            tokio::time::sleep(PAUSE).await;
            Ok(Function::WITH_QUEUE.into_iter().all(|function| runtime.processes(function).ended > 0))
        })
        .await?;
    for line in [&scene.mongodb, &scene.opensearch, &scene.sqs] {
        line.restore();
    }
    scene.end_of(run).await?;
    Ok(Some(run))
}
