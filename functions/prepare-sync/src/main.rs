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

use lambda::batch::hand_back;
use lambda::serve::Call;
use lambda::settings::{Env, MongoDb, SettingError};
use lambda::wire::Aws;
use lambda_runtime::Error;
use sync::open::{NightSettings, NightlyMode};
use sync::ports::PortResult;
use sync::ports::queue::QueueName;
use tokio::sync::OnceCell;

use crate::handler::{Answer, Event, NAME, PrepareSync};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve::serve(NAME, wire, handle).await
}

/// What is known at the start; the rest is made when the first event needs it.
struct Wired {
    aws: Aws,
    database: MongoDb,
    queues: aws::SqsQueues,
    night: NightSettings,
    nightly_mode: NightlyMode,
    function: OnceCell<PrepareSync>,
}

async fn wire(env: &Env) -> Result<Wired, SettingError> {
    let (database, night) = (MongoDb::read(env)?, settings::night(env)?);
    let nightly_mode = lambda::wire::nightly_mode(env)?;
    let aws = Aws::of_the_environment().await;
    // a run that did not end is settled before the next one begins: that speaks to every stage
    let queues = aws.queues(env, &QueueName::ALL)?;
    Ok(Wired { aws, database, queues, night, nightly_mode, function: OnceCell::new() })
}

async fn handle(wired: &Wired, call: Call<Event>) -> Result<Answer, Error> {
    let reason = match wired.function.get_or_try_init(|| make(wired)).await {
        Ok(function) => return handler::handle(function, call).await,
        Err(reason) => reason,
    };
    match &call.payload {
        Event::Request(_) | Event::BadRequest(_) => {
            tracing::error!("the database cannot be reached: {reason}");
            let told = "the database cannot be reached; the log of prepare-sync says why";
            Ok(Answer::Request(answers::unavailable(told)))
        }
        Event::Messages(event) => {
            let queue = QueueName::PrepareSync;
            Ok(Answer::Messages(hand_back(queue, &wired.queues, &call.host, event, &reason).await))
        }
        Event::Rule(_) => Err(reason.into()),
    }
}

async fn make(wired: &Wired) -> PortResult<PrepareSync> {
    let store = Arc::new(wired.aws.database(&wired.database).await?);
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
