//! Making the documents what the verdict says, by writes that can be repeated from any point and by two at once.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::body::is_hidden;
use domain::roll_call::{Place, Settled, settle};
use domain::{DoctorPatch, DoctorWrite, GmcNumber, RunState, StoredDoctor};

use crate::ledger::{Run, Swept};
use crate::roll_call::Lists;
use crate::stage::{Desk, StageResult};

/// How many doctors are read and written at once.
const AT_ONCE: usize = 1_000;

/// How often documents that will not agree are read and written again.
const ROUNDS: u32 = 6;

/// How many of the documents that would not agree are told one by one.
const UNSETTLED_TOLD: usize = 50;

/// With less time than this left, the rest is left to the next call.
pub const TIME_NEEDED: Duration = Duration::from_secs(10);

/// What came of it.
pub struct CarriedOut {
    /// In figures.
    pub swept: Swept,
    /// Whose documents were written.
    pub written: Vec<GmcNumber>,
    /// Whose documents are dated later than now.
    dated_ahead: Vec<GmcNumber>,
    /// How it ended.
    pub end: End,
}

/// How carrying out a verdict ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every document was looked at.
    Complete,
    /// The time was up.
    OutOfTime,
    /// Another caller has swept the run meanwhile.
    Overtaken,
}

/// Makes the documents of everyone in `lists` whom `concerns` names what the verdict says.
pub async fn carry_out(
    desk: Desk<'_>,
    run: &Run,
    lists: &Lists,
    concerns: impl Fn(GmcNumber) -> bool + Send,
) -> StageResult<CarriedOut> {
    let places: Vec<(GmcNumber, Place<'_>)> =
        lists.call.places(&lists.states).filter(|(number, _)| concerns(*number)).collect();
    let mut result = CarriedOut {
        swept: Swept { named_by_several: lists.call.named_by_several(), ..Swept::default() },
        written: Vec::new(),
        dated_ahead: Vec::new(),
        end: End::Complete,
    };
    for batch in places.chunks(AT_ONCE) {
        if desk.host.time_left() < TIME_NEEDED {
            result.end = End::OutOfTime;
            break;
        }
        make_so(desk, run, lists, batch, &mut result).await?;
        if result.end != End::Complete {
            break;
        }
    }
    result.written.sort_unstable();
    result.written.dedup();
    result.swept.written = result.written.len() as u64;
    result.swept.at = desk.host.now();
    if result.swept.unsettled > 0 {
        tracing::error!(
            run = run.number.0, unsettled = result.swept.unsettled, first = ?result.swept.unsettled_first.first(),
            "documents would not agree with the verdict"
        );
    }
    if let Some(first) = result.dated_ahead.first() {
        tracing::warn!(
            run = run.number.0, doctors = result.dated_ahead.len(), %first,
            "doctors are dated later than now; their dates are passed over"
        );
    }
    Ok(result)
}

/// Marks as unknown to the GMC whoever is hidden, on no roll and named by nobody: those who left in a night that could
/// not know, because some body of it was not done, and what an old system left behind. Only for a whole night of which
/// every body is done, and for the codes of its bodies: no other was asked. A document that moves meanwhile is left to
/// the next such night.
pub async fn mark_gone(desk: Desk<'_>, run: &Run, lists: &Lists) -> StageResult<()> {
    let known: HashSet<GmcNumber> = lists.call.numbers().collect();
    let mut hidden = desk.doctors.hidden().await?;
    hidden.retain(|number| !known.contains(number));
    for batch in hidden.chunks(AT_ONCE) {
        let stored = desk.doctors.read(batch).await?;
        let is_unmarked = |doctor: &&StoredDoctor| {
            is_hidden(doctor.code.as_deref())
                && doctor.exists_in_gmc != Some(false)
                && run.settings.bodies.iter().any(|body| doctor.plain_code() == Some(body.as_str()))
        };
        let writes: Vec<DoctorWrite> = stored
            .iter()
            .filter(is_unmarked)
            .map(|doctor| DoctorWrite {
                number: doctor.number,
                seen: Some(doctor.seen()),
                set: DoctorPatch { exists_in_gmc: Some(false), ..DoctorPatch::default() },
            })
            .collect();
        if writes.is_empty() || !is_still_sweeping(desk, run).await? {
            continue;
        }
        for refusal in desk.doctors.write(&writes).await? {
            let gmc_number = refusal.number;
            tracing::error!(run = run.number.0, %gmc_number, "the database refused to mark a doctor: {}", refusal.reason);
        }
    }
    Ok(())
}

async fn is_still_sweeping(desk: Desk<'_>, run: &Run) -> StageResult<bool> {
    Ok(desk.ledger.run(run.number).await?.is_some_and(|now| now.state == RunState::Sweeping))
}

async fn make_so(
    desk: Desk<'_>,
    run: &Run,
    lists: &Lists,
    batch: &[(GmcNumber, Place<'_>)],
    result: &mut CarriedOut,
) -> StageResult<()> {
    let marks_gone = lists.marks_gone(run);
    let mut todo: Vec<&(GmcNumber, Place<'_>)> = batch.iter().collect();
    let mut refused: HashMap<GmcNumber, String> = HashMap::new();
    for round in 0..=ROUNDS {
        let numbers: Vec<GmcNumber> = todo.iter().map(|entry| entry.0).collect();
        let stored: HashMap<GmcNumber, StoredDoctor> =
            desk.doctors.read(&numbers).await?.into_iter().map(|doctor| (doctor.number, doctor)).collect();
        // after the reading: no document in it is of a later moment
        let now = desk.host.now();
        if round == 0 {
            let ahead = stored.values().filter(|doctor| doctor.is_dated_ahead(now));
            result.dated_ahead.extend(ahead.map(|doctor| doctor.number));
        }
        let mut writes = Vec::new();
        for (number, place) in &todo {
            let Some(doctor) = stored.get(number) else {
                if matches!(place, Place::Named { .. }) {
                    tell_unsettled(&mut result.swept, *number, "named by the GMC, but without a document");
                }
                continue;
            };
            match settle(place, doctor, &lists.asked_ats, marks_gone, now) {
                Settled::Right => {}
                Settled::SetByHand => result.swept.set_by_hand += 1,
                Settled::Write(set) => {
                    writes.push(DoctorWrite { number: *number, seen: Some(doctor.seen()), set });
                }
            }
        }
        if writes.is_empty() {
            return Ok(());
        }
        if round == ROUNDS {
            for write in &writes {
                let reason = refused.get(&write.number).map_or("kept changing", String::as_str);
                tell_unsettled(&mut result.swept, write.number, reason);
            }
            return Ok(());
        }
        // A document that moves after the run was swept is the second look's: it brings the index in line as well. A
        // caller that writes now and dies would leave the second look nothing to write, and the index as it is.
        if run.state == RunState::Sweeping && !is_still_sweeping(desk, run).await? {
            result.end = End::Overtaken;
            return Ok(());
        }
        for refusal in desk.doctors.write(&writes).await? {
            refused.insert(refusal.number, refusal.reason);
        }
        let written: Vec<GmcNumber> = writes.iter().map(|write| write.number).collect();
        todo.retain(|entry| written.binary_search(&entry.0).is_ok());
        result.written.extend(written);
    }
    Ok(())
}

fn tell_unsettled(swept: &mut Swept, number: GmcNumber, reason: &str) {
    swept.unsettled += 1;
    if swept.unsettled_first.len() < UNSETTLED_TOLD {
        swept.unsettled_first.push((number, reason.to_owned()));
    }
}
