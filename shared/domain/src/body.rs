//! Designated bodies: their codes, and the prefix that hides a doctor (docs/domain.md §1 and §5).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a stored code begins with while its doctor is hidden.
pub const HIDDEN_PREFIX: &str = "last-";

/// The longest code accepted, in bytes; the codes in use have eleven.
const MAX_LENGTH: usize = 64;

/// The plain code of one designated body, such as `1-1RUZUSF`: opaque, not empty, never with the hiding prefix.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyCode(Arc<str>);

/// Why a text is not the code of a designated body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBodyCode {
    /// Nothing but white space.
    #[error("a designated body code is empty")]
    Empty,
    /// Longer than any code could be.
    #[error("a designated body code of {0} bytes: at most {MAX_LENGTH} are accepted")]
    TooLong(usize),
    /// A character that no code has.
    #[error("designated body code {0:?}: only ASCII letters, digits, '-', '_' and '.' are accepted")]
    Character(String),
    /// The stored form of a hidden doctor's code, not a body's code.
    #[error(
        "designated body code {0:?}: the prefix \"{HIDDEN_PREFIX}\" hides a doctor and is no part of a code"
    )]
    Hidden(String),
}

impl BodyCode {
    /// Reads a code; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidBodyCode> {
        let code = text.trim();
        if code.is_empty() {
            return Err(InvalidBodyCode::Empty);
        }
        if code.len() > MAX_LENGTH {
            return Err(InvalidBodyCode::TooLong(code.len()));
        }
        if !code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err(InvalidBodyCode::Character(code.to_owned()));
        }
        if code.starts_with(HIDDEN_PREFIX) {
            return Err(InvalidBodyCode::Hidden(code.to_owned()));
        }
        Ok(Self(code.into()))
    }

    /// The plain code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which the code is stored with a doctor who is hidden.
    pub fn hidden(&self) -> String {
        format!("{HIDDEN_PREFIX}{self}")
    }
}

/// Whether a stored code hides its doctor.
pub fn is_hidden(stored: Option<&str>) -> bool {
    stored.is_some_and(|code| code.starts_with(HIDDEN_PREFIX))
}

/// A stored code without the hiding prefix, however often it stands there.
pub fn plain(stored: &str) -> &str {
    let mut code = stored;
    while let Some(rest) = code.strip_prefix(HIDDEN_PREFIX) {
        code = rest;
    }
    code
}

/// The body a stored code is about: without the prefix, and `None` for a code that is absent or empty.
pub fn body_of(stored: Option<&str>) -> Option<&str> {
    stored.map(plain).filter(|code| !code.is_empty())
}

impl fmt::Display for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for BodyCode {
    type Err = InvalidBodyCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl std::borrow::Borrow<str> for BodyCode {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for BodyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for BodyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_stored_code_has_no_prefix_and_is_not_empty() {
        assert_eq!(body_of(Some("last-1-AIIDHJ")), Some("1-AIIDHJ"));
        assert_eq!(body_of(Some("last-last-1-AIIDHJ")), Some("1-AIIDHJ"));
        assert_eq!(body_of(Some("1-AIIDHJ")), Some("1-AIIDHJ"));
        for nobody in [None, Some(""), Some("last-")] {
            assert_eq!(body_of(nobody), None, "{nobody:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_refused_with_a_reason() {
        assert_eq!(BodyCode::parse(" "), Err(InvalidBodyCode::Empty));
        assert_eq!(BodyCode::parse("last-1-AIIDHJ"), Err(InvalidBodyCode::Hidden("last-1-AIIDHJ".into())));
        assert_eq!(BodyCode::parse(&"1".repeat(65)), Err(InvalidBodyCode::TooLong(65)));
        for hostile in ["1-A$where", "1-A\nB", "1-A\"", "a/b", "é"] {
            assert!(matches!(BodyCode::parse(hostile), Err(InvalidBodyCode::Character(_))), "{hostile:?}");
        }
    }
}
