//! connection-index: the search indexes are brought in line, with an answer of the GMC at once, and with the database
//! when the run is over (step 5 of the roll call).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use domain::index::{Changes, Field, IndexDoc, IndexName, Value};
use domain::planted::{Bug, planted};
use domain::routing::{changes_from_answer, changes_from_database, copy_of, is_connected, is_in};
use domain::{GmcDoctor, GmcNumber, RunNumber, RunState, StoredDoctor};

use crate::backoff::Backoff;
use crate::messages::{ChunkMessage, ToConnectionIndex, ToRecommendationUpdate, outgoing, read};
use crate::ports::index::{Action, IndexWrite, Indexed, Version, WriteOutcome};
use crate::ports::queue::QueueName;
use crate::ports::{Doctors, Host, Index, Ledger, Outbox, PortError};
use crate::stage::{Outcome, StageError, StageResult};

/// How often documents that keep changing are read and written before the message is handed back.
const ROUNDS: u32 = 10;

/// Between rounds in which the index was busy or somebody else wrote.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), most: Duration::from_secs(3) };

/// What connection-index works with.
#[derive(Clone, Copy)]
pub struct IndexDesk<'a> {
    /// The four indexes.
    pub index: &'a dyn Index,
    /// The database they follow.
    pub doctors: &'a dyn Doctors,
    /// Where the runs stand.
    pub ledger: &'a dyn Ledger,
    /// To recommendation-update.
    pub outbox: &'a dyn Outbox,
    /// Time and chance.
    pub host: &'a dyn Host,
}

