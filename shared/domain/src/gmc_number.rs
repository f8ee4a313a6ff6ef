//! GMC reference numbers.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many digits a GMC reference number has.
const DIGITS: usize = 7;

/// A GMC reference number: seven digits, leading zeros included.
///
/// It is held as a number, so that a night of a million doctors fits in a few megabytes; it is written, shown and
/// ordered as the seven digits are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GmcNumber(u32);

/// Why a text is not a GMC reference number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGmcNumber {
    /// The field was absent, empty, or held only white space.
    #[error("no GMC number")]
    Missing,
    /// The text is something else than seven digits (`UNKNOWN`, for example).
    #[error("not a GMC number of seven digits")]
    Malformed,
}

impl GmcNumber {
    /// Reads seven digits; white space around them is dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidGmcNumber> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(InvalidGmcNumber::Missing);
        }
        if trimmed.len() != DIGITS || !trimmed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidGmcNumber::Malformed);
        }
        Ok(Self(trimmed.bytes().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))))
    }

    /// The number whose seven digits are `value`'s; `None` when it needs more than seven.
    pub fn from_value(value: u32) -> Option<Self> {
        (value < 10_u32.pow(7)).then_some(Self(value))
    }

    /// The seven digits read as a number.
    pub fn value(self) -> u32 {
        self.0
    }
}

impl fmt::Display for GmcNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:07}", self.0)
    }
}

impl fmt::Debug for GmcNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for GmcNumber {
    type Err = InvalidGmcNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for GmcNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GmcNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl serde::de::Visitor<'_> for Digits {
            type Value = GmcNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a GMC number of seven digits")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<GmcNumber, E> {
                GmcNumber::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Digits).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_count() {
        let number = GmcNumber::parse("0700002").unwrap();

        assert_eq!(number.to_string(), "0700002");
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"0700002\"");
        assert_eq!(serde_json::from_str::<GmcNumber>("\"0700002\"").unwrap(), number);
    }

    #[test]
    fn white_space_around_a_number_is_dropped() {
        assert_eq!(GmcNumber::parse(" 7000001\n").unwrap().to_string(), "7000001");
    }

    #[test]
    fn what_is_not_seven_digits_is_no_number() {
        for missing in ["", "   ", "\t\n"] {
            assert_eq!(GmcNumber::parse(missing), Err(InvalidGmcNumber::Missing), "{missing:?}");
        }
        for malformed in
            ["UNKNOWN", "null", "700000", "70000011", "700 001", "$700001", "٧٠٠٠٠٠١", "-700001", "7.00001"]
        {
            assert_eq!(GmcNumber::parse(malformed), Err(InvalidGmcNumber::Malformed), "{malformed:?}");
        }
    }
}
