//! The function follow-schedule: keeps the nightly rule equal to the expression in Parameter Store.

mod custom_resource;
mod follow;
mod handler;
mod responder;
mod schedule;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::process::ExitCode;

use lambda::settings::{Env, SettingError};
use lambda::wire::Aws;

use crate::handler::{FollowSchedule, NAME};
use crate::responder::Responder;
use crate::schedule::ScheduleInForce;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve::serve(NAME, wire, handler::handle).await
}

/// Never fails: a deployment waits for an answer, and gets one that names the setting.
async fn wire(env: &Env) -> Result<FollowSchedule, Infallible> {
    let schedule = match names(env) {
        Ok((parameter, rule)) => {
            Ok(ScheduleInForce::new(&Aws::of_the_environment().await.config, parameter, rule))
        }
        Err(error) => Err(error),
    };
    Ok(FollowSchedule { schedule, responder: Responder::default() })
}

/// The parameter with the expression, and the rule.
fn names(env: &Env) -> Result<(String, String), SettingError> {
    Ok((
        env.required("SCHEDULE_PARAMETER", "the name of the parameter with the cron expression")?,
        env.required("SCHEDULE_RULE", "the name of the nightly rule")?,
    ))
}
