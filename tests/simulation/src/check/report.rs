//! The report's figures and lists against what was done. What follows from the lists alone is exact in every night;
//! what depends on how a document looked before is exact where nobody else wrote meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use domain::body::{is_hidden, plain};
use domain::status::status_of_stored_doctor;
use domain::{BodyCode, GmcNumber, Moment, RunNumber, StoredDoctor, UnderNotice};
use sync::report::{BodyReport, Report, What, report};

use super::Violation;
use super::night::{Night, Place};
use crate::gmc::Said;
use crate::trouble::Trouble;
use crate::world::{Sim, World};

/// The report of every run.
pub(super) fn all(sim: &Sim) -> BTreeMap<RunNumber, Report> {
    let (numbers, now) = {
        let mut world = sim.world();
        // the operator reads it when the trouble is over
        world.trouble = Trouble::default();
        world.away_until.clear();
        (world.runs.keys().copied().collect::<Vec<_>>(), world.now)
    };
    let reports =
        numbers.into_iter().filter_map(|number| Some((number, at_once(report(sim, number, now))?.ok()??)));
    reports.collect()
}

/// Nothing but the calls' own steps is waited for.
fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    (0..100_000).find_map(|_| match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    })
}

pub(super) fn check(world: &World, night: &Night<'_>, report: &Report) -> Vec<Violation> {
    let mut wrong = Vec::new();
    if !night.run.state.is_closed() {
        return Vec::new();
    }
    let places: BTreeMap<GmcNumber, Place> =
        night.everyone().into_iter().map(|number| (number, night.place(number))).collect();
    lists_are_told(&places, report, &mut wrong);
    for body in &report.bodies {
        follows_from_the_lists(world, night, &places, body, &mut wrong);
    }
    if let Some(before) = is_undisturbed(world, night) {
        let exact = Exact { world, night, before, places: &places };
        for body in &report.bodies {
            exact.counts(body, &mut wrong);
        }
        exact.doctors(report, &mut wrong);
        exact.audit(&mut wrong);
    }
    let run = night.run.number;
    wrong.into_iter().map(|text| Violation::new("report", format!("run {run}: {text}"))).collect()
}

/// Who left, and who moved from a roll.
fn lists_are_told(places: &BTreeMap<GmcNumber, Place>, report: &Report, wrong: &mut Vec<String>) {
    let told = |what: What| -> BTreeSet<GmcNumber> {
        report.doctors.iter().filter(|doctor| doctor.what == what).map(|doctor| doctor.gmc_number).collect()
    };
    let is_left = |place: &Place| matches!(place, Place::Left { .. });
    let left: BTreeSet<GmcNumber> =
        places.iter().filter(|(_, place)| is_left(place)).map(|(number, _)| *number).collect();
    if told(What::Left) != left {
        wrong.push(format!("{left:?} left, and it tells {:?}", told(What::Left)));
    }
    let is_moved = |place: &Place| matches!(place, Place::Named { body, roll: Some(roll) } if body != roll);
    let moved = places.iter().filter(|(_, place)| is_moved(place)).map(|(number, _)| *number);
    let told = told(What::Moved);
    for number in moved.filter(|number| !told.contains(number)) {
        wrong.push(format!("{number} moved, and it tells nothing"));
    }
}

fn follows_from_the_lists(
    world: &World,
    night: &Night<'_>,
    places: &BTreeMap<GmcNumber, Place>,
    body: &BodyReport,
    wrong: &mut Vec<String>,
) {
    let code = &body.code;
    let count = |of: &dyn Fn(&Place) -> bool| places.values().filter(|place| of(place)).count() as u64;
    let left = count(&|place| matches!(place, Place::Left { roll } if roll == code));
    let mut expected = vec![
        ("on the roll", body.roll, night.rolls.get(code).map_or(0, BTreeSet::len) as u64),
        ("left", body.counts.left, left),
    ];
    if let Some(answer) = night.answer(world, code) {
        expected.push(("returned", body.counts.returned, answer.doctors.len() as u64));
        let twice = answer.twice.min(answer.doctors.len() as u64);
        expected.push(("rejected", body.counts.rejected, answer.without_number + twice));
    }
    tell(code, &expected, wrong);
}

fn tell(code: &BodyCode, expected: &[(&str, u64, u64)], wrong: &mut Vec<String>) {
    for (what, told, right) in expected.iter().filter(|(_, told, right)| told != right) {
        wrong.push(format!("body {code}: {right} {what}, and it tells {told}"));
    }
}

