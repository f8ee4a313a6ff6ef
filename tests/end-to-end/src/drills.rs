//! Drills: what can go wrong in a night, done on purpose to the functions' real binaries and real engines, each on a stack
//! of its own.
//!
//! | module | what |
//! |---|---|
//! | `scene` | a stack before, in and after a drill |
//! | `others` | what other services write meanwhile, and must find again |
//! | `toll` | who was lost, who is wrongly hidden, what the indexes say |
//! | `sight` | what an operator sees of it |
//! | `table` | all drills as people read them |
//! | `kills`, `outages`, `gmc`, `messages`, `time` | the drills |

mod gmc;
mod kills;
mod messages;
mod others;
mod outages;
mod scene;
mod sight;
mod table;
mod time;
mod toll;

use std::time::{Duration, Instant};

use engines::Addresses;
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt as _, stream};

use crate::binaries::Binaries;
use crate::failure::{Failure, Result};
use crate::stack::StackConfig;
pub use scene::Scene;
pub use sight::{ALARMS, Sight};
pub use table::as_markdown;
pub use toll::Toll;

/// A drill that takes longer has come to a standstill.
const STANDSTILL: Duration = Duration::from_mins(9);

/// One drill.
#[derive(Clone, Copy)]
pub struct Drill {
    /// Its name, for `--only`.
    pub name: &'static str,
    /// What is done, for people.
    pub done: &'static str,
    /// Whether it is over soon enough to be a test of every change.
    pub is_short: bool,
    /// How the stack differs from the usual one.
    config: fn(&mut StackConfig),
    /// Does it, in a night that it begins, and leads the run to its end; the run, if there was one.
    act: Act,
}

type Act = for<'a> fn(&'a mut Scene) -> LocalBoxFuture<'a, Result<Option<u64>>>;

/// A drill that was carried out.
#[derive(Debug)]
pub struct Taken {
    /// Which.
    pub name: &'static str,
    /// What was done.
    pub done: &'static str,
    /// What came of it, or why it could not be carried out to its end.
    pub outcome: Result<Outcome>,
}

/// What came of a drill.
#[derive(Debug)]
pub struct Outcome {
    /// What an operator saw.
    pub sight: Sight,
    /// After the drill's night.
    pub toll: Toll,
    /// After the clean night that followed; everyone in it is as the GMC says.
    pub after: Toll,
    /// From the beginning of the drill's night to its end, repairs and waiting included.
    pub took: Duration,
}

impl Taken {
    /// Whether everything held that must hold.
    pub fn is_well(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|outcome| outcome.broken().is_empty())
    }
}

impl Outcome {
    /// What must hold, and did not.
    pub fn broken(&self) -> Vec<String> {
        let mut broken = self.toll.broken(self.sight.are_looks_taken);
        broken.extend(self.after.broken(true).into_iter().map(|what| format!("after a clean night: {what}")));
        broken
    }
}

/// Every drill, in the order of the table.
pub fn all() -> Vec<Drill> {
    [kills::DRILLS, outages::DRILLS, messages::DRILLS, gmc::DRILLS, time::DRILLS].concat()
}

/// Carries drills out, so many at a time; `each` is told of every one that has ended.
pub async fn take(
    drills: &[Drill],
    at_once: usize,
    binaries: &Binaries,
    engines: &Addresses,
    each: impl Fn(&Taken, Duration),
) -> Vec<Taken> {
    let each = &each;
    stream::iter(drills.to_vec())
        .map(|drill| async move {
            let begun = Instant::now();
            let ended = tokio::time::timeout(STANDSTILL, take_one(&drill, binaries, engines)).await;
            let standstill = |_| Err(Failure::new(drill.name, format!("it stood still for {STANDSTILL:?}")));
            let outcome = ended.unwrap_or_else(standstill);
            let taken = Taken { name: drill.name, done: drill.done, outcome };
            each(&taken, begun.elapsed());
            taken
        })
        .buffered(at_once.max(1))
        .collect()
        .await
}

async fn take_one(drill: &Drill, binaries: &Binaries, engines: &Addresses) -> Result<Outcome> {
    let mut scene = Scene::set(binaries, engines, drill.config).await?;
    let ended = play(drill, &mut scene).await;
    let is_well = ended.as_ref().is_ok_and(|outcome| outcome.broken().is_empty());
    scene.strike(!is_well).await?;
    ended
}

async fn play(drill: &Drill, scene: &mut Scene) -> Result<Outcome> {
    let begun = Instant::now();
    let run = (drill.act)(scene).await?;
    let took = begun.elapsed();
    let (sight, toll) = scene.look(run).await?;
    let after = scene.a_clean_night().await?;
    Ok(Outcome { sight, toll, after, took })
}
