//! gmc-fetch: asks the GMC for one body and sends its doctors on. It has no database and no state.

use std::time::Duration;

use domain::planted::{Bug, planted};
use domain::{BodyCode, RunNumber};
use uuid::Uuid;

use crate::backoff::Backoff;
use crate::chunker::{Chunker, Header, MAX_DOCTORS};
use crate::messages::{ToGmcFetch, ToRecommendationUpdate, outgoing, read};
use crate::ports::gmc::{AnswerEnd, GmcFailure};
use crate::ports::queue::QueueName;
use crate::ports::{Gmc, Host, Outbox};
use crate::stage::{Outcome, StageResult};

/// What gmc-fetch works with.
#[derive(Clone, Copy)]
pub struct FetchDesk<'a> {
    /// The GMC.
    pub gmc: &'a dyn Gmc,
    /// To the other stages.
    pub outbox: &'a dyn Outbox,
    /// Time and chance.
    pub host: &'a dyn Host,
}

/// How often, and for how long, a body is asked for.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// Between the attempts of one receipt of the message.
    pub backoff: Backoff,
    /// How many attempts one receipt of the message makes.
    pub attempts: u32,
    /// How much time an attempt needs at least; with less left, the message is handed back.
    pub attempt_needs: Duration,
    /// How much of the time that is left an answer needs to be sent on.
    pub sending_needs: Duration,
    /// How often the queue gives the message out before it goes to the dead letters.
    pub max_receives: u32,
    /// How many doctors a message carries at most.
    pub doctors_at_once: usize,
    /// The least and the most time before a message that was handed back is received again.
    pub hand_back: (Duration, Duration),
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            backoff: Backoff { first: Duration::from_secs(1), most: Duration::from_secs(20) },
            attempts: 4,
            attempt_needs: Duration::from_secs(30),
            sending_needs: Duration::from_secs(15),
            max_receives: 5,
            doctors_at_once: MAX_DOCTORS,
            hand_back: (Duration::from_secs(30), Duration::from_mins(2)),
        }
    }
}

/// Handles a message of the gmc-fetch queue; `receive_count` is 1 when it comes for the first time.
pub async fn handle(
    desk: FetchDesk<'_>,
    settings: &FetchSettings,
    message: &str,
    receive_count: u32,
) -> StageResult<Outcome> {
    let ToGmcFetch::FetchBody { run, code, give_up, deadline, is_dry } = read(message)?;
    if desk.host.now() >= deadline {
        tracing::warn!(run = run.0, body = %code, "the run's deadline has passed; the GMC is not asked");
        return Ok(Outcome::Done);
    }
    let mut attempt = 0;
    let failure = loop {
        attempt += 1;
        let failure = match ask_once(desk, settings, run, &code, is_dry).await? {
            Ok(()) => return Ok(Outcome::Done),
            Err(failure) => failure,
        };
        tracing::warn!(
            run = run.0, body = %code, attempt, receive_count, return_code = failure.return_code,
            gmc_request_id = failure.gmc_request_id, "the GMC gave no answer to go by: {failure}"
        );
        if !failure.kind.is_transient() {
            break failure;
        }
        let wait =
            settings.backoff.wait(attempt, desk.host.chance()).max(failure.retry_after.unwrap_or_default());
        let next = desk.host.now().plus(wait);
        if next >= give_up {
            break failure;
        }
        let has_time = desk.host.time_left() > wait.saturating_add(settings.attempt_needs);
        if attempt < settings.attempts && has_time {
            desk.host.sleep(wait).await;
            continue;
        }
        let (least, most) = settings.hand_back;
        let again = (least + most.saturating_sub(least).mul_f64(desk.host.chance())).max(wait.min(most));
        if receive_count + 1 >= settings.max_receives || desk.host.now().plus(again) >= give_up {
            break failure;
        }
        return Ok(Outcome::Again(again));
    };
    tell_failed(desk, run, code, failure).await?;
    Ok(Outcome::Done)
}

/// Asks once, and sends the answer on if it is one to go by.
async fn ask_once(
    desk: FetchDesk<'_>,
    settings: &FetchSettings,
    run: RunNumber,
    code: &BodyCode,
    is_dry: bool,
) -> StageResult<Result<(), GmcFailure>> {
    let mut chunker = Chunker::new(settings.doctors_at_once);
    let asked_at = desk.host.now();
    let within = desk.host.time_left().saturating_sub(settings.sending_needs);
    let end = match desk.gmc.doctors(code, desk.host.fresh_id(), within, &mut chunker).await {
        Ok(end) => end,
        Err(_) if planted(Bug::FailureTakenForAnswer) => AnswerEnd::default(),
        Err(failure) => return Ok(Err(failure)),
    };
    let (doctors, rejected) = (chunker.usable(), chunker.rejected());
    let header = Header {
        run,
        code: code.clone(),
        fetch: if planted(Bug::FetchesTakenTogether) { Uuid::nil() } else { desk.host.fresh_id() },
        asked_at: if planted(Bug::AskedAtAfterTheAnswer) { desk.host.now() } else { asked_at },
        gmc_request_id: end.gmc_request_id,
    };
    let messages = chunker.messages(&header)?;
    let (chunks, took) = (messages.len(), desk.host.now().since(asked_at));
    for message in messages {
        desk.outbox.send(QueueName::RecommendationUpdate, vec![message.clone()]).await?;
        if !is_dry {
            desk.outbox.send(QueueName::ConnectionIndex, vec![message]).await?;
        }
    }
    tracing::info!(
        run = run.0, body = %code, doctors, rejected, chunks,
        took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX), "the GMC answered"
    );
    Ok(Ok(()))
}

async fn tell_failed(
    desk: FetchDesk<'_>,
    run: RunNumber,
    code: BodyCode,
    failure: GmcFailure,
) -> StageResult<()> {
    tracing::error!(run = run.0, body = %code, "the body failed: {failure}");
    let message = outgoing(&ToRecommendationUpdate::BodyFailed {
        run,
        code,
        reason: failure.message,
        return_code: failure.return_code,
        gmc_request_id: failure.gmc_request_id,
    })?;
    Ok(desk.outbox.send(QueueName::RecommendationUpdate, vec![message]).await?)
}
