//! Opening a run: the lock, the run's number, and the message that sets it going (step 1 of the roll call).

use std::collections::BTreeMap;
use std::time::Duration;

use domain::planted::{Bug, planted};
use domain::roll_call::Safeguard;
use domain::{BodyCode, Moment, RunNumber, RunState};
use serde::{Deserialize, Serialize};

use crate::ledger::{Lock, Moments, Run, RunSettings, Trigger};
use crate::messages::{ToPrepareSync, outgoing};
use crate::ports::queue::QueueName;
use crate::stage::{Desk, StageError, StageResult, find_run};
use crate::watchdog::settle;

/// What a run is asked to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenRequest {
    /// The id of the event that asks: the same event again resumes its run.
    pub key: String,
    /// Who asks.
    pub trigger: Trigger,
    /// Only these bodies; all there are when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bodies: Option<Vec<BodyCode>>,
    /// The loss that someone who has looked accepts, by body.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accept: BTreeMap<BodyCode, u64>,
    /// Whether an empty answer is accepted for these.
    #[serde(default)]
    pub accept_empty: bool,
    /// Whether nothing is to be written but the ledger.
    #[serde(default)]
    pub is_dry: bool,
}

/// How nights are run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NightSettings {
    /// All the designated bodies there are.
    pub bodies: Vec<BodyCode>,
    /// Whether doctors are hidden while a run goes on (`HIDE_DURING_RUN`).
    pub hides: bool,
    /// `GMC_SYNC_MAX_DISCONNECTED_PERCENT`: a loss must be larger than this part of the roll to be held.
    pub max_disconnected_percent: u64,
    /// `GMC_SYNC_MAX_DISCONNECTED_MIN`: a loss must be larger than this number of doctors to be held.
    pub max_disconnected_min: u64,
    /// From opening to the moment when what has not answered has failed.
    pub deadline: Duration,
    /// How long before the deadline a failing fetch is given up.
    pub give_up_before: Duration,
    /// How long after the deadline the run is closed whatever is still open.
    pub expires_after: Duration,
    /// For how long a run of the rule waits for another run to end.
    pub rule_waits: Duration,
}

impl NightSettings {
    /// The usual settings for these bodies.
    pub fn new(bodies: Vec<BodyCode>) -> Self {
        const MINUTE: Duration = Duration::from_mins(1);
        Self {
            bodies,
            hides: true,
            max_disconnected_percent: 20,
            max_disconnected_min: 50,
            deadline: 60 * MINUTE,
            give_up_before: 15 * MINUTE,
            expires_after: 30 * MINUTE,
            rule_waits: 60 * MINUTE,
        }
    }
}

/// What the nightly rule does. It is independent of when it fires, so that an old and a new system can share the
/// schedule while one takes over from the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NightlyMode {
    /// Nothing.
    Off,
    /// A run that writes nothing but the ledger.
    DryRun,
    /// A night.
    Live,
}

impl std::str::FromStr for NightlyMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        match text {
            "off" => Ok(Self::Off),
            "dry-run" => Ok(Self::DryRun),
            "live" => Ok(Self::Live),
            _ => Err(UnknownMode),
        }
    }
}

/// A word that is no mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("off, dry-run or live is expected")]
pub struct UnknownMode;

/// What came of a request to open a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A new run.
    Begun(Run),
    /// The run that the same event began before; it is still going on.
    Resumed(Run),
    /// The run that the same event began before; it is over.
    Over(Run),
    /// Nothing: this other run is going on.
    Busy(RunNumber),
}

/// Why a run cannot be what it is asked to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Nobody to ask for.
    #[error("the list of designated bodies is empty")]
    NoBodies,
    /// A body that is not configured.
    #[error("designated body {0} is not in the list of bodies")]
    UnknownBody(BodyCode),
    /// A loss accepted for a body that the run does not ask.
    #[error("a loss is accepted for designated body {0}, which this run does not ask")]
    AcceptsUnasked(BodyCode),
    /// `empty` without a body to accept it for.
    #[error("an empty answer is accepted, but no body is named in accept")]
    AcceptsEmptyForNobody,
    /// The ledger or the queue failed.
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl From<crate::ports::PortError> for OpenError {
    fn from(error: crate::ports::PortError) -> Self {
        Self::Stage(error.into())
    }
}

/// Opens a run and sends the message that sets it going.
pub async fn open(
    desk: Desk<'_>,
    settings: &NightSettings,
    request: &OpenRequest,
) -> Result<Opened, OpenError> {
    let run_settings = run_settings(settings, request)?;
    for _ in 0..30 {
        let lock = desk.ledger.lock().await?;
        if let Some(holder) = &lock.holder {
            desk.ledger.add_run(holder).await?;
        }
        if let Some(run) = desk.ledger.run_by_key(&request.key).await? {
            if !run.state.is_before_swept() {
                return Ok(Opened::Over(run));
            }
            send_prepare(desk, run.number).await?;
            return Ok(Opened::Resumed(run));
        }
        if let Some(other) = blocking(desk, &lock, request.is_dry).await? {
            return Ok(Opened::Busy(other));
        }
        let run =
            new_run(settings, request, run_settings.clone(), RunNumber(lock.number.0 + 1), desk.host.now());
        let taken = Lock { number: run.number, holder: Some(Box::new(run.clone())), ..lock };
        if desk.ledger.swap_lock(&taken).await? {
            desk.ledger.add_run(&run).await?;
            send_prepare(desk, run.number).await?;
            return Ok(Opened::Begun(run));
        }
    }
    Err(StageError::Contended("the lock".to_owned()).into())
}

