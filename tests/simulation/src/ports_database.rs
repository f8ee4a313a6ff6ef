//! `doctorsForDB`, `recommendation` and `connectionLogs`. Nothing about many documents is one step: others may come in
//! between, and a call may fail when some are read or written.

use std::time::Duration;

use async_trait::async_trait;
use domain::planted::{Bug, planted};
use domain::status::Recommendation;
use domain::{BodyCode, DoctorPatch, DoctorWrite, GmcNumber, Hiding, Moment, StoredDoctor};
use sync::ports::doctors::{ConnectionLog, Refused};
use sync::ports::{Doctors, Host as _, PortError, PortResult};

use crate::observed::REFUSED_FOR_GOOD;
use crate::trouble::{Refuses, parts};
use crate::world::{Document, Engine, Sim, World};

const ENGINE: Engine = Engine::Database;

/// A statement that hides doctors, on its way for a while. It lands whether or not its sender still lives.
#[derive(Clone, Debug)]
pub(crate) struct HidingUnderway {
    pub(crate) due: Moment,
    hiding: Hiding,
    numbers: Vec<GmcNumber>,
}

/// How long a driver waits for an answer, where it does not wait for ever.
const DRIVER_WAITS: Duration = Duration::from_secs(10);

#[async_trait]
impl Doctors for Sim {
    async fn visible_in(&self, body: &BodyCode) -> PortResult<Vec<GmcNumber>> {
        self.scan("read who is visible", |document| document.doctor.code.as_deref() == Some(body.as_str()))
            .await
    }

    async fn hidden(&self) -> PortResult<Vec<GmcNumber>> {
        self.scan("read who is hidden", |document| domain::body::is_hidden(document.doctor.code.as_deref()))
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

    async fn hide(&self, hiding: &Hiding, numbers: &[GmcNumber]) -> PortResult<u64> {
        let mut hidden = 0;
        for part in self.parts(numbers) {
            let span = self.world().takes_long(|trouble| &mut trouble.hiding_late, 3);
            if let Some(span) = span {
                self.world().send_hiding(hiding, part, span);
                if self.world().random.bool() {
                    self.sleep(DRIVER_WAITS).await;
                    return Err(PortError::transient("hide: no answer in time"));
                }
                self.sleep(span).await;
            }
            hidden += self.call(ENGINE, "hide", |world| hide(world, hiding, part)).await??;
        }
        Ok(hidden)
    }

    async fn read(&self, numbers: &[GmcNumber]) -> PortResult<Vec<StoredDoctor>> {
        let mut found = Vec::new();
        for part in self.parts(numbers) {
            found.extend(
                self.call(ENGINE, "read doctors", |world| {
                    world.observed.just_read = part.to_vec();
                    let of = |number| world.documents.get(number).map(|document| document.doctor.clone());
                    part.iter().filter_map(of).collect::<Vec<_>>()
                })
                .await?,
            );
        }
        Ok(found)
    }

    async fn write(&self, writes: &[DoctorWrite]) -> PortResult<Vec<Refused>> {
        if self.world().strikes(|trouble| &mut trouble.refused_for_good, 40, REFUSED_FOR_GOOD) {
            return Err(PortError::permanent("write doctors is refused"));
        }
        // unordered: in any order
        let mut writes: Vec<&DoctorWrite> = writes.iter().collect();
        self.world().random.shuffle(&mut writes);
        let mut refused = Vec::new();
        for part in self.parts(&writes) {
            refused.extend(
                self.call(ENGINE, "write doctors", |world| {
                    part.iter().filter_map(|write| write_one(world, write)).collect::<Vec<_>>()
                })
                .await?,
            );
        }
        Ok(refused)
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
        for part in self.parts(entries) {
            self.call(ENGINE, "log connections", |world| {
                for entry in part {
                    world.logs.entry(entry.id.clone()).or_insert_with(|| entry.clone());
                }
            })
            .await?;
        }
        Ok(())
    }

    async fn connection_logs(&self, number: GmcNumber) -> PortResult<Vec<ConnectionLog>> {
        self.call(ENGINE, "read the audit", |world| {
            world.logs.values().filter(|entry| entry.gmc_id == number).cloned().collect()
        })
        .await
    }
}

impl Sim {
    /// Random parts of what one call is about.
    pub(crate) fn parts<'a, T>(&self, all: &'a [T]) -> Vec<&'a [T]> {
        parts(&mut self.world().random, all)
    }

    /// A cursor over the collection is no snapshot: it shows each document as it is when it gets there.
    async fn scan(
        &self,
        what: &'static str,
        is_wanted: impl Fn(&Document) -> bool + Send + Sync,
    ) -> PortResult<Vec<GmcNumber>> {
        let everyone: Vec<GmcNumber> = self.world().documents.keys().copied().collect();
        let mut found = Vec::new();
        for part in self.parts(&everyone) {
            found.extend(
                self.call(ENGINE, what, |world| {
                    let of = |number: &&GmcNumber| world.documents.get(number).is_some_and(&is_wanted);
                    part.iter().filter(of).copied().collect::<Vec<_>>()
                })
                .await?,
            );
        }
        Ok(found)
    }
}