/// Handles a message of the connection-index queue.
pub async fn handle(desk: IndexDesk<'_>, message: &str) -> StageResult<Outcome> {
    match read(message)? {
        ToConnectionIndex::Chunk(chunk) => index_chunk(desk, &chunk).await?,
        ToConnectionIndex::Look { run, look, position, numbers } => {
            let refused = look_at(desk, run, &numbers).await?;
            if refused > 0 {
                // told, and the rest is written; but a look that could not be carried out is not acknowledged
                let message = format!("{refused} index documents were refused");
                return Err(StageError::Port(PortError::permanent(message)));
            }
            if let Some(look) = look {
                let looked = outgoing(&ToRecommendationUpdate::Looked { run, look, position })?;
                desk.outbox.send(QueueName::RecommendationUpdate, vec![looked]).await?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// Brings the index documents of these doctors in line with the database; the run is for the log. Returns how many of
/// them were refused.
pub async fn look_at(desk: IndexDesk<'_>, run: RunNumber, numbers: &[GmcNumber]) -> StageResult<usize> {
    bring_in_line(desk, run, numbers, &Source::Database).await
}

/// Of a running run, what the message says of those who are in the body already is written at once. When the run is over,
/// before the writes or amid or after them, the database has the last word.
async fn index_chunk(desk: IndexDesk<'_>, chunk: &ChunkMessage<'_>) -> StageResult<()> {
    let doctors: HashMap<GmcNumber, GmcDoctor> = chunk
        .doctors
        .iter()
        .filter_map(|record| GmcDoctor::read(record).ok())
        .map(|doctor| (doctor.number, doctor))
        .collect();
    let numbers: Vec<GmcNumber> = doctors.keys().copied().collect();
    bring_in_line(desk, chunk.run, &numbers, &Source::Answer { chunk, doctors }).await?;
    if is_running(desk, chunk.run).await? || planted(Bug::DatabaseNotReadAgain) {
        return Ok(());
    }
    bring_in_line(desk, chunk.run, &numbers, &Source::Database).await?;
    Ok(())
}

async fn is_running(desk: IndexDesk<'_>, run: RunNumber) -> StageResult<bool> {
    Ok(desk.ledger.run(run).await?.is_some_and(|run| run.state == RunState::Running))
}

/// What the master documents are to agree with.
enum Source<'a> {
    /// What the GMC said tonight, of those who are connected to the body already.
    Answer { chunk: &'a ChunkMessage<'a>, doctors: HashMap<GmcNumber, GmcDoctor> },
    /// `doctorsForDB`, read anew in every round.
    Database,
}

impl Source<'_> {
    /// Whether an answer has nothing more to say, because its run has ended. Ask after reading the index and before
    /// writing it: a look may have written in between, and its writes must stay. If this process overwrote them and died,
    /// no redelivery might follow to correct that, because another delivery of the same message has been deleted.
    async fn is_over(&self, desk: IndexDesk<'_>) -> StageResult<bool> {
        match self {
            Self::Answer { chunk, .. } => {
                Ok(!is_running(desk, chunk.run).await? && !planted(Bug::DatabaseNotReadAgain))
            }
            Self::Database => Ok(false),
        }
    }

    async fn read(
        &self,
        desk: IndexDesk<'_>,
        numbers: &[GmcNumber],
    ) -> StageResult<HashMap<GmcNumber, StoredDoctor>> {
        match self {
            Self::Answer { .. } => Ok(HashMap::new()),
            Self::Database => {
                let stored = desk.doctors.read(numbers).await?.into_iter();
                Ok(stored.map(|doctor| (doctor.number, doctor)).collect())
            }
        }
    }

    /// What must change in a master document; `None` when the doctor is to have none, or nothing is known of it here.
    fn changes(
        &self,
        number: GmcNumber,
        stored: &HashMap<GmcNumber, StoredDoctor>,
        master: Option<&IndexDoc>,
    ) -> Option<Changes> {
        let none = IndexDoc::default();
        let doc = master.unwrap_or(&none);
        match self {
            // A name that is not recorded yet may never be: who is new to the body here is left to the look that follows
            // when the database has the doctor.
            Self::Answer { chunk, .. } if !is_connected(doc, &chunk.code) => None,
            Self::Answer { chunk, doctors } => Some(changes_from_answer(
                doc,
                doctors.get(&number)?,
                &chunk.code,
                chunk.asked_at.london_date(),
            )),
            Self::Database => {
                let stored = stored.get(&number);
                // who is in neither the database nor the index stays so
                (stored.is_some() || master.is_some()).then(|| changes_from_database(doc, stored))
            }
        }
    }
}

/// Documents by whose they are.
type ByNumber = BTreeMap<GmcNumber, Vec<Indexed>>;

/// Reads, decides and writes until a round finds nothing to write. What was written in one round is read again in the
/// next, the source as well: another writer in between is seen. Returns how many writes were refused.
async fn bring_in_line(
    desk: IndexDesk<'_>,
    run: RunNumber,
    numbers: &[GmcNumber],
    source: &Source<'_>,
) -> StageResult<usize> {
    let mut refused = 0;
    let mut todo: BTreeSet<GmcNumber> = numbers.iter().copied().collect();
    let mut settled = CopiedOf::new();
    for round in 1..=ROUNDS {
        if todo.is_empty() {
            return Ok(refused);
        }
        let results = one_round(desk, source, &todo, &mut settled).await?;
        results.tell_refused(run);
        refused += results.refused.len();
        todo = results.touched;
        if results.must_wait {
            desk.host.sleep(BACKOFF.wait(round, desk.host.chance())).await;
        }
    }
    if todo.is_empty() {
        return Ok(refused);
    }
    Err(StageError::Contended(format!("the index documents of {} doctors", todo.len())))
}

/// What became of one round's writes.
#[derive(Default)]
struct RoundResults {
    /// Who was written, or is to be tried again.
    touched: BTreeSet<GmcNumber>,
    /// Whether the index was busy, or somebody else wrote.
    must_wait: bool,
    /// What was refused, by the reason.
    refused: Vec<(GmcNumber, IndexName, String)>,
}

impl RoundResults {
    /// The first reason is told, not thousands.
    fn tell_refused(&self, run: RunNumber) {
        if let Some((gmc_number, index, reason)) = self.refused.first() {
            tracing::error!(
                run = run.0, refused = self.refused.len(), %gmc_number, %index,
                "index documents were refused; the first reason: {reason}"
            );
        }
    }
}

/// What each doctor's copies were last made of, where all of them were written.
type CopiedOf = HashMap<GmcNumber, Option<IndexDoc>>;

async fn one_round(
    desk: IndexDesk<'_>,
    source: &Source<'_>,
    todo: &BTreeSet<GmcNumber>,
    settled: &mut CopiedOf,
) -> StageResult<RoundResults> {
    let mut results = RoundResults::default();
    let numbers: Vec<GmcNumber> = todo.iter().copied().collect();
    let mut masters = read_index(desk, IndexName::Master, &numbers).await?;
    if source.is_over(desk).await? {
        return Ok(results);
    }
    let stored = source.read(desk, &numbers).await?;
    let writes = master_writes(source, &numbers, &masters, &stored);
    if !writes.is_empty() {
        let failed = write_index(desk, writes.clone(), &mut results).await?;
        // the copies follow what was written; the next round finds out whether somebody else wrote it meanwhile
        for write in writes.into_iter().filter(|write| !failed.contains(&write.number)) {
            carried_out(masters.entry(write.number).or_default(), write);
        }
        masters.retain(|number, _| !failed.contains(number));
        if !failed.is_empty() {
            let failed: Vec<GmcNumber> = failed.into_iter().collect();
            masters.extend(read_index(desk, IndexName::Master, &failed).await?);
        }
    }

    // whose master is what the copies were made of has the right ones
    let moved: Vec<GmcNumber> = numbers
        .into_iter()
        .filter(|number| settled.get(number) != Some(&copy_for(&masters, *number)))
        .filter(|number| results.touched.contains(number) || !planted(Bug::CopiesNotFollowed))
        .collect();
    if moved.is_empty() {
        return Ok(results);
    }
    let today = desk.host.now().london_date();
    let mut all_copies = Vec::with_capacity(IndexName::COPIES.len());
    for index in IndexName::COPIES {
        all_copies.push((index, read_index(desk, index, &moved).await?));
    }
    if source.is_over(desk).await? {
        return Ok(results);
    }
    let mut writes = Vec::new();
    for (index, copies) in all_copies {
        for number in &moved {
            let master = masters.get(number).and_then(|docs| authoritative(docs));
            let copies = copies.get(number).map_or(&[][..], Vec::as_slice);
            writes.extend(copy_writes(index, *number, master, copies, today));
        }
    }
    let mut failed = BTreeSet::new();
    if !writes.is_empty() {
        failed = write_index(desk, writes, &mut results).await?;
    }
    for number in moved {
        if failed.contains(&number) {
            settled.remove(&number);
        } else {
            settled.insert(number, copy_for(&masters, number));
        }
    }
    Ok(results)
}

/// The copy that follows from a doctor's master documents; `None` without one.
fn copy_for(masters: &ByNumber, number: GmcNumber) -> Option<IndexDoc> {
    masters.get(&number).and_then(|docs| authoritative(docs)).map(copy_of)
}

/// What was read, with a write that has been carried out since. Its version is not known, and not used.
fn carried_out(docs: &mut Vec<Indexed>, write: IndexWrite) {
    match write.action {
        Action::Create(doc) => {
            let version = Version { seq_no: -1, primary_term: -1 };
            docs.push(Indexed { id: write.id, number: write.number, version, doc });
        }
        Action::Update(_, changes) => {
            for found in docs.iter_mut().filter(|found| found.id == write.id) {
                found.doc.change(&changes);
            }
        }
        Action::Delete(_) => docs.retain(|found| found.id != write.id),
    }
}

async fn read_index(desk: IndexDesk<'_>, index: IndexName, numbers: &[GmcNumber]) -> StageResult<ByNumber> {
    let mut by_number = ByNumber::new();
    for doc in desk.index.read(index, numbers).await? {
        by_number.entry(doc.number).or_default().push(doc);
    }
    Ok(by_number)
}

fn master_writes(
    source: &Source<'_>,
    numbers: &[GmcNumber],
    masters: &ByNumber,
    stored: &HashMap<GmcNumber, StoredDoctor>,
) -> Vec<IndexWrite> {
    let mut writes = Vec::new();
    let most = if planted(Bug::OnlyFirstDocument) { 1 } else { usize::MAX };
    for number in numbers {
        let write = |id: String, action| IndexWrite { index: IndexName::Master, id, number: *number, action };
        match masters.get(number) {
            Some(docs) => writes.extend(docs.iter().take(most).filter_map(|found| {
                let changes = source.changes(*number, stored, Some(&found.doc))?;
                (!changes.is_empty()).then(|| write(found.id.clone(), Action::Update(found.version, changes)))
            })),
            None => {
                if let Some(changes) = source.changes(*number, stored, None) {
                    let mut doc = IndexDoc::default();
                    doc.set(Field::GmcReferenceNumber, Some(Value::Text(number.to_string())));
                    doc.change(&changes);
                    writes.push(write(number.to_string(), Action::Create(doc)));
                }
            }
        }
    }
    writes
}

/// The master document that the copies follow when a doctor has several: the one that TIS knows, else the first.
fn authoritative(docs: &[Indexed]) -> Option<&IndexDoc> {
    docs.iter()
        .min_by_key(|found| (found.doc.get(Field::TcsPersonId).is_none(), &found.id))
        .map(|found| &found.doc)
}

fn copy_writes(
    index: IndexName,
    number: GmcNumber,
    master: Option<&IndexDoc>,
    copies: &[Indexed],
    today: jiff::civil::Date,
) -> Vec<IndexWrite> {
    let write = |id: String, action| IndexWrite { index, id, number, action };
    let Some(master) = master.filter(|master| is_in(index, master, today)) else {
        return copies.iter().map(|copy| write(copy.id.clone(), Action::Delete(copy.version))).collect();
    };
    let wanted = copy_of(master);
    if copies.is_empty() {
        return vec![write(number.to_string(), Action::Create(wanted))];
    }
    copies
        .iter()
        .filter_map(|copy| {
            let changes = copy.doc.changes_to(&wanted, &Field::OF_COPIES);
            (!changes.is_empty()).then(|| write(copy.id.clone(), Action::Update(copy.version, changes)))
        })
        .collect()
}

/// Writes, and returns who has a write that was not carried out.
async fn write_index(
    desk: IndexDesk<'_>,
    writes: Vec<IndexWrite>,
    results: &mut RoundResults,
) -> StageResult<BTreeSet<GmcNumber>> {
    let whose: Vec<(GmcNumber, IndexName)> = writes.iter().map(|write| (write.number, write.index)).collect();
    let outcomes = desk.index.write(writes).await?;
    let mut failed = BTreeSet::new();
    for ((number, index), outcome) in whose.into_iter().zip(outcomes) {
        match outcome {
            WriteOutcome::Conflict if planted(Bug::ConflictIgnored) => continue,
            WriteOutcome::Busy(_) if planted(Bug::BusyIgnored) => continue,
            WriteOutcome::Done => {
                results.touched.insert(number);
                continue;
            }
            WriteOutcome::Conflict | WriteOutcome::Busy(_) => {
                results.touched.insert(number);
                results.must_wait = true;
            }
            WriteOutcome::Refused(reason) => results.refused.push((number, index, reason)),
        }
        failed.insert(number);
    }
    Ok(failed)
}
