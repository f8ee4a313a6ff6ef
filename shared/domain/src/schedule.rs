//! When the night starts: one parser for Spring's and `EventBridge`'s schedule expressions (docs/domain.md §1 and §8).
//!
//! The expression lives in Parameter Store. It was written for Spring (six fields, seconds first, `-` for off);
//! `EventBridge`'s own `cron(...)` and `rate(...)` are read as well. Whatever is read can be asked for the expression
//! that a rule of `EventBridge` is given, and for the times at which it fires, in UTC.
//!
//! Sources: Spring's `org.springframework.scheduling.support.CronExpression` (documentation and behaviour, 5.3 and
//! later); the `EventBridge` user guide, "Cron expressions reference" and "Rate expressions reference"; the Quartz cron
//! trigger tutorial for what `EventBridge` took over from it and leaves unsaid.

mod cron;
mod days;
mod error;
mod eventbridge;
mod field;
mod firing;
mod rate;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

pub use cron::Cron;
pub use error::{Field, Notation, ScheduleError};
pub use rate::Rate;

/// The longest text accepted, in bytes; `EventBridge` itself takes 256 characters.
const MAX_TEXT: usize = 1024;

/// A schedule expression that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// `-`: nothing starts by itself.
    Off,
    /// A cron expression, in either notation.
    Cron(Box<Cron>),
    /// `EventBridge`'s `rate(value unit)`.
    Rate(Rate),
}

impl Schedule {
    /// Reads an expression; white space around it is dropped.
    ///
    /// Accepted are `-`, Spring's six fields (`0 5 0 * * MON-FRI`), Spring's macros (`@daily`), `cron(...)` with
    /// `EventBridge`'s six fields (`cron(5 0 ? * MON-FRI *)`) and `rate(value unit)`. An error names the field, what
    /// stands there and what would be accepted. What Spring itself refuses at its start is refused here too, since
    /// both systems may share the parameter.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return Err(ScheduleError::TooLong { found: text.len(), allowed: MAX_TEXT });
        }
        match text {
            "" => Err(ScheduleError::Empty),
            "-" => Ok(Self::Off),
            _ => {
                if let Some(fields) = arguments_of("cron", text) {
                    return Cron::parse_eventbridge(text, fields).map(|cron| Self::Cron(Box::new(cron)));
                }
                if let Some(value) = arguments_of("rate", text) {
                    return Rate::parse(value).map(Self::Rate);
                }
                if text.contains(['(', ')']) {
                    return Err(ScheduleError::Unknown(text.to_owned()));
                }
                Cron::parse_spring(text).map(|cron| Self::Cron(Box::new(cron)))
            }
        }
    }

    /// The expression that a rule of `EventBridge` is given; `None` when the schedule is off.
    ///
    /// It fires in the same minutes as the original. An error says which field has no equivalent and why. A fixed
    /// second is dropped, see [`Schedule::dropped_second`].
    pub fn to_eventbridge(&self) -> Result<Option<String>, ScheduleError> {
        match self {
            Self::Off => Ok(None),
            Self::Cron(cron) => eventbridge::convert(cron).map(Some),
            Self::Rate(rate) => Ok(Some(rate.to_string())),
        }
    }

    /// The second of the minute, 1 to 59, that the conversion loses: a rule of `EventBridge` fires at some moment
    /// within the minute. `None` when nothing is lost.
    pub fn dropped_second(&self) -> Option<u8> {
        match self {
            Self::Cron(cron) => cron.fixed_second().filter(|second| *second != 0),
            Self::Off | Self::Rate(_) => None,
        }
    }

    /// The first time, in UTC, at which a cron expression fires after `timestamp`, which itself does not count.
    ///
    /// `None` when it never fires again, when the schedule is off, and for a rate, which counts from the moment its
    /// rule was made.
    pub fn next_after(&self, timestamp: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => firing::next_after(cron, timestamp),
            Self::Off | Self::Rate(_) => None,
        }
    }

    /// The last time, in UTC, at which a cron expression fired before `timestamp` or at it.
    ///
    /// `None` when it never fired before, when the schedule is off, and for a rate.
    pub fn previous_at_or_before(&self, timestamp: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => firing::previous_at_or_before(cron, timestamp),
            Self::Off | Self::Rate(_) => None,
        }
    }
}

/// Shows the expression as it was written.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("-"),
            Self::Cron(cron) => cron.fmt(f),
            Self::Rate(rate) => rate.fmt(f),
        }
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// What stands between the brackets of `name(...)`.
fn arguments_of<'a>(name: &str, text: &'a str) -> Option<&'a str> {
    let (found, rest) = text.split_once('(')?;
    let arguments = rest.strip_suffix(')')?;
    found.trim_end().eq_ignore_ascii_case(name).then_some(arguments)
}
