//! The night's report, made of the ledger.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use domain::apply::{Before, Change};
use domain::roll_call::{Fate, Loss};
use domain::{BodyCode, BodyState, GmcField, GmcNumber, Moment, RunNumber, RunState};
use serde::{Deserialize, Serialize};

use crate::ledger::{Body, BodyCounts, Chunk, Decision, Moments, Run, Swept, Trigger};
use crate::ports::Ledger;
use crate::progress::Extent;
use crate::roll_call::{Lists, recorded_fetches, stood_before};
use crate::stage::StageResult;
use crate::trends::{Previous, nights, previous};

/// How many fields that could not be read are told one by one.
const UNREADABLE_TOLD: usize = 100;

/// One night, told from the ledger; while it goes on, as far as it has come. It holds GMC numbers and no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The run's number.
    pub run: RunNumber,
    /// What began it.
    pub key: String,
    /// Who began it.
    pub trigger: Trigger,
    /// Where it stands.
    pub state: RunState,
    /// Whether nothing was written but the ledger.
    pub is_dry: bool,
    /// Whether all bodies were asked.
    pub is_whole: bool,
    /// The moments of the run, in milliseconds since 1970.
    pub moments: Moments,
    /// From opening to closing, or until now.
    pub took_ms: u64,
    /// How many doctors were hidden while the run went on; at most, where it was given up while it hid them.
    pub hidden: u64,
    /// For how long at most, from the first that was hidden to the last that was shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_for_ms: Option<u64>,
    /// Why the run was given up, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted: Option<String>,
    /// The bodies, in order of their codes.
    pub bodies: Vec<BodyReport>,
    /// All bodies together.
    pub totals: BodyCounts,
    /// Doctors stored under codes that are no body of the list, as they stand there: left alone.
    pub unknown_codes: Vec<(String, u64)>,
    /// What the sweep did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swept: Option<Swept>,
    /// What the second look did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_look: Option<Swept>,
    /// How many looks the index has to take, and how many it has taken.
    pub looks: (u32, u32),
    /// Who left, joined, moved, came back, is new, or would have left a body that is held; empty once the lists are gone
    /// (after 14 days).
    pub doctors: Vec<DoctorReport>,
    /// Who differs in what; of a dry run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<(GmcNumber, Vec<Change>)>,
    /// The first fields that could not be read: whose and which. What stands there may be anything, a name as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<(GmcNumber, GmcField)>,
    /// The latest earlier night that this one can be compared with: whole, not dry, closed, and with a body that is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
}

/// One body of the night.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyReport {
    /// Its code.
    pub code: BodyCode,
    /// Where it stands.
    pub state: BodyState,
    /// Why it failed or is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The GMC's return code, where a failure had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_code: Option<String>,
    /// The GMC's own id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gmc_request_id: Option<String>,
    /// Who was visible in it when the run began.
    pub roll: u64,
    /// What the answer costs the body, or would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// When the GMC was asked for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Moment>,
    /// When the body was answered and applied, or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Moment>,
    /// How far its answer has come; while the run is not swept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Extent>,
    /// What it came to.
    #[serde(flatten)]
    pub counts: BodyCounts,
}

/// What became of one doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// Whose.
    pub gmc_number: GmcNumber,
    /// What.
    pub what: What,
    /// The body before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The body since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What can become of a doctor who is told one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// In nobody's answer any more.
    Left,
    /// Known before, connected to no body.
    Joined,
    /// Named by another body than before.
    Moved,
    /// Nobody knew the doctor.
    New,
    /// Hidden in this very body before the night.
    Restored,
    /// In nobody's answer, and still there, because the body is held.
    Kept,
}

/// A past night, as far as a list tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The run's number.
    pub run: RunNumber,
    /// Where it stands.
    pub state: RunState,
    /// Who began it.
    pub trigger: Trigger,
    /// Whether nothing was written but the ledger.
    pub is_dry: bool,
    /// Whether all bodies were asked.
    pub is_whole: bool,
    /// When it was opened.
    pub opened: Moment,
    /// From opening to closing, once it is closed.
    pub took_ms: Option<u64>,
    /// How many bodies were asked.
    pub bodies: usize,
    /// How many of them are done.
    pub done: usize,
    /// How many are held.
    pub held: usize,
    /// How many failed.
    pub failed: usize,
    /// All bodies together.
    pub totals: BodyCounts,
}

