//! What gmc-fetch finds in the environment.

use std::time::Duration;

use gmc::{DEFAULT_MAX_ANSWER_BYTES, DEFAULT_URL};
use lambda::settings::{Env, GmcCredentials, SettingError};
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
    pub(crate) credentials: GmcCredentials,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) total_timeout: Duration,
    pub(crate) max_answer_bytes: u64,
}

impl Settings {
    /// Reads them; an error names the variable.
    pub(crate) fn read(env: &Env) -> Result<Self, SettingError> {
        let seconds =
            |name, default| Ok::<_, SettingError>(Duration::from_secs(env.number(name, default, 1..=900)?));
        let max_receives = env.number("MAX_RECEIVES", 5, 2..=1_000)?;
        Ok(Self {
            gmc: GmcAccess {
                url: env.url("GMC_URL", Some(DEFAULT_URL), "the address of the GMC's service, https://…")?,
                credentials: GmcCredentials::read(env)?,
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
