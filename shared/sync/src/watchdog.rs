//! The watchdog: settles what is not finished, carries out second looks, closes what has expired (step 6 of the roll
//! call). It cannot be lost, because the next tick comes.

use std::collections::HashSet;
use std::time::Duration;

use domain::planted::{Bug, planted};
use domain::{BodyCode, BodyState, GmcNumber, RunNumber, RunState};

use crate::apply::fail_body;
use crate::carry_out::{End, carry_out};
use crate::close::{close_if_done, release_lock};
use crate::ledger::{Body, Run};
use crate::look::{send_look, send_looks};
use crate::roll_call::{Lists, named_in_unapplied_chunks};
use crate::stage::{Desk, Outcome, StageError, StageResult, all_settled, change_run, find_run};
use crate::sweep::sweep;

/// How long after the sweep the documents are looked at once more, for what others saved over it meanwhile.
pub const SECOND_LOOK_AFTER: Duration = Duration::from_mins(15);

/// How many runs second looks take into account: more than a year of nights.
const LATER_RUNS: usize = 400;

/// Why a run is given up that an operator wants to end.
pub const BY_OPERATOR: &str = "given up by an operator";

/// One tick: brings every run that is not finished as far as it can be brought now.
pub async fn tick(desk: Desk<'_>) -> StageResult<()> {
    if planted(Bug::WatchdogIgnored) {
        return Ok(());
    }
    if let Some(holder) = desk.ledger.lock().await?.holder {
        desk.ledger.add_run(&holder).await?;
    }
    let mut first_failure = None;
    for run in desk.ledger.open_runs().await? {
        // one run that cannot be settled must not keep the others from it
        if let Err(error) = advance(desk, &run).await {
            tracing::error!(run = run.number.0, state = %run.state, "the watchdog could not bring a run on: {error}");
            first_failure.get_or_insert(error);
        }
    }
    if let Err(error) = second_looks(desk).await {
        tracing::error!("the second looks could not be taken: {error}");
        first_failure.get_or_insert(error);
    }
    first_failure.map_or(Ok(()), Err)
}

/// After the queues were lost with the process that held them: brings every run to its end, by what the ledger has.
/// The messages that are sent on the way must be worked on before the runs close.
pub async fn recover(desk: Desk<'_>, reason: &str) -> StageResult<()> {
    if let Some(holder) = desk.ledger.lock().await?.holder {
        desk.ledger.add_run(&holder).await?;
    }
    for run in desk.ledger.open_runs().await? {
        recover_run(desk, &run, reason).await?;
    }
    Ok(())
}

/// The same for one run, where others may be somebody else's to work on.
pub async fn recover_run(desk: Desk<'_>, run: &Run, reason: &str) -> StageResult<()> {
    if run.state.is_before_swept() {
        settle(desk, run.number, reason).await?;
    } else if let (RunState::Swept, Some(decision)) = (run.state, &run.decision) {
        let looks = send_looks(desk, run, &Lists::load(desk.ledger, run, decision).await?).await?;
        change_run(desk, run.number, |run| {
            run.looks = Some(looks);
            run.state == RunState::Swept
        })
        .await?;
        close_if_done(desk, run.number).await?;
    }
    Ok(())
}

async fn advance(desk: Desk<'_>, run: &Run) -> StageResult<()> {
    match run.state {
        RunState::Preparing | RunState::Running => {
            if let Some(reason) = &run.abort {
                return settle(desk, run.number, reason).await;
            }
            if desk.host.now() >= run.moments.deadline {
                return settle(desk, run.number, "no answer before the run's deadline").await;
            }
            if all_settled(run, &desk.ledger.bodies(run.number).await?) {
                sweep(desk, run.number).await?;
            }
            Ok(())
        }
        RunState::Sweeping => sweep(desk, run.number).await.map(|_| ()),
        _ => {
            release_lock(desk, run.number).await?;
            close_if_done(desk, run.number).await
        }
    }
}

/// Brings a run to its end at once: what has not answered has failed, for this reason, and the rest is swept.
pub async fn settle(desk: Desk<'_>, number: RunNumber, reason: &str) -> StageResult<()> {
    let Some(run) = find_run(desk, number).await? else {
        return Ok(());
    };
    if matches!(run.state, RunState::Preparing | RunState::Running) {
        tracing::warn!(run = number.0, state = %run.state, "the run is settled: {reason}");
        fail_open_bodies(desk, &run, reason).await?;
    }
    match sweep(desk, number).await? {
        Outcome::Done => Ok(()),
        Outcome::Again(_) => Err(StageError::TooEarly(format!("the sweep of run {number} needs more time"))),
    }
}

