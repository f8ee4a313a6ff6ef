//! What follows from the GMC's answers for each doctor: written from docs/domain.md and the rules of the roll call,
//! without the code that is tested.

use std::collections::{BTreeMap, BTreeSet};

use simulator::Population;

use crate::night::Night;
use crate::snapshot::Snapshot;

/// What is to become of one doctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// In this body, with the GMC's fields.
    Named(String),
    /// Hidden in this body, and otherwise as before.
    Left(String),
    /// As before in every field; also for who had no document.
    AsBefore,
}

/// What the GMC answered for one body.
#[derive(Clone, Debug)]
struct Answer {
    named: BTreeSet<String>,
    is_done: bool,
}

/// The answers of a night, and what else is known of it.
#[derive(Clone, Debug)]
pub struct Expected {
    answers: BTreeMap<String, Answer>,
    /// The bodies that were asked, with an answer or without.
    asked: BTreeSet<String>,
    /// Whether every body there is was asked.
    pub(crate) is_whole: bool,
    is_held_or_failed: bool,
    /// Fields in which the answer says nothing that can be used: what was stored is left.
    pub(crate) left_as_stored: BTreeMap<String, BTreeSet<&'static str>>,
    /// Doctors whom the test looks at itself.
    excepted: BTreeSet<String>,
}

impl Expected {
    /// Every body answers, truly and whole.
    pub fn of(night: &Night) -> Self {
        night.population(|gmc| Self::of_gmc(gmc))
    }

    /// The same for a night that is run elsewhere, against this GMC.
    pub fn of_gmc(gmc: &Population) -> Self {
        let named = |code: &str| gmc.doctors_of(code).map(|doctor| doctor.number).collect();
        let answer = |code: &String| (code.clone(), Answer { named: named(code), is_done: true });
        let answers: BTreeMap<String, Answer> = gmc.bodies().iter().map(answer).collect();
        Self {
            asked: answers.keys().cloned().collect(),
            answers,
            is_whole: true,
            is_held_or_failed: false,
            left_as_stored: BTreeMap::new(),
            excepted: BTreeSet::new(),
        }
    }

    /// There is no answer for this body.
    #[must_use]
    pub fn failed(mut self, body: &str) -> Self {
        self.answers.remove(body).expect("a body");
        self.is_held_or_failed = true;
        self
    }

    /// The answer for this body is held.
    #[must_use]
    pub fn held(mut self, body: &str) -> Self {
        self.answers.get_mut(body).expect("a body").is_done = false;
        self.is_held_or_failed = true;
        self
    }

    /// The answer for this body names these doctors.
    #[must_use]
    pub fn names(mut self, body: &str, numbers: impl IntoIterator<Item = String>) -> Self {
        self.answers.get_mut(body).expect("a body").named = numbers.into_iter().collect();
        self
    }

    /// Only these bodies are asked.
    #[must_use]
    pub fn only(mut self, bodies: &[&str]) -> Self {
        self.answers.retain(|code, _| bodies.contains(&code.as_str()));
        self.asked.retain(|code| bodies.contains(&code.as_str()));
        self.is_whole = false;
        self
    }

    /// What the answer says of this doctor in these fields cannot be used.
    #[must_use]
    pub fn leaves(mut self, doctor: &str, fields: impl IntoIterator<Item = &'static str>) -> Self {
        self.left_as_stored.entry(doctor.to_owned()).or_default().extend(fields);
        self
    }

    /// The test looks at these doctors itself.
    #[must_use]
    pub fn except<S: Into<String>>(mut self, doctors: impl IntoIterator<Item = S>) -> Self {
        self.excepted.extend(doctors.into_iter().map(Into::into));
        self
    }

    /// Whether the body was asked.
    pub(crate) fn asks(&self, body: &str) -> bool {
        self.asked.contains(body)
    }

    /// Whether who has left is known to be in nobody's answer.
    pub(crate) fn marks_gone(&self) -> bool {
        self.is_whole && !self.is_held_or_failed
    }

    pub(crate) fn is_on_a_roll(&self, doctor: &str, before: &Snapshot) -> bool {
        before.code(doctor).is_some_and(|code| self.asked.contains(code))
    }

    pub(crate) fn is_excepted(&self, doctor: &str) -> bool {
        self.excepted.contains(doctor)
    }

    /// What is to become of a doctor. Who is named by two stays in the body of the roll.
    pub(crate) fn wanted(&self, doctor: &str, before: &Snapshot) -> Wanted {
        let roll = before.code(doctor);
        let naming: Vec<&String> = self
            .answers
            .iter()
            .filter(|(_, answer)| answer.named.contains(doctor))
            .map(|(code, _)| code)
            .collect();
        if let Some(body) = naming.iter().find(|code| roll == Some(code.as_str())).or(naming.first()) {
            assert!(naming.len() == 1 || roll == Some(body.as_str()), "{doctor} is expected in two bodies");
            return Wanted::Named((*body).clone());
        }
        match roll {
            Some(body) if self.answers.get(body).is_some_and(|answer| answer.is_done) => {
                Wanted::Left(body.to_owned())
            }
            _ => Wanted::AsBefore,
        }
    }
}