/// The documents as they were when the GMC was asked, if nobody but this run wrote to them until it was swept, and each
/// body that was answered was answered by the only fetch of it.
fn is_undisturbed<'a>(world: &'a World, night: &Night<'_>) -> Option<&'a BTreeMap<GmcNumber, StoredDoctor>> {
    let moments = &night.run.moments;
    let until = moments.swept?;
    let within = |at: Moment| at >= moments.opened && at <= until;
    let by_others = world.foreign.values().flatten().any(|write| within(write.at));
    let by_runs = world.runs.values().filter(|other| other.number != night.run.number).any(|other| {
        let ends = other.second_look.as_ref().map_or(i64::MAX, |look| look.at.0);
        !other.settings.is_dry && other.moments.opened <= until && ends >= moments.opened.0
    });
    let mut fetches = BTreeMap::new();
    for (chunk, _) in world.chunks.values().filter(|(chunk, _)| chunk.id.run == night.run.number) {
        let is_other =
            fetches.insert(&chunk.id.code, chunk.id.fetch).is_some_and(|other| other != chunk.id.fetch);
        if is_other || !night.counts(chunk) {
            return None;
        }
    }
    let by_several = night.everyone().iter().any(|number| night.named_by(*number).len() > 1);
    let is_disturbed = by_others || by_runs || by_several || !world.refusing.is_empty();
    world.observed.at_running.get(&night.run.number).filter(|_| !is_disturbed)
}

struct Exact<'a> {
    world: &'a World,
    night: &'a Night<'a>,
    before: &'a BTreeMap<GmcNumber, StoredDoctor>,
    places: &'a BTreeMap<GmcNumber, Place>,
}

