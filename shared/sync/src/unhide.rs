//! The worst case: the sync is off, and everybody whom a night has hidden is to be visible again.
//!
//! Every stored `last-X` becomes `X` and is dated now, which is what connecting a doctor by hand does: so neither a
//! second look nor a late caller of an earlier run hides the doctor again. The next night treats them like anybody who
//! is visible: whom the GMC does not name leaves again, and the safeguard holds a body that would lose too many. The
//! audit of connections gets no entry: it records what the GMC said.

use std::collections::{BTreeMap, BTreeSet};

use domain::body::body_of;
use domain::{BodyCode, DoctorPatch, DoctorWrite, GmcNumber, Moment, RunNumber, StoredDoctor};
use serde::{Deserialize, Serialize};

use crate::connection_index::{IndexDesk, look_at};
use crate::look::AT_ONCE as LOOKED_AT_ONCE;
use crate::ports::{Doctors, Ledger, PortError, PortResult};
use crate::stage::StageError;

/// How many doctors are read and written at once.
const AT_ONCE: usize = 1_000;

/// How often documents that do not change are read and written again.
const ROUNDS: u32 = 6;

/// How many of those who stay hidden are told one by one.
const TOLD: usize = 50;

/// Who is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom<'a> {
    /// Everybody who is hidden, under whatever code.
    Everybody,
    /// Who is hidden in these bodies; they may be in the list of bodies or not.
    Bodies(&'a [BodyCode]),
    /// These doctors.
    Doctors(&'a [GmcNumber]),
}

/// How many doctors are hidden under each code, or were shown again.
pub type ByCode = BTreeMap<String, u64>;

/// What came of showing everybody again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unhidden {
    /// How many were shown again, by the plain code that they have now.
    pub shown: ByCode,
    /// How many somebody else wrote meanwhile, so that they are not hidden any more; what they wrote stands.
    pub by_others: u64,
    /// How many stay hidden, because their documents kept changing or the database refused them.
    pub still_hidden: u64,
    /// The first of these, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub still_hidden_first: Vec<(GmcNumber, String)>,
    /// For how many doctors the indexes were brought in line.
    pub looked_at: u64,
    /// How many index documents were refused.
    pub index_refused: u64,
}

impl Unhidden {
    /// Whether everybody is visible, in the database and in the indexes.
    pub fn is_complete(&self) -> bool {
        self.still_hidden == 0 && self.index_refused == 0
    }
}

/// Why nobody, or not everybody, was shown again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnhideError {
    /// A run goes on that hides doctors itself, and shows them again when it ends.
    #[error("run {0} is going on: it is to be given up first, which shows everyone again whom it has hidden")]
    Running(RunNumber),
    /// An engine failed.
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl From<PortError> for UnhideError {
    fn from(error: PortError) -> Self {
        Self::Stage(error.into())
    }
}

