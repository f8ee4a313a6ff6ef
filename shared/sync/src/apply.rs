//! recommendation-update: an answer's doctors are written to the database (step 3 of the roll call).

use std::collections::{BTreeSet, HashMap};

use domain::apply::{Answer, Applied, Before, apply, needs_recommendation, place_only, stood_before};
use domain::planted::{Bug, planted};
use domain::status::Recommendation;
use domain::{
    BodyCode, BodyState, DoctorPatch, DoctorWrite, GmcDoctor, GmcNumber, Moment, RunNumber, RunState,
    StoredDoctor,
};

use crate::ledger::{Answered, Chunk, ChunkId, Findings};
use crate::look::send_look;
use crate::messages::{ChunkMessage, ToRecommendationUpdate, outgoing};
use crate::ports::queue::QueueName;
use crate::stage::{Desk, StageError, StageResult, all_settled, change_body, find_run};

/// How often the documents of a chunk are read and written before the chunk is handed back.
const ROUNDS: u32 = 8;

/// How many fields that could not be read a chunk tells one by one.
const UNREADABLE_TOLD: usize = 20;

/// Applies one chunk of an answer. Repeated, it changes nothing; of a run that is no longer running, it writes nothing.
pub async fn apply_chunk(desk: Desk<'_>, message: &ChunkMessage<'_>) -> StageResult<()> {
    let Some(run) = find_run(desk, message.run).await? else {
        tracing::warn!(run = message.run.0, "a chunk of a run that is not in the ledger; nothing is done");
        return Ok(());
    };
    if run.state == RunState::Preparing {
        return Err(StageError::TooEarly(format!("run {} is still being prepared", run.number)));
    }
    let doctors: Vec<GmcDoctor> =
        message.doctors.iter().filter_map(|record| GmcDoctor::read(record).ok()).collect();
    let is_dry = run.settings.is_dry;
    if run.state != RunState::Running && !planted(Bug::LateChunkApplied) {
        return look_again(desk, message, &doctors, is_dry).await;
    }

    let chunk = ChunkToApply { desk, message, doctors: &doctors };
    let newcomers = chunk.apply(is_dry).await?;
    let still_running = desk.ledger.run(run.number).await?.is_some_and(|run| run.state == RunState::Running);
    if !still_running {
        // not marked as applied: if this call dies now, the second look finds the chunk
        return look_again(desk, message, &doctors, is_dry).await;
    }
    desk.ledger.mark_applied(&chunk_id(message)).await?;
    complete_body(desk, message).await?;
    // the index takes from an answer only what it says of those whom it has in that body already
    send_look(desk.outbox, message.run, &newcomers).await
}

/// The run was over before the writes or while they went on: the index must not keep what the message said.
async fn look_again(
    desk: Desk<'_>,
    message: &ChunkMessage<'_>,
    doctors: &[GmcDoctor],
    is_dry: bool,
) -> StageResult<()> {
    if is_dry {
        return Ok(());
    }
    let numbers: Vec<GmcNumber> = doctors.iter().map(|doctor| doctor.number).collect();
    send_look(desk.outbox, message.run, &numbers).await
}

struct ChunkToApply<'a> {
    desk: Desk<'a>,
    message: &'a ChunkMessage<'a>,
    doctors: &'a [GmcDoctor],
}

/// Each doctor with what is to be done.
type Plan<'a> = Vec<(&'a GmcDoctor, Option<StoredDoctor>, Applied)>;

