//! What gmc-fetch finds in the environment.

use std::time::Duration;

use gmc::{DEFAULT_MAX_ANSWER_BYTES, DEFAULT_URL};
use lambda::settings::{Env, SettingError, Text};
use sync::fetch::FetchSettings;
use url::Url;

/// All of it.
pub(crate) struct Settings {
    pub(crate) gmc: GmcAccess,
    pub(crate) fetch: FetchSettings,
}

/// Where the GMC is, who asks, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct GmcAccess {
    pub(crate) url: Url,
    pub(crate) username: Text,
    pub(crate) password: Text,
    pub(crate) internal_user: Text,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) total_timeout: Duration,
    pub(crate) max_answer_bytes: u64,
}

impl Settings {
    /// Reads them; an error names the variable.
    pub(crate) fn read(env: &Env) -> Result<Self, SettingError> {
        let url = |text: &str| Url::parse(text).map_err(|error| format!(" ({error})"));
        let address = "the address of the GMC's service, https://…";
        let default = || {
            url(DEFAULT_URL).map_err(|reason| SettingError::Wrong {
                name: "GMC_URL".to_owned(),
                found: DEFAULT_URL.to_owned(),
                expected: address,
                reason,
            })
        };
        let seconds =
            |name, default| Ok::<_, SettingError>(Duration::from_secs(env.number(name, default, 1..=900)?));
        let max_receives = env.number("MAX_RECEIVES", 5, 2..=1_000)?;
        Ok(Self {
            gmc: GmcAccess {
                url: env.read("GMC_URL", address, url)?.map_or_else(default, Ok)?,
                username: env.text("GMC_USERNAME", "the user name that the GMC gave")?,
                password: env.text("GMC_PASSWORD", "the password of GMC_USERNAME")?,
                internal_user: env.text("GMC_INTERNAL_USER", "who asks, for the GMC's own log")?,
                connect_timeout: seconds("GMC_CONNECT_TIMEOUT_SECONDS", 10)?,
                idle_timeout: seconds("GMC_IDLE_TIMEOUT_SECONDS", 120)?,
                total_timeout: seconds("GMC_TOTAL_TIMEOUT_SECONDS", 240)?,
                max_answer_bytes: env.number(
                    "MAX_ANSWER_BYTES",
                    DEFAULT_MAX_ANSWER_BYTES,
                    1..=1024 * 1024 * 1024,
                )?,
            },
            fetch: FetchSettings {
                max_receives: u32::try_from(max_receives).unwrap_or(u32::MAX),
                ..FetchSettings::default()
            },
        })
    }
}
