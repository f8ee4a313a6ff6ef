//! The ports `Outbox` and `Inbox`.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use sync::ports::Outbox;
use sync::ports::queue::{Inbox, MAX_DELAY, MAX_MESSAGE_BYTES, Outgoing, QueueName, Received};
use tokio::time::sleep;

use crate::done;

/// Which of the queues the checks use where it does not matter.
const QUEUE: QueueName = QueueName::RecommendationUpdate;

/// Longer than any engine takes to pass a message on.
const SOON: Duration = Duration::from_secs(10);
/// Long enough to see that nothing comes, and longer than [`BRIEF`].
const A_WHILE: Duration = Duration::from_secs(3);
/// A visibility or a delay that a check can wait for.
const BRIEF: Duration = Duration::from_secs(1);

/// Adapters on queues of their own: empty, and used by no other check. A message that was received must stay invisible
/// for at least half a minute.
#[async_trait]
pub trait QueueFixture: Send + Sync {
    /// The sending side.
    fn outbox(&self) -> &dyn Outbox;

    /// The receiving side.
    fn inbox(&self) -> &dyn Inbox;

    /// How many times a queue lets a message be received before it is a dead letter; at least 3.
    fn max_receive_count(&self, queue: QueueName) -> u32;

    /// The dead letters of a queue.
    async fn dead_letters(&self, queue: QueueName) -> Vec<String>;
}

/// JSON with whatever JSON may hold.
pub async fn a_message_arrives_as_it_was_sent(fixture: &impl QueueFixture) {
    let body = "{\"name\":\"Siân \\\"O'Neill\\\" \\\\ 😀 <&>\"}";

    send(fixture, &[body]).await;

    let received = one(fixture).await;
    assert_eq!(
        (&*received.body, received.receive_count),
        (body, 1),
        "expected the message, for the first time"
    );
    let only: Outgoing = Outgoing { is_bulk: true, ..outgoing("bulk") };
    done(fixture.outbox().send(QUEUE, vec![only]).await);
    assert_eq!(&*one(fixture).await.body, "bulk", "expected a message with doctors to arrive like any other");
    done(fixture.outbox().send(QUEUE, vec![]).await);
}

/// Nobody works on it twice at once.
pub async fn a_message_is_nobody_elses_while_it_is_in_flight(fixture: &impl QueueFixture) {
    send(fixture, &["one"]).await;
    one(fixture).await;

    nothing(fixture, "it was in flight").await;
}

/// As after a consumer's death.
pub async fn a_message_that_is_not_deleted_comes_again_and_is_counted(fixture: &impl QueueFixture) {
    send(fixture, &["one"]).await;
    for count in 1..=3 {
        let received = one(fixture).await;
        assert_eq!(
            (&*received.body, received.receive_count),
            ("one", count),
            "expected receive number {count}"
        );
        done(fixture.inbox().set_visibility(QUEUE, &received.receipt, Duration::ZERO).await);
    }
}

/// Also when its visibility would have passed.
pub async fn a_message_that_is_deleted_never_comes_again(fixture: &impl QueueFixture) {
    send(fixture, &["one"]).await;
    let received = one(fixture).await;
    done(fixture.inbox().set_visibility(QUEUE, &received.receipt, BRIEF).await);

    done(fixture.inbox().delete(QUEUE, &received.receipt).await);

    nothing(fixture, "it was deleted").await;
    done(fixture.inbox().delete(QUEUE, &received.receipt).await);
}

/// Someone else has received the message since, and may need it again.
pub async fn a_late_receipt_deletes_nothing(fixture: &impl QueueFixture) {
    send(fixture, &["one"]).await;
    let first = one(fixture).await;
    done(fixture.inbox().set_visibility(QUEUE, &first.receipt, Duration::ZERO).await);
    let second = one(fixture).await;
    assert_ne!(first.receipt, second.receipt, "expected each receive to have a receipt of its own");

    done(fixture.inbox().delete(QUEUE, &first.receipt).await);

    done(fixture.inbox().set_visibility(QUEUE, &second.receipt, Duration::ZERO).await);
    let third = one(fixture).await;
    assert_eq!(third.receive_count, 3, "expected the message to be there still");
}

/// Counted from the call, not added up.
pub async fn a_visibility_can_be_made_longer(fixture: &impl QueueFixture) {
    send(fixture, &["one"]).await;
    let received = one(fixture).await;
    done(fixture.inbox().set_visibility(QUEUE, &received.receipt, BRIEF).await);
    done(fixture.inbox().set_visibility(QUEUE, &received.receipt, A_WHILE + BRIEF).await);

    nothing(fixture, "its visibility was made longer").await;

    assert_eq!(one(fixture).await.receive_count, 2, "expected it to come again after that");
}

/// And comes then.
pub async fn a_delayed_message_waits(fixture: &impl QueueFixture) {
    let delayed = Outgoing { delay: A_WHILE + BRIEF, ..outgoing("later") };
    done(fixture.outbox().send(QUEUE, vec![delayed, outgoing("now")]).await);

    assert_eq!(&*one(fixture).await.body, "now", "expected the message without a delay first");
    nothing(fixture, "it was delayed").await;

    let received = one(fixture).await;
    assert_eq!(
        (&*received.body, received.receive_count),
        ("later", 1),
        "expected the delayed one, never received before"
    );
}

