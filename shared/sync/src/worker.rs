//! The stages on one machine: what receives messages and gives them to the stages, as Lambda's event source mapping
//! does in the cloud.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::backoff::Backoff;
use crate::connection_index::{self, IndexDesk};
use crate::fetch::{self, FetchDesk, FetchSettings};
use crate::open::NightSettings;
use crate::ports::queue::{Inbox, QueueName, Received};
use crate::ports::{Doctors, Gmc, Host, Index, Ledger, Outbox};
use crate::stage::{Desk, Outcome, StageResult};
use crate::{prepare, recommendation_update};

/// Everything that the stages need, for as long as the program runs.
#[derive(Clone)]
pub struct Stages {
    /// The database.
    pub doctors: Arc<dyn Doctors>,
    /// The ledger.
    pub ledger: Arc<dyn Ledger>,
    /// The indexes.
    pub index: Arc<dyn Index>,
    /// The queues.
    pub outbox: Arc<dyn Outbox>,
    /// The GMC.
    pub gmc: Arc<dyn Gmc>,
    /// Time and chance.
    pub host: Arc<dyn Host>,
    /// How nights are run.
    pub night: NightSettings,
    /// How the GMC is asked.
    pub fetch: FetchSettings,
}

impl Stages {
    /// What the stages that own the database work with.
    pub fn desk(&self) -> Desk<'_> {
        Desk { doctors: &*self.doctors, ledger: &*self.ledger, outbox: &*self.outbox, host: &*self.host }
    }

    /// What the stage that owns the indexes works with.
    pub fn index_desk(&self) -> IndexDesk<'_> {
        IndexDesk {
            index: &*self.index,
            doctors: &*self.doctors,
            ledger: &*self.ledger,
            outbox: &*self.outbox,
            host: &*self.host,
        }
    }

    /// Gives a message to the stage whose queue it was on.
    pub async fn handle(&self, queue: QueueName, message: &Received) -> StageResult<Outcome> {
        match queue {
            QueueName::PrepareSync => prepare::handle(self.desk(), &self.night, &message.body).await,
            QueueName::GmcFetch => {
                let desk = FetchDesk { gmc: &*self.gmc, outbox: &*self.outbox, host: &*self.host };
                fetch::handle(desk, &self.fetch, &message.body, message.receive_count).await
            }
            QueueName::RecommendationUpdate => {
                recommendation_update::handle(self.desk(), &message.body).await
            }
            QueueName::ConnectionIndex => connection_index::handle(self.index_desk(), &message.body).await,
        }
    }
}

/// How many messages of each queue are worked on at once.
#[derive(Clone, Copy, Debug)]
pub struct Concurrency {
    /// Requests to the GMC at once: 2 to 5.
    pub gmc_fetch: usize,
    /// Chunks to the database at once.
    pub recommendation_update: usize,
    /// Chunks and looks to the indexes at once.
    pub connection_index: usize,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self { gmc_fetch: 3, recommendation_update: 2, connection_index: 2 }
    }
}

/// How long a worker waits for a message before it asks again.
const WAIT: Duration = Duration::from_secs(5);

/// Before a message that failed is received again.
const FAILED: Backoff = Backoff { first: Duration::from_millis(500), most: Duration::from_secs(30) };

/// Starts workers for all four queues; they work until the returned set is dropped.
pub fn start(stages: &Arc<Stages>, inbox: &Arc<dyn Inbox>, concurrency: Concurrency) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for queue in QueueName::ALL {
        let at_once = match queue {
            QueueName::PrepareSync => 1,
            QueueName::GmcFetch => concurrency.gmc_fetch,
            QueueName::RecommendationUpdate => concurrency.recommendation_update,
            QueueName::ConnectionIndex => concurrency.connection_index,
        };
        for _ in 0..at_once {
            workers.spawn(work(Arc::clone(stages), Arc::clone(inbox), queue));
        }
    }
    workers
}

async fn work(stages: Arc<Stages>, inbox: Arc<dyn Inbox>, queue: QueueName) {
    loop {
        let received = match inbox.receive(queue, 1, WAIT).await {
            Ok(received) => received,
            Err(error) => {
                tracing::error!(%queue, "no message could be received: {error}");
                stages.host.sleep(FAILED.first).await;
                continue;
            }
        };
        for message in received {
            if let Err(error) = work_on(&stages, &*inbox, queue, &message).await {
                tracing::error!(%queue, "a message could not be handed back; it is received again: {error}");
            }
        }
    }
}

/// Works on one message and deletes it, or hands it back.
async fn work_on(
    stages: &Stages,
    inbox: &dyn Inbox,
    queue: QueueName,
    message: &Received,
) -> StageResult<()> {
    let again = match stages.handle(queue, message).await {
        Ok(Outcome::Done) => return Ok(inbox.delete(queue, &message.receipt).await?),
        Ok(Outcome::Again(after)) => after,
        Err(error) => {
            tracing::warn!(%queue, receive_count = message.receive_count, "a message failed: {error}");
            FAILED.wait(message.receive_count, stages.host.chance())
        }
    };
    Ok(inbox.set_visibility(queue, &message.receipt, again).await?)
}
