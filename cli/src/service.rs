//! The GMC that a night asks: a real service, or the simulated one in this process.

use std::path::Path;
use std::sync::Arc;

use gmc::{Credentials, GmcClient, GmcSettings};
use secrecy::ExposeSecret as _;
use settings::{Env, GmcCredentials, is_this_machine};
use sync::ports::Gmc;
use url::Url;

use crate::args::NightArgs;
use crate::error::Error;
use crate::output::Screen;
use crate::simulated::{IDLE_TIMEOUT, Simulated, TOTAL_TIMEOUT, nights_seen};
use crate::stores::Stores;

/// More than all of a million doctors.
const MAX_SIMULATED_ANSWER: u64 = 1 << 30;

/// How many past runs are looked at for what they asked.
const LOOKED_BACK: usize = 100;

/// The GMC that a night asks.
pub(crate) struct Service {
    /// To be asked.
    pub(crate) gmc: Arc<dyn Gmc>,
    /// The simulated one behind it, where it is that.
    pub(crate) simulated: Option<Simulated>,
}

impl Service {
    /// The service of `--gmc-url`, or a simulated one that is started here. A data directory holds nights of one of the
    /// two: mixed, all doctors of the other would leave.
    pub(crate) async fn choose(
        args: &NightArgs,
        data: &Path,
        stores: &Stores,
        screen: &Screen,
    ) -> Result<Self, Error> {
        let dir = stores.simulator_dir(data);
        let nights = nights_seen(&dir)?;
        let place = stores.named(data);
        let Some(url) = &args.gmc_url else {
            check_made_up(args, stores, nights).await?;
            let past = stores.ledger.latest_runs(LOOKED_BACK).await?;
            if nights == 0 && past.iter().any(|run| !run.settings.is_dry) {
                return Err(Error::Told(format!(
                    "{place} holds nights of a real service: give its address with --gmc-url URL, or choose another \
                     directory with --data DIR"
                )));
            }
            return Self::simulated(args, &dir).await;
        };
        if nights > 0 {
            return Err(Error::Told(format!(
                "{place} holds nights of the simulated GMC: leave --gmc-url out to go on with it, or choose \
                 another directory with --data DIR"
            )));
        }
        let url = parse(url)?;
        if url.scheme() == "http" && !is_this_machine(&url) {
            screen
                .tell("warning: the address begins with http://, so the credentials can be read on the way");
        }
        let settings = GmcSettings::new(url, credentials()?);
        Ok(Self { gmc: client(settings)?, simulated: None })
    }

    async fn simulated(args: &NightArgs, dir: &Path) -> Result<Self, Error> {
        let simulated = Simulated::start(dir, args).await?;
        let settings = GmcSettings {
            idle_timeout: IDLE_TIMEOUT,
            total_timeout: TOTAL_TIMEOUT,
            max_answer_bytes: MAX_SIMULATED_ANSWER,
            ..GmcSettings::new(parse(&simulated.url())?, simulated.credentials())
        };
        Ok(Self { gmc: client(settings)?, simulated: Some(simulated) })
    }
}

/// Live engines get made-up doctors only from who says so, and never among real ones, whom such a night would disconnect.
async fn check_made_up(args: &NightArgs, stores: &Stores, nights: u32) -> Result<(), Error> {
    if !stores.is_shared() {
        return Ok(());
    }
    if !args.simulated {
        return Err(Error::Told(
            "the environment names live engines: give the GMC's address with --gmc-url URL, or say --simulated to fill \
             them with made-up doctors"
                .to_owned(),
        ));
    }
    if nights == 0 && !stores.doctors.count_by_code().await?.is_empty() {
        return Err(Error::Told(format!(
            "{} holds doctors, and none of this simulated GMC's: made-up ones are for an empty database",
            stores.shown()
        )));
    }
    Ok(())
}

fn client(settings: GmcSettings) -> Result<Arc<dyn Gmc>, Error> {
    let client = GmcClient::new(settings).map_err(|error| Error::Told(error.to_string()))?;
    Ok(Arc::new(client))
}

fn parse(url: &str) -> Result<Url, Error> {
    Url::parse(url).map_err(|error| {
        Error::Told(format!(
            "--gmc-url is no address ({error}): something like https://host/path is expected"
        ))
    })
}

/// From the environment alone: an argument is seen by everybody who lists processes.
fn credentials() -> Result<Credentials, Error> {
    let GmcCredentials { username, password, internal_user } = GmcCredentials::read(&Env::process())
        .map_err(|error| {
            Error::Told(format!("{error}; --gmc-url needs GMC_USERNAME, GMC_PASSWORD and GMC_INTERNAL_USER"))
        })?;
    let (username, internal_user) = (username.given()?, internal_user.given()?);
    Credentials::new(username.expose_secret(), password.given()?.clone(), internal_user.expose_secret())
        .map_err(|error| Error::Told(error.to_string()))
}
