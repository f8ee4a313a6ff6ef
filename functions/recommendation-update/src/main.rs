//! The function recommendation-update: writes the doctors of the answers to the database, sweeps, and watches over every
//! run.

mod handler;
#[cfg(test)]
mod tests;
mod watch;

use std::process::ExitCode;
use std::sync::Arc;

use aws::NightlyRule;
use lambda::batch::hand_back;
use lambda::serve::Call;
use lambda::settings::{Env, MongoDb, SettingError};
use lambda::wire::Aws;
use lambda_runtime::Error;
use sync::open::NightlyMode;
use sync::ports::PortResult;
use sync::ports::queue::QueueName;
use tokio::sync::OnceCell;

use crate::handler::{Answer, Event, NAME, RecommendationUpdate};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve::serve(NAME, wire, handle).await
}

/// What is known at the start; the rest is made when the first event needs it.
struct Wired {
    aws: Aws,
    database: MongoDb,
    queues: aws::SqsQueues,
    nightly_mode: NightlyMode,
    rule: Option<NightlyRule>,
    function: OnceCell<RecommendationUpdate>,
}

async fn wire(env: &Env) -> Result<Wired, SettingError> {
    let database = MongoDb::read(env)?;
    let nightly_mode = lambda::wire::nightly_mode(env)?;
    let aws = Aws::of_the_environment().await;
    let queues = aws.queues(env, &[QueueName::RecommendationUpdate, QueueName::ConnectionIndex])?;
    let rule = env.optional("SCHEDULE_RULE").map(|name| NightlyRule::new(&aws.config, name));
    Ok(Wired { aws, database, queues, nightly_mode, rule, function: OnceCell::new() })
}

async fn handle(wired: &Wired, call: Call<Event>) -> Result<Answer, Error> {
    let reason = match wired.function.get_or_try_init(|| make(wired)).await {
        Ok(function) => return handler::handle(function, call).await,
        Err(reason) => reason,
    };
    match &call.payload {
        Event::Messages(event) => {
            let queue = QueueName::RecommendationUpdate;
            Ok(Answer::Messages(hand_back(queue, &wired.queues, &call.host, event, &reason).await))
        }
        Event::Tick(_) => Err(reason.into()),
    }
}

async fn make(wired: &Wired) -> PortResult<RecommendationUpdate> {
    let store = Arc::new(wired.aws.database(&wired.database).await?);
    let queues = Arc::new(wired.queues.clone());
    Ok(RecommendationUpdate {
        doctors: store.clone(),
        ledger: store,
        outbox: queues.clone(),
        inbox: queues,
        nightly_mode: wired.nightly_mode,
        rule: wired.rule.clone(),
    })
}
