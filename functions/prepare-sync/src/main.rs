//! The function prepare-sync: opens runs for the rule and for `POST v1/admin`, prepares them, and tells how they went.

mod answers;
mod api;
mod handler;
mod html;
mod settings;
#[cfg(test)]
mod tests;

use std::process::ExitCode;
use std::sync::Arc;

use lambda::batch::cannot_work;
use lambda::serve::Call;
use lambda::settings::{Env, SettingError};
use lambda::wire::{Aws, Database};
use lambda_runtime::Error;
use serde_json::Value;
use sync::open::{NightSettings, NightlyMode};
use sync::ports::PortResult;
use sync::ports::queue::QueueName;
use tokio::sync::OnceCell;

use crate::handler::{NAME, PrepareSync};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve::serve(NAME, wire, handle).await
}

/// What is known at the start; the rest is made when the first event needs it.
struct Wired {
    aws: Aws,
    database: Database,
    queues: aws::SqsQueues,
    night: NightSettings,
    nightly_mode: NightlyMode,
    function: OnceCell<PrepareSync>,
}

async fn wire(env: &Env) -> Result<Wired, SettingError> {
    let (database, night) = (Database::read(env)?, settings::night(env)?);
    let nightly_mode = lambda::wire::nightly_mode(env)?;
    let aws = Aws::of_the_environment().await;
    // a run that did not end is settled before the next one begins: that speaks to every stage
    let queues = aws.queues(env, &QueueName::ALL)?;
    Ok(Wired { aws, database, queues, night, nightly_mode, function: OnceCell::new() })
}

async fn handle(wired: &Wired, call: Call) -> Result<Value, Error> {
    match wired.function.get_or_try_init(|| make(wired)).await {
        Ok(function) => handler::handle(function, call).await,
        Err(error) if api::is_request(&call.payload) => {
            tracing::error!("the database cannot be reached: {error}");
            Ok(answers::unavailable("the database cannot be reached; the log of prepare-sync says why"))
        }
        Err(reason) => cannot_work(QueueName::PrepareSync, &wired.queues, NAME, call, reason).await,
    }
}

async fn make(wired: &Wired) -> PortResult<PrepareSync> {
    let store = Arc::new(wired.database.connect(&wired.aws).await?);
    let queues = Arc::new(wired.queues.clone());
    Ok(PrepareSync {
        doctors: store.clone(),
        ledger: store,
        outbox: queues.clone(),
        inbox: queues,
        night: wired.night.clone(),
        nightly_mode: wired.nightly_mode,
    })
}