/// How many are hidden, by the plain code. A document whose code is nothing but the prefix has no body to come back to,
/// and is not counted.
pub async fn hidden_by_code(doctors: &dyn Doctors, whom: Whom<'_>) -> PortResult<ByCode> {
    let mut counts = ByCode::new();
    for batch in whom.hidden(doctors).await?.chunks(AT_ONCE) {
        for doctor in doctors.read(batch).await? {
            if let Some(code) = comes_back_to(&doctor, whom) {
                *counts.entry(code.to_owned()).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

/// An error while a live run is not swept. A dry run hides nobody, and does not count.
pub async fn check_nothing_runs(ledger: &dyn Ledger) -> Result<(), UnhideError> {
    let is_at_work = |run: &crate::ledger::Run| !run.settings.is_dry && run.state.is_before_swept();
    // a run whose opener died at once is only in the lock
    if let Some(holder) = ledger.lock().await?.holder
        && ledger.run(holder.number).await?.is_none()
        && is_at_work(&holder)
    {
        return Err(UnhideError::Running(holder.number));
    }
    match ledger.open_runs().await?.iter().find(|run| is_at_work(run)) {
        Some(run) => Err(UnhideError::Running(run.number)),
        None => Ok(()),
    }
}

/// Shows again who is hidden, and brings the indexes in line for everyone who is visible in the bodies that are meant. It
/// can be repeated from any point. A run that begins meanwhile ends it.
pub async fn unhide(desk: IndexDesk<'_>, whom: Whom<'_>) -> Result<Unhidden, UnhideError> {
    check_nothing_runs(desk.ledger).await?;
    let mut result = Unhidden::default();
    let mut hidden = whom.hidden(desk.doctors).await?;
    hidden.sort_unstable();
    let mut shown = BTreeSet::new();
    for batch in hidden.chunks(AT_ONCE) {
        show(desk, whom, batch, &mut result, &mut shown).await?;
    }
    look(desk, whom, shown, &mut result).await?;
    tracing::info!(
        shown = result.shown.values().sum::<u64>(),
        still_hidden = result.still_hidden,
        looked_at = result.looked_at,
        index_refused = result.index_refused,
        "doctors were shown again by hand"
    );
    Ok(result)
}

async fn show(
    desk: IndexDesk<'_>,
    whom: Whom<'_>,
    batch: &[GmcNumber],
    result: &mut Unhidden,
    shown: &mut BTreeSet<GmcNumber>,
) -> Result<(), UnhideError> {
    let now = desk.host.now();
    let mut todo = batch.to_vec();
    let mut written: BTreeSet<GmcNumber> = BTreeSet::new();
    let mut refused: BTreeMap<GmcNumber, String> = BTreeMap::new();
    for round in 0..=ROUNDS {
        let stored = desk.doctors.read(&todo).await?;
        let mut writes = Vec::new();
        for doctor in &stored {
            if let Some(code) = comes_back_to(doctor, whom) {
                writes.push(shows(doctor, code, now));
            } else if written.contains(&doctor.number) {
                tell_shown(doctor, now, result);
                shown.insert(doctor.number);
            }
        }
        if writes.is_empty() {
            return Ok(());
        }
        if round == ROUNDS {
            tell_still_hidden(&writes, &refused, result);
            return Ok(());
        }
        // between the reading and the writing: nobody whom a run that began since has hidden was read as hidden
        check_nothing_runs(desk.ledger).await?;
        for refusal in desk.doctors.write(&writes).await? {
            refused.insert(refusal.number, refusal.reason);
        }
        todo = writes.iter().map(|write| write.number).collect();
        written = todo.iter().copied().collect();
    }
    Ok(())
}

/// The body that a hidden doctor comes back to, if it is one of these.
fn comes_back_to<'a>(doctor: &'a StoredDoctor, whom: Whom<'_>) -> Option<&'a str> {
    let code = doctor.code.as_deref().filter(|code| domain::body::is_hidden(Some(code)))?;
    let plain = body_of(Some(code))?;
    let is_meant = match whom {
        Whom::Bodies(bodies) => bodies.iter().any(|body| body.as_str() == plain),
        Whom::Everybody | Whom::Doctors(_) => true,
    };
    is_meant.then_some(plain)
}

fn shows(doctor: &StoredDoctor, code: &str, now: Moment) -> DoctorWrite {
    DoctorWrite {
        number: doctor.number,
        seen: Some(doctor.seen()),
        set: DoctorPatch {
            code: Some(code.to_owned()),
            gmc_last_updated: Some(now),
            ..DoctorPatch::default()
        },
    }
}

fn tell_shown(doctor: &StoredDoctor, now: Moment, result: &mut Unhidden) {
    match doctor.code.as_deref() {
        Some(code) if doctor.gmc_last_updated == Some(now) => {
            *result.shown.entry(code.to_owned()).or_default() += 1;
        }
        _ => result.by_others += 1,
    }
}

fn tell_still_hidden(writes: &[DoctorWrite], refused: &BTreeMap<GmcNumber, String>, result: &mut Unhidden) {
    for write in writes {
        result.still_hidden += 1;
        if result.still_hidden_first.len() < TOLD {
            let reason = refused.get(&write.number).map_or("kept changing", String::as_str);
            result.still_hidden_first.push((write.number, reason.to_owned()));
        }
    }
}

/// Not only at those who were shown just now: an earlier call may have died before it came to the indexes.
async fn look(
    desk: IndexDesk<'_>,
    whom: Whom<'_>,
    shown: BTreeSet<GmcNumber>,
    result: &mut Unhidden,
) -> Result<(), UnhideError> {
    let mut looked_at = shown;
    match whom {
        Whom::Doctors(numbers) => looked_at.extend(numbers),
        Whom::Bodies(bodies) => looked_at.extend(visible_in(desk.doctors, bodies).await?),
        Whom::Everybody => {
            let stored = desk.doctors.count_by_code().await?;
            let codes: Vec<BodyCode> =
                stored.iter().filter_map(|(code, _)| BodyCode::parse(code).ok()).collect();
            looked_at.extend(visible_in(desk.doctors, &codes).await?);
        }
    }
    let latest = desk.ledger.lock().await?.number;
    for numbers in looked_at.into_iter().collect::<Vec<_>>().chunks(LOOKED_AT_ONCE) {
        result.index_refused += look_at(desk, latest, numbers).await? as u64;
        result.looked_at += numbers.len() as u64;
    }
    Ok(())
}

async fn visible_in(doctors: &dyn Doctors, codes: &[BodyCode]) -> PortResult<Vec<GmcNumber>> {
    let mut visible = Vec::new();
    for code in codes {
        visible.extend(doctors.visible_in(code).await?);
    }
    Ok(visible)
}

impl Whom<'_> {
    async fn hidden(self, doctors: &dyn Doctors) -> PortResult<Vec<GmcNumber>> {
        match self {
            Self::Doctors(numbers) => Ok(numbers.to_vec()),
            Self::Everybody | Self::Bodies(_) => doctors.hidden().await,
        }
    }
}
