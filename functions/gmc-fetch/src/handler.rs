//! From a message of the gmc-fetch queue to the stage and back.

use std::sync::Arc;

use lambda::batch::{Batch, Message};
use lambda::event::{SqsBatchResponse, SqsEvent};
use lambda::serve::Call;
use sync::fetch::{self, FetchDesk, FetchSettings};
use sync::ports::queue::{Inbox, QueueName};
use sync::ports::{Gmc, Outbox};

/// The function's name.
pub(crate) const NAME: &str = "gmc-fetch";

/// What it works with.
pub(crate) struct GmcFetch {
    pub(crate) gmc: Arc<dyn Gmc>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) inbox: Arc<dyn Inbox>,
    pub(crate) fetch: FetchSettings,
}

/// Handles one invocation.
pub(crate) async fn handle(function: &GmcFetch, call: &Call<SqsEvent>) -> SqsBatchResponse {
    let host = &call.host;
    // the batch size is one: an answer is large, and the GMC is not to be asked more often than the queue allows
    let batch = Batch { queue: QueueName::GmcFetch, inbox: &*function.inbox, host, at_once: 1 };
    let desk = FetchDesk { gmc: &*function.gmc, outbox: &*function.outbox, host };
    let stage = async |message: Message<'_>| {
        fetch::handle(desk, &function.fetch, message.body, message.receive_count).await
    };
    batch.work(&call.payload, stage).await
}
