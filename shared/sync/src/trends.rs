//! Nights beside each other: what was returned and who left, body by body, so that a slow loss is seen as well.

use domain::{BodyCode, BodyState, Moment, RunNumber, RunState};
use serde::{Deserialize, Serialize};

use crate::ledger::{Body, BodyCounts, Run};
use crate::ports::Ledger;
use crate::report::{Summary, hidden_for, millis, summary};
use crate::stage::StageResult;

/// How far back a night is looked for that another can be compared with: as many dry runs, repeated bodies and nights
/// that were given up may lie between.
const LOOKED_BACK: i64 = 30;

/// A past night with its bodies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Night {
    /// The night as a whole.
    #[serde(flatten)]
    pub summary: Summary,
    /// For how long at most doctors were hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_for_ms: Option<u64>,
    /// Its bodies, in order of their codes.
    pub by_body: Vec<BodyNight>,
}

/// What a past night came to for one body, as far as nights are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyNight {
    /// Which.
    pub code: BodyCode,
    /// Where it ended.
    pub state: BodyState,
    /// Who was visible in it when the run began.
    pub roll: u64,
    /// Different usable GMC numbers in the answer.
    pub returned: u64,
    /// On the roll, and in nobody's answer.
    pub left: u64,
}

impl BodyNight {
    /// How many doctors the body had after the night: whoever the GMC returned, and of a body that is not done, everyone
    /// who was there before. `None` while that is open, and where nobody was counted: a run that ends while it reads the
    /// rolls leaves bodies without one.
    pub fn doctors(&self) -> Option<u64> {
        match self.state {
            BodyState::Done => Some(self.returned),
            BodyState::Held | BodyState::Failed => Some(self.roll).filter(|roll| *roll > 0),
            BodyState::Pending | BodyState::Answered => None,
        }
    }
}

/// The night that another is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Previous {
    /// Its number.
    pub run: RunNumber,
    /// When it was opened.
    pub opened: Moment,
    /// Its bodies, in order of their codes.
    pub bodies: Vec<BodyNight>,
}

impl Previous {
    /// One body of it.
    pub fn body(&self, code: &BodyCode) -> Option<&BodyNight> {
        self.bodies.iter().find(|body| body.code == *code)
    }

    /// One body of it, if it was done: the counts of others compare with nothing.
    pub fn done(&self, code: &BodyCode) -> Option<&BodyNight> {
        self.body(code).filter(|body| body.state == BodyState::Done)
    }
}

/// The latest nights with their bodies, latest first.
pub async fn nights(ledger: &dyn Ledger, most: usize) -> StageResult<Vec<Night>> {
    let mut nights = Vec::new();
    for run in ledger.latest_runs(most).await? {
        let bodies = ledger.bodies(run.number).await?;
        nights.push(Night {
            summary: summary(&run, &bodies),
            // of a run that goes on it is not known yet
            hidden_for_ms: run
                .moments
                .closed
                .and_then(|closed| hidden_for(&run, &bodies, closed))
                .map(millis),
            by_body: bodies.iter().map(body_night).collect(),
        });
    }
    Ok(nights)
}

/// The latest night before a run that it can be compared with: whole, not dry, closed, and with a body that is done.
pub(crate) async fn previous(ledger: &dyn Ledger, before: RunNumber) -> StageResult<Option<Previous>> {
    for number in (before.0.saturating_sub(LOOKED_BACK)..before.0).rev().take_while(|number| *number > 0) {
        // numbers are given out in turn, but a run may be gone, or its number never have been used
        let Some(run) = ledger.run(RunNumber(number)).await? else { continue };
        if is_comparable(&run) {
            let bodies = ledger.bodies(run.number).await?.iter().map(body_night).collect();
            return Ok(Some(Previous { run: run.number, opened: run.moments.opened, bodies }));
        }
    }
    Ok(None)
}

fn is_comparable(run: &Run) -> bool {
    run.settings.is_whole
        && !run.settings.is_dry
        && matches!(run.state, RunState::Succeeded | RunState::Partial)
}

fn body_night(body: &Body) -> BodyNight {
    let nothing = BodyCounts::default();
    let counts = body.counts.as_ref().unwrap_or(&nothing);
    BodyNight {
        code: body.code.clone(),
        state: body.state,
        roll: body.roll_size,
        returned: counts.returned,
        left: counts.left,
    }
}
