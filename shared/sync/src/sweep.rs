//! The sweep: one verdict, stored before any document changes, then carried out (step 4 of the roll call).

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain::body::{is_hidden, plain};
use domain::planted::{Bug, planted};
use domain::roll_call::{Fate, Place};
use domain::{BodyCode, BodyState, GmcNumber, Moment, RunNumber, RunState, StoredDoctor};
use uuid::Uuid;

use crate::carry_out::{End, carry_out, mark_gone};
use crate::close::{close_if_done, release_lock};
use crate::ledger::{BodyCounts, Chunk, Decision, Looks, Run, Swept};
use crate::look::{send_look, send_looks};
use crate::metrics::{Metric, emit_count, emit_count_of};
use crate::ports::doctors::ConnectionLog;
use crate::roll_call::{Lists, decide, stood_before};
use crate::stage::{Desk, Outcome, StageError, StageResult, all_settled, change_body, change_run, find_run};

/// Who is named as having changed a connection (docs/domain.md §5).
pub const UPDATED_BY: &str = "Updated by GMC";

/// How many doctors are read at once for the audit.
const AT_ONCE: usize = 1_000;

/// How soon a sweep goes on that ran out of time.
const GO_ON_AFTER: Duration = Duration::from_secs(1);

/// Sweeps a run of which every body is answered or failed; goes on with a sweep that somebody began. Otherwise, and
/// when the run is swept already, nothing is done.
pub async fn sweep(desk: Desk<'_>, number: RunNumber) -> StageResult<Outcome> {
    let Some(run) = find_run(desk, number).await? else {
        return Ok(Outcome::Done);
    };
    let run = match run.state {
        state if is_undecided(state) => match store_decision(desk, run).await? {
            Some(run) => run,
            None => return Ok(Outcome::Done),
        },
        RunState::Sweeping => run,
        _ => {
            // whoever stored that the run is swept may have died before this
            release_lock(desk, number).await?;
            close_if_done(desk, number).await?;
            return Ok(Outcome::Done);
        }
    };
    let Some(decision) = run.decision.clone().filter(|_| run.state == RunState::Sweeping) else {
        return Ok(Outcome::Done);
    };

    let lists = Lists::load(desk.ledger, &run, &decision).await?;
    let early =
        if planted(Bug::LookBeforeTheWrite) { Some(send_looks(desk, &run, &lists).await?) } else { None };
    let swept = if run.settings.is_dry {
        Swept { at: desk.host.now(), named_by_several: lists.call.named_by_several(), ..Swept::default() }
    } else {
        let carried = carry_out(desk, &run, &lists, |_| true).await?;
        match carried.end {
            End::Complete => {}
            End::OutOfTime => return Ok(Outcome::Again(GO_ON_AFTER)),
            End::Overtaken => {
                send_look(desk.outbox, number, &carried.written).await?;
                return Ok(Outcome::Done);
            }
        }
        if lists.marks_gone(&run) {
            mark_gone(desk, &run, &lists).await?;
        }
        carried.swept
    };
    // the documents are right: the index can be looked over while the rest is written down
    let looks = match early {
        Some(looks) => looks,
        None => send_looks(desk, &run, &lists).await?,
    };
    let chunks = desk.ledger.chunks(number).await?;
    let before = stood_before(&chunks, &decision);
    if !run.settings.is_dry {
        log_connections(desk, &run, &lists, &before).await?;
    }
    let counts = store_counts(desk, &run, &decision, &lists, &chunks, &before).await?;
    end(desk, &run, &swept, looks, &counts).await?;
    Ok(Outcome::Done)
}

/// Whether no verdict is stored yet.
fn is_undecided(state: RunState) -> bool {
    matches!(state, RunState::Preparing | RunState::Running)
        || (state == RunState::Sweeping && planted(Bug::DecisionNotStored))
}

/// Computes the verdict and stores it, if every body is settled. Returns the run as whoever won stored it.
async fn store_decision(desk: Desk<'_>, run: Run) -> StageResult<Option<Run>> {
    let bodies = desk.ledger.bodies(run.number).await?;
    if !all_settled(&run, &bodies) {
        return Ok(None);
    }
    let decision = decide(desk.ledger, &run, &bodies).await?;
    let now = desk.host.now();
    let (run, is_ours) = change_run(desk, run.number, |run| {
        let is_undecided = is_undecided(run.state);
        if is_undecided {
            run.state = RunState::Sweeping;
            run.decision = Some(decision.clone());
            run.moments.sweeping = Some(now);
        }
        is_undecided
    })
    .await?;
    if is_ours {
        for body in &decision.bodies {
            let (left, unusable) = body.loss.map_or((0, 0), |loss| (loss.left, loss.unusable));
            match body.state {
                BodyState::Held => {
                    tracing::error!(run = run.number.0, body = %body.code, left, unusable, "the body is held: nobody leaves it until someone has looked");
                }
                state => {
                    tracing::info!(run = run.number.0, body = %body.code, %state, left, unusable, "the verdict on a body");
                }
            }
        }
    }
    Ok(Some(run))
}

