//! `EventBridge`'s `rate(value unit)` (user guide, "Rate expressions reference").

use std::fmt;

use super::ScheduleError;

const UNITS: [&str; 3] = ["minute", "hour", "day"];

/// A fixed interval, counted by `EventBridge` from the moment the rule was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    value: u32,
    unit: &'static str,
}

impl Rate {
    /// Reads what stands between the brackets: a whole number from 1 and its unit, singular after 1, else plural.
    pub(super) fn parse(text: &str) -> Result<Self, ScheduleError> {
        let refuse = |reason: String| ScheduleError::Rate { text: text.trim().to_owned(), reason };
        let words: Vec<&str> = text.split_whitespace().collect();
        let [value, unit] = words[..] else {
            return Err(refuse("a value and a unit are needed, such as rate(1 day)".to_owned()));
        };
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let value = match value.parse::<u32>() {
            Ok(number) if digits && number > 0 => number,
            _ => return Err(refuse(format!("{value:?} is not a whole number from 1 up"))),
        };
        let lower = unit.to_ascii_lowercase();
        let singular = lower.strip_suffix('s').unwrap_or(&lower);
        let Some(known) = UNITS.into_iter().find(|known| *known == singular) else {
            return Err(refuse(format!("{unit:?} is no unit: minutes, hours and days are accepted")));
        };
        let rate = Self { value, unit: known };
        if lower != rate.unit_as_written() {
            return Err(refuse(format!(
                "a value of 1 takes the singular, any other the plural: write {rate}"
            )));
        }
        Ok(rate)
    }

    fn unit_as_written(self) -> String {
        if self.value == 1 { self.unit.to_owned() } else { format!("{}s", self.unit) }
    }
}

/// Shows the expression as `EventBridge` writes it.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate({} {})", self.value, self.unit_as_written())
    }
}
