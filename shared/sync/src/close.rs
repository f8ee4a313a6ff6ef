//! The end of a run: the lock, and the final state.

use domain::planted::{Bug, planted};
use domain::{BodyState, RunNumber, RunState};
use uuid::Uuid;

use crate::ledger::{Lock, Run};
use crate::metrics::{Metric, emit, emit_count};
use crate::report::hidden_for;
use crate::stage::{Desk, StageError, StageResult, change_run};

/// Gives the lock back, if this run still has it.
pub async fn release_lock(desk: Desk<'_>, number: RunNumber) -> StageResult<()> {
    for _ in 0..30 {
        let lock = desk.ledger.lock().await?;
        if lock.holder.as_ref().is_none_or(|holder| holder.number != number) {
            return Ok(());
        }
        if desk.ledger.swap_lock(&Lock { holder: None, ..lock }).await? {
            return Ok(());
        }
    }
    Err(StageError::Contended("the lock".to_owned()))
}

/// Notes that a look has been carried out, and closes the run if it was the last.
pub async fn looked(desk: Desk<'_>, number: RunNumber, look: Uuid, position: u32) -> StageResult<()> {
    desk.ledger.acknowledge_look(number, look, position).await?;
    close_if_done(desk, number).await
}

/// Closes a swept run when every look is acknowledged, or when it has expired.
pub async fn close_if_done(desk: Desk<'_>, number: RunNumber) -> StageResult<()> {
    let Some(run) = desk.ledger.run(number).await? else {
        return Ok(());
    };
    let Some(looks) = run.looks.filter(|_| run.state == RunState::Swept) else {
        return Ok(());
    };
    let is_looked = desk.ledger.acknowledged_looks(number, looks.id).await? >= looks.count
        || planted(Bug::LooksNotAwaited);
    let now = desk.host.now();
    if !is_looked && now < run.moments.expires {
        return Ok(());
    }
    let (run, is_ours) = change_run(desk, number, |run| {
        let is_swept = run.state == RunState::Swept;
        if is_swept {
            run.state = final_state(run, is_looked);
            run.moments.closed = Some(now);
        }
        is_swept
    })
    .await?;
    if is_ours {
        let took = now.since(run.moments.opened);
        tracing::info!(run = number.0, state = %run.state, took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX), "the run is closed");
        for (metric, state) in [
            (Metric::RunsSucceeded, RunState::Succeeded),
            (Metric::RunsPartial, RunState::Partial),
            (Metric::RunsFailed, RunState::Failed),
        ] {
            emit_count(metric, u64::from(run.state == state));
        }
        emit(Metric::RunSeconds, took.as_secs_f64());
        // it is only measured: the run is closed whether or not they can be read
        let bodies = desk.ledger.bodies(number).await.unwrap_or_default();
        let hidden_for = hidden_for(&run, &bodies, now).unwrap_or_default();
        emit(Metric::HiddenSeconds, hidden_for.as_secs_f64());
    }
    Ok(())
}

fn final_state(run: &Run, is_looked: bool) -> RunState {
    let mut states = run.decision.iter().flat_map(|decision| decision.bodies.iter().map(|body| body.state));
    let done = states.clone().filter(|state| *state == BodyState::Done).count();
    let is_settled = run.swept.as_ref().is_some_and(|swept| swept.unsettled == 0);
    if done == 0 {
        RunState::Failed
    } else if is_looked && is_settled && states.all(|state| state == BodyState::Done) {
        RunState::Succeeded
    } else {
        RunState::Partial
    }
}
