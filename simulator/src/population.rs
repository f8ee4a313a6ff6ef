//! The doctors whom the simulated GMC knows, and the designated body of each.
//!
//! A population is made of a seed and is the same on every machine; [`Population::advance`] makes one day's
//! changes. It is compact (28 bytes a doctor and 8 for the two orders), since a million doctors live beside
//! the system under test.

use std::sync::Arc;

use crate::config::{PopulationConfig, PopulationError, check_code, quotas};
use crate::doctor::{Doctor, Edit, Entry};
use crate::generate::{self, Numbers};
use crate::random::Random;
use crate::texts::{Day, Texts};

/// The day of night 0: 23 November 2026, as in the sample answer.
const FIRST_NIGHT: Day = 20_780;

/// Everybody whom the simulated GMC knows.
#[derive(Debug, Clone)]
pub struct Population {
    pub(crate) seed: u64,
    pub(crate) night: u32,
    bodies: Vec<String>,
    pub(crate) doctors: Vec<Entry>,
    /// Places in `doctors`, by number.
    by_number: Vec<u32>,
    /// Places in `doctors`, ascending, for each body; at the end, those of nobody.
    pub(crate) groups: Vec<Vec<u32>>,
    pub(crate) texts: Arc<Texts>,
    numbers: Numbers,
}

impl Population {
    /// The population of night 0: all doctors are connected, each body has another share.
    pub fn new(config: PopulationConfig) -> Result<Self, PopulationError> {
        config.check()?;
        let PopulationConfig { doctors, bodies, seed } = config;
        let mut population = Self {
            seed,
            night: 0,
            doctors: Vec::with_capacity(room_for(doctors as usize)),
            by_number: Vec::with_capacity(room_for(doctors as usize)),
            groups: vec![Vec::new(); bodies.len() + 1],
            bodies,
            texts: Arc::new(Texts::new()),
            numbers: Numbers::new(seed),
        };
        population.fill(doctors);
        Ok(population)
    }

    /// The population of the n-th night: a new one, and n days of changes.
    pub fn at_night(config: PopulationConfig, night: u32) -> Result<Self, PopulationError> {
        let mut population = Self::new(config)?;
        for _ in 0..night {
            population.advance();
        }
        Ok(population)
    }

    /// How many days this population has advanced.
    pub fn night(&self) -> u32 {
        self.night
    }

    /// The codes of the designated bodies.
    pub fn bodies(&self) -> &[String] {
        &self.bodies
    }

    /// How many doctors are connected to some body.
    pub fn connected(&self) -> usize {
        self.groups[..self.bodies.len()].iter().map(Vec::len).sum()
    }

    /// How many doctors a body has; none if there is no such body.
    pub fn size_of(&self, body: &str) -> Option<usize> {
        Some(self.groups[usize::from(self.group_of(body)?)].len())
    }

