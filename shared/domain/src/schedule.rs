//! When the night starts: Spring's and `EventBridge`'s schedule expressions (docs/domain.md §1 and §8).
//!
//! The expression lives in Parameter Store. It was written for Spring (six fields, seconds first, `-` for off);
//! `EventBridge`'s own `cron(...)` and `rate(...)` are read as well. Either becomes the text that a rule is given, in
//! forms that `EventBridge` documents, and croner reads that text to say when the rule fires, in UTC. An expression that
//! has no such text is refused.
//!
//! Sources: the `EventBridge` user guide, "Cron expressions reference" and "Rate expressions reference"; Spring's
//! `org.springframework.scheduling.support.CronExpression`, 5.3 and later.

mod cron;
mod field;
mod utc;

use std::fmt;

use jiff::Timestamp;

pub use cron::Cron;

use self::field::whole_number;

/// The longest expression that `PutRule` accepts, in bytes.
const MAX_LENGTH: usize = 256;

/// A schedule expression that a rule of `EventBridge` can follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// `-`: nothing starts by itself.
    Off,
    /// A cron expression, in either notation.
    Cron(Box<Cron>),
    /// `EventBridge`'s `rate(value unit)`.
    Rate(String),
}

/// Why an expression is refused: the field, what stands there, and what would work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScheduleError(String);

impl Schedule {
    /// Reads an expression; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let text = text.trim();
        check_length(text)?;
        if text == "-" {
            return Ok(Self::Off);
        }
        if let Some(fields) = arguments_of("cron", text) {
            return Ok(Self::Cron(Box::new(Cron::eventbridge(text, fields)?)));
        }
        if let Some(arguments) = arguments_of("rate", text) {
            return rate(arguments).map(Self::Rate);
        }
        if text.is_empty() || text.contains(['(', ')']) {
            return Err(ScheduleError(format!(
                "{text:?} is no schedule expression: write Spring's six fields, cron(...), rate(...), or - for off"
            )));
        }
        Ok(Self::Cron(Box::new(Cron::spring(text)?)))
    }

    /// The expression that a rule is given; `None` when the schedule is off.
    pub fn expression(&self) -> Option<&str> {
        match self {
            Self::Off => None,
            Self::Cron(cron) => Some(&cron.expression),
            Self::Rate(rate) => Some(rate),
        }
    }

    /// The second of the minute, 1 to 59, for which Spring waits: a rule fires at any moment within its minute.
    pub fn dropped_second(&self) -> Option<u8> {
        self.cron()?.dropped_second
    }

    /// The minute in which the rule fires next, after `timestamp`.
    ///
    /// `None` when it never fires again, when the schedule is off, and for a rate, which counts from the moment its
    /// rule was made.
    pub fn next_after(&self, timestamp: Timestamp) -> Option<Timestamp> {
        self.cron()?.next_after(timestamp)
    }

    /// The minute in which the rule fired last, at `timestamp` or before; `None` as for [`Schedule::next_after`].
    pub fn previous_at_or_before(&self, timestamp: Timestamp) -> Option<Timestamp> {
        self.cron()?.previous_at_or_before(timestamp)
    }

    fn cron(&self) -> Option<&Cron> {
        match self {
            Self::Cron(cron) => Some(cron),
            Self::Off | Self::Rate(_) => None,
        }
    }
}

/// Shows a cron expression as it was written.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cron().map(|cron| &*cron.written).or(self.expression()).unwrap_or("-"))
    }
}

fn check_length(expression: &str) -> Result<(), ScheduleError> {
    match expression.len() {
        0..=MAX_LENGTH => Ok(()),
        length => Err(ScheduleError(format!(
            "an expression of {length} characters: EventBridge accepts {MAX_LENGTH}"
        ))),
    }
}

/// What stands between the brackets of `name(...)`.
fn arguments_of<'a>(name: &str, text: &'a str) -> Option<&'a str> {
    let (found, rest) = text.split_once('(')?;
    found.trim_end().eq_ignore_ascii_case(name).then_some(rest.strip_suffix(')')?)
}

/// Reads what stands between the brackets of `rate(...)`; the whole, as `EventBridge` wants it.
fn rate(arguments: &str) -> Result<String, ScheduleError> {
    let text = arguments.to_ascii_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_rate = match words[..] {
        ["1", unit] => ["minute", "hour", "day"].contains(&unit),
        [value, unit] => {
            whole_number(value).is_some_and(|value| value > 1) && ["minutes", "hours", "days"].contains(&unit)
        }
        _ => false,
    };
    if !is_rate {
        return Err(ScheduleError(format!(
            "rate {:?}: write a number of minutes, hours or days, such as rate(1 day) or rate(12 hours)",
            arguments.trim()
        )));
    }
    Ok(format!("rate({})", words.join(" ")))
}
