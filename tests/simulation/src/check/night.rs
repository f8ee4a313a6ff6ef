//! One run, by what the ledger says of it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{BodyCode, BodyState, GmcNumber, Moment};
use sync::ledger::{Body, Chunk, Decision, Run};

use crate::gmc::Answer;
use crate::world::World;

/// One run that has a verdict.
pub(super) struct Night<'a> {
    pub(super) run: &'a Run,
    pub(super) decision: &'a Decision,
    pub(super) bodies: BTreeMap<BodyCode, &'a Body>,
    pub(super) rolls: BTreeMap<BodyCode, BTreeSet<GmcNumber>>,
    /// The chunks that count, with whom they name.
    pub(super) counting: Vec<(&'a Chunk, &'a Vec<GmcNumber>)>,
    /// Everyone whom a chunk names that counts, by its body.
    pub(super) named: BTreeMap<BodyCode, BTreeSet<GmcNumber>>,
    /// Also by chunks that came too late to count.
    pub(super) ever_named: BTreeSet<GmcNumber>,
}

/// Where a doctor on a roll, or named, belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Named { body: BodyCode, roll: Option<BodyCode> },
    Left { roll: BodyCode },
    Kept { roll: Option<BodyCode> },
}

impl<'a> Night<'a> {
    pub(super) fn of(world: &'a World, run: &'a Run) -> Option<Self> {
        let decision = run.decision.as_ref()?;
        let of_run = world.bodies.values().filter(|body| body.run == run.number);
        let bodies: BTreeMap<BodyCode, &Body> = of_run.map(|body| (body.code.clone(), body)).collect();
        let roll = |body: &&Body| {
            let roll = body.roll.and_then(|roll| world.rolls.get(&(run.number, body.code.clone(), roll)));
            roll.cloned().unwrap_or_default()
        };
        let mut night = Self {
            run,
            decision,
            rolls: bodies.iter().map(|(code, body)| (code.clone(), roll(body))).collect(),
            bodies,
            counting: Vec::new(),
            named: BTreeMap::new(),
            ever_named: BTreeSet::new(),
        };
        for (chunk, numbers) in world.chunks.values().filter(|(chunk, _)| chunk.id.run == run.number) {
            night.ever_named.extend(numbers.iter().copied());
            if night.counts(chunk) {
                night.counting.push((chunk, numbers));
                night.named.entry(chunk.id.code.clone()).or_default().extend(numbers.iter().copied());
            }
        }
        Some(night)
    }

    pub(super) fn counts(&self, chunk: &Chunk) -> bool {
        self.decision.fetches.iter().any(|fetch| {
            fetch.fetch == chunk.id.fetch
                && (fetch.only.is_empty() || fetch.only.contains(&chunk.id.position))
        })
    }

    /// Everyone on a roll or named.
    pub(super) fn everyone(&self) -> BTreeSet<GmcNumber> {
        self.rolls.values().chain(self.named.values()).flatten().copied().collect()
    }

    pub(super) fn knows(&self, number: GmcNumber) -> bool {
        self.rolls.values().chain(self.named.values()).any(|numbers| numbers.contains(&number))
    }

    pub(super) fn is_done(&self, code: &BodyCode) -> bool {
        self.decision.bodies.iter().any(|body| body.code == *code && body.state == BodyState::Done)
    }

    pub(super) fn is_held(&self, code: &BodyCode) -> bool {
        self.decision.bodies.iter().any(|body| body.code == *code && body.state == BodyState::Held)
    }

    /// The bodies on whose rolls the doctor is, in order.
    pub(super) fn on_rolls(&self, number: GmcNumber) -> Vec<&BodyCode> {
        self.rolls.iter().filter(|(_, numbers)| numbers.contains(&number)).map(|entry| entry.0).collect()
    }

    /// The bodies that named the doctor, in order.
    pub(super) fn named_by(&self, number: GmcNumber) -> Vec<&BodyCode> {
        self.named.iter().filter(|(_, numbers)| numbers.contains(&number)).map(|entry| entry.0).collect()
    }

    /// Where the doctor belongs, by the lists.
    pub(super) fn place(&self, number: GmcNumber) -> Place {
        let on = self.on_rolls(number);
        let roll = on.last().map(|roll| (*roll).clone());
        let mut mentions: Vec<(bool, Moment, &BodyCode)> = self
            .counting
            .iter()
            .filter(|(_, numbers)| numbers.contains(&number))
            .map(|(chunk, _)| (on.contains(&&chunk.id.code), chunk.asked_at, &chunk.id.code))
            .collect();
        mentions.sort_unstable();
        match (mentions.last(), roll) {
            (Some((.., body)), roll) => Place::Named { body: (*body).clone(), roll },
            (None, Some(roll)) if on.iter().all(|roll| self.is_done(roll)) => Place::Left { roll },
            (None, roll) => Place::Kept { roll },
        }
    }

    /// The GMC's answer that answered the body, if the GMC really gave the one that the ledger names.
    pub(super) fn answer(&self, world: &'a World, code: &BodyCode) -> Option<&'a Answer> {
        let body = self.bodies.get(code).filter(|body| body.answer.is_some())?;
        let id: usize = body.gmc_request_id.as_ref()?.parse().ok()?;
        world.answers.get(id).filter(|answer| answer.code == *code)
    }

    /// The latest moment at which the GMC answered anything while the run went on.
    pub(super) fn answered_last(&self, world: &World) -> Option<Moment> {
        let moments = &self.run.moments;
        let until = moments.sweeping.unwrap_or(moments.expires);
        let is_of_run = |at: &Moment| *at >= moments.opened && *at <= until;
        world.answers.iter().map(|answer| answer.at).filter(is_of_run).max()
    }

    /// Whether every look was taken.
    pub(super) fn is_looked_over(&self, world: &World) -> bool {
        self.run.looks.is_some_and(|looks| {
            let of_sending = |known: &&(domain::RunNumber, uuid::Uuid, u32)| {
                known.0 == self.run.number && known.1 == looks.id
            };
            world.looks.iter().filter(of_sending).count() >= looks.count as usize
        })
    }
}
