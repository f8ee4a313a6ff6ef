//! The four indexes: a search finds new documents late, and the items of a bulk request win or fail one by one.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::GmcNumber;
use domain::index::IndexName;
use sync::ports::index::{Action, IndexWrite, Indexed, Version, WriteOutcome};
use sync::ports::{Index, PortResult};

use crate::world::{Engine, IndexEntry, Sim, World};

const ENGINE: Engine = Engine::Index;

#[async_trait]
impl Index for Sim {
    /// The search tells ids, a refresh late; what stands there is got by the ids, and by the numbers as ids.
    async fn read(&self, index: IndexName, numbers: &[GmcNumber]) -> PortResult<Vec<Indexed>> {
        let mut found = Vec::new();
        for part in self.parts(numbers) {
            let wanted: BTreeSet<GmcNumber> = part.iter().copied().collect();
            let ids: BTreeSet<String> = self
                .call(ENGINE, "search an index", |world| {
                    let searchable = world.searchable.get(&index);
                    let entries = world.indexes.get(&index).into_iter().flatten();
                    let is_found = |(id, entry): &(&String, &IndexEntry)| {
                        wanted.contains(&entry.number) && searchable.is_some_and(|ids| ids.contains(*id))
                    };
                    entries.filter(is_found).map(|(id, _)| id.clone()).collect()
                })
                .await?;
            let ids: BTreeSet<String> = ids.into_iter().chain(part.iter().map(ToString::to_string)).collect();
            found.extend(
                self.call(ENGINE, "get index documents", |world| {
                    world.observed.just_read = part.to_vec();
                    let entries = world.indexes.get(&index);
                    let indexed = |id: &String| {
                        let entry = entries?.get(id)?;
                        let IndexEntry { number, version, doc } = entry.clone();
                        Some(Indexed { id: id.clone(), number, version, doc })
                    };
                    ids.iter().filter_map(indexed).collect::<Vec<_>>()
                })
                .await?,
            );
        }
        Ok(found)
    }

    async fn write(&self, writes: Vec<IndexWrite>) -> PortResult<Vec<WriteOutcome>> {
        let mut outcomes = Vec::new();
        for part in self.parts(&writes) {
            outcomes.extend(
                self.call(ENGINE, "write to the indexes", |world| {
                    part.iter().map(|write| write_one(world, write)).collect::<Vec<_>>()
                })
                .await?,
            );
        }
        Ok(outcomes)
    }
}

fn write_one(world: &mut World, write: &IndexWrite) -> WriteOutcome {
    if world.strikes(|trouble| &mut trouble.items_failed, 20, "item of a bulk request failed") {
        match world.random.u32(..4) {
            0 => {
                world.count("item failed: 429");
                return WriteOutcome::Busy("status 429".to_owned());
            }
            1 => {
                world.count("item failed: 503");
                return WriteOutcome::Busy("status 503".to_owned());
            }
            2 => {
                world.count("item failed: refused");
                return WriteOutcome::Refused("status 400".to_owned());
            }
            _ => touch(world, write),
        }
    }
    world.next_seq_no += 1;
    let version = Version { seq_no: world.next_seq_no, primary_term: 1 };
    let entries = world.indexes.entry(write.index).or_default();
    let is_version = |entry: &IndexEntry, seen: &Version| entry.version == *seen;
    match (&write.action, entries.get_mut(&write.id)) {
        (Action::Create(doc), None) => {
            entries.insert(write.id.clone(), IndexEntry { number: write.number, version, doc: doc.clone() });
        }
        (Action::Update(seen, changes), Some(entry)) if is_version(entry, seen) => {
            entry.doc.change(changes);
            entry.version = version;
        }
        (Action::Delete(seen), Some(entry)) if is_version(entry, seen) => {
            entries.remove(&write.id);
        }
        _ => {
            world.count("item failed: 409");
            return WriteOutcome::Conflict;
        }
    }
    if let Some(turn) = world.turn {
        world.observed.index_written.entry(turn.stage).or_default().insert(write.number);
    }
    world.note(|| format!("index: {} {} of {}", write.index, action(&write.action), write.id));
    WriteOutcome::Done
}

/// Somebody else was faster, and wrote a field that is not ours.
fn touch(world: &mut World, write: &IndexWrite) {
    world.next_seq_no += 1;
    let version = Version { seq_no: world.next_seq_no, primary_term: 1 };
    if let Some(entry) = world.indexes.get_mut(&write.index).and_then(|entries| entries.get_mut(&write.id)) {
        entry.version = version;
    }
}

fn action(action: &Action) -> String {
    match action {
        Action::Create(doc) => format!("create {:?}", doc.text(domain::index::Field::DesignatedBody)),
        Action::Update(_, changes) => format!("update {changes:?}"),
        Action::Delete(_) => "delete".to_owned(),
    }
}
