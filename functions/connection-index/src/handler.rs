//! From messages of the connection-index queue to the stage and back.

use std::sync::Arc;

use lambda::batch::{Batch, Message};
use lambda::event::{SqsBatchResponse, SqsEvent};
use lambda::serve::Call;
use sync::connection_index::{self, IndexDesk};
use sync::ports::queue::{Inbox, QueueName};
use sync::ports::{Doctors, Index, Ledger, Outbox};

/// The function's name.
pub(crate) const NAME: &str = "connection-index";

/// How many messages are worked on at once: while one waits for an engine, another is decided on.
const AT_ONCE: usize = 2;

/// What it works with.
pub(crate) struct ConnectionIndex {
    pub(crate) index: Arc<dyn Index>,
    pub(crate) doctors: Arc<dyn Doctors>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) inbox: Arc<dyn Inbox>,
}

/// Handles one invocation.
pub(crate) async fn handle(function: &ConnectionIndex, call: &Call<SqsEvent>) -> SqsBatchResponse {
    let host = &call.host;
    let batch = Batch { queue: QueueName::ConnectionIndex, inbox: &*function.inbox, host, at_once: AT_ONCE };
    let desk = IndexDesk {
        index: &*function.index,
        doctors: &*function.doctors,
        ledger: &*function.ledger,
        outbox: &*function.outbox,
        host,
    };
    let stage = async |message: Message<'_>| connection_index::handle(desk, message.body).await;
    batch.work(&call.payload, stage).await
}
