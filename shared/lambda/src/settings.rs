//! Settings, read from the environment once. An error names the variable, what stands there, and what is expected.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use secrecy::SecretString;
use sync::ports::PortResult;

/// Before the path of a parameter whose value is meant.
const PARAMETER: &str = "ssm:";

/// The variables that a function finds.
#[derive(Clone, Debug)]
pub enum Env {
    /// Those of this process.
    Process,
    /// Others, for a test.
    Given(HashMap<String, String>),
}

/// A variable that does not hold what the function needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// Not there, or empty.
    #[error("environment variable {name} is not set: {expected} is expected")]
    Missing {
        /// Which.
        name: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// There, and something else.
    #[error("environment variable {name} is {found:?}: {expected} is expected{reason}")]
    Wrong {
        /// Which.
        name: String,
        /// What stands there; no secret is read this way.
        found: String,
        /// What should stand there.
        expected: &'static str,
        /// Why it is not that, where there is more to say; begins with a separator.
        reason: String,
    },
}

impl Env {
    /// The variables of this process.
    pub fn process() -> Self {
        Self::Process
    }

    /// These variables and no others.
    pub fn of<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Given(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// A variable's value without white space around it; one that is empty is not there.
    pub fn optional(&self, name: &str) -> Option<String> {
        let value = match self {
            Self::Process => std::env::var(name).ok(),
            Self::Given(variables) => variables.get(name).cloned(),
        }?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The same, for one that must be there.
    pub fn required(&self, name: &str, expected: &'static str) -> Result<String, SettingError> {
        self.optional(name).ok_or_else(|| SettingError::Missing { name: name.to_owned(), expected })
    }

    /// A variable that is read as `T`; `default` when it is not there.
    pub fn parse<T: FromStr>(
        &self,
        name: &str,
        default: T,
        expected: &'static str,
    ) -> Result<T, SettingError> {
        self.read(name, expected, |text| text.parse().map_err(|_| String::new()))
            .map(|value| value.unwrap_or(default))
    }

    /// A whole number within a range; `default` when it is not there.
    pub fn number(
        &self,
        name: &str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, SettingError> {
        let read = |text: &str| {
            let number: u64 = text.parse().map_err(|_| String::new())?;
            let (least, most) = (range.start(), range.end());
            if range.contains(&number) { Ok(number) } else { Err(format!(" from {least} to {most}")) }
        };
        Ok(self.read(name, "a whole number", read)?.unwrap_or(default))
    }

    /// A variable that `read` understands; `None` when it is not there. What `read` says of a value that it does not
    /// understand goes to the end of the error.
    pub fn read<T>(
        &self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, SettingError> {
        let Some(found) = self.optional(name) else {
            return Ok(None);
        };
        match read(&found) {
            Ok(value) => Ok(Some(value)),
            Err(reason) => Err(SettingError::Wrong { name: name.to_owned(), found, expected, reason }),
        }
    }

    /// A text that may be a secret, or name a parameter that holds it.
    pub fn text(&self, name: &'static str, expected: &'static str) -> Result<Text, SettingError> {
        self.required(name, expected).map(|value| Text::new(name, &value))
    }

    /// The same, for one that may be missing.
    pub fn optional_text(&self, name: &'static str) -> Option<Text> {
        self.optional(name).map(|value| Text::new(name, &value))
    }
}

/// A text of the environment, or of a parameter that the environment names with `ssm:/path`. Treated as a secret.
#[derive(Clone, Debug)]
pub struct Text {
    name: &'static str,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Given(SecretString),
    Parameter(String),
}

impl Text {
    fn new(name: &'static str, value: &str) -> Self {
        let kind = match value.strip_prefix(PARAMETER) {
            Some(path) => Kind::Parameter(path.to_owned()),
            None => Kind::Given(SecretString::from(value)),
        };
        Self { name, kind }
    }

    /// The variable.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it stands in a parameter, and may be another one tomorrow.
    pub fn is_parameter(&self) -> bool {
        matches!(self.kind, Kind::Parameter(_))
    }

    /// The text; `get` reads a parameter.
    pub async fn resolve(
        &self,
        get: impl AsyncFnOnce(&str) -> PortResult<SecretString>,
    ) -> PortResult<SecretString> {
        match &self.kind {
            Kind::Given(text) => Ok(text.clone()),
            Kind::Parameter(path) => get(path).await,
        }
    }
}

/// A parameter's path is no secret; what was given is.
impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("given"),
            Self::Parameter(path) => write!(f, "{PARAMETER}{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use sync::ports::PortError;

    use super::*;

    #[test]
    fn a_missing_variable_is_named_with_what_is_expected() {
        let env = Env::of([("BODIES", "  ")]);

        let error = env.required("BODIES", "designated body codes with commas between them").unwrap_err();

        assert_eq!(
            error.to_string(),
            "environment variable BODIES is not set: designated body codes with commas between them is expected"
        );
    }

    #[test]
    fn a_wrong_variable_is_named_with_what_stands_there() {
        let env = Env::of([("MAX_RECEIVES", "many"), ("MAX_DISCONNECTED_PERCENT", "101")]);

        let many = env.number("MAX_RECEIVES", 5, 2..=1_000).unwrap_err();
        let percent = env.number("MAX_DISCONNECTED_PERCENT", 20, 0..=100).unwrap_err();

        assert_eq!(
            many.to_string(),
            "environment variable MAX_RECEIVES is \"many\": a whole number is expected"
        );
        assert_eq!(
            percent.to_string(),
            "environment variable MAX_DISCONNECTED_PERCENT is \"101\": a whole number is expected from 0 to 100"
        );
    }

    #[test]
    fn a_default_stands_in_for_what_is_not_there_and_not_for_what_is_wrong() {
        let env = Env::of([("HIDE_DURING_RUN", "no")]);

        assert_eq!(env.number("MAX_DISCONNECTED_MIN", 50, 0..=u64::MAX), Ok(50));
        assert!(env.parse("HIDE_DURING_RUN", true, "true or false").is_err());
    }

    #[tokio::test]
    async fn a_text_is_what_is_given_or_what_the_parameter_holds() {
        let env = Env::of([("GMC_USERNAME", "us:er"), ("GMC_PASSWORD", "ssm:/gmc/password")]);
        let parameter = async |path: &str| Ok(SecretString::from(format!("value of {path}")));
        let nothing = async |_: &str| Err(PortError::permanent("not asked"));

        let username = env.text("GMC_USERNAME", "a user").unwrap();
        let password = env.text("GMC_PASSWORD", "a password").unwrap();

        assert_eq!(username.resolve(nothing).await.unwrap().expose_secret(), "us:er");
        assert_eq!(password.resolve(parameter).await.unwrap().expose_secret(), "value of /gmc/password");
        assert!(password.is_parameter() && !username.is_parameter());
        assert!(!format!("{username:?}").contains("us:er"));
    }
}
