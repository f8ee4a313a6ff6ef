//! What a population is made of, and how its doctors are shared out among the designated bodies.

use crate::generate::MOST_DOCTORS;
use crate::random::Random;

/// The designated bodies of today, each a code and a name (docs/domain.md §3).
pub const BODIES: [(&str, &str); 13] = [
    ("1-1RSG4X0", "Yorkshire and the Humber"),
    ("1-1RSSPZ7", "East Midlands"),
    ("1-1RSSQ05", "East of England"),
    ("1-1RSSQ1B", "North East"),
    ("1-1RSSQ2H", "North West"),
    ("1-1RSSQ5L", "South London"),
    ("1-1RSSQ6R", "Thames Valley"),
    ("1-1RUZUSF", "Wessex"),
    ("1-1RUZUVB", "South West"),
    ("1-1RUZUYF", "West Midlands"),
    ("1-1RUZV1D", "Kent, Surrey and Sussex"),
    ("1-1RUZV4H", "North Central and East London"),
    ("1-1RUZV6H", "North West London"),
];

/// How many doctors of 1,000 each of 13 bodies has; more bodies begin again. The largest of 60,000 is 7,440.
const SHARES: [u32; 13] = [86, 78, 92, 55, 124, 84, 52, 58, 81, 103, 72, 66, 49];

/// What a population is made of.
#[derive(Debug, Clone)]
pub struct PopulationConfig {
    /// How many doctors are connected on night 0.
    pub doctors: u32,
    /// The codes of the designated bodies: opaque, not empty, each once.
    pub bodies: Vec<String>,
    /// The same seed (with the same numbers above) gives the same doctors.
    pub seed: u64,
}

impl Default for PopulationConfig {
    /// 60,000 doctors in the 13 bodies of [`BODIES`], seed 1.
    fn default() -> Self {
        Self { doctors: 60_000, bodies: BODIES.map(|(code, _)| code.to_owned()).into(), seed: 1 }
    }
}

impl PopulationConfig {
    /// Whether a population can be made of it.
    pub(crate) fn check(&self) -> Result<(), PopulationError> {
        if self.doctors > MOST_DOCTORS {
            return Err(PopulationError::TooManyDoctors(self.doctors));
        }
        if self.bodies.is_empty() {
            return Err(PopulationError::NoBodies);
        }
        if self.bodies.len() > 10_000 {
            return Err(PopulationError::TooManyBodies(self.bodies.len()));
        }
        for (place, code) in self.bodies.iter().enumerate() {
            check_code(code)?;
            if self.bodies[..place].contains(code) {
                return Err(PopulationError::BodyTwice(code.clone()));
            }
        }
        Ok(())
    }
}

/// Why a population cannot be made, or changed by hand.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PopulationError {
    /// There are not enough numbers of seven digits.
    #[error("{0} doctors are more than {MOST_DOCTORS}, for whom there are gmc numbers")]
    TooManyDoctors(u32),
    /// No designated body was given.
    #[error("a population needs at least one designated body")]
    NoBodies,
    /// More than 10,000 designated bodies were given.
    #[error("{0} designated bodies are more than 10000")]
    TooManyBodies(usize),
    /// A code is empty or has white space in it.
    #[error("`{0}` is no code of a designated body: it must not be empty or hold white space")]
    BadBody(String),
    /// A code was given twice.
    #[error("the designated body {0} is given twice")]
    BodyTwice(String),
    /// No doctor is connected to it and none can be.
    #[error("the population has no designated body {0}")]
    UnknownBody(String),
    /// Not seven digits.
    #[error("`{0}` is no gmc number: seven digits are expected")]
    BadNumber(String),
    /// The number is nobody's.
    #[error("the population has no doctor {0}")]
    UnknownDoctor(String),
    /// The table holds some 65,000 different texts.
    #[error("the population holds too many different texts to take `{0}` as well")]
    TooManyTexts(String),
}

/// Whether a text can be the code of a designated body.
pub(crate) fn check_code(code: &str) -> Result<(), PopulationError> {
    if code.is_empty() || code.contains(char::is_whitespace) {
        return Err(PopulationError::BadBody(code.to_owned()));
    }
    Ok(())
}

/// One of the bodies, the larger the likelier.
pub(crate) fn some_body(random: &mut Random, bodies: usize) -> u16 {
    let mut left = random.below(shares(bodies).sum());
    for (group, share) in (0..).zip(shares(bodies)) {
        if left < share {
            return group;
        }
        left -= share;
    }
    0
}

fn shares(bodies: usize) -> impl Iterator<Item = u32> {
    SHARES.into_iter().cycle().take(bodies)
}

/// The group of each doctor, body after body: every body has its share to the nearest doctor.
pub(crate) fn quotas(doctors: u32, bodies: usize) -> Vec<u16> {
    let total: u64 = shares(bodies).map(u64::from).sum();
    let mut groups = Vec::with_capacity(doctors as usize);
    let mut sum = 0;
    for (group, share) in (0_u16..).zip(shares(bodies)) {
        sum += u64::from(share);
        let end = u64::from(doctors) * sum / total;
        groups.resize(usize::try_from(end).unwrap_or(groups.len()), group);
    }
    groups
}
