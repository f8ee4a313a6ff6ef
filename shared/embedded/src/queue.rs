//! Queues in this process, with SQS's rules: at least once, visibility timeout, delay, receive count, dead letters.

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sync::ports::PortResult;
use sync::ports::queue::{Inbox, Outbox, Outgoing, QueueName, Received};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use self::state::State;
pub use self::state::{DeadLetter, Depth};

/// The most messages that are received at once, by SQS's rules.
const MAX_RECEIVED: usize = 10;

/// The rules of one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// For how long a message that was received is nobody else's.
    pub visibility: Duration,
    /// How many times a message is received at most; after that it is a dead letter.
    pub max_receive_count: u32,
    /// How many bytes of messages with doctors may wait here, those that are being worked on included; a sender of
    /// another one waits. One larger than this goes alone. Other messages have no limit: two stages that answer each
    /// other would wait for each other if both queues were full.
    pub max_bulk_bytes: usize,
}

impl Default for QueueSettings {
    /// Five minutes, five times, 16 MiB: a hundred chunks.
    fn default() -> Self {
        Self { visibility: Duration::from_mins(5), max_receive_count: 5, max_bulk_bytes: 16 << 20 }
    }
}

/// The four queues. Clones are the same queues. Time is tokio's, so that a test can stop it.
#[derive(Clone, Debug)]
pub struct Queues {
    queues: Arc<[Queue; QueueName::ALL.len()]>,
}

#[derive(Debug)]
struct Queue {
    name: QueueName,
    settings: QueueSettings,
    state: Mutex<State>,
    /// Something may be received, or will be earlier than was known.
    arrived: Notify,
    /// Doctors were taken off the queue.
    room: Notify,
}

impl Queues {
    /// Empty queues, each by its own rules.
    pub fn new(settings: impl Fn(QueueName) -> QueueSettings) -> Self {
        let queue = |name| Queue {
            name,
            settings: settings(name),
            state: Mutex::default(),
            arrived: Notify::new(),
            room: Notify::new(),
        };
        Self { queues: Arc::new(QueueName::ALL.map(queue)) }
    }

    /// How many messages a queue has, and where they are.
    pub fn depth(&self, queue: QueueName) -> Depth {
        self.queue(queue).settled().depth()
    }

    /// How long ago the oldest message of a queue was sent; `None` when it has none.
    pub fn oldest_age(&self, queue: QueueName) -> Option<Duration> {
        self.queue(queue).settled().oldest().map(|sent| sent.elapsed())
    }

    /// The messages of a queue that were received too often, in the order in which they were given up.
    pub fn dead_letters(&self, queue: QueueName) -> Vec<DeadLetter> {
        self.queue(queue).settled().dead_letters().to_vec()
    }

    /// Whether no queue has a message, visible, in flight or delayed.
    pub fn is_idle(&self) -> bool {
        // All at once: a message that is answered by another must not be missed between two looks.
        let states = self.queues.each_ref().map(Queue::settled);
        states.iter().all(|state| state.depth() == Depth::default())
    }

    fn queue(&self, name: QueueName) -> &Queue {
        let [prepare_sync, gmc_fetch, recommendation_update, connection_index] = &*self.queues;
        match name {
            QueueName::PrepareSync => prepare_sync,
            QueueName::GmcFetch => gmc_fetch,
            QueueName::RecommendationUpdate => recommendation_update,
            QueueName::ConnectionIndex => connection_index,
        }
    }
}

impl Default for Queues {
    fn default() -> Self {
        Self::new(|_| QueueSettings::default())
    }
}

#[async_trait]
impl Outbox for Queues {
    async fn send(&self, queue: QueueName, messages: Vec<Outgoing>) -> PortResult<()> {
        for message in &messages {
            message.check(queue)?;
        }
        let queue = self.queue(queue);
        let (bulk, other): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| message.is_bulk);
        if !other.is_empty() {
            let mut state = queue.settled();
            for message in other {
                state.add(message, Instant::now());
            }
            drop(state);
            queue.arrived.notify_waiters();
        }
        for message in bulk {
            queue.add_when_there_is_room(message).await;
        }
        Ok(())
    }
}

#[async_trait]
impl Inbox for Queues {
    async fn receive(&self, queue: QueueName, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let queue = self.queue(queue);
        let max = max.clamp(1, MAX_RECEIVED);
        let deadline = Instant::now() + wait;
        loop {
            // Made before looking: what arrives after the look wakes it.
            let arrived = queue.arrived.notified();
            let next = {
                let mut state = queue.settled();
                let received = state.receive(max, Instant::now() + queue.settings.visibility);
                if !received.is_empty() || Instant::now() >= deadline {
                    return Ok(received);
                }
                state.next_due()
            };
            let until = next.map_or(deadline, |due| due.min(deadline));
            // Either way it looks again.
            let _ = timeout_at(until, arrived).await;
        }
    }

    async fn delete(&self, queue: QueueName, receipt: &str) -> PortResult<()> {
        let queue = self.queue(queue);
        if queue.settled().delete(receipt) {
            queue.room.notify_waiters();
        }
        Ok(())
    }

    async fn set_visibility(&self, queue: QueueName, receipt: &str, after: Duration) -> PortResult<()> {
        let queue = self.queue(queue);
        queue.settled().set_due(receipt, Instant::now() + after);
        queue.arrived.notify_waiters();
        Ok(())
    }
}

impl Queue {
    /// The state as it is by now.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.settle(Instant::now(), self.settings.max_receive_count) {
            tracing::debug!(queue = %self.name, "a message was received too often and is a dead letter now");
            self.room.notify_waiters();
        }
        state
    }

    async fn add_when_there_is_room(&self, message: Outgoing) {
        loop {
            let room = self.room.notified();
            let next = {
                let mut state = self.settled();
                if state.has_room_for(&message, self.settings.max_bulk_bytes) {
                    state.add(message, Instant::now());
                    drop(state);
                    self.arrived.notify_waiters();
                    return;
                }
                state.next_due()
            };
            // What falls due may be a dead letter then, and make room without anybody deleting it.
            match next {
                Some(due) => {
                    let _ = timeout_at(due, room).await;
                }
                None => room.await,
            }
        }
    }
}
