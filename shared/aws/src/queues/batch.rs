//! Messages in batches, as one request may carry them.

use sync::ports::PortResult;
use sync::ports::queue::{MAX_MESSAGE_BYTES, Outgoing, QueueName};

/// The most messages in one request.
const MAX_ENTRIES: usize = 10;

/// The most bytes in one request: the same limit as for one message (docs/domain.md §7).
const MAX_BYTES: usize = MAX_MESSAGE_BYTES;

/// Batches of the messages in their order; none is empty. A message that SQS would refuse is refused here, before any
/// is sent.
pub(super) fn batches(queue: QueueName, messages: Vec<Outgoing>) -> PortResult<Vec<Vec<Outgoing>>> {
    for message in &messages {
        message.check(queue)?;
    }
    let mut batches: Vec<Vec<Outgoing>> = Vec::new();
    let mut room = 0;
    for message in messages {
        let bytes = message.body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_ENTRIES && bytes <= room => {
                room -= bytes;
                batch.push(message);
            }
            _ => {
                room = MAX_BYTES - bytes;
                batches.push(vec![message]);
            }
        }
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sync::ports::queue::MAX_DELAY;

    use super::*;

    const QUEUE: QueueName = QueueName::ConnectionIndex;

    #[test]
    fn ten_small_messages_are_one_batch_and_eleven_are_two() {
        assert_eq!(sizes(&[1; 10]), [10]);
        assert_eq!(sizes(&[1; 11]), [10, 1]);
        assert_eq!(sizes(&[]), [0; 0]);
    }

    #[test]
    fn a_batch_is_never_larger_than_a_message_may_be() {
        let half = MAX_MESSAGE_BYTES / 2;

        assert_eq!(sizes(&[half, half, 1]), [2, 1], "exactly full, then one more");
        assert_eq!(sizes(&[half, half + 1, 1]), [1, 2]);
        assert_eq!(sizes(&[MAX_MESSAGE_BYTES; 3]), [1, 1, 1]);
    }

    #[test]
    fn the_order_is_kept() {
        let bodies: Vec<_> = (0..25).map(|place| place.to_string()).collect();
        let messages =
            bodies.iter().map(|body| Outgoing { body: body.as_str().into(), ..message(1) }).collect();

        let sent: Vec<_> = batches(QUEUE, messages).unwrap().into_iter().flatten().collect();

        assert!(sent.iter().map(|message| &*message.body).eq(bodies.iter().map(String::as_str)));
    }

    #[test]
    fn a_refusal_names_the_queue_and_the_limit() {
        let late = Outgoing { delay: MAX_DELAY + Duration::from_secs(1), ..message(1) };
        for (refused, told) in [
            (message(0), "a message of 0 bytes, and a queue takes 1 to 262144"),
            (message(MAX_MESSAGE_BYTES + 1), "a message of 262145 bytes, and a queue takes 1 to 262144"),
            (late, "a delay of 901 s, and a queue takes at most 900 s"),
        ] {
            let error = batches(QUEUE, vec![message(1), refused]).unwrap_err();

            assert_eq!(error.message, format!("could not send to queue connection-index: {told}"));
            assert!(!error.is_transient);
        }
    }

    fn sizes(bytes: &[usize]) -> Vec<usize> {
        let messages = bytes.iter().map(|bytes| message(*bytes)).collect();
        batches(QUEUE, messages).unwrap().iter().map(Vec::len).collect()
    }

    fn message(bytes: usize) -> Outgoing {
        Outgoing { body: "x".repeat(bytes).into(), delay: Duration::ZERO, is_bulk: false }
    }
}