impl Exact<'_> {
    /// What became of a doctor; `None` who stayed or was kept.
    fn fate(&self, number: GmcNumber) -> Option<(What, Option<String>, Option<String>)> {
        let (body, roll) = match self.places.get(&number)? {
            Place::Left { roll } => return Some((What::Left, Some(roll.to_string()), None)),
            Place::Kept { roll } => {
                let held = roll.as_ref().filter(|roll| self.night.is_held(roll))?.to_string();
                return Some((What::Kept, Some(held.clone()), Some(held)));
            }
            Place::Named { body, roll } => (body.to_string(), roll),
        };
        let to = Some(body.clone());
        if let Some(roll) = roll {
            return (body != roll.as_str()).then(|| (What::Moved, Some(roll.to_string()), to));
        }
        let Some(stored) = self.before.get(&number) else { return Some((What::New, None, to)) };
        let code = stored.code.as_deref().filter(|code| !code.is_empty());
        Some(match code {
            None => (What::Joined, None, to),
            Some(code) if is_hidden(Some(code)) && stored.exists_in_gmc == Some(false) => {
                (What::Joined, None, to)
            }
            Some(code) if plain(code) == body => (What::Restored, None, to),
            Some(code) => (What::Moved, Some(plain(code).to_owned()), to),
        })
    }

    fn counts(&self, body: &BodyReport, wrong: &mut Vec<String>) {
        let code = &body.code;
        let Some(answer) = self.night.answer(self.world, code) else { return };
        let count = |what: What| {
            let here = |number: &&GmcNumber| {
                self.fate(**number)
                    .is_some_and(|fate| fate.0 == what && fate.2.as_deref() == Some(code.as_str()))
            };
            self.places.keys().filter(here).count() as u64
        };
        let is_changed = |(number, said): &(&GmcNumber, &Said)| {
            self.before.get(number).is_some_and(|stored| differs(stored, code, **said))
        };
        let changed = answer.doctors.iter().filter(is_changed).count() as u64;
        let expected = [
            ("new", body.counts.new, count(What::New)),
            ("joined", body.counts.joined, count(What::Joined)),
            ("moved out", body.counts.moved_out, self.moved_out(code)),
            ("moved in", body.counts.moved_in, count(What::Moved)),
            ("restored", body.counts.restored, count(What::Restored)),
            ("changed", body.counts.changed, changed),
            ("set by hand", body.counts.set_by_hand, 0),
            ("unchanged", body.counts.unchanged, answer.doctors.len() as u64 - count(What::New) - changed),
        ];
        tell(code, &expected, wrong);
    }

    fn moved_out(&self, code: &BodyCode) -> u64 {
        let from_here = |number: &&GmcNumber| {
            self.fate(**number)
                .is_some_and(|fate| fate.0 == What::Moved && fate.1.as_deref() == Some(code.as_str()))
        };
        self.places.keys().filter(from_here).count() as u64
    }

    /// The report's list, and the documents of those whom an answered body named.
    fn doctors(&self, report: &Report, wrong: &mut Vec<String>) {
        let told: BTreeMap<GmcNumber, (What, Option<String>, Option<String>)> = report
            .doctors
            .iter()
            .map(|doctor| (doctor.gmc_number, (doctor.what, doctor.from.clone(), doctor.to.clone())))
            .collect();
        for number in self.places.keys() {
            let fate = self.fate(*number).map(|(what, from, to)| {
                // nobody moves who comes back
                if what == What::Restored { (what, None, to) } else { (what, from, to) }
            });
            if told.get(number) != fate.as_ref() {
                wrong.push(format!("{number}: {fate:?}, and it tells {:?}", told.get(number)));
            }
        }
        if self.night.run.settings.is_dry || !self.is_last() {
            return;
        }
        for (code, body) in &self.night.bodies {
            let (Some(answered), Some(answer)) = (body.answer, self.night.answer(self.world, code)) else {
                continue;
            };
            for (number, said) in &answer.doctors {
                let is_mine =
                    matches!(self.places.get(number), Some(Place::Named { body, .. }) if body == code);
                let by_others = super::was_written_since(self.world, *number, self.night.run.moments.opened);
                if is_mine && !by_others {
                    wrong.extend(self.field_is_wrong(*number, *said, answered.asked_at));
                }
            }
        }
    }

    /// Whether no later live run wrote anything.
    fn is_last(&self) -> bool {
        let later = self.world.runs.values().filter(|run| run.number > self.night.run.number);
        later.into_iter().all(|run| run.settings.is_dry)
    }

    fn field_is_wrong(&self, number: GmcNumber, said: Said, asked_at: Moment) -> Option<String> {
        let stored = &self.world.documents.get(&number)?.doctor;
        let notice = if said.under_notice { UnderNotice::Yes } else { UnderNotice::No };
        let status = match self.before.get(&number) {
            None => "NOT_STARTED",
            Some(before) => {
                let stored = before.under_notice.as_deref().filter(|text| *text == UnderNotice::Yes.stored());
                let latest = self.world.recommendations.get(&number);
                let stored = stored.map(|_| UnderNotice::Yes);
                status_of_stored_doctor(Some(notice), stored, latest, asked_at.london_date()).stored()
            }
        };
        let found = (stored.last_name.as_deref(), stored.under_notice.as_deref(), stored.status.as_deref());
        let name = said.last_name();
        let right = (Some(name.as_str()), Some(notice.stored()), Some(status));
        (found != right).then(|| format!("{number} is stored with {found:?}, and {right:?} is right"))
    }

    /// One entry for each whose body really changed, and none for others.
    fn audit(&self, wrong: &mut Vec<String>) {
        let run = self.night.run;
        let until = run.moments.swept.unwrap_or(run.moments.expires);
        let of_run = |at: Moment| at >= run.moments.opened && at <= until;
        for number in self.places.keys() {
            let entries = self.world.logs.values().filter(|entry| entry.gmc_id == *number);
            let entries: Vec<_> = entries.filter(|entry| of_run(entry.request_time)).collect();
            let fate = self
                .fate(*number)
                .filter(|fate| !matches!(fate.0, What::Restored | What::Kept) && !run.settings.is_dry);
            let told = entries.first().map(|entry| {
                (entry.previous_designated_body_code.clone(), entry.new_designated_body_code.clone())
            });
            let right = fate.map(|(_, from, to)| (from, to));
            // of a body that was not answered, a new doctor may have no document yet
            let is_answered = |code: &String| {
                let mut bodies = self.night.bodies.values();
                bodies.any(|body| body.code.as_str() == code && body.answer.is_some())
            };
            let is_stored = self.before.contains_key(number)
                || right.as_ref().is_none_or(|(_, to)| to.as_ref().is_some_and(is_answered));
            if entries.len() > 1 || (told != right && is_stored) {
                wrong.push(format!("the audit has {told:?} for {number}, and {right:?} is right"));
            }
        }
    }
}

/// Whether the GMC says something else than what was stored.
fn differs(stored: &StoredDoctor, body: &BodyCode, said: Said) -> bool {
    let notice = if said.under_notice { "YES" } else { "NO" };
    stored.last_name.as_deref() != Some(said.last_name().as_str())
        || stored.first_name.as_deref() != Some("Ann")
        || stored.under_notice.as_deref() != Some(notice)
        || stored.plain_code() != Some(body.as_str())
        || stored.exists_in_gmc == Some(false)
}
