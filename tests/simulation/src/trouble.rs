//! What is broken in a schedule, how much of it, and what has been.

use std::collections::BTreeMap;

use domain::{GmcNumber, Moment};

use crate::world::{Engine, World};

/// How much of each kind of trouble is left to be made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) failed_before: u32,
    pub(crate) failed_after: u32,
    pub(crate) refused_for_good: u32,
    pub(crate) killed: u32,
    pub(crate) paused: u32,
    pub(crate) hiding_late: u32,
    pub(crate) delivered_twice: u32,
    pub(crate) acknowledgement_lost: u32,
    pub(crate) delivered_late: u32,
    pub(crate) foreign_messages: u32,
    pub(crate) outages: u32,
    pub(crate) foreign_writes: u32,
    pub(crate) foreign_index_writes: u32,
    pub(crate) gmc_changes: u32,
    pub(crate) gmc_failures: u32,
    pub(crate) gmc_lies: u32,
    pub(crate) other_runs: u32,
    pub(crate) aborts: u32,
    pub(crate) items_failed: u32,
}

impl Trouble {
    /// One schedule in eight is calm. In the others a kind is left out, or there is some or much of it: so that much of
    /// a few kinds together is met as well as a little of everything.
    pub(crate) fn any(random: &mut fastrand::Rng) -> Self {
        let is_calm = random.u32(..8) == 0;
        let mut up_to = |most: u32| {
            let much = match random.u32(..8) {
                0 | 1 => 0,
                2 => most * 3,
                _ => random.u32(..=most),
            };
            if is_calm { 0 } else { much }
        };
        Self {
            failed_before: up_to(6),
            failed_after: up_to(6),
            refused_for_good: up_to(4).saturating_sub(3).min(2),
            killed: up_to(8),
            paused: up_to(6),
            hiding_late: up_to(3),
            delivered_twice: up_to(8),
            acknowledgement_lost: up_to(6),
            delivered_late: up_to(4),
            foreign_messages: up_to(4).saturating_sub(3),
            outages: up_to(2).min(3),
            foreign_writes: up_to(12),
            foreign_index_writes: up_to(4),
            gmc_changes: up_to(6),
            gmc_failures: up_to(4),
            gmc_lies: up_to(2),
            other_runs: up_to(3),
            aborts: up_to(1),
            items_failed: up_to(8),
        }
    }
}

/// What the database does with a document, whoever writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refuses {
    /// It takes the place and nothing else: something in the rest cannot be stored.
    AllButThePlace,
    /// It takes no statement about this document.
    Everything,
}

impl World {
    /// Whether trouble of a kind happens now: one time in `rarity`, while there is any left.
    pub(crate) fn strikes(
        &mut self,
        of: fn(&mut Trouble) -> &mut u32,
        rarity: u32,
        name: &'static str,
    ) -> bool {
        let left = of(&mut self.trouble);
        if *left == 0 || self.random.u32(..rarity) != 0 {
            return false;
        }
        *left -= 1;
        self.count(name);
        true
    }

    /// Counts something that happened, and tells it.
    pub(crate) fn count(&mut self, name: &'static str) {
        *self.made.entry(name).or_default() += 1;
        self.note(|| format!("! {name}"));
    }

    /// Takes an engine away for a while: from a blink to longer than all redeliveries.
    pub(crate) fn take_an_engine_away(&mut self) {
        let engine = [Engine::Database, Engine::Index, Engine::Queues][self.random.usize(..3)];
        let span = [2_000, 60_000, 20 * 60_000, 150 * 60_000][self.random.usize(..4)];
        self.count(match (engine, span > 30 * 60_000) {
            (Engine::Database, false) => "database away",
            (Engine::Database, true) => "database away for longer than all redeliveries",
            (Engine::Index, false) => "index away",
            (Engine::Index, true) => "index away for longer than all redeliveries",
            (Engine::Queues, false) => "queues away",
            (Engine::Queues, true) => "queues away for longer than all redeliveries",
        });
        self.note(|| format!("{engine:?} is away for {} s", span / 1_000));
        self.away_until.insert(engine, Moment(self.now.0 + span));
    }

    /// Whether the document refuses a write; only the place, or anything.
    pub(crate) fn refuses(&self, number: GmcNumber) -> Option<Refuses> {
        self.refusing.get(&number).copied()
    }
}

/// Cuts `all` at random places: the whole, or parts down to single items. A statement about many documents, a reading
/// of many, and a request with many items are not one step: others come in between, and it may fail half-way.
pub(crate) fn parts<'a, T>(random: &mut fastrand::Rng, all: &'a [T]) -> Vec<&'a [T]> {
    let mut parts = Vec::new();
    let mut rest = all;
    let is_in_one = random.u32(..3) > 0;
    while !is_in_one && rest.len() > 1 && parts.len() < 8 {
        let (part, others) = rest.split_at(random.usize(1..=rest.len().min(6)));
        parts.push(part);
        rest = others;
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

/// How often something happened, by its name.
pub type Made = BTreeMap<&'static str, u64>;
