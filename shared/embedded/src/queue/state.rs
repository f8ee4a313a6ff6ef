//! What one queue holds: no waiting, no locks, time is told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use sync::ports::queue::{Outgoing, Received};
use tokio::time::Instant;

/// How many messages a queue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Waiting to be received.
    pub visible: usize,
    /// Received, and neither deleted nor visible again.
    pub in_flight: usize,
    /// Not to be received yet.
    pub delayed: usize,
}

/// A message that was received too often without being deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message.
    pub body: Arc<str>,
    /// How many times it was received.
    pub receive_count: u32,
}

/// In the order of sending.
type Id = u64;

#[derive(Debug, Default)]
pub(super) struct State {
    messages: BTreeMap<Id, Message>,
    /// Who can be received now, in the order in which they became so; some may be gone.
    visible: VecDeque<Id>,
    /// Who can be received later: delayed, or in flight.
    later: BTreeSet<(Instant, Id)>,
    delayed: usize,
    bulk_bytes: usize,
    last_id: Id,
    dead: Vec<DeadLetter>,
}

#[derive(Debug)]
struct Message {
    body: Arc<str>,
    is_bulk: bool,
    sent: Instant,
    receive_count: u32,
    /// From when on it can be received; `None` when it can.
    due: Option<Instant>,
}

impl State {
    pub(super) fn has_room_for(&self, message: &Outgoing, max_bulk_bytes: usize) -> bool {
        self.bulk_bytes == 0 || self.bulk_bytes.saturating_add(message.body.len()) <= max_bulk_bytes
    }

    pub(super) fn add(&mut self, message: Outgoing, now: Instant) {
        self.last_id += 1;
        let id = self.last_id;
        let due = (!message.delay.is_zero()).then(|| now + message.delay);
        match due {
            Some(due) => {
                self.later.insert((due, id));
                self.delayed += 1;
            }
            None => self.visible.push_back(id),
        }
        if message.is_bulk {
            self.bulk_bytes += message.body.len();
        }
        let Outgoing { body, is_bulk, .. } = message;
        self.messages.insert(id, Message { body, is_bulk, sent: now, receive_count: 0, due });
    }

    /// Makes visible whatever is due by `now`; what has been received `max_receive_count` times is given up instead.
    /// Whether anything was.
    pub(super) fn settle(&mut self, now: Instant, max_receive_count: u32) -> bool {
        let mut has_given_up = false;
        while let Some((due, id)) = self.later.first().copied()
            && due <= now
        {
            self.later.pop_first();
            let Some(message) = self.messages.get_mut(&id) else {
                continue;
            };
            message.due = None;
            if message.receive_count == 0 {
                self.delayed -= 1;
            }
            if message.receive_count < max_receive_count {
                self.visible.push_back(id);
            } else if let Some(message) = self.take(id) {
                let Message { body, receive_count, .. } = message;
                self.dead.push(DeadLetter { body, receive_count });
                has_given_up = true;
            }
        }
        has_given_up
    }

    /// Receives up to `max` of what is visible; nobody else receives it before `due`.
    pub(super) fn receive(&mut self, max: usize, due: Instant) -> Vec<Received> {
        let mut received = Vec::new();
        while received.len() < max
            && let Some(id) = self.visible.pop_front()
        {
            let Some(message) = self.messages.get_mut(&id) else {
                continue;
            };
            message.receive_count += 1;
            message.due = Some(due);
            self.later.insert((due, id));
            received.push(Received {
                receipt: receipt(id, message.receive_count),
                body: Arc::clone(&message.body),
                receive_count: message.receive_count,
            });
        }
        received
    }

    /// Takes a message off the queue, if the receipt is that of its latest receive. Whether it did.
    pub(super) fn delete(&mut self, receipt: &str) -> bool {
        self.received(receipt).is_some_and(|id| self.take(id).is_some())
    }

    /// Makes a message that is in flight visible at `due`, if the receipt is that of its latest receive.
    pub(super) fn set_due(&mut self, receipt: &str, due: Instant) {
        let Some(id) = self.received(receipt) else {
            return;
        };
        if let Some(message) = self.messages.get_mut(&id)
            && let Some(before) = message.due.replace(due)
        {
            self.later.remove(&(before, id));
            self.later.insert((due, id));
        }
    }

    /// When the next message becomes visible that is not.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.later.first().map(|(due, _)| *due)
    }

    pub(super) fn depth(&self) -> Depth {
        Depth {
            visible: self.messages.len() - self.later.len(),
            in_flight: self.later.len() - self.delayed,
            delayed: self.delayed,
        }
    }

    /// When the oldest message was sent.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.messages.first_key_value().map(|(_, message)| message.sent)
    }

    pub(super) fn dead_letters(&self) -> &[DeadLetter] {
        &self.dead
    }

    /// The message that a receipt is the latest of.
    fn received(&self, receipt: &str) -> Option<Id> {
        let (id, count) = parse_receipt(receipt)?;
        let message = self.messages.get(&id)?;
        (count > 0 && message.receive_count == count).then_some(id)
    }

    fn take(&mut self, id: Id) -> Option<Message> {
        let message = self.messages.remove(&id)?;
        if let Some(due) = message.due {
            self.later.remove(&(due, id));
        }
        if message.is_bulk {
            self.bulk_bytes -= message.body.len();
        }
        Some(message)
    }
}

fn receipt(id: Id, receive_count: u32) -> String {
    format!("{id}.{receive_count}")
}

fn parse_receipt(receipt: &str) -> Option<(Id, u32)> {
    let (id, count) = receipt.split_once('.')?;
    Some((id.parse().ok()?, count.parse().ok()?))
}
