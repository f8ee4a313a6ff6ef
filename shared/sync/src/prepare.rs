//! prepare-sync: who is visible is written down, then hidden, then the GMC is asked (step 2 of the roll call).

use domain::body::plain;
use domain::planted::{Bug, planted};
use domain::{BodyCode, BodyState, GmcNumber, Hiding, RunNumber, RunState};
use uuid::Uuid;

use crate::ledger::{Body, Run};
use crate::messages::{ToGmcFetch, ToPrepareSync, outgoing, read};
use crate::open::{NightSettings, OpenError, open_or_wait};
use crate::ports::queue::QueueName;
use crate::stage::{Desk, Outcome, StageError, StageResult, change_run, find_run};
use crate::watchdog::settle;

/// How many doctors one statement hides.
const HIDE_AT_ONCE: usize = 1_000;

/// Handles a message of the prepare-sync queue.
pub async fn handle(desk: Desk<'_>, settings: &NightSettings, message: &str) -> StageResult<Outcome> {
    match read(message)? {
        ToPrepareSync::Prepare { run } => prepare(desk, run).await?,
        ToPrepareSync::Open { request, until } => match open_or_wait(desk, settings, &request, until).await {
            Ok(_) => {}
            Err(OpenError::Stage(error)) => return Err(error),
            Err(error) => tracing::error!(key = request.key, "no run was begun: {error}"),
        },
    }
    Ok(Outcome::Done)
}

/// Prepares a run and sends a `FetchBody` for each of its bodies. Repeated, it starts over as long as the run is being
/// prepared (the rolls stay), sends only what is still pending while it is running, and does nothing later.
pub async fn prepare(desk: Desk<'_>, number: RunNumber) -> StageResult<()> {
    let Some(run) = find_run(desk, number).await? else {
        tracing::warn!(run = number.0, "a message of a run that is not in the ledger; nothing is done");
        return Ok(());
    };
    match run.state {
        RunState::Preparing => {}
        _ if planted(Bug::HidingRepeated) => {}
        RunState::Running => return ask_for_pending(desk, &run).await,
        _ => return Ok(()),
    }
    if let Some(reason) = reason_to_give_up(desk, &run) {
        return settle(desk, number, &reason).await;
    }
    if !run.settings.is_dry && !planted(Bug::EarlierRunNotSettled) {
        settle_earlier_runs(desk, number).await?;
    }

    let unknown_codes = unknown_codes(desk, &run).await?;
    let mut rolls = Vec::with_capacity(run.settings.bodies.len());
    for code in &run.settings.bodies {
        rolls.push((code, choose_roll(desk, &run, code).await?));
    }
    if run.settings.hides && !hide(desk, &run, &rolls).await? {
        return give_up_if_asked(desk, number).await;
    }

    let on_rolls = rolls.iter().map(|(_, roll)| roll.len() as u64).sum();
    let now = desk.host.now();
    let (run, _) = change_run(desk, number, |run| {
        let is_preparing = run.state == RunState::Preparing;
        if is_preparing {
            run.state = RunState::Running;
            run.moments.running = Some(now);
            run.hidden = if run.settings.hides { on_rolls } else { 0 };
            run.unknown_codes.clone_from(&unknown_codes);
        }
        is_preparing
    })
    .await?;
    if run.state != RunState::Running {
        return Ok(());
    }
    if let Some(reason) = &run.abort {
        return settle(desk, number, reason).await;
    }
    tracing::info!(
        run = number.0,
        bodies = rolls.len(),
        on_rolls,
        hidden = run.hidden,
        "the run is prepared"
    );
    ask_for_pending(desk, &run).await
}

fn reason_to_give_up(desk: Desk<'_>, run: &Run) -> Option<String> {
    let is_late = desk.host.now() >= run.moments.deadline;
    run.abort
        .clone()
        .or_else(|| is_late.then(|| "the deadline passed before the run was prepared".to_owned()))
}

async fn give_up_if_asked(desk: Desk<'_>, number: RunNumber) -> StageResult<()> {
    match find_run(desk, number).await?.and_then(|run| run.abort) {
        Some(reason) => settle(desk, number, &reason).await,
        None => Ok(()),
    }
}

/// A run that did not finish may have left doctors hidden, who would be missing from the rolls.
async fn settle_earlier_runs(desk: Desk<'_>, number: RunNumber) -> StageResult<()> {
    for earlier in desk.ledger.open_runs().await? {
        if earlier.number < number && earlier.state.is_before_swept() {
            let reason = format!("run {number} began before this one had ended");
            match settle(desk, earlier.number, &reason).await {
                // no retry: it cannot help, and doctors whom the GMC returns tonight are shown again anyway
                Err(error) if !error.is_transient() => {
                    tracing::error!(
                        run = earlier.number.0,
                        later = number.0,
                        "a run cannot be settled: {error}"
                    );
                }
                settled => settled?,
            }
        }
    }
    Ok(())
}

