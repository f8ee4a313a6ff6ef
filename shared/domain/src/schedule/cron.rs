//! A cron expression as a whole, in either notation.

use std::fmt;

use super::days::{DaysOfMonth, DaysOfWeek};
use super::field::{Grammar, List};
use super::{Field, Notation, ScheduleError};

/// Spring's macros, and what they stand for.
const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 0 1 1 *"),
    ("@annually", "0 0 0 1 1 *"),
    ("@monthly", "0 0 0 1 * *"),
    ("@weekly", "0 0 0 * * 0"),
    ("@daily", "0 0 0 * * *"),
    ("@midnight", "0 0 0 * * *"),
    ("@hourly", "0 0 * * * *"),
];

/// A cron expression; two are equal when they are written alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    text: String,
    pub(super) notation: Notation,
    pub(super) second: List,
    pub(super) minute: List,
    pub(super) hour: List,
    pub(super) day_of_month: DaysOfMonth,
    pub(super) month: List,
    pub(super) day_of_week: DaysOfWeek,
    /// Spring has no years, and no end.
    pub(super) year: Option<List>,
}

impl Cron {
    /// Reads Spring's six fields, or one of its macros.
    pub(super) fn parse_spring(text: &str) -> Result<Self, ScheduleError> {
        let fields = if text.starts_with('@') { expand(text)? } else { text };
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let [second, minute, hour, day_of_month, month, day_of_week] = fields[..] else {
            return Err(ScheduleError::FieldCount { notation: Notation::Spring, found: fields.len() });
        };
        let list = |field, text| List::parse(Grammar { field, notation: Notation::Spring }, text);
        Ok(Self {
            text: text.to_owned(),
            notation: Notation::Spring,
            second: list(Field::Second, second)?,
            minute: list(Field::Minute, minute)?,
            hour: list(Field::Hour, hour)?,
            day_of_month: DaysOfMonth::parse(Notation::Spring, day_of_month)?,
            month: list(Field::Month, month)?,
            day_of_week: DaysOfWeek::parse(Notation::Spring, day_of_week)?,
            year: None,
        })
    }

    /// Reads what stands between the brackets of `cron(...)`; `text` is the whole.
    pub(super) fn parse_eventbridge(text: &str, fields: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week, year] = fields[..] else {
            return Err(ScheduleError::FieldCount { notation: Notation::EventBridge, found: fields.len() });
        };
        let list = |field, text| List::parse(Grammar { field, notation: Notation::EventBridge }, text);
        let cron = Self {
            text: text.to_owned(),
            notation: Notation::EventBridge,
            second: list(Field::Second, "0")?,
            minute: list(Field::Minute, minute)?,
            hour: list(Field::Hour, hour)?,
            day_of_month: DaysOfMonth::parse(Notation::EventBridge, day_of_month)?,
            month: list(Field::Month, month)?,
            day_of_week: DaysOfWeek::parse(Notation::EventBridge, day_of_week)?,
            year: Some(list(Field::Year, year)?),
        };
        if cron.day_of_month.list.is_open() == cron.day_of_week.list.is_open() {
            return Err(ScheduleError::OneDayOpen {
                day_of_month: day_of_month.to_owned(),
                day_of_week: day_of_week.to_owned(),
            });
        }
        Ok(cron)
    }

    /// The one second at which it fires within its minutes; `None` when there are several.
    pub(super) fn fixed_second(&self) -> Option<u8> {
        match self.second.numbers() {
            [second] => u8::try_from(*second).ok(),
            _ => None,
        }
    }
}

/// Shows the expression as it was written.
impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn expand(text: &str) -> Result<&'static str, ScheduleError> {
    let known = MACROS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    known.map(|(_, fields)| *fields).ok_or_else(|| ScheduleError::Macro(text.to_owned()))
}
