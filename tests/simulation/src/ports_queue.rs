//! The queues, by SQS's rules: at least once, in any order.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::Moment;
use sync::ports::queue::{Outgoing, QueueName, Received};
use sync::ports::{Outbox, PortResult};

use crate::world::{Engine, Message, Sim, World};

/// After this many receipts a message goes to the dead letters.
pub(crate) const MAX_RECEIVES: u32 = 5;

#[async_trait]
impl Outbox for Sim {
    async fn send(&self, queue: QueueName, messages: Vec<Outgoing>) -> PortResult<()> {
        for part in self.parts(&messages) {
            self.call(Engine::Queues, "send", |world| {
                for message in part {
                    world.put(queue, message.body.clone(), message.delay);
                }
            })
            .await?;
        }
        Ok(())
    }
}

/// Which message, for deleting it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receipt {
    pub(crate) queue: QueueName,
    pub(crate) id: u64,
    receive: u64,
}

impl World {
    /// Puts a message on a queue; sometimes nobody sees it until the run is long over.
    fn put(&mut self, queue: QueueName, body: Arc<str>, delay: Duration) {
        self.next_message += 1;
        let late = self.strikes(|trouble| &mut trouble.delivered_late, 40, "message delivered hours late");
        let late = if late { self.long_after() } else { 0 };
        let visible_from = Moment(self.now.plus(delay).0 + late);
        let message = Message { id: self.next_message, body, visible_from, receive_count: 0, receipt: 0 };
        self.queues.entry(queue).or_default().push(message);
    }

    /// In milliseconds: when a run that went well is over, or when any is.
    fn long_after(&mut self) -> i64 {
        if self.random.bool() {
            self.random.i64(20 * 60_000..55 * 60_000)
        } else {
            self.random.i64(90 * 60_000..5 * 3_600_000)
        }
    }

    /// Puts something on a queue that is no message of ours.
    pub(crate) fn put_foreign_message(&mut self) {
        let queue = QueueName::ALL[self.random.usize(..4)];
        let body =
            ["{\"sweep\":{\"run\":\"1\"}}", "<xml/>", "", "{\"look\":{\"run\":1}}"][self.random.usize(..4)];
        self.put(queue, body.into(), Duration::ZERO);
    }

    /// Any message that is visible now. It stays invisible for a while, or, as SQS may do it, is seen twice at once.
    pub(crate) fn receive(&mut self) -> Option<(Receipt, Received)> {
        let now = self.now;
        let of = |(queue, messages): (&QueueName, &Vec<Message>)| {
            let visible = messages.iter().enumerate().filter(|(_, message)| message.visible_from <= now);
            visible.map(|(place, _)| (*queue, place)).collect::<Vec<_>>()
        };
        let visible: Vec<(QueueName, usize)> = self.queues.iter().flat_map(of).collect();
        if visible.is_empty() {
            return None;
        }
        let (queue, place) = visible[self.random.usize(..visible.len())];
        let is_twice = self.strikes(|trouble| &mut trouble.delivered_twice, 20, "message delivered twice");
        let until = if is_twice { now } else { Moment(now.0 + self.random.i64(30_000..180_000)) };
        let message = self.queues.get_mut(&queue)?.get_mut(place)?;
        message.receive_count += 1;
        if message.receive_count > MAX_RECEIVES {
            let dead = self.queues.get_mut(&queue)?.remove(place);
            self.note(|| format!("dead letter of {queue}: {}", dead.body));
            *self.made.entry("message went to the dead letters").or_default() += 1;
            self.dead_letters.push((queue, dead.id, dead.body));
            return self.receive();
        }
        message.receipt += 1;
        message.visible_from = until;
        let receipt = Receipt { queue, id: message.id, receive: message.receipt };
        let received = Received {
            receipt: String::new(),
            body: message.body.clone(),
            receive_count: message.receive_count,
        };
        Some((receipt, received))
    }

    /// The message is done with, unless it was received again meanwhile. Sometimes a copy comes when the run is over.
    pub(crate) fn delete(&mut self, receipt: Receipt) {
        if self.strikes(|trouble| &mut trouble.delivered_late, 60, "message delivered again hours later") {
            let again = Moment(self.now.0 + self.long_after());
            return self.hand_back(receipt, again);
        }
        if let Some(messages) = self.queues.get_mut(&receipt.queue) {
            messages.retain(|message| message.id != receipt.id || message.receipt != receipt.receive);
        }
    }

    /// The message is to be received again then.
    pub(crate) fn hand_back(&mut self, receipt: Receipt, visible_from: Moment) {
        let messages = self.queues.entry(receipt.queue).or_default().iter_mut();
        for message in
            messages.filter(|message| message.id == receipt.id && message.receipt == receipt.receive)
        {
            message.visible_from = visible_from;
        }
    }

    /// When the next message becomes visible.
    pub(crate) fn next_visible(&self) -> Option<Moment> {
        self.queues.values().flatten().map(|message| message.visible_from).min()
    }
}
