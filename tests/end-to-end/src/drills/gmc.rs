//! The GMC does not answer, or answers what is not to be believed.

use std::time::Duration;

use super::{Drill, Scene};
use crate::failure::Result;
use crate::stack::StackConfig;

pub(super) const DRILLS: &[Drill] = &[
    Drill {
        name: "gmc-down",
        done: "The GMC answers 503 all night",
        is_short: false,
        config: gives_up_soon,
        act: |scene| Box::pin(with(scene, "*=http-503")),
    },
    Drill {
        name: "gmc-silent",
        done: "The GMC takes connections all night, and never answers",
        is_short: false,
        config: silent,
        act: |scene| Box::pin(with(scene, "*=hang")),
    },
    Drill {
        name: "gmc-half",
        done: "The GMC gives half of every body",
        is_short: true,
        config: |_| {},
        act: |scene| Box::pin(with(scene, "*=half")),
    },
    Drill {
        name: "gmc-empty",
        done: "The GMC gives nobody, with return code 0",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(with(scene, "*=empty")),
    },
    Drill {
        name: "gmc-cut-off",
        done: "The GMC's connection breaks in mid-answer, for one body every time",
        is_short: false,
        config: gives_up_soon,
        act: |scene| Box::pin(with(scene, "1-1RSSQ05=reset")),
    },
    Drill {
        name: "failed-nights",
        done: "Two nights in a row the GMC refuses the password, while the day goes on; the third mends all",
        is_short: false,
        config: |_| {},
        act: |scene| Box::pin(failed_nights(scene)),
    },
];

fn gives_up_soon(config: &mut StackConfig) {
    config.max_receives = 2;
    // as on AWS, longer than one receipt with all its attempts
    config.visibility = Duration::from_mins(1);
}

fn silent(config: &mut StackConfig) {
    gives_up_soon(config);
    config.settings.insert("GMC_IDLE_TIMEOUT_SECONDS".to_owned(), "2".to_owned());
}

async fn with(scene: &mut Scene, fault: &str) -> Result<Option<u64>> {
    scene.fault(fault)?;
    let run = scene.begin_with_others().await?;
    scene.end_of(run).await?;
    Ok(Some(run))
}

async fn failed_nights(scene: &mut Scene) -> Result<Option<u64>> {
    with(scene, "*=code-99").await?;
    scene.a_day_goes_by()?;
    with(scene, "*=code-99").await
}