impl ChunkToApply<'_> {
    /// Records whom the chunk names, then reads, decides and writes until nothing differs. Returns who was not in this
    /// body before; of a dry run, nobody.
    async fn apply(&self, is_dry: bool) -> StageResult<Vec<GmcNumber>> {
        let everyone: Vec<&GmcDoctor> = self.doctors.iter().collect();
        let mut plan = self.plan(&everyone).await?;
        self.record(&plan, is_dry).await?;
        if is_dry {
            return Ok(Vec::new());
        }
        let is_newcomer = |stored| stood_before(stored, &self.message.code) != Before::Here;
        let newcomers: Vec<GmcNumber> = plan
            .iter()
            .filter(|(_, stored, _)| is_newcomer(stored.as_ref()))
            .map(|(doctor, ..)| doctor.number)
            .collect();
        if planted(Bug::AppliedBeforeTheWrite) {
            self.desk.ledger.mark_applied(&chunk_id(self.message)).await?;
            complete_body(self.desk, self.message).await?;
        }
        let mut refused = BTreeSet::new();
        let mut seen_before = HashMap::new();
        for _ in 0..ROUNDS {
            let writes: Vec<DoctorWrite> = plan.iter().filter_map(|entry| write(entry, &refused)).collect();
            if writes.is_empty() {
                return Ok(newcomers);
            }
            for refusal in self.desk.doctors.write(&writes).await? {
                let (run, gmc_number) = (self.message.run.0, refusal.number);
                if refused.insert(refusal.number) && !planted(Bug::RefusedDoctorGivenUp) {
                    tracing::warn!(run, %gmc_number, "the database refused a document; only the place is written: {}", refusal.reason);
                } else {
                    tracing::error!(run, %gmc_number, "the database refused a doctor's place: {}", refusal.reason);
                    plan.retain(|(doctor, ..)| doctor.number != refusal.number);
                }
            }
            let written: BTreeSet<GmcNumber> = writes.iter().map(|write| write.number).collect();
            let again: Vec<&GmcDoctor> =
                plan.iter().map(|entry| entry.0).filter(|doctor| written.contains(&doctor.number)).collect();
            seen_before = writes.into_iter().map(|write| (write.number, write.seen)).collect();
            plan = self.plan(&again).await?;
        }
        // nobody else wrote these: they hold something that no filter of ours matches, and must not stop the rest
        let is_stuck = |(doctor, stored, _): &(&GmcDoctor, Option<StoredDoctor>, Applied)| {
            seen_before.get(&doctor.number) == Some(&stored.as_ref().map(StoredDoctor::seen))
        };
        for (doctor, ..) in plan.iter().filter(|entry| is_stuck(entry)) {
            let gmc_number = doctor.number;
            tracing::error!(run = self.message.run.0, %gmc_number, "a document cannot be written: it is never as it was read");
        }
        let moving = plan.iter().filter(|entry| write(entry, &refused).is_some() && !is_stuck(entry)).count();
        if moving == 0 {
            return Ok(newcomers);
        }
        Err(StageError::Contended(format!("{moving} doctors of body {}", self.message.code)))
    }

    async fn plan<'d>(&self, doctors: &[&'d GmcDoctor]) -> StageResult<Plan<'d>> {
        let numbers: Vec<GmcNumber> = doctors.iter().map(|doctor| doctor.number).collect();
        let mut stored: HashMap<GmcNumber, StoredDoctor> = if numbers.is_empty() {
            HashMap::new()
        } else {
            self.desk
                .doctors
                .read(&numbers)
                .await?
                .into_iter()
                .map(|doctor| (doctor.number, doctor))
                .collect()
        };
        let asked_ats = self.asked_ats(&stored).await?;
        let answer = Answer {
            run: self.message.run,
            body: &self.message.code,
            asked_at: self.message.asked_at,
            asked_ats: &asked_ats,
            today: self.message.asked_at.london_date(),
            now: self.desk.host.now(),
        };
        let latest = self.recommendations(doctors, &stored, &answer).await?;
        Ok(doctors
            .iter()
            .map(|doctor| {
                let stored = stored.remove(&doctor.number);
                let applied = apply(doctor, stored.as_ref(), latest.get(&doctor.number), &answer);
                (*doctor, stored, applied)
            })
            .collect())
    }

    /// Only needed for a document that is dated later than the question.
    async fn asked_ats(&self, stored: &HashMap<GmcNumber, StoredDoctor>) -> StageResult<Vec<Moment>> {
        let asked_at = self.message.asked_at;
        if stored.values().any(|doctor| doctor.gmc_last_updated.is_some_and(|at| at > asked_at)) {
            return Ok(self.desk.ledger.asked_ats(self.message.run).await?);
        }
        Ok(Vec::new())
    }

    async fn recommendations(
        &self,
        doctors: &[&GmcDoctor],
        stored: &HashMap<GmcNumber, StoredDoctor>,
        answer: &Answer<'_>,
    ) -> StageResult<HashMap<GmcNumber, Recommendation>> {
        let needed: Vec<GmcNumber> = doctors
            .iter()
            .filter(|doctor| needs_recommendation(doctor, stored.get(&doctor.number), answer))
            .map(|doctor| doctor.number)
            .collect();
        if needed.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(self.desk.doctors.latest_recommendations(&needed).await?.into_iter().collect())
    }

    async fn record(&self, plan: &Plan<'_>, is_dry: bool) -> StageResult<()> {
        let chunk = Chunk {
            id: chunk_id(self.message),
            of: self.message.of,
            asked_at: self.message.asked_at,
            applied: false,
            findings: self.findings(plan, is_dry),
        };
        let numbers: Vec<GmcNumber> = self.doctors.iter().map(|doctor| doctor.number).collect();
        let is_first = self.desk.ledger.record_chunk(&chunk, &numbers).await?;
        if is_first && !chunk.findings.unreadable_fields.is_empty() {
            tracing::warn!(
                run = self.message.run.0, body = %self.message.code, fields = ?chunk.findings.unreadable_fields,
                first = ?chunk.findings.unreadable_first, "fields that cannot be read; what is stored is left"
            );
        }
        Ok(())
    }

    fn findings(&self, plan: &Plan<'_>, is_dry: bool) -> Findings {
        let mut findings = Findings {
            returned: plan.len() as u64,
            rejected: self.message.rejected.clone(),
            ..Findings::default()
        };
        for (doctor, stored, applied) in plan {
            match applied {
                Applied::New(_) => findings.new += 1,
                Applied::Changed(_, changes) => {
                    if changes.iter().any(|change| change.is_news()) {
                        findings.changed += 1;
                    } else {
                        findings.unchanged += 1;
                    }
                    if changes.iter().any(|change| !change.is_news()) {
                        findings.status_changed += 1;
                    }
                    if is_dry {
                        findings.changes.push((doctor.number, changes.clone()));
                    }
                }
                Applied::Same | Applied::Shown(_) | Applied::LaterFetch => findings.unchanged += 1,
                Applied::SetByHand => findings.set_by_hand += 1,
            }
            match stood_before(stored.as_ref(), &self.message.code) {
                Before::Unknown => findings.unknown.push(doctor.number),
                Before::Nowhere => findings.nowhere.push(doctor.number),
                Before::Elsewhere(code) => findings.elsewhere.push((doctor.number, code)),
                Before::Here => {}
            }
            for field in doctor.missing() {
                *findings.missing_fields.entry(field).or_default() += 1;
            }
            for (field, text) in doctor.unreadable() {
                *findings.unreadable_fields.entry(field).or_default() += 1;
                if findings.unreadable_first.len() < UNREADABLE_TOLD {
                    findings.unreadable_first.push((doctor.number, field, text.to_owned()));
                }
            }
        }
        findings
    }
}

