//! What the stages have in common: the desk they work at, how they end, and conditional changes of the ledger.

use std::time::Duration;

use domain::{BodyCode, RunNumber};

use crate::ledger::{Body, Run};
use crate::messages::Unreadable;
use crate::ports::{Doctors, Host, Ledger, Outbox, PortError};

/// The ports of the stages that own the database.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The documents that other services share.
    pub doctors: &'a dyn Doctors,
    /// Our own.
    pub ledger: &'a dyn Ledger,
    /// To the other stages.
    pub outbox: &'a dyn Outbox,
    /// Time and chance.
    pub host: &'a dyn Host,
}

/// How a stage ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The message is done with.
    Done,
    /// The message is to be received again after this long.
    Again(Duration),
}

/// Why a stage could not do its work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StageError {
    /// An engine failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The message is not one of ours; it goes to the dead-letter queue by failing every time.
    #[error("{0}")]
    Unreadable(String),
    /// Others changed the same thing again and again in between.
    #[error("{0} kept changing; it is tried again")]
    Contended(String),
    /// The message came before what it needs.
    #[error("{0}; it is tried again")]
    TooEarly(String),
}

impl StageError {
    /// Whether the same message may go through later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Port(error) => error.is_transient,
            Self::Unreadable(_) => false,
            Self::Contended(_) | Self::TooEarly(_) => true,
        }
    }
}

impl From<Unreadable> for StageError {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// What a stage answers.
pub type StageResult<T> = Result<T, StageError>;

/// How often a conditional change is tried.
const TRIES: u32 = 30;

/// A run; when its document is missing, it is written from what the lock holds (the caller that took the lock died in
/// between).
pub async fn find_run(desk: Desk<'_>, number: RunNumber) -> StageResult<Option<Run>> {
    if let Some(run) = desk.ledger.run(number).await? {
        return Ok(Some(run));
    }
    let held = desk.ledger.lock().await?.holder.filter(|holder| holder.number == number);
    let Some(run) = held else {
        return Ok(None);
    };
    desk.ledger.add_run(&run).await?;
    Ok(desk.ledger.run(number).await?)
}

/// Changes a run by a conditional write, which one caller wins; `change` says whether there is anything to change, and
/// is asked again on what it lost to. Returns the run as it is then, and whether it was changed here.
pub async fn change_run(
    desk: Desk<'_>,
    number: RunNumber,
    change: impl Fn(&mut Run) -> bool + Send,
) -> StageResult<(Run, bool)> {
    for _ in 0..TRIES {
        let Some(mut run) = find_run(desk, number).await? else {
            return Err(PortError::permanent(format!("run {number} is not in the ledger")).into());
        };
        if !change(&mut run) {
            return Ok((run, false));
        }
        if desk.ledger.swap_run(&run).await? {
            run.version += 1;
            return Ok((run, true));
        }
    }
    Err(StageError::Contended(format!("run {number}")))
}

/// Changes a body in the same way; `None` when it is not there.
pub async fn change_body(
    desk: Desk<'_>,
    number: RunNumber,
    code: &BodyCode,
    change: impl Fn(&mut Body) -> bool + Send,
) -> StageResult<Option<(Body, bool)>> {
    for _ in 0..TRIES {
        let Some(mut body) = desk.ledger.body(number, code).await? else {
            return Ok(None);
        };
        if !change(&mut body) {
            return Ok(Some((body, false)));
        }
        if desk.ledger.swap_body(&body).await? {
            body.version += 1;
            return Ok(Some((body, true)));
        }
    }
    Err(StageError::Contended(format!("body {code} of run {number}")))
}

/// Whether every asked body waits for nothing more.
pub fn all_settled(run: &Run, bodies: &[Body]) -> bool {
    run.settings
        .bodies
        .iter()
        .all(|code| bodies.iter().any(|body| body.code == *code && body.state.is_settled()))
}
