//! The function connection-index: brings the search indexes in line.

mod handler;
#[cfg(test)]
mod tests;

use std::process::ExitCode;
use std::sync::Arc;

use index_opensearch::{Auth, OpenSearchIndex, OpenSearchSettings};
use lambda::batch::hand_back;
use lambda::event::{SqsBatchResponse, SqsEvent};
use lambda::serve::Call;
use lambda::settings::{self, Env, MongoDb, OpenSearch, SettingError};
use lambda::wire::Aws;
use lambda_runtime::Error;
use secrecy::ExposeSecret as _;
use sync::ports::queue::QueueName;
use sync::ports::{PortError, PortResult};
use tokio::sync::OnceCell;

use crate::handler::{ConnectionIndex, NAME};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve::serve(NAME, wire, handle).await
}

/// What is known at the start; the rest is made when the first event needs it.
struct Wired {
    aws: Aws,
    database: MongoDb,
    search: OpenSearch,
    queues: aws::SqsQueues,
    function: OnceCell<ConnectionIndex>,
}

async fn wire(env: &Env) -> Result<Wired, SettingError> {
    let (database, search) = (MongoDb::read(env)?, OpenSearch::read(env)?);
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
    let store = Arc::new(wired.aws.database(&wired.database).await?);
    let settings = OpenSearchSettings {
        url: wired.search.url.clone(),
        auth: auth(&wired.search.auth, &wired.aws).await?,
        index_prefix: wired.search.index_prefix.clone(),
    };
    let index = OpenSearchIndex::new(&settings).map_err(|error| PortError::permanent(error.to_string()))?;
    let queues = Arc::new(wired.queues.clone());
    Ok(ConnectionIndex {
        index: Arc::new(index),
        doctors: store.clone(),
        ledger: store,
        outbox: queues.clone(),
        inbox: queues,
    })
}

/// With the user and the password, read from the Parameter Store where they stand there.
async fn auth(auth: &settings::Auth, aws: &Aws) -> PortResult<Auth> {
    Ok(match auth {
        settings::Auth::None => Auth::None,
        settings::Auth::Basic { username, password } => Auth::Basic {
            username: aws.resolve(username).await?.expose_secret().to_owned(),
            password: aws.resolve(password).await?,
        },
        settings::Auth::Aws => Auth::Aws(Box::new(aws.config.clone())),
    })
}
