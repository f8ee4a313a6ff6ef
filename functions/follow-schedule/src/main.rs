//! The function follow-schedule: keeps the nightly rule equal to the expression in Parameter Store.

mod handler;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use aws::{NightlyRule, Parameters};
use lambda::settings::{Env, SettingError};
use lambda::wire::Aws;

use crate::handler::{FollowSchedule, NAME};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve::serve(NAME, wire, handler::handle).await
}

async fn wire(env: &Env) -> Result<FollowSchedule, SettingError> {
    let parameter =
        env.required("SCHEDULE_PARAMETER", "the name of the parameter with the cron expression")?;
    let rule = env.required("SCHEDULE_RULE", "the name of the nightly rule")?;
    let config = Aws::of_the_environment().await.config;
    let (parameters, rule) = (Parameters::new(&config), NightlyRule::new(&config, rule));
    Ok(FollowSchedule { parameters, parameter, rule })
}
