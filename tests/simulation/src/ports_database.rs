//! `doctorsForDB`, `recommendation` and `connectionLogs`. Statements about many documents are not one: others may come
//! in between.

use async_trait::async_trait;
use domain::status::Recommendation;
use domain::{BodyCode, DoctorPatch, DoctorWrite, GmcNumber, StoredDoctor};
use sync::ports::doctors::{ConnectionLog, Refused};
use sync::ports::{Doctors, PortResult};

use crate::world::{Document, Engine, Sim, World};

const ENGINE: Engine = Engine::Database;

#[async_trait]
impl Doctors for Sim {
    async fn visible_in(&self, body: &BodyCode) -> PortResult<Vec<GmcNumber>> {
        self.call(ENGINE, "read who is visible", |world| {
            let visible = world
                .documents
                .values()
                .filter(|document| document.doctor.code.as_deref() == Some(body.as_str()));
            visible.map(|document| document.doctor.number).collect()
        })
        .await
    }

    async fn hidden(&self) -> PortResult<Vec<GmcNumber>> {
        self.call(ENGINE, "read who is hidden", |world| {
            let hidden = world
                .documents
                .values()
                .filter(|document| domain::body::is_hidden(document.doctor.code.as_deref()));
            hidden.map(|document| document.doctor.number).collect()
        })
        .await
    }

    async fn count_by_code(&self) -> PortResult<Vec<(String, u64)>> {
        self.call(ENGINE, "count by code", |world| {
            let mut counts = std::collections::BTreeMap::new();
            for code in world.documents.values().filter_map(|document| document.doctor.code.clone()) {
                *counts.entry(code).or_insert(0) += 1;
            }
            counts.into_iter().filter(|(code, _)| !code.is_empty()).collect()
        })
        .await
    }

    async fn hide(&self, body: &BodyCode, numbers: &[GmcNumber]) -> PortResult<u64> {
        let mut hidden = 0;
        for part in halves(self, numbers) {
            hidden += self
                .call(ENGINE, "hide", |world| {
                    let mut hidden = 0;
                    for number in part {
                        if let Some(document) = world.documents.get_mut(number)
                            && document.doctor.code.as_deref() == Some(body.as_str())
                        {
                            document.doctor.code = Some(body.hidden());
                            hidden += 1;
                        }
                    }
                    hidden
                })
                .await?;
        }
        Ok(hidden)
    }

    async fn read(&self, numbers: &[GmcNumber]) -> PortResult<Vec<StoredDoctor>> {
        let mut found = Vec::new();
        for part in halves(self, numbers) {
            found.extend(
                self.call(ENGINE, "read doctors", |world| {
                    let of = |number| world.documents.get(number).map(|document| document.doctor.clone());
                    part.iter().filter_map(of).collect::<Vec<_>>()
                })
                .await?,
            );
        }
        Ok(found)
    }

    async fn write(&self, writes: &[DoctorWrite]) -> PortResult<Vec<Refused>> {
        for part in halves(self, writes) {
            self.call(ENGINE, "write doctors", |world| {
                for write in part {
                    write_one(world, write);
                }
            })
            .await?;
        }
        Ok(Vec::new())
    }

    async fn latest_recommendations(
        &self,
        numbers: &[GmcNumber],
    ) -> PortResult<Vec<(GmcNumber, Recommendation)>> {
        self.call(ENGINE, "read recommendations", |world| {
            let of = |number: &GmcNumber| world.recommendations.get(number).map(|latest| (*number, *latest));
            numbers.iter().filter_map(of).collect()
        })
        .await
    }

    async fn log_connections(&self, entries: &[ConnectionLog]) -> PortResult<()> {
        self.call(ENGINE, "log connections", |world| {
            for entry in entries {
                world.logs.entry(entry.id.clone()).or_insert_with(|| entry.clone());
            }
        })
        .await
    }

    async fn connection_logs(&self, number: GmcNumber) -> PortResult<Vec<ConnectionLog>> {
        self.call(ENGINE, "read the audit", |world| {
            world.logs.values().filter(|entry| entry.gmc_id == number).cloned().collect()
        })
        .await
    }
}

/// The whole, or two parts of it cut at a random place.
pub(crate) fn halves<'a, T>(sim: &Sim, all: &'a [T]) -> Vec<&'a [T]> {
    let mut world = sim.world();
    if all.len() < 2 || world.random.bool() {
        return vec![all];
    }
    let (first, second) = all.split_at(world.random.usize(1..all.len()));
    vec![first, second]
}

fn write_one(world: &mut World, write: &DoctorWrite) {
    match (world.documents.get_mut(&write.number), &write.seen) {
        (Some(document), Some(seen)) if document.doctor.seen() == *seen => {
            patch(&mut document.doctor, &write.set);
        }
        (None, None) => {
            let mut doctor = StoredDoctor::bare(write.number);
            patch(&mut doctor, &write.set);
            world.documents.insert(write.number, Document { doctor, admin: 0 });
        }
        (Some(_), _) | (None, Some(_)) => {}
    }
}

fn patch(doctor: &mut StoredDoctor, set: &DoctorPatch) {
    fn put<T: Clone>(field: &mut Option<T>, value: Option<&T>) {
        if let Some(value) = value {
            *field = Some(value.clone());
        }
    }
    put(&mut doctor.code, set.code.as_ref());
    put(&mut doctor.first_name, set.first_name.as_ref());
    put(&mut doctor.last_name, set.last_name.as_ref());
    put(&mut doctor.last_updated_date, set.last_updated_date.as_ref());
    put(&mut doctor.exists_in_gmc, set.exists_in_gmc.as_ref());
    put(&mut doctor.gmc_last_updated, set.gmc_last_updated.as_ref());
    put(&mut doctor.sync_run, set.sync_run.as_ref());
    put(&mut doctor.status, set.status.map(str::to_owned).as_ref());
    put(&mut doctor.under_notice, set.under_notice.map(|value| value.stored().to_owned()).as_ref());
    if let Some(value) = &set.submission_date {
        doctor.submission_date = *value;
    }
    if let Some(value) = &set.date_added {
        doctor.date_added = *value;
    }
    if let Some(value) = &set.sanction {
        doctor.sanction.clone_from(value);
    }
}