/// SQS allows 900 seconds.
pub async fn a_delay_of_more_than_a_quarter_of_an_hour_is_refused(fixture: &impl QueueFixture) {
    let late = Outgoing { delay: MAX_DELAY + BRIEF, ..outgoing("late") };
    match fixture.outbox().send(QUEUE, vec![late]).await {
        Ok(()) => panic!("expected a delay of more than {MAX_DELAY:?} to be refused"),
        Err(error) => assert!(!error.is_transient, "expected a refusal that stays: {error}"),
    }
    let latest = Outgoing { delay: MAX_DELAY, ..outgoing("latest") };
    done(fixture.outbox().send(QUEUE, vec![latest]).await);
}

/// In bytes, not in characters.
pub async fn a_message_of_the_greatest_size_is_taken_and_a_larger_one_refused(fixture: &impl QueueFixture) {
    let greatest = "é".repeat(MAX_MESSAGE_BYTES / 2);
    send(fixture, &[&greatest]).await;
    assert_eq!(
        *one(fixture).await.body,
        *greatest,
        "expected a message of {MAX_MESSAGE_BYTES} bytes to arrive"
    );

    match fixture.outbox().send(QUEUE, vec![outgoing(&(greatest + "e"))]).await {
        Ok(()) => panic!("expected a message of more than {MAX_MESSAGE_BYTES} bytes to be refused"),
        Err(error) => assert!(!error.is_transient, "expected a refusal that stays: {error}"),
    }
    nothing(fixture, "it was refused").await;
}

/// SQS takes and gives at most ten in one request, and of a limited size altogether.
pub async fn more_than_ten_messages_are_sent_in_one_call_and_received_ten_at_most(
    fixture: &impl QueueFixture,
) {
    let padding = " ".repeat(200 * 1024);
    let bodies: Vec<_> = (0..23).map(|place| format!("{place}{padding}")).collect();

    send(fixture, &bodies.iter().map(String::as_str).collect::<Vec<_>>()).await;

    let mut found = BTreeSet::new();
    while found.len() < bodies.len() {
        let received = done(fixture.inbox().receive(QUEUE, 10, SOON).await);
        assert!(!received.is_empty(), "expected {} messages, got only {}", bodies.len(), found.len());
        assert!(received.len() <= 10, "expected ten at most, got {}", received.len());
        for message in received {
            done(fixture.inbox().delete(QUEUE, &message.receipt).await);
            found.insert(message.body.to_string());
        }
    }
    assert_eq!(found, bodies.into_iter().collect(), "expected every message");
}

/// It need not ask again.
pub async fn a_receiver_waits_for_a_message(fixture: &impl QueueFixture) {
    let send_later = async {
        sleep(BRIEF).await;
        send(fixture, &["one"]).await;
    };

    let (received, ()) = tokio::join!(fixture.inbox().receive(QUEUE, 10, SOON), send_later);

    let bodies: Vec<_> = done(received).into_iter().map(|message| message.body).collect();
    assert_eq!(bodies, ["one".into()], "expected the message that was sent while the receiver waited");
}

/// Without an error.
pub async fn a_receiver_gives_up_after_its_wait(fixture: &impl QueueFixture) {
    nothing(fixture, "none was sent").await;
    let received = done(fixture.inbox().receive(QUEUE, 1, Duration::ZERO).await);
    assert_eq!(received, [], "expected nothing, without waiting");
}

/// A message goes to one stage.
pub async fn the_queues_are_apart(fixture: &impl QueueFixture) {
    for queue in QueueName::ALL {
        done(fixture.outbox().send(queue, vec![outgoing(queue.as_str())]).await);
    }
    for queue in QueueName::ALL {
        let received = done(fixture.inbox().receive(queue, 10, SOON).await);
        let bodies: Vec<_> = received.iter().map(|message| &*message.body).collect();
        assert_eq!(bodies, [queue.as_str()], "expected the message that was sent to {queue}");
        for message in &received {
            done(fixture.inbox().delete(queue, &message.receipt).await);
        }
    }
}

/// It takes nobody with it, and is kept.
pub async fn a_message_received_too_often_is_a_dead_letter(fixture: &impl QueueFixture) {
    send(fixture, &["bad"]).await;
    for count in 1..=fixture.max_receive_count(QUEUE) {
        let received = one(fixture).await;
        assert_eq!(received.receive_count, count, "expected receive number {count}");
        assert_eq!(fixture.dead_letters(QUEUE).await, [""; 0], "expected no dead letter yet");
        done(fixture.inbox().set_visibility(QUEUE, &received.receipt, Duration::ZERO).await);
    }

    nothing(fixture, "it was received too often").await;

    let mut dead_letters = fixture.dead_letters(QUEUE).await;
    for _ in 0..10 {
        if dead_letters.is_empty() {
            sleep(BRIEF).await;
            dead_letters = fixture.dead_letters(QUEUE).await;
        }
    }
    assert_eq!(dead_letters, ["bad"], "expected the message to be kept as a dead letter");
}

fn outgoing(body: &str) -> Outgoing {
    Outgoing { body: body.into(), delay: Duration::ZERO, is_bulk: false }
}

async fn send(fixture: &impl QueueFixture, bodies: &[&str]) {
    done(fixture.outbox().send(QUEUE, bodies.iter().map(|body| outgoing(body)).collect()).await);
}

/// The one message that there is to receive.
async fn one(fixture: &impl QueueFixture) -> Received {
    let received = done(fixture.inbox().receive(QUEUE, 10, SOON).await);
    match <[Received; 1]>::try_from(received) {
        Ok([message]) => message,
        Err(received) => panic!("expected one message, got {}", received.len()),
    }
}

async fn nothing(fixture: &impl QueueFixture, because: &str) {
    let received = done(fixture.inbox().receive(QUEUE, 10, A_WHILE).await);
    assert!(received.is_empty(), "expected no message, because {because}, got {received:?}");
}
