//! From messages of the recommendation-update queue, and from the watchdog's rule, to the stages and back.

use std::sync::Arc;

use aws::NightlyRule;
use lambda::batch::{Batch, Message};
use lambda::event::{Scheduled, SqsBatchResponse, SqsEvent};
use lambda::serve::Call;
use lambda_runtime::Error;
use serde::{Deserialize, Serialize};
use sync::open::NightlyMode;
use sync::ports::queue::{Inbox, QueueName};
use sync::ports::{Doctors, Ledger, Outbox};
use sync::recommendation_update;
use sync::stage::Desk;

use crate::watch::{Lateness, watch};

/// The function's name.
pub(crate) const NAME: &str = "recommendation-update";

/// How many messages are worked on at once: while one waits for the database, another is decided on.
const AT_ONCE: usize = 2;

/// What it works with.
pub(crate) struct RecommendationUpdate {
    pub(crate) doctors: Arc<dyn Doctors>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) inbox: Arc<dyn Inbox>,
    /// What the nightly rule does.
    pub(crate) nightly_mode: NightlyMode,
    /// The nightly rule, whose expression says when a night is due; without it nobody tells whether one is overdue.
    pub(crate) rule: Option<NightlyRule>,
}

/// What invokes it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Event {
    Messages(SqsEvent),
    /// The watchdog's rule.
    Tick(
        #[expect(dead_code, reason = "serde recognises a tick by its fields, and nothing else needs them")]
        Scheduled,
    ),
}

/// What it answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Messages(SqsBatchResponse),
    Tick(Lateness),
}

/// Handles one invocation.
pub(crate) async fn handle(function: &RecommendationUpdate, call: Call<Event>) -> Result<Answer, Error> {
    let host = &call.host;
    let desk =
        Desk { doctors: &*function.doctors, ledger: &*function.ledger, outbox: &*function.outbox, host };
    let event = match call.payload {
        Event::Messages(event) => event,
        Event::Tick(_) => return watch(function, desk).await.map(Answer::Tick),
    };
    let batch =
        Batch { queue: QueueName::RecommendationUpdate, inbox: &*function.inbox, host, at_once: AT_ONCE };
    let stage = async |message: Message<'_>| recommendation_update::handle(desk, message.body).await;
    Ok(Answer::Messages(batch.work(&event, stage).await))
}
