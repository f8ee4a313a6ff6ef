//! The four indexes: a search finds new documents late, and the items of a bulk request win or fail one by one.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::GmcNumber;
use domain::index::IndexName;
use sync::ports::index::{Action, IndexWrite, Indexed, Version, WriteOutcome};
use sync::ports::{Index, PortResult};

use crate::ports_database::halves;
use crate::world::{Engine, IndexEntry, Sim, World};

const ENGINE: Engine = Engine::Index;

#[async_trait]
impl Index for Sim {
    async fn read(&self, index: IndexName, numbers: &[GmcNumber]) -> PortResult<Vec<Indexed>> {
        let mut found = Vec::new();
        for part in halves(self, numbers) {
            let wanted: BTreeSet<GmcNumber> = part.iter().copied().collect();
            found.extend(
                self.call(ENGINE, "read an index", |world| {
                    let searchable = world.searchable.entry(index).or_default().clone();
                    let entries = world.indexes.entry(index).or_default().iter();
                    let is_found = |(id, entry): &(&String, &IndexEntry)| {
                        wanted.contains(&entry.number)
                            && (searchable.contains(*id) || **id == entry.number.to_string())
                    };
                    let indexed = |(id, entry): (&String, &IndexEntry)| Indexed {
                        id: id.clone(),
                        number: entry.number,
                        version: entry.version,
                        doc: entry.doc.clone(),
                    };
                    entries.filter(is_found).map(indexed).collect::<Vec<_>>()
                })
                .await?,
            );
        }
        Ok(found)
    }

    async fn write(&self, writes: Vec<IndexWrite>) -> PortResult<Vec<WriteOutcome>> {
        let mut outcomes = Vec::new();
        for part in halves(self, &writes) {
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
    if world.strikes(|trouble| &mut trouble.items_failed, 40, "item of a bulk request failed") {
        return WriteOutcome::Busy("too many requests".to_owned());
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
        _ => return WriteOutcome::Conflict,
    }
    WriteOutcome::Done
}
