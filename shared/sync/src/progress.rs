//! How far a night has come, made of its report: what `gmc-sync status` shows.

use std::time::Duration;

use domain::{BodyCode, BodyState, Moment, RunNumber, RunState};
use serde::{Deserialize, Serialize};

use crate::ledger::{Body, Chunk};
use crate::metrics::as_value;
use crate::report::{BodyReport, Report};

/// How far a body's answer has come: of its latest fetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Extent {
    /// How many chunks the answer has; 0 before the first has come.
    pub chunks: u32,
    /// How many of these have come.
    pub chunks_recorded: u32,
    /// How many of these have been applied.
    pub chunks_applied: u32,
    /// Doctors in the chunks that have been applied.
    pub applied: u64,
    /// About how many doctors the answer has: by the chunks that have come, and before the first by the roll.
    pub expected: u64,
}

impl Extent {
    /// Of a body, by all chunks of its run.
    pub fn of(body: &Body, chunks: &[Chunk]) -> Self {
        let of_body = || chunks.iter().filter(|chunk| chunk.id.code == body.code);
        let Some(latest) = of_body().max_by_key(|chunk| chunk.asked_at) else {
            return Self { expected: body.roll_size, ..Self::default() };
        };
        let of_fetch = || of_body().filter(|chunk| chunk.id.fetch == latest.id.fetch);
        let applied = || of_fetch().filter(|chunk| chunk.applied);
        let doctors: u64 = of_fetch().map(|chunk| chunk.findings.returned).sum();
        let pieces = of_fetch().count().max(1) as u64;
        Self {
            chunks: latest.of,
            chunks_recorded: count(of_fetch().count()),
            chunks_applied: count(applied().count()),
            applied: applied().map(|chunk| chunk.findings.returned).sum(),
            expected: doctors * u64::from(latest.of).max(pieces) / pieces,
        }
    }
}

/// How far a night has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The run's number.
    pub run: RunNumber,
    /// Where it stands.
    pub state: RunState,
    /// Whether nothing is written but the ledger.
    pub is_dry: bool,
    /// Why it is being given up, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted: Option<String>,
    /// When it was opened.
    pub opened: Moment,
    /// From here on a body that has not answered has failed.
    pub deadline: Moment,
    /// From opening until closing, or until now.
    pub took_ms: u64,
    /// The bodies, in order of their codes.
    pub bodies: Vec<BodyStatus>,
    /// Doctors received and applied, of all bodies together.
    pub received: u64,
    /// About how many there will be; absent where of some body nothing is known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
    /// Doctors a second since the GMC was first asked; absent before there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doctors_per_second: Option<f64>,
    /// What is still to come, as the ledger knows it.
    pub waiting: Waiting,
    /// About how long it will take still; absent where there is nothing to estimate it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_ms: Option<u64>,
    /// How many doctors the run has hidden; at most, while it hides them.
    pub hidden: u64,
    /// Since when; absent when nobody was hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_since: Option<Moment>,
    /// For how long at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_for_ms: Option<u64>,
}

/// How far one body has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyStatus {
    /// Its code.
    pub code: BodyCode,
    /// Where it stands.
    pub state: BodyState,
    /// Why it failed or is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Doctors received and applied.
    pub received: u64,
    /// About how many there will be: by the answer, by the roll, or as many as the last night had; absent before any of
    /// these is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u64>,
}

/// What a night still waits for, as far as its ledger tells: what lies in the queues, nobody can read there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// Bodies of whose answer nothing has come yet.
    pub bodies: u64,
    /// Chunks of answers that are not applied yet, of the bodies of which something has come.
    pub chunks: u64,
    /// Looks at the indexes that are not taken yet.
    pub looks: u64,
}