async fn unknown_codes(desk: Desk<'_>, run: &Run) -> StageResult<Vec<(String, u64)>> {
    if !run.settings.is_whole {
        return Ok(Vec::new());
    }
    let mut unknown = desk.doctors.count_by_code().await?;
    unknown.retain(|(code, _)| run.settings.bodies.iter().all(|body| body.as_str() != plain(code)));
    unknown.sort();
    for (code, doctors) in &unknown {
        tracing::warn!(
            run = run.number.0,
            code,
            doctors,
            "doctors under a code that is no body of the list are left alone"
        );
    }
    Ok(unknown)
}

/// Who is visible in the body, as the one who was first to write it down has it.
async fn choose_roll(desk: Desk<'_>, run: &Run, code: &BodyCode) -> StageResult<Vec<GmcNumber>> {
    let number = run.number;
    if let Some(chosen) = chosen_roll(desk, number, code).await? {
        return Ok(chosen);
    }
    let mut visible = desk.doctors.visible_in(code).await?;
    if planted(Bug::RollReadAfterHiding) {
        desk.doctors.hide(&hiding(run, code), &visible).await?;
        visible = desk.doctors.visible_in(code).await?;
    }
    if planted(Bug::RollHoldsTheHidden) {
        visible.extend(desk.doctors.hidden().await?);
    }
    visible.sort_unstable();
    let roll = if planted(Bug::TwoRollsForOneBody) { Uuid::nil() } else { desk.host.fresh_id() };
    desk.ledger.add_roll(number, code, roll, &visible).await?;
    if desk.ledger.add_body(&pending(number, code, roll, visible.len())).await? {
        return Ok(visible);
    }
    let chosen = chosen_roll(desk, number, code).await?;
    chosen.ok_or_else(|| StageError::TooEarly(format!("body {code} of run {number} has no roll yet")))
}

async fn chosen_roll(desk: Desk<'_>, run: RunNumber, code: &BodyCode) -> StageResult<Option<Vec<GmcNumber>>> {
    let Some(body) = desk.ledger.body(run, code).await? else {
        return Ok(None);
    };
    Ok(Some(match body.roll {
        Some(roll) => desk.ledger.roll(run, code, roll).await?,
        // the run was given up before the body had a roll: nobody of it is hidden
        None => Vec::new(),
    }))
}

fn pending(run: RunNumber, code: &BodyCode, roll: Uuid, size: usize) -> Body {
    Body {
        run,
        code: code.clone(),
        version: 1,
        state: BodyState::Pending,
        roll: Some(roll),
        roll_size: size as u64,
        answer: None,
        reason: None,
        return_code: None,
        gmc_request_id: None,
        settled_at: None,
        counts: None,
    }
}

/// What the run hides of a body. The moment is the one that the run was opened with, so that a repeated prepare leaves
/// alone whomever another service has connected since.
fn hiding(run: &Run, code: &BodyCode) -> Hiding {
    Hiding { body: code.clone(), opened: run.moments.opened }
}

/// Hides everyone on the rolls; before each statement it looks whether the run is still being prepared. Whether it got
/// to the end.
async fn hide(desk: Desk<'_>, run: &Run, rolls: &[(&BodyCode, Vec<GmcNumber>)]) -> StageResult<bool> {
    let (number, now) = (run.number, desk.host.now());
    change_run(desk, number, |run| {
        let is_first = run.state == RunState::Preparing && run.moments.hiding.is_none();
        run.moments.hiding = run.moments.hiding.or(Some(now));
        is_first
    })
    .await?;
    for (code, roll) in rolls {
        let hiding = hiding(run, code);
        for numbers in roll.chunks(HIDE_AT_ONCE) {
            let still = desk.ledger.run(number).await?;
            let is_preparing =
                still.is_some_and(|run| run.state == RunState::Preparing && run.abort.is_none());
            if !is_preparing && !planted(Bug::HidingRepeated) {
                return Ok(false);
            }
            match desk.doctors.hide(&hiding, numbers).await {
                // who cannot be hidden stays visible while the run goes on, and keeps nobody from being asked for
                Err(error) if !error.is_transient => {
                    tracing::error!(run = number.0, body = %code, "doctors were not hidden: {error}");
                }
                hidden => {
                    hidden?;
                }
            }
        }
    }
    Ok(true)
}

async fn ask_for_pending(desk: Desk<'_>, run: &Run) -> StageResult<()> {
    let bodies = desk.ledger.bodies(run.number).await?;
    let messages = bodies
        .into_iter()
        .filter(|body| body.state == BodyState::Pending)
        .map(|body| {
            outgoing(&ToGmcFetch::FetchBody {
                run: run.number,
                code: body.code,
                give_up: run.moments.give_up,
                deadline: run.moments.deadline,
                is_dry: run.settings.is_dry,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(desk.outbox.send(QueueName::GmcFetch, messages).await?)
}
