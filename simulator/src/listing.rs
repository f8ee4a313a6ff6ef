//! The doctors of one answer: taken from the population at one moment, and made wrong by a fault.

use std::sync::Arc;

use crate::doctor::Entry;
use crate::faults::Fault;
use crate::population::Population;
use crate::texts::{Handle, Text, Texts};

/// From here on an entry's number stands for something that is no number.
const NO_NUMBERS: u32 = 10_000_000;
const NIL: u32 = NO_NUMBERS;
const EMPTY: u32 = NO_NUMBERS + 1;
const ABSENT: u32 = NO_NUMBERS + 2;
const UNKNOWN: u32 = NO_NUMBERS + 3;

/// A copy of 28 bytes a doctor: the population can change while the answer is on its way.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<Entry>,
    pub(crate) texts: Arc<Texts>,
}

/// The number of an entry as the answer shows it.
pub(crate) enum ShownNumber {
    Digits(u32),
    Other(Text<'static>),
}

impl Listing {
    /// The doctors of a group, with what the fault does to them.
    pub(crate) fn new(population: &Population, group: u16, fault: Option<Fault>) -> Self {
        let entries = population.entries(Some(group)).copied().collect();
        let mut listing = Self { entries, texts: Arc::clone(&population.texts) };
        match fault {
            Some(Fault::Empty) => listing.entries.clear(),
            Some(Fault::Half) => listing.entries.truncate(listing.entries.len() / 2),
            Some(Fault::TwoBodies) => listing.add_from_next(population, group),
            Some(Fault::DuplicateNumbers) => {
                let again: Vec<_> =
                    touched(Fault::DuplicateNumbers, listing.entries.iter().copied()).collect();
                listing.entries.extend(again);
            }
            Some(fault) => listing.spoil(fault),
            None => {}
        }
        listing
    }

    fn spoil(&mut self, fault: Fault) {
        let odd_dates = self.texts.odd_dates();
        for (turn, entry) in touched(fault, self.entries.iter_mut()).enumerate() {
            match fault {
                Fault::NullNumbers | Fault::AllNullNumbers => entry.number = [NIL, EMPTY, ABSENT][turn % 3],
                Fault::UnknownNumbers => entry.number = UNKNOWN,
                Fault::EmptyUnderNotice => entry.under_notice = Handle::EMPTY,
                Fault::OddDates => {
                    entry.submission_date = odd_dates.at(turn);
                    entry.date_added = odd_dates.at(turn + 1);
                }
                _ => {}
            }
        }
    }

    /// The next body that has doctors lends some of them.
    fn add_from_next(&mut self, population: &Population, group: u16) {
        let bodies = population.nobody();
        let others = (1..bodies).map(|step| (group + step) % bodies);
        let next = others.map(|other| population.entries(Some(other))).find(|entries| entries.len() > 0);
        if let Some(entries) = next {
            self.entries.extend(touched(Fault::TwoBodies, entries.copied()));
        }
    }
}

impl Entry {
    pub(crate) fn shown_number(&self) -> ShownNumber {
        match self.number {
            NIL => ShownNumber::Other(Text::Nil),
            EMPTY => ShownNumber::Other(Text::Empty),
            ABSENT => ShownNumber::Other(Text::Absent),
            UNKNOWN => ShownNumber::Other(Text::Value("UNKNOWN")),
            number => ShownNumber::Digits(number),
        }
    }
}

fn touched<T>(fault: Fault, entries: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    entries.enumerate().filter(move |(place, _)| fault.touches(*place)).map(|(_, entry)| entry)
}