/// How far a run has come. The night that its report compares it with says how many doctors to expect while nothing
/// better does.
pub fn status(report: &Report) -> Status {
    let bodies: Vec<BodyStatus> = report.bodies.iter().map(|body| body_status(report, body)).collect();
    let received = bodies.iter().map(|body| body.received).sum();
    let expected = bodies.iter().map(|body| body.expected).sum();
    let doctors_per_second = per_second(report, received);
    Status {
        run: report.run,
        state: report.state,
        is_dry: report.is_dry,
        aborted: report.aborted.clone(),
        opened: report.moments.opened,
        deadline: report.moments.deadline,
        took_ms: report.took_ms,
        remaining_ms: remaining(report, &bodies, doctors_per_second),
        bodies,
        received,
        expected,
        doctors_per_second,
        waiting: waiting(report),
        hidden: report.hidden,
        hidden_since: report.hidden_for_ms.and(report.moments.hiding),
        hidden_for_ms: report.hidden_for_ms,
    }
}

fn body_status(report: &Report, body: &BodyReport) -> BodyStatus {
    let last_night =
        report.previous.as_ref().and_then(|night| night.body(&body.code)).map(|body| body.returned);
    let is_over = !report.state.is_before_swept();
    let extent = body.progress.unwrap_or_default();
    let known = Some(extent.expected.max(body.roll)).filter(|expected| *expected > 0);
    let (received, expected) = match body.state {
        // the verdict's count has what an answer cut off half-way had named as well
        _ if is_over => (body.counts.returned, Some(body.counts.returned.max(extent.expected))),
        _ if extent.chunks > 0 => (extent.applied, Some(extent.expected)),
        BodyState::Pending => (0, known.or(last_night.filter(|returned| *returned > 0))),
        // it is settled: nothing is to be expected of it any more
        _ => (0, Some(0)),
    };
    BodyStatus { code: body.code.clone(), state: body.state, reason: body.reason.clone(), received, expected }
}

fn waiting(report: &Report) -> Waiting {
    let (looks, taken) = report.looks;
    let looks = if report.state.is_closed() { 0 } else { looks.saturating_sub(taken).into() };
    if !report.state.is_before_swept() {
        return Waiting { looks, ..Waiting::default() };
    }
    let pending = || report.bodies.iter().filter(|body| body.state == BodyState::Pending);
    let extents = || pending().map(|body| body.progress.unwrap_or_default());
    Waiting {
        bodies: extents().filter(|extent| extent.chunks == 0).count() as u64,
        chunks: extents().map(|extent| u64::from(extent.chunks.saturating_sub(extent.chunks_applied))).sum(),
        looks,
    }
}

/// Over the time in which the GMC is asked and its answers are applied.
fn per_second(report: &Report, received: u64) -> Option<f64> {
    let asked = report.moments.running?;
    let until = report.moments.sweeping.unwrap_or(now(report));
    let seconds = until.since(asked).as_secs_f64();
    (received > 0 && seconds > 0.0).then(|| as_value(received) / seconds)
}

/// At the speed so far. Nothing says how long hiding or the verdict takes.
fn remaining(report: &Report, bodies: &[BodyStatus], per_second: Option<f64>) -> Option<u64> {
    match report.state {
        RunState::Running => {
            let mut left = 0;
            for body in bodies.iter().filter(|body| body.state == BodyState::Pending) {
                left += body.expected?.saturating_sub(body.received);
            }
            millis(as_value(left) / per_second?)
        }
        RunState::Swept => {
            let (looks, taken) = report.looks;
            let so_far = now(report).since(report.moments.swept?).as_secs_f64();
            let one = (taken > 0).then(|| so_far / f64::from(taken))?;
            millis(one * f64::from(looks.saturating_sub(taken)))
        }
        _ => None,
    }
}

/// The moment of which a report tells.
fn now(report: &Report) -> Moment {
    report.moments.opened.plus(Duration::from_millis(report.took_ms))
}

fn millis(seconds: f64) -> Option<u64> {
    Duration::try_from_secs_f64(seconds).ok().and_then(|span| u64::try_from(span.as_millis()).ok())
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