    /// The doctors of one body, always in the same order; none if there is no such body.
    pub fn doctors_of(&self, body: &str) -> impl Iterator<Item = Doctor<'_>> {
        self.entries(self.group_of(body)).map(|entry| self.shown(entry))
    }

    /// Every doctor, those without a body included.
    pub fn doctors(&self) -> impl Iterator<Item = Doctor<'_>> {
        self.doctors.iter().map(|entry| self.shown(entry))
    }

    /// One doctor by GMC number.
    pub fn doctor(&self, number: &str) -> Option<Doctor<'_>> {
        self.place_of(parse(number).ok()?).ok().map(|place| self.shown(&self.doctors[place]))
    }

    /// The code of the body to which a doctor is connected; none for an unknown doctor as well.
    pub fn body_of(&self, number: &str) -> Option<&str> {
        let place = self.place_of(parse(number).ok()?).ok()?;
        self.code_of(self.doctors[place].group)
    }

    /// Connects a doctor to a body, from wherever the doctor is. An unknown number is a new doctor, whose
    /// details follow from the number and the seed.
    pub fn connect(&mut self, number: &str, body: &str) -> Result<(), PopulationError> {
        let group = self.group_of(body).ok_or_else(|| PopulationError::UnknownBody(body.to_owned()))?;
        let number = parse(number)?;
        if let Ok(place) = self.place_of(number) {
            self.put_in_group(place, group);
        } else {
            let random = &mut Random::new(self.seed, u64::from(number) << 32);
            self.push(generate::doctor(&self.texts, random, number, group, self.today()));
        }
        Ok(())
    }

    /// Disconnects a doctor: the doctor is in nobody's answer.
    pub fn disconnect(&mut self, number: &str) -> Result<(), PopulationError> {
        let place = self.known(number)?;
        self.put_in_group(place, self.nobody());
        Ok(())
    }

    /// Changes a doctor's fields.
    pub fn edit(&mut self, number: &str, edit: Edit<'_>) -> Result<(), PopulationError> {
        let place = self.known(number)?;
        let mut entry = self.doctors[place];
        let fields = [
            (&mut entry.first_name, edit.first_name),
            (&mut entry.last_name, edit.last_name),
            (&mut entry.submission_date, edit.submission_date),
            (&mut entry.status, edit.status),
            (&mut entry.breach, edit.breach),
            (&mut entry.date_added, edit.date_added),
            (&mut entry.under_notice, edit.under_notice),
            (&mut entry.investigation, edit.investigation),
            (&mut entry.preliminary_investigation, edit.preliminary_investigation),
            (&mut entry.sanction, edit.sanction),
        ];
        for (field, text) in fields {
            let Some(text) = text else { continue };
            let handle = Arc::make_mut(&mut self.texts).intern(text);
            *field = handle.ok_or_else(|| PopulationError::TooManyTexts(text.as_str().to_owned()))?;
        }
        self.doctors[place] = entry;
        Ok(())
    }

    /// Gives a body another code; its doctors stay (all codes were replaced in one night of March 2023).
    pub fn rename_body(&mut self, from: &str, to: &str) -> Result<(), PopulationError> {
        let group = self.group_of(from).ok_or_else(|| PopulationError::UnknownBody(from.to_owned()))?;
        check_code(to)?;
        if from != to && self.group_of(to).is_some() {
            return Err(PopulationError::BodyTwice(to.to_owned()));
        }
        to.clone_into(&mut self.bodies[usize::from(group)]);
        Ok(())
    }

    /// The stored doctors of a body, in the order of the answer.
    pub(crate) fn entries(&self, group: Option<u16>) -> impl ExactSizeIterator<Item = &Entry> {
        let places = group.map_or(&[][..], |group| &self.groups[usize::from(group)]);
        places.iter().map(|place| &self.doctors[*place as usize])
    }

    pub(crate) fn group_of(&self, body: &str) -> Option<u16> {
        let place = self.bodies.iter().position(|code| code == body)?;
        u16::try_from(place).ok()
    }

    pub(crate) fn code_of(&self, group: u16) -> Option<&str> {
        self.bodies.get(usize::from(group)).map(String::as_str)
    }

    /// The group of those who are connected to no body.
    pub(crate) fn nobody(&self) -> u16 {
        u16::try_from(self.bodies.len()).unwrap_or(u16::MAX)
    }

    pub(crate) fn today(&self) -> Day {
        let days = u16::try_from(self.night).unwrap_or(u16::MAX);
        FIRST_NIGHT.saturating_add(days).min(crate::texts::LAST_DAY)
    }

    /// Moves a doctor to another body or to nobody; the orders stay true.
    pub(crate) fn put_in_group(&mut self, place: usize, group: u16) {
        let entry = &mut self.doctors[place];
        let from = std::mem::replace(&mut entry.group, group);
        let Ok(place) = u32::try_from(place) else { return };
        let leaving = &mut self.groups[usize::from(from)];
        if let Ok(at) = leaving.binary_search(&place) {
            leaving.remove(at);
        }
        insert(&mut self.groups[usize::from(group)], place);
    }

    /// Adds a doctor with a number that nobody has; none when all numbers are used.
    pub(crate) fn join(&mut self, random: &mut Random, group: u16) -> Option<usize> {
        let number = loop {
            let number = self.numbers.next()?;
            // somebody connected by hand may have it
            if self.place_of(number).is_err() {
                break number;
            }
        };
        let mut entry = generate::doctor(&self.texts, random, number, group, self.today());
        entry.date_added = self.texts.date(self.today());
        Some(self.push(entry))
    }

    fn push(&mut self, entry: Entry) -> usize {
        let place = self.doctors.len();
        make_room(&mut self.doctors);
        make_room(&mut self.by_number);
        self.doctors.push(entry);
        if let (Ok(stored), Err(at)) = (u32::try_from(place), self.place_in_order(entry.number)) {
            self.by_number.insert(at, stored);
            insert(&mut self.groups[usize::from(entry.group)], stored);
        }
        place
    }

    fn fill(&mut self, doctors: u32) {
        let random = &mut Random::new(self.seed, 2);
        let mut groups = quotas(doctors, self.bodies.len());
        for (group, places) in (0..).zip(&mut self.groups) {
            places.reserve_exact(room_for(groups.iter().filter(|of| **of == group).count()));
        }
        random.shuffle(&mut groups);
        let mut ordered = Vec::with_capacity(groups.len());
        for (place, group) in (0_u32..).zip(&groups) {
            let Some(number) = self.numbers.next() else { break };
            self.doctors.push(generate::doctor(&self.texts, random, number, *group, FIRST_NIGHT));
            self.groups[usize::from(*group)].push(place);
            ordered.push((number, place));
        }
        ordered.sort_unstable();
        self.by_number.extend(ordered.iter().map(|(_, place)| *place));
    }

    fn known(&self, number: &str) -> Result<usize, PopulationError> {
        let unknown = |_| PopulationError::UnknownDoctor(number.to_owned());
        self.place_of(parse(number)?).map_err(unknown)
    }

    /// Where in `doctors` the number is, or where in the order it would be.
    fn place_of(&self, number: u32) -> Result<usize, usize> {
        self.place_in_order(number).map(|at| self.by_number[at] as usize)
    }

    fn place_in_order(&self, number: u32) -> Result<usize, usize> {
        self.by_number.binary_search_by_key(&number, |place| self.doctors[*place as usize].number)
    }

    fn shown(&self, entry: &Entry) -> Doctor<'_> {
        let text = |handle| self.texts.get(handle);
        Doctor {
            number: seven_digits(entry.number),
            body: self.code_of(entry.group),
            first_name: text(entry.first_name),
            last_name: text(entry.last_name),
            submission_date: text(entry.submission_date),
            status: text(entry.status),
            breach: text(entry.breach),
            date_added: text(entry.date_added),
            under_notice: text(entry.under_notice),
            investigation: text(entry.investigation),
            preliminary_investigation: text(entry.preliminary_investigation),
            sanction: text(entry.sanction),
        }
    }
}