impl World {
    fn send_hiding(&mut self, hiding: &Hiding, numbers: &[GmcNumber], span: Duration) {
        let due = self.now.plus(span);
        let underway = HidingUnderway { due, hiding: hiding.clone(), numbers: numbers.to_vec() };
        self.hiding_underway.push(underway);
    }

    /// Carries out the statements that arrive now.
    pub(crate) fn land_hiding(&mut self) {
        while let Some(place) = self.hiding_underway.iter().position(|underway| underway.due <= self.now) {
            let landed = self.hiding_underway.swap_remove(place);
            if self.strikes(|trouble| &mut trouble.foreign_writes, 2, "another service wrote to the database")
            {
                self.connect_before_hidden(&landed.hiding.body, &landed.numbers);
            }
            self.note(|| "a statement that was on its way for minutes lands".to_owned());
            // nobody hears how it went
            let _ = hide(self, &landed.hiding, &landed.numbers);
        }
    }
}

/// One statement; a document that refuses fails it.
fn hide(world: &mut World, hiding: &Hiding, numbers: &[GmcNumber]) -> PortResult<u64> {
    if numbers.iter().any(|number| world.refuses(*number) == Some(Refuses::Everything)) {
        world.count("document refused to be hidden");
        return Err(PortError::permanent("a document refuses to be hidden"));
    }
    let mut hidden = 0;
    for number in numbers {
        let Some(document) = world.documents.get_mut(number) else { continue };
        if let Some(code) = hiding.code_for(&document.doctor) {
            document.doctor.code = Some(code);
            world.observe_code(*number);
            hidden += 1;
        }
    }
    Ok(hidden)
}

/// Carries out one write; what is returned is that the document refused it.
fn write_one(world: &mut World, write: &DoctorWrite) -> Option<Refused> {
    let number = write.number;
    let is_place = DoctorPatch {
        code: write.set.code.clone(),
        exists_in_gmc: write.set.exists_in_gmc,
        gmc_last_updated: write.set.gmc_last_updated,
        sync_run: write.set.sync_run,
        ..DoctorPatch::default()
    } == write.set;
    let refuses = match world.refuses(number) {
        Some(Refuses::Everything) => true,
        Some(Refuses::AllButThePlace) => !is_place,
        None => false,
    };
    let matches = match (world.documents.get(&number), &write.seen) {
        (Some(document), Some(seen)) => {
            document.doctor.seen() == *seen || planted(Bug::FilterWithoutWhatWasRead)
        }
        (found, seen) => found.is_none() && seen.is_none(),
    };
    if !matches {
        world.note(|| format!("a write to {number} misses"));
        return None;
    }
    if refuses {
        world.count("document refused by the database");
        return Some(Refused { number, reason: "it is refused".to_owned() });
    }
    let document = world
        .documents
        .entry(number)
        .or_insert_with(|| Document { doctor: StoredDoctor::bare(number), admin: 0 });
    patch(&mut document.doctor, &write.set);
    world.observe_code(number);
    None
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
