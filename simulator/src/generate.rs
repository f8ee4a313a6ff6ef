//! One doctor, made of random numbers: what the fields hold, and how often a field holds nothing.

use crate::doctor::Entry;
use crate::random::Random;
use crate::texts::{Day, Handle, Range, Texts};

/// The largest prime below 10,000,000: every seven-digit number but the last few is below it.
const MODULUS: u64 = 9_999_991;

/// More doctors than this would leave no numbers for those who join.
pub(crate) const MOST_DOCTORS: u32 = 9_000_000;

/// GMC numbers in a random-looking order without repetition: the multiples of one number modulo a prime.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    multiplier: u64,
    used: u64,
}

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed, 1);
        Self { multiplier: 1_000_000 + u64::from(random.below(8_000_000)), used: 0 }
    }

    /// The next number, never given before; none when all are used.
    pub(crate) fn next(&mut self) -> Option<u32> {
        self.used += 1;
        if self.used >= MODULUS {
            return None;
        }
        u32::try_from(self.multiplier * self.used % MODULUS).ok()
    }
}

/// A doctor as registered by this day, in the group (body) given.
pub(crate) fn doctor(texts: &Texts, random: &mut Random, number: u32, group: u16, today: Day) -> Entry {
    Entry {
        number,
        group,
        first_name: if random.once_in(20_000) { Handle::ABSENT } else { first_name(texts, random) },
        last_name: last_name(texts, random),
        submission_date: submission_date(texts, random, today),
        status: status(texts, random),
        breach: seldom_yes(texts, random),
        date_added: date_added(texts, random, today),
        under_notice: under_notice(texts, random),
        investigation: seldom_yes(texts, random),
        preliminary_investigation: seldom_yes(texts, random),
        sanction: sanction(texts, random),
    }
}

/// Mostly a name of one part; one doctor in ten has two.
pub(crate) fn last_name(texts: &Texts, random: &mut Random) -> Handle {
    let names = texts.last_names();
    let simple = crate::names::LAST.len();
    let place = if random.once_in(10) {
        simple + random.index(names.len().saturating_sub(simple))
    } else {
        random.index(simple)
    };
    names.at(place)
}

/// A revalidation's day: some are overdue, most are in the next five years.
pub(crate) fn submission_day(random: &mut Random, today: Day) -> Day {
    (today - 90).saturating_add(below(random, 1_915))
}

fn first_name(texts: &Texts, random: &mut Random) -> Handle {
    let names = texts.first_names();
    names.at(random.index(names.len()))
}

fn submission_date(texts: &Texts, random: &mut Random, today: Day) -> Handle {
    let date = texts.date(submission_day(random, today));
    match random.below(1000) {
        0 => Handle::ABSENT,
        1..5 => Handle::EMPTY,
        _ => date,
    }
}

fn date_added(texts: &Texts, random: &mut Random, today: Day) -> Handle {
    let date = texts.date(today.saturating_sub(below(random, 6_000)));
    if random.once_in(1000) { Handle::EMPTY } else { date }
}

/// Nine in ten are not under notice; one in 10,000 comes without, as in October 2023 (docs/domain.md §2).
fn under_notice(texts: &Texts, random: &mut Random) -> Handle {
    let [no, yes, on_hold] = [0, 1, 2];
    match random.below(10_000) {
        0 => Handle::EMPTY,
        1..800 => texts.under_notice().at(yes),
        800..1_000 => texts.under_notice().at(on_hold),
        // the same words in another case
        1_000..1_010 => texts.under_notice().at(3 + random.index(3)),
        _ => texts.under_notice().at(no),
    }
}

fn status(texts: &Texts, random: &mut Random) -> Handle {
    if random.once_in(100) { Handle::NIL } else { pick(texts.status(), random) }
}

fn seldom_yes(texts: &Texts, random: &mut Random) -> Handle {
    let [no, yes] = [0, 1];
    match random.below(1000) {
        0..10 => Handle::ABSENT,
        10..25 => texts.yes_no().at(yes),
        _ => texts.yes_no().at(no),
    }
}

fn sanction(texts: &Texts, random: &mut Random) -> Handle {
    match random.below(1000) {
        0 => Handle::EMPTY,
        1..16 => pick(texts.sanction(), random),
        _ => texts.sanction().at(0),
    }
}

fn pick(range: Range, random: &mut Random) -> Handle {
    range.at(random.index(range.len()))
}

fn below(random: &mut Random, bound: u16) -> u16 {
    u16::try_from(random.below(u32::from(bound))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_never_repeat_and_have_seven_digits() {
        let mut numbers = Numbers::new(7);
        let mut seen: Vec<u32> = (0..200_000).filter_map(|_| numbers.next()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 200_000);
        assert!(seen.iter().all(|number| (1..10_000_000).contains(number)));
        assert!(seen.iter().any(|number| *number < 1_000_000), "some begin with a zero");
    }

    #[test]
    fn numbers_end_when_all_are_used() {
        let mut numbers = Numbers { multiplier: 3, used: MODULUS - 2 };
        assert!(numbers.next().is_some());
        assert!(numbers.next().is_none());
    }
}
