//! The function connection-index: brings the search indexes in line.

mod handler;
mod settings;
#[cfg(test)]
mod tests;

use std::process::ExitCode;
use std::sync::Arc;

use index_opensearch::OpenSearchIndex;
use lambda::batch::hand_back;
use lambda::event::{SqsBatchResponse, SqsEvent};
use lambda::serve::Call;
use lambda::settings::{Env, SettingError};
use lambda::wire::{Aws, Database};
use lambda_runtime::Error;
use sync::ports::queue::QueueName;
use sync::ports::{PortError, PortResult};
use tokio::sync::OnceCell;

use crate::handler::{ConnectionIndex, NAME};
use crate::settings::Search;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve::serve(NAME, wire, handle).await
}

/// What is known at the start; the rest is made when the first event needs it.
struct Wired {
    aws: Aws,
    database: Database,
    search: Search,
    queues: aws::SqsQueues,
    function: OnceCell<ConnectionIndex>,
}

async fn wire(env: &Env) -> Result<Wired, SettingError> {
    let (database, search) = (Database::read(env)?, Search::read(env)?);
    let aws = Aws::of_the_environment().await;
    let queues = aws.queues(env, &[QueueName::ConnectionIndex, QueueName::RecommendationUpdate])?;
    Ok(Wired { aws, database, search, queues, function: OnceCell::new() })
}

async fn handle(wired: &Wired, call: Call<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    Ok(match wired.function.get_or_try_init(|| make(wired)).await {
        Ok(function) => handler::handle(function, &call).await,
        Err(reason) => {
            hand_back(QueueName::ConnectionIndex, &wired.queues, &call.host, &call.payload, &reason).await
        }
    })
}

async fn make(wired: &Wired) -> PortResult<ConnectionIndex> {
    let store = Arc::new(wired.database.connect(&wired.aws).await?);
    let index = OpenSearchIndex::new(&wired.search.settings(&wired.aws).await?)
        .map_err(|error| PortError::permanent(error.to_string()))?;
    let queues = Arc::new(wired.queues.clone());
    Ok(ConnectionIndex {
        index: Arc::new(index),
        doctors: store.clone(),
        ledger: store,
        outbox: queues.clone(),
        inbox: queues,
    })
}