/// The latest nights, latest first.
pub async fn summaries(ledger: &dyn Ledger, most: usize) -> StageResult<Vec<Summary>> {
    Ok(nights(ledger, most).await?.into_iter().map(|night| night.summary).collect())
}

pub(crate) fn summary(run: &Run, bodies: &[Body]) -> Summary {
    let in_state = |state| bodies.iter().filter(|body| body.state == state).count();
    let mut totals = BodyCounts::default();
    for counts in bodies.iter().filter_map(|body| body.counts.as_ref()) {
        totals.add(counts);
    }
    Summary {
        run: run.number,
        state: run.state,
        trigger: run.trigger,
        is_dry: run.settings.is_dry,
        is_whole: run.settings.is_whole,
        opened: run.moments.opened,
        took_ms: run.moments.closed.map(|closed| millis(closed.since(run.moments.opened))),
        bodies: run.settings.bodies.len(),
        done: in_state(BodyState::Done),
        held: in_state(BodyState::Held),
        failed: in_state(BodyState::Failed),
        totals,
    }
}

/// The report of a run; `None` for one that the ledger does not have. `now` is for a run that goes on.
pub async fn report(ledger: &dyn Ledger, number: RunNumber, now: Moment) -> StageResult<Option<Report>> {
    let Some(run) = ledger.run(number).await? else {
        return Ok(None);
    };
    let stored = ledger.bodies(number).await?;
    let chunks = ledger.chunks(number).await?;
    let bodies: Vec<BodyReport> =
        run.settings.bodies.iter().map(|code| body_report(&run, code, &stored, &chunks)).collect();
    let doctors = match &run.decision {
        Some(decision) => doctors(ledger, &run, decision, &chunks).await?,
        None => Vec::new(),
    };
    let looks = match run.looks {
        Some(looks) => (looks.count, ledger.acknowledged_looks(number, looks.id).await?.min(looks.count)),
        None => (0, 0),
    };
    let totals = bodies.iter().fold(BodyCounts::default(), |mut totals, body| {
        totals.add(&body.counts);
        totals
    });
    Ok(Some(Report {
        run: number,
        took_ms: millis(run.moments.closed.unwrap_or(now).since(run.moments.opened)),
        hidden: hidden(&run, &bodies),
        hidden_for_ms: hidden_for(&run, &stored, now).map(millis),
        is_dry: run.settings.is_dry,
        is_whole: run.settings.is_whole,
        changes: changes(&chunks),
        unreadable: unreadable(&chunks),
        previous: previous(ledger, number).await?,
        key: run.key,
        trigger: run.trigger,
        state: run.state,
        moments: run.moments,
        aborted: run.abort,
        bodies,
        totals,
        unknown_codes: run.unknown_codes,
        swept: run.swept,
        second_look: run.second_look,
        looks,
        doctors,
    }))
}

/// In order of the numbers: chunks come in any order, and the same dry run is to have the same report.
fn changes(chunks: &[Chunk]) -> Vec<(GmcNumber, Vec<Change>)> {
    let mut changes: Vec<_> =
        chunks.iter().flat_map(|chunk| chunk.findings.changes.iter().cloned()).collect();
    changes.sort();
    changes
}

/// Each once, however often its body was asked.
fn unreadable(chunks: &[Chunk]) -> Vec<(GmcNumber, GmcField)> {
    let told = chunks.iter().flat_map(|chunk| &chunk.findings.unreadable_first);
    let told: BTreeSet<_> = told.map(|(number, field, _)| (*number, *field)).collect();
    told.into_iter().take(UNREADABLE_TOLD).collect()
}

