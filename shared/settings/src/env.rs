//! The variables, and what is wrong with one.

use std::collections::HashMap;
use std::str::FromStr;

use url::Url;

use crate::text::Text;

/// Before the names of our own settings that the program reads from a shell.
const OURS: &str = "GMC_SYNC_";

/// Variables that once had no prefix. Setting only the old name is an error: ignoring it would silently return a safeguard to
/// its default, and reading it would let another program's variable change a night, which the prefix prevents.
const RENAMED: [&str; 4] = [
    "GMC_SYNC_BODIES",
    "GMC_SYNC_MAX_DISCONNECTED_PERCENT",
    "GMC_SYNC_MAX_DISCONNECTED_MIN",
    "GMC_SYNC_STATEMENTS_PER_COMMAND",
];

/// The variables that a process finds.
#[derive(Clone, Debug)]
pub enum Env {
    /// Those of this process.
    Process,
    /// Others, for a test.
    Given(HashMap<String, String>),
}

/// A variable that does not hold what is needed.
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
    /// Not an address. The value is not shown, because it may hold a password.
    #[error("environment variable {name} cannot be read ({reason}): {expected} is expected")]
    NoAddress {
        /// Which.
        name: String,
        /// What should stand there.
        expected: &'static str,
        /// Why not.
        reason: String,
    },
    /// Set under its old name, and not under its own.
    #[error(
        "environment variable {before} is called {name} now: rename it, or unset it if it is another program's"
    )]
    Renamed {
        /// Its name.
        name: String,
        /// The name that is set.
        before: String,
    },
    /// Names a parameter, and only the functions read parameters.
    #[error(
        "environment variable {name} names a parameter, which only the functions read: give the value itself"
    )]
    Parameter {
        /// Which.
        name: String,
    },
}

impl SettingError {
    pub(crate) fn wrong(name: &str, found: String, expected: &'static str) -> Self {
        Self::Wrong { name: name.to_owned(), found, expected, reason: String::new() }
    }
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
            #[expect(clippy::disallowed_methods, reason = "this is the one reader")]
            Self::Process => std::env::var(name).ok(),
            Self::Given(variables) => variables.get(name).cloned(),
        }?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The same, for one that must be there.
    pub fn required(&self, name: &str, expected: &'static str) -> Result<String, SettingError> {
        self.find(name)?.ok_or_else(|| SettingError::Missing { name: name.to_owned(), expected })
    }

    /// Fails if one of these is set only under its old name; for clap, which reads the new names itself.
    pub fn refuse_old_names(&self, names: &[&str]) -> Result<(), SettingError> {
        names.iter().try_for_each(|name| self.find(name).map(|_| ()))
    }

    fn find(&self, name: &str) -> Result<Option<String>, SettingError> {
        let found = self.optional(name);
        let before = name.strip_prefix(OURS).filter(|_| found.is_none() && RENAMED.contains(&name));
        match before.filter(|before| self.optional(before).is_some()) {
            Some(before) => Err(SettingError::Renamed { name: name.to_owned(), before: before.to_owned() }),
            None => Ok(found),
        }
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
        let Some(found) = self.find(name)? else {
            return Ok(None);
        };
        match read(&found) {
            Ok(value) => Ok(Some(value)),
            Err(reason) => Err(SettingError::Wrong { name: name.to_owned(), found, expected, reason }),
        }
    }

    /// An address; `default` when it is not there.
    pub fn url(
        &self,
        name: &str,
        default: Option<&str>,
        expected: &'static str,
    ) -> Result<Url, SettingError> {
        let found = match default {
            Some(default) => self.find(name)?.unwrap_or_else(|| default.to_owned()),
            None => self.required(name, expected)?,
        };
        Url::parse(&found).map_err(|error| SettingError::NoAddress {
            name: name.to_owned(),
            expected,
            reason: error.to_string(),
        })
    }

    /// A text that may be a secret, or name a parameter that holds it.
    pub fn text(&self, name: &'static str, expected: &'static str) -> Result<Text, SettingError> {
        self.required(name, expected).map(|value| Text::new(name, &value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named_with_what_is_expected() {
        let env = Env::of([("GMC_SYNC_BODIES", "  ")]);

        let error =
            env.required("GMC_SYNC_BODIES", "designated body codes with commas between them").unwrap_err();

        assert_eq!(
            error.to_string(),
            "environment variable GMC_SYNC_BODIES is not set: designated body codes with commas between them is expected"
        );
    }

    #[test]
    fn a_wrong_variable_is_named_with_what_stands_there() {
        let env = Env::of([("MAX_RECEIVES", "many"), ("GMC_SYNC_MAX_DISCONNECTED_PERCENT", "101")]);

        let many = env.number("MAX_RECEIVES", 5, 2..=1_000).unwrap_err();
        let percent = env.number("GMC_SYNC_MAX_DISCONNECTED_PERCENT", 20, 0..=100).unwrap_err();

        assert_eq!(
            many.to_string(),
            "environment variable MAX_RECEIVES is \"many\": a whole number is expected"
        );
        assert_eq!(
            percent.to_string(),
            "environment variable GMC_SYNC_MAX_DISCONNECTED_PERCENT is \"101\": a whole number is expected from 0 to 100"
        );
    }

    #[test]
    fn a_default_stands_in_for_what_is_not_there_and_not_for_what_is_wrong() {
        let env = Env::of([("HIDE_DURING_RUN", "no")]);

        assert_eq!(env.number("GMC_SYNC_MAX_DISCONNECTED_MIN", 50, 0..=u64::MAX), Ok(50));
        assert!(env.parse("HIDE_DURING_RUN", true, "true or false").is_err());
    }

    #[test]
    fn a_variable_under_its_old_name_is_refused_where_it_is_not_set_under_its_own() {
        let (before, now) = (("MAX_DISCONNECTED_PERCENT", "5"), ("GMC_SYNC_MAX_DISCONNECTED_PERCENT", "10"));
        let read = |env: &Env| env.number(now.0, 20, 0..=100);

        let error = read(&Env::of([before])).unwrap_err();

        assert_eq!(
            error.to_string(),
            "environment variable MAX_DISCONNECTED_PERCENT is called GMC_SYNC_MAX_DISCONNECTED_PERCENT now: rename it, or \
             unset it if it is another program's"
        );
        assert_eq!(Env::of([before]).refuse_old_names(&[now.0]), Err(error));
        assert_eq!(read(&Env::of([before, now])), Ok(10));
    }

    #[test]
    fn an_address_that_is_none_is_not_shown() {
        let env = Env::of([("GMC_URL", "https://user:secret@host:port"), ("OTHER", "https://host")]);

        let error = env.url("GMC_URL", None, "https://…").unwrap_err().to_string();

        assert_eq!(
            error,
            "environment variable GMC_URL cannot be read (invalid port number): https://… is expected"
        );
        assert_eq!(env.url("OTHER", Some("https://default"), "…").unwrap().as_str(), "https://host/");
        assert_eq!(env.url("NONE", Some("https://default"), "…").unwrap().as_str(), "https://default/");
    }
}