pub(crate) fn seven_digits(number: u32) -> String {
    format!("{number:07}")
}

fn insert(places: &mut Vec<u32>, place: u32) {
    if let Err(at) = places.binary_search(&place) {
        make_room(places);
        places.insert(at, place);
    }
}

/// Grows a full list by a little; doubling it would cost as much again as everybody.
fn make_room<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact(room_for(list.len()) - list.len());
    }
}

/// A little more than now, for those who join.
fn room_for(doctors: usize) -> usize {
    doctors + doctors / 64 + 16
}

fn parse(number: &str) -> Result<u32, PopulationError> {
    let digits = number.len() == 7 && number.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = number.parse().ok().filter(|_| digits);
    parsed.ok_or_else(|| PopulationError::BadNumber(number.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doctor_is_stored_in_32_bytes_at_most() {
        assert!(size_of::<Entry>() <= 32);
    }

    #[test]
    fn a_million_doctors_cost_less_than_40_mb_also_after_a_day() {
        let config = PopulationConfig { doctors: 1_000_000, ..PopulationConfig::default() };
        let population = Population::at_night(config, 1).unwrap();
        let places =
            population.by_number.capacity() + population.groups.iter().map(Vec::capacity).sum::<usize>();
        let bytes = population.doctors.capacity() * size_of::<Entry>() + places * size_of::<u32>();
        assert!(bytes < 40_000_000, "{bytes} bytes");
    }
}