async fn fail_open_bodies(desk: Desk<'_>, run: &Run, reason: &str) -> StageResult<()> {
    for code in &run.settings.bodies {
        desk.ledger.add_body(&failed(run, code, reason, desk.host.now())).await?;
        fail_body(desk, run.number, code, reason, None, None).await?;
    }
    Ok(())
}

/// Asks for a run to be given up. What has not answered has failed at once, and the sweep's message is sent; while the
/// run is being prepared, prepare-sync settles it when that next looks, or the watchdog. Returns whether the run was
/// still to be given up. Nothing slow happens here: API Gateway waits for the answer, at most 29 seconds.
pub async fn abort(desk: Desk<'_>, number: RunNumber, reason: &str) -> StageResult<bool> {
    let (run, _) = change_run(desk, number, |run| {
        let is_open = matches!(run.state, RunState::Preparing | RunState::Running) && run.abort.is_none();
        if is_open {
            run.abort = Some(reason.to_owned());
        }
        is_open
    })
    .await?;
    if run.state == RunState::Running {
        fail_open_bodies(desk, &run, run.abort.as_deref().unwrap_or(reason)).await?;
    }
    Ok(run.state.is_before_swept())
}

/// Takes the second looks that are due, the latest run's first: each is about those whom no later live run knows. While
/// a run is going on there are none: it is not known yet whom it knows.
async fn second_looks(desk: Desk<'_>) -> StageResult<()> {
    let now = desk.host.now();
    let is_due = |run: &Run| {
        let is_time = run.moments.swept.is_some_and(|swept| now >= swept.plus(SECOND_LOOK_AFTER));
        is_time && run.awaits_second_look()
    };
    let Some(earliest) =
        desk.ledger.open_runs().await?.iter().filter(|run| is_due(run)).map(|run| run.number).min()
    else {
        return Ok(());
    };
    let mut known = HashSet::new();
    for run in desk.ledger.latest_runs(LATER_RUNS).await? {
        if run.number < earliest {
            break;
        }
        if run.settings.is_dry {
            continue;
        }
        let Some(decision) = run.decision.as_ref().filter(|_| !run.state.is_before_swept()) else {
            return Ok(());
        };
        let lists = Lists::load(desk.ledger, &run, decision).await?;
        if is_due(&run) {
            second_look(desk, &run, &lists, &known).await?;
        }
        known.extend(lists.call.numbers());
    }
    Ok(())
}

/// Repeats the sweep's writes, once, for all but those whom a later run knows: stale saves of whole documents and
/// callers that died have had their time.
async fn second_look(
    desk: Desk<'_>,
    run: &Run,
    lists: &Lists,
    known: &HashSet<GmcNumber>,
) -> StageResult<()> {
    let now = desk.host.now();
    let (_, is_first) = change_run(desk, run.number, |run| {
        let is_first = run.moments.looking_again.is_none();
        run.moments.looking_again.get_or_insert(now);
        is_first
    })
    .await?;
    let concerns = |number: &GmcNumber| !known.contains(number) && !planted(Bug::NoSecondLook);
    let carried = carry_out(desk, run, lists, |number| concerns(&number)).await?;
    // an attempt that died may have written, and told connection-index nothing
    let mut whom: Vec<GmcNumber> =
        if is_first { carried.written } else { lists.call.numbers().filter(concerns).collect() };
    // and so may a caller that applied a chunk when the run was over
    whom.extend(named_in_unapplied_chunks(desk.ledger, run.number).await?.into_iter().filter(concerns));
    send_look(desk.outbox, run.number, &whom).await?;
    if carried.end != End::Complete {
        return Err(StageError::TooEarly(format!("the second look of run {} needs more time", run.number)));
    }
    change_run(desk, run.number, |run| {
        let is_first = run.second_look.is_none();
        run.second_look.get_or_insert_with(|| carried.swept.clone());
        is_first
    })
    .await?;
    tracing::info!(run = run.number.0, written = carried.swept.written, "the second look is done");
    Ok(())
}

fn failed(run: &Run, code: &BodyCode, reason: &str, now: domain::Moment) -> Body {
    Body {
        run: run.number,
        code: code.clone(),
        version: 1,
        state: BodyState::Failed,
        roll: None,
        roll_size: 0,
        answer: None,
        reason: Some(reason.to_owned()),
        return_code: None,
        gmc_request_id: None,
        settled_at: Some(now),
        counts: None,
    }
}