/// The write of one doctor's plan; of a document that was refused as a whole, only the place.
fn write(
    (doctor, stored, applied): &(&GmcDoctor, Option<StoredDoctor>, Applied),
    refused: &BTreeSet<GmcNumber>,
) -> Option<DoctorWrite> {
    let patch = applied.patch()?;
    let set = if refused.contains(&doctor.number) { place_only(patch) } else { patch.clone() };
    let only_hint = DoctorPatch { sync_run: set.sync_run, ..DoctorPatch::default() };
    (set != only_hint).then(|| DoctorWrite {
        number: doctor.number,
        seen: stored.as_ref().map(StoredDoctor::seen),
        set,
    })
}

fn chunk_id(message: &ChunkMessage<'_>) -> ChunkId {
    ChunkId { run: message.run, code: message.code.clone(), fetch: message.fetch, position: message.position }
}

/// The body is answered once this fetch has all its chunks recorded and applied.
async fn complete_body(desk: Desk<'_>, message: &ChunkMessage<'_>) -> StageResult<()> {
    let applied = desk.ledger.applied_chunks(message.run, &message.code, message.fetch).await?;
    if applied < message.of && !planted(Bug::HalfAnswerTakenForWhole) {
        return Ok(());
    }
    let now = desk.host.now();
    let settled = change_body(desk, message.run, &message.code, |body| {
        let is_pending = body.state == BodyState::Pending;
        if is_pending {
            body.state = BodyState::Answered;
            body.answer = Some(Answered { fetch: message.fetch, asked_at: message.asked_at });
            body.gmc_request_id.clone_from(&message.gmc_request_id);
            body.settled_at = Some(now);
        }
        is_pending
    })
    .await?;
    if let Some((_, true)) = settled {
        tracing::info!(run = message.run.0, body = %message.code, chunks = message.of, "the body is answered and applied");
    }
    sweep_if_all_settled(desk, message.run).await
}

/// Notes that a body has no answer and will have none.
pub async fn fail_body(
    desk: Desk<'_>,
    run: RunNumber,
    code: &BodyCode,
    reason: &str,
    return_code: Option<&str>,
    gmc_request_id: Option<&str>,
) -> StageResult<()> {
    let now = desk.host.now();
    change_body(desk, run, code, |body| {
        let is_pending = body.state == BodyState::Pending;
        if is_pending {
            body.state = BodyState::Failed;
            body.reason = Some(reason.to_owned());
            body.return_code = return_code.map(str::to_owned);
            body.gmc_request_id = gmc_request_id.map(str::to_owned);
            body.settled_at = Some(now);
        }
        is_pending
    })
    .await?;
    sweep_if_all_settled(desk, run).await
}

async fn sweep_if_all_settled(desk: Desk<'_>, number: RunNumber) -> StageResult<()> {
    let Some(run) = desk.ledger.run(number).await? else {
        return Ok(());
    };
    if run.state != RunState::Running || !all_settled(&run, &desk.ledger.bodies(number).await?) {
        return Ok(());
    }
    let message = outgoing(&ToRecommendationUpdate::Sweep { run: number })?;
    Ok(desk.outbox.send(QueueName::RecommendationUpdate, vec![message]).await?)
}
