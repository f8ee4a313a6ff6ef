//! The function gmc-fetch: asks the GMC for a body and sends its doctors on.

mod asking;
mod handler;
mod settings;
#[cfg(test)]
mod tests;

use std::process::ExitCode;
use std::sync::Arc;

use lambda::event::SqsEvent;
use lambda::serve::Call;
use lambda::settings::{Env, SettingError};
use lambda::wire::Aws;
use sync::ports::queue::QueueName;

use crate::asking::CurrentCredentials;
use crate::handler::{GmcFetch, NAME};
use crate::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let handle = async |function: &GmcFetch, call: Call<SqsEvent>| Ok(handler::handle(function, &call).await);
    lambda::serve::serve(NAME, wire, handle).await
}

async fn wire(env: &Env) -> Result<GmcFetch, SettingError> {
    let settings = Settings::read(env)?;
    let aws = Aws::of_the_environment().await;
    let queues =
        aws.queues(env, &[QueueName::GmcFetch, QueueName::RecommendationUpdate, QueueName::ConnectionIndex])?;
    Ok(GmcFetch {
        gmc: Arc::new(CurrentCredentials::new(settings.gmc, aws)),
        outbox: Arc::new(queues.clone()),
        inbox: Arc::new(queues),
        fetch: settings.fetch,
    })
}