/// One entry for each doctor whose body really changed and was set by this run.
async fn log_connections(
    desk: Desk<'_>,
    run: &Run,
    lists: &Lists,
    before: &HashMap<GmcNumber, domain::apply::Before>,
) -> StageResult<()> {
    let places: HashMap<GmcNumber, Moment> = lists
        .call
        .places(&lists.states)
        .filter_map(|(number, place)| match place {
            Place::Named { asked_at, .. } => Some((number, asked_at)),
            Place::Left { since, .. } => Some((number, since)),
            Place::Keeps { .. } => None,
        })
        .collect();
    let moved: Vec<(GmcNumber, Fate<'_>)> = lists
        .call
        .fates(&lists.states, |number| before.get(&number))
        .filter(|(_, fate)| fate.connection_change().is_some())
        .collect();
    for batch in moved.chunks(AT_ONCE) {
        let numbers: Vec<GmcNumber> = batch.iter().map(|entry| entry.0).collect();
        let stored: HashMap<GmcNumber, StoredDoctor> =
            desk.doctors.read(&numbers).await?.into_iter().map(|doctor| (doctor.number, doctor)).collect();
        let now = desk.host.now();
        let entries: Vec<ConnectionLog> = batch
            .iter()
            .filter_map(|(number, fate)| {
                let (doctor, asked_at) = (stored.get(number)?, *places.get(number)?);
                // who was moved by hand before the GMC was asked stands where the GMC says, but not by this run
                let is_stamped = doctor.gmc_last_updated.is_some_and(|at| lists.asked_ats.contains(&at));
                let is_ours = (is_stamped || !matches!(fate, Fate::Moved { .. }))
                    && !doctor.is_set_by_hand_since(asked_at, &lists.asked_ats, now);
                is_ours.then(|| entry(run.number, doctor, fate, asked_at))?
            })
            .collect();
        if !entries.is_empty() {
            desk.doctors.log_connections(&entries).await?;
        }
    }
    Ok(())
}

/// The audit's entry, if the document is where the verdict put it.
fn entry(run: RunNumber, doctor: &StoredDoctor, fate: &Fate<'_>, asked_at: Moment) -> Option<ConnectionLog> {
    let (previous, new) = fate.connection_change()?;
    let code = doctor.code.as_deref();
    let is_there = match new {
        Some(body) => code == Some(body),
        None => is_hidden(code) && code.map(plain) == previous,
    };
    is_there.then(|| ConnectionLog {
        id: Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("gmc-sync:{run}:{}", doctor.number).as_bytes())
            .to_string(),
        gmc_id: doctor.number,
        new_designated_body_code: new.map(str::to_owned),
        previous_designated_body_code: previous.map(str::to_owned),
        updated_by: UPDATED_BY.to_owned(),
        request_time: asked_at,
    })
}

/// Stores with each body its verdict and what became of its doctors; returns the latter.
async fn store_counts(
    desk: Desk<'_>,
    run: &Run,
    decision: &Decision,
    lists: &Lists,
    chunks: &[Chunk],
    before: &HashMap<GmcNumber, domain::apply::Before>,
) -> StageResult<BTreeMap<BodyCode, BodyCounts>> {
    let mut counts: BTreeMap<BodyCode, BodyCounts> =
        decision.bodies.iter().map(|body| (body.code.clone(), BodyCounts::default())).collect();
    for (_, fate) in lists.call.fates(&lists.states, |number| before.get(&number)) {
        count_fate(&mut counts, &fate);
    }
    for body in &decision.bodies {
        let Some(counts) = counts.get_mut(&body.code) else { continue };
        count_findings(counts, body, chunks);
        let reason = held_reason(run, body);
        change_body(desk, run.number, &body.code, |stored| {
            let before = stored.clone();
            stored.state = body.state;
            stored.counts = Some(counts.clone());
            stored.reason = stored.reason.take().or_else(|| reason.clone());
            *stored != before
        })
        .await?;
    }
    Ok(counts)
}