fn body_report(run: &Run, code: &BodyCode, stored: &[Body], chunks: &[Chunk]) -> BodyReport {
    let body = stored.iter().find(|body| body.code == *code);
    let decided =
        run.decision.iter().flat_map(|decision| &decision.bodies).find(|decided| decided.code == *code);
    let counts = body.and_then(|body| body.counts.clone()).unwrap_or_else(|| counts_so_far(code, chunks));
    BodyReport {
        code: code.clone(),
        state: decided
            .map(|decided| decided.state)
            .or(body.map(|body| body.state))
            .unwrap_or(BodyState::Pending),
        reason: body.and_then(|body| body.reason.clone()),
        return_code: body.and_then(|body| body.return_code.clone()),
        gmc_request_id: body.and_then(|body| body.gmc_request_id.clone()),
        roll: body.map_or(0, |body| body.roll_size),
        loss: decided.and_then(|decided| decided.loss),
        asked_at: body.and_then(|body| body.answer).map(|answer| answer.asked_at),
        settled_at: body.and_then(|body| body.settled_at),
        progress: body.filter(|_| run.state.is_before_swept()).map(|body| Extent::of(body, chunks)),
        counts,
    }
}

/// Before the sweep: what has been recorded of the latest fetch.
fn counts_so_far(code: &BodyCode, chunks: &[Chunk]) -> BodyCounts {
    let latest = chunks.iter().filter(|chunk| chunk.id.code == *code).max_by_key(|chunk| chunk.asked_at);
    let mut counts = BodyCounts::default();
    for chunk in chunks.iter().filter(|chunk| latest.is_some_and(|latest| latest.id.fetch == chunk.id.fetch))
    {
        counts.add_findings(&chunk.findings);
    }
    counts
}

/// A run that was given up while it hid doctors had hidden at most everyone on a roll.
fn hidden(run: &Run, bodies: &[BodyReport]) -> u64 {
    let on_rolls = || bodies.iter().map(|body| body.roll).sum();
    if run.hidden == 0 && run.moments.hiding.is_some() { on_rolls() } else { run.hidden }
}

/// From the first doctor that was hidden until the last body was applied, or until the sweep for a body that failed or is
/// held. A body with an empty roster has nobody to hide. `None` when no doctor was hidden.
pub(crate) fn hidden_for(run: &Run, bodies: &[Body], now: Moment) -> Option<Duration> {
    let hiding = run.moments.hiding?;
    let swept = run.moments.swept.unwrap_or(now);
    let shown = |body: &Body| match body.state {
        BodyState::Answered | BodyState::Done => body.settled_at.unwrap_or(swept),
        _ => swept,
    };
    bodies.iter().filter(|body| body.roll_size > 0).map(|body| shown(body).since(hiding)).max()
}

async fn doctors(
    ledger: &dyn Ledger,
    run: &Run,
    decision: &Decision,
    chunks: &[Chunk],
) -> StageResult<Vec<DoctorReport>> {
    // the lists are kept for a shorter time than the run
    if recorded_fetches(run, chunks).is_empty() && !decision.fetches.is_empty() {
        return Ok(Vec::new());
    }
    let lists = Lists::load(ledger, run, decision).await?;
    let before: HashMap<GmcNumber, Before> = stood_before(chunks, decision);
    let is_held = |code: &BodyCode| {
        decision.bodies.iter().any(|body| body.code == *code && body.state == BodyState::Held)
    };
    let told =
        lists.call.fates(&lists.states, |number| before.get(&number)).filter_map(|(gmc_number, fate)| {
            let (what, from, to) = match fate {
                Fate::Left { body } => (What::Left, Some(body.to_string()), None),
                Fate::Joined { body } => (What::Joined, None, Some(body.to_string())),
                Fate::Moved { from, to } => (What::Moved, Some(from), Some(to.to_string())),
                Fate::New { body } => (What::New, None, Some(body.to_string())),
                Fate::Restored { body } => (What::Restored, None, Some(body.to_string())),
                Fate::Kept { body } if is_held(body) => {
                    (What::Kept, Some(body.to_string()), Some(body.to_string()))
                }
                Fate::Stayed { .. } | Fate::Kept { .. } => return None,
            };
            Some(DoctorReport { gmc_number, what, from, to })
        });
    Ok(told.collect())
}

pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
