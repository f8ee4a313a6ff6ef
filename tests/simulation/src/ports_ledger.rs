//! The ledger: every conditional write is one step; a list in pieces, and a reading of many documents, is several.

use async_trait::async_trait;
use domain::{BodyCode, GmcNumber, Moment, RunNumber};
use sync::ledger::{Body, Chunk, ChunkId, Lock, Run};
use sync::ports::{Ledger, PortResult};
use uuid::Uuid;

use crate::world::{Engine, Sim};

const ENGINE: Engine = Engine::Database;

#[async_trait]
impl Ledger for Sim {
    async fn lock(&self) -> PortResult<Lock> {
        self.call(ENGINE, "read the lock", |world| world.lock.clone()).await
    }

    async fn swap_lock(&self, lock: &Lock) -> PortResult<bool> {
        self.call(ENGINE, "swap the lock", |world| {
            let is_same = world.lock.version == lock.version;
            if is_same {
                world.observe_lock(lock.holder.as_deref());
                world.lock = Lock { version: lock.version + 1, ..lock.clone() };
            }
            is_same
        })
        .await
    }

    async fn add_run(&self, run: &Run) -> PortResult<bool> {
        self.call(ENGINE, "add a run", |world| {
            let is_new = world.runs.values().all(|known| known.number != run.number && known.key != run.key);
            if is_new {
                world.observe_run(None, run);
                world.runs.insert(run.number, run.clone());
            }
            is_new
        })
        .await
    }

    async fn run(&self, number: RunNumber) -> PortResult<Option<Run>> {
        self.call(ENGINE, "read a run", |world| world.runs.get(&number).cloned()).await
    }

    async fn run_by_key(&self, key: &str) -> PortResult<Option<Run>> {
        self.call(ENGINE, "read a run by its key", |world| {
            world.runs.values().find(|run| run.key == key).cloned()
        })
        .await
    }

    async fn latest_runs(&self, most: usize) -> PortResult<Vec<Run>> {
        self.call(ENGINE, "read the latest runs", |world| {
            world.runs.values().rev().take(most).cloned().collect()
        })
        .await
    }

    async fn open_runs(&self) -> PortResult<Vec<Run>> {
        self.call(ENGINE, "read the open runs", |world| {
            world.runs.values().filter(|run| run.is_open()).cloned().collect()
        })
        .await
    }

    async fn swap_run(&self, run: &Run) -> PortResult<bool> {
        self.call(ENGINE, "swap a run", |world| {
            let before = world.runs.get(&run.number).filter(|known| known.version == run.version).cloned();
            let is_same = before.is_some();
            if is_same {
                world.observe_run(before.as_ref(), run);
                world.runs.insert(run.number, Run { version: run.version + 1, ..run.clone() });
            }
            is_same
        })
        .await
    }

    async fn add_body(&self, body: &Body) -> PortResult<bool> {
        self.call(ENGINE, "add a body", |world| {
            let key = (body.run, body.code.clone());
            let is_new = !world.bodies.contains_key(&key);
            if is_new {
                world.observe_body(None, body);
                world.bodies.insert(key, body.clone());
            }
            is_new
        })
        .await
    }

    async fn bodies(&self, run: RunNumber) -> PortResult<Vec<Body>> {
        let of_run = |key: &&(RunNumber, BodyCode)| key.0 == run;
        let keys: Vec<(RunNumber, BodyCode)> = self.world().bodies.keys().filter(of_run).cloned().collect();
        let mut found = Vec::new();
        for part in self.parts(&keys) {
            found.extend(
                self.call(ENGINE, "read bodies", |world| {
                    part.iter().filter_map(|key| world.bodies.get(key).cloned()).collect::<Vec<_>>()
                })
                .await?,
            );
        }
        Ok(found)
    }

    async fn body(&self, run: RunNumber, code: &BodyCode) -> PortResult<Option<Body>> {
        self.call(ENGINE, "read a body", |world| world.bodies.get(&(run, code.clone())).cloned()).await
    }

    async fn swap_body(&self, body: &Body) -> PortResult<bool> {
        self.call(ENGINE, "swap a body", |world| {
            let key = (body.run, body.code.clone());
            let before = world.bodies.get(&key).filter(|known| known.version == body.version).cloned();
            let is_same = before.is_some();
            if is_same {
                world.observe_body(before.as_ref(), body);
                world.bodies.insert(key, Body { version: body.version + 1, ..body.clone() });
            }
            is_same
        })
        .await
    }