/// Opens a run of the rule; when another one is going on, puts the request on prepare-sync's queue again, delayed,
/// until the rule has waited long enough.
pub async fn open_or_wait(
    desk: Desk<'_>,
    settings: &NightSettings,
    request: &OpenRequest,
    until: Moment,
) -> Result<Opened, OpenError> {
    let mut opened = open(desk, settings, request).await?;
    if let Opened::Busy(other) = opened
        && is_overdue(desk, other).await?
    {
        // the watchdog would do it at its next tick, perhaps too late for this night
        settle(desk, other, "no answer before the run's deadline").await?;
        opened = open(desk, settings, request).await?;
    }
    let Opened::Busy(other) = &opened else {
        return Ok(opened);
    };
    if desk.host.now() >= until {
        tracing::error!(
            key = request.key,
            other = other.0,
            "gave up waiting for another run; no run was begun"
        );
        return Ok(opened);
    }
    tracing::warn!(key = request.key, other = other.0, "another run is going on; the request waits");
    let mut again =
        outgoing(&ToPrepareSync::Open { request: request.clone(), until }).map_err(StageError::from)?;
    again.delay = Duration::from_mins(2);
    desk.outbox.send(QueueName::PrepareSync, vec![again]).await?;
    Ok(opened)
}

async fn is_overdue(desk: Desk<'_>, number: RunNumber) -> StageResult<bool> {
    let run = find_run(desk, number).await?;
    Ok(run.is_some_and(|run| desk.host.now() >= run.moments.deadline))
}

fn run_settings(settings: &NightSettings, request: &OpenRequest) -> Result<RunSettings, OpenError> {
    let mut bodies = request.bodies.clone().unwrap_or_else(|| settings.bodies.clone());
    bodies.sort();
    bodies.dedup();
    if bodies.is_empty() {
        return Err(OpenError::NoBodies);
    }
    if let Some(unknown) = bodies.iter().find(|code| !settings.bodies.contains(code)) {
        return Err(OpenError::UnknownBody(unknown.clone()));
    }
    if let Some(unasked) = request.accept.keys().find(|code| !bodies.contains(code)) {
        return Err(OpenError::AcceptsUnasked(unasked.clone()));
    }
    if request.accept_empty && request.accept.is_empty() {
        return Err(OpenError::AcceptsEmptyForNobody);
    }
    Ok(RunSettings {
        is_whole: settings.bodies.iter().all(|code| bodies.contains(code)),
        bodies,
        hides: settings.hides && !request.is_dry,
        is_dry: request.is_dry,
        safeguard: Safeguard {
            max_disconnected_percent: settings.max_disconnected_percent,
            max_disconnected_min: settings.max_disconnected_min,
            accept: request.accept.clone(),
            accept_empty: request.accept_empty,
        },
    })
}

/// The run that stands in the way: not swept, not expired, and not a dry run where a live one is to begin.
async fn blocking(desk: Desk<'_>, lock: &Lock, is_dry: bool) -> StageResult<Option<RunNumber>> {
    if is_dry {
        // its rolls would miss whoever such a run still hides, expired or not
        let open = desk.ledger.open_runs().await?;
        let live = open.iter().find(|run| run.state.is_before_swept() && !run.settings.is_dry);
        if let Some(live) = live {
            return Ok(Some(live.number));
        }
    }
    let Some(holder) = &lock.holder else {
        return Ok(None);
    };
    let state = desk.ledger.run(holder.number).await?.map_or(holder.state, |run| run.state);
    let gives_way = holder.settings.is_dry && !is_dry;
    let has_expired = desk.host.now() >= holder.moments.expires;
    let blocks = state.is_before_swept() && !has_expired && !gives_way && !planted(Bug::LockIgnored);
    Ok(blocks.then_some(holder.number))
}

fn new_run(
    night: &NightSettings,
    request: &OpenRequest,
    settings: RunSettings,
    number: RunNumber,
    now: Moment,
) -> Run {
    let deadline = now.plus(night.deadline);
    Run {
        number,
        version: 1,
        key: request.key.clone(),
        trigger: request.trigger,
        state: RunState::Preparing,
        settings,
        moments: Moments {
            opened: now,
            give_up: now.plus(night.deadline.saturating_sub(night.give_up_before)),
            deadline,
            expires: deadline.plus(night.expires_after),
            ..Moments::default()
        },
        hidden: 0,
        unknown_codes: Vec::new(),
        abort: None,
        decision: None,
        swept: None,
        second_look: None,
        looks: None,
    }
}

async fn send_prepare(desk: Desk<'_>, run: RunNumber) -> StageResult<()> {
    let message = outgoing(&ToPrepareSync::Prepare { run })?;
    Ok(desk.outbox.send(QueueName::PrepareSync, vec![message]).await?)
}