/// Adds what the chunks of a body found: of the fetch that answered it, or else of the one that came furthest. What
/// another fetch found new or changed counts as well: this one found it written already.
fn count_findings(counts: &mut BodyCounts, body: &crate::ledger::BodyDecision, chunks: &[Chunk]) {
    let of_body = || chunks.iter().filter(|chunk| chunk.id.code == body.code);
    let mut returned: BTreeMap<Uuid, u64> = BTreeMap::new();
    for chunk in of_body() {
        *returned.entry(chunk.id.fetch).or_default() += chunk.findings.returned;
    }
    let furthest = returned.into_iter().max_by_key(|(_, returned)| *returned).map(|(fetch, _)| fetch);
    let main = body.fetch.or(furthest);
    for chunk in of_body() {
        if Some(chunk.id.fetch) == main || planted(Bug::FetchesCountedTogether) {
            counts.add_findings(&chunk.findings);
        } else {
            counts.new += chunk.findings.new;
            counts.changed += chunk.findings.changed;
            counts.status_changed += chunk.findings.status_changed;
        }
    }
    counts.unchanged = counts.returned.saturating_sub(counts.new + counts.changed + counts.set_by_hand);
}

fn held_reason(run: &Run, body: &crate::ledger::BodyDecision) -> Option<String> {
    let loss = body.loss.filter(|_| body.state == BodyState::Held)?;
    if loss.is_empty {
        return Some("the answer has no usable GMC number, and doctors are connected to the body".to_owned());
    }
    let limits = &run.settings.safeguard;
    Some(format!(
        "{} possible losses ({} doctors in nobody's answer, {} records without a usable GMC number): more than {} % of the body, and than {}",
        loss.possible(),
        loss.left,
        loss.unusable,
        limits.max_disconnected_percent,
        limits.max_disconnected_min
    ))
}

fn count_fate(counts: &mut BTreeMap<BodyCode, BodyCounts>, fate: &Fate<'_>) {
    let mut add = |code: &str, count: fn(&mut BodyCounts) -> &mut u64| {
        if let Some(counts) = counts.get_mut(code) {
            *count(counts) += 1;
        }
    };
    match fate {
        // new doctors are counted by what the chunks found
        Fate::Stayed { .. } | Fate::Kept { .. } | Fate::New { .. } => {}
        Fate::Moved { from, to } => {
            add(from, |counts| &mut counts.moved_out);
            add(to.as_str(), |counts| &mut counts.moved_in);
        }
        Fate::Joined { body } => add(body.as_str(), |counts| &mut counts.joined),
        Fate::Restored { body } => add(body.as_str(), |counts| &mut counts.restored),
        Fate::Left { body } => add(body.as_str(), |counts| &mut counts.left),
    }
}

/// Told once, by whoever stored that the run is swept.
fn measure(run: &Run, swept: &Swept, counts: &BTreeMap<BodyCode, BodyCounts>) {
    for body in run.decision.iter().flat_map(|decision| &decision.bodies) {
        let verdicts = [
            (Metric::BodiesDone, BodyState::Done),
            (Metric::BodiesHeld, BodyState::Held),
            (Metric::BodiesFailed, BodyState::Failed),
        ];
        for (metric, state) in verdicts {
            emit_count_of(metric, &body.code, u64::from(body.state == state));
        }
        let left = counts.get(&body.code).map_or(0, |counts| counts.left);
        emit_count_of(Metric::DoctorsLeft, &body.code, left);
    }
    emit_count(Metric::DoctorsUnsettled, swept.unsettled);
}

/// Stores that the database is right, and lets the next run begin.
async fn end(
    desk: Desk<'_>,
    run: &Run,
    swept: &Swept,
    looks: Looks,
    counts: &BTreeMap<BodyCode, BodyCounts>,
) -> StageResult<()> {
    let now = desk.host.now();
    let (ended, is_ours) = change_run(desk, run.number, |run| {
        let is_sweeping = run.state == RunState::Sweeping;
        if is_sweeping {
            run.state = RunState::Swept;
            run.swept = Some(swept.clone());
            run.moments.swept = Some(now);
            run.looks = Some(looks);
        }
        is_sweeping
    })
    .await?;
    if ended.state.is_before_swept() {
        return Err(StageError::Contended(format!("run {}", run.number)));
    }
    release_lock(desk, run.number).await?;
    if is_ours {
        tracing::info!(
            run = run.number.0,
            written = swept.written,
            unsettled = swept.unsettled,
            looks = looks.count,
            "the run is swept"
        );
        measure(run, swept, counts);
    }
    close_if_done(desk, run.number).await
}