    async fn add_roll(
        &self,
        run: RunNumber,
        code: &BodyCode,
        roll: Uuid,
        numbers: &[GmcNumber],
    ) -> PortResult<()> {
        for piece in self.parts(numbers) {
            self.call(ENGINE, "add a piece of a roll", |world| {
                world.rolls.entry((run, code.clone(), roll)).or_default().extend(piece);
            })
            .await?;
        }
        Ok(())
    }

    async fn roll(&self, run: RunNumber, code: &BodyCode, roll: Uuid) -> PortResult<Vec<GmcNumber>> {
        self.call(ENGINE, "read a roll", |world| {
            world.rolls.get(&(run, code.clone(), roll)).into_iter().flatten().copied().collect()
        })
        .await
    }

    async fn record_chunk(&self, chunk: &Chunk, numbers: &[GmcNumber]) -> PortResult<bool> {
        self.call(ENGINE, "record a chunk", |world| {
            let is_new = !world.chunks.contains_key(&chunk.id);
            if is_new {
                let now = world.now;
                world.observed.chunk_recorded_at.insert(chunk.id.clone(), now);
                world.note(|| {
                    format!(
                        "chunk {} of {} of body {} is recorded",
                        chunk.id.position, chunk.of, chunk.id.code
                    )
                });
                world.chunks.insert(chunk.id.clone(), (chunk.clone(), numbers.to_vec()));
            }
            is_new
        })
        .await
    }

    async fn mark_applied(&self, chunk: &ChunkId) -> PortResult<()> {
        self.call(ENGINE, "mark a chunk applied", |world| {
            if let Some((chunk, _)) = world.chunks.get_mut(chunk) {
                chunk.applied = true;
            }
        })
        .await
    }

    async fn applied_chunks(&self, run: RunNumber, code: &BodyCode, fetch: Uuid) -> PortResult<u32> {
        self.call(ENGINE, "count applied chunks", |world| {
            let of_fetch = world.chunks.values().filter(|(chunk, _)| {
                chunk.id.run == run && chunk.id.code == *code && chunk.id.fetch == fetch && chunk.applied
            });
            u32::try_from(of_fetch.count()).unwrap_or(u32::MAX)
        })
        .await
    }

    async fn chunks(&self, run: RunNumber) -> PortResult<Vec<Chunk>> {
        let of_run = |id: &&ChunkId| id.run == run;
        let ids: Vec<ChunkId> = self.world().chunks.keys().filter(of_run).cloned().collect();
        let mut found = Vec::new();
        for part in self.parts(&ids) {
            found.extend(
                self.call(ENGINE, "read chunks", |world| {
                    let chunk = |id| world.chunks.get(id).map(|(chunk, _)| chunk.clone());
                    part.iter().filter_map(chunk).collect::<Vec<_>>()
                })
                .await?,
            );
        }
        Ok(found)
    }

    async fn asked_ats(&self, run: RunNumber) -> PortResult<Vec<Moment>> {
        self.call(ENGINE, "read when fetches asked", |world| {
            let of_run = world.chunks.values().filter(|(chunk, _)| chunk.id.run == run);
            let mut asked_ats: Vec<Moment> = of_run.map(|(chunk, _)| chunk.asked_at).collect();
            asked_ats.sort_unstable();
            asked_ats.dedup();
            asked_ats
        })
        .await
    }

    async fn named(
        &self,
        run: RunNumber,
        code: &BodyCode,
        fetch: Uuid,
    ) -> PortResult<Vec<(u32, Vec<GmcNumber>)>> {
        self.call(ENGINE, "read whom a fetch named", |world| {
            let of_fetch = world.chunks.values().filter(|(chunk, _)| {
                chunk.id.run == run && chunk.id.code == *code && chunk.id.fetch == fetch
            });
            of_fetch.map(|(chunk, numbers)| (chunk.id.position, numbers.clone())).collect()
        })
        .await
    }

    async fn acknowledge_look(&self, run: RunNumber, look: Uuid, position: u32) -> PortResult<()> {
        self.call(ENGINE, "acknowledge a look", |world| {
            world.looks.insert((run, look, position));
        })
        .await
    }

    async fn acknowledged_looks(&self, run: RunNumber, look: Uuid) -> PortResult<u32> {
        self.call(ENGINE, "count acknowledged looks", |world| {
            let of_sending = world.looks.iter().filter(|known| known.0 == run && known.1 == look);
            u32::try_from(of_sending.count()).unwrap_or(u32::MAX)
        })
        .await
    }
}
