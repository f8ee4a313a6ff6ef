//! Texts that may be secrets, and may stand in the Parameter Store.

use std::fmt;

use secrecy::SecretString;

use crate::env::SettingError;

/// Before the path of a parameter whose value is meant.
const PARAMETER: &str = "ssm:";

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
    pub(crate) fn new(name: &'static str, value: &str) -> Self {
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

    /// The text, for the program, which reads no parameters.
    pub fn given(&self) -> Result<&SecretString, SettingError> {
        match &self.kind {
            Kind::Given(text) => Ok(text),
            Kind::Parameter(_) => Err(SettingError::Parameter { name: self.name.to_owned() }),
        }
    }

    /// The text; `get` reads a parameter.
    pub async fn resolve<E>(
        &self,
        get: impl AsyncFnOnce(&str) -> Result<SecretString, E>,
    ) -> Result<SecretString, E> {
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

    use super::*;
    use crate::env::Env;

    #[tokio::test]
    async fn a_text_is_what_is_given_or_what_the_parameter_holds() {
        let env = Env::of([("GMC_USERNAME", "us:er"), ("GMC_PASSWORD", "ssm:/gmc/password")]);
        let parameter = async |path: &str| Ok::<_, ()>(SecretString::from(format!("value of {path}")));
        let nothing = async |_: &str| Err("not asked");

        let username = env.text("GMC_USERNAME", "a user").unwrap();
        let password = env.text("GMC_PASSWORD", "a password").unwrap();

        assert_eq!(username.resolve(nothing).await.unwrap().expose_secret(), "us:er");
        assert_eq!(password.resolve(parameter).await.unwrap().expose_secret(), "value of /gmc/password");
        assert!(password.is_parameter() && !username.is_parameter());
        assert!(!format!("{username:?}").contains("us:er"));
        assert_eq!(username.given().unwrap().expose_secret(), "us:er");
        assert_eq!(
            password.given().unwrap_err().to_string(),
            "environment variable GMC_PASSWORD names a parameter, which only the functions read: give the value itself"
        );
    }
}
