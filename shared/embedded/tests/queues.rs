//! The queues in this process, beyond their contract: bounds, and what can be seen of them.

use std::time::Duration;

use embedded::{Depth, QueueSettings, Queues};
use sync::ports::Outbox as _;
use sync::ports::queue::{Inbox as _, Outgoing, QueueName};
use tokio::time::{sleep, timeout};

const QUEUE: QueueName = QueueName::ConnectionIndex;
const NOW: Duration = Duration::ZERO;
const A_MINUTE: Duration = Duration::from_mins(1);
const VISIBILITY: Duration = Duration::from_secs(30);

#[tokio::test(start_paused = true)]
async fn a_sender_of_doctors_waits_until_there_is_room() {
    // given a queue with room for two
    let queues = with_room_for(20);
    queues.send(QUEUE, vec![bulk(10), bulk(10)]).await.unwrap();

    // when a third is sent
    let sender = tokio::spawn({
        let queues = queues.clone();
        async move { queues.send(QUEUE, vec![bulk(10)]).await }
    });

    // then its sender waits, also when the first has been received
    let first = &queues.receive(QUEUE, 1, NOW).await.unwrap()[0];
    sleep(VISIBILITY / 2).await;
    assert!(!sender.is_finished(), "what is worked on takes room");
    assert_eq!(queues.depth(QUEUE), Depth { visible: 1, in_flight: 1, delayed: 0 });

    // and goes on when that is deleted
    queues.delete(QUEUE, &first.receipt).await.unwrap();
    sender.await.unwrap().unwrap();
    assert_eq!(queues.depth(QUEUE), Depth { visible: 2, in_flight: 0, delayed: 0 });
}

#[tokio::test(start_paused = true)]
async fn other_messages_never_wait() {
    let queues = with_room_for(10);
    queues.send(QUEUE, vec![bulk(10)]).await.unwrap();

    let sent = timeout(A_MINUTE, queues.send(QUEUE, vec![message(1_000), message(1_000)])).await;

    sent.unwrap().unwrap();
    assert_eq!(queues.depth(QUEUE).visible, 3);
}

#[tokio::test(start_paused = true)]
async fn a_message_larger_than_the_room_goes_alone() {
    let queues = with_room_for(10);

    timeout(A_MINUTE, queues.send(QUEUE, vec![bulk(1_000)])).await.unwrap().unwrap();

    let another = timeout(A_MINUTE, queues.send(QUEUE, vec![bulk(1)])).await;
    assert!(another.is_err(), "the next one waits");
    assert_eq!(queues.depth(QUEUE).visible, 1, "a sender that is gone has sent nothing");
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_makes_room() {
    // given a full queue whose only message is received as often as it may be
    let queues = with_room_for(10);
    queues.send(QUEUE, vec![bulk(10)]).await.unwrap();
    for _ in 0..5 {
        assert_eq!(queues.receive(QUEUE, 1, A_MINUTE).await.unwrap().len(), 1);
    }

    // then the next sender waits only until its visibility has passed
    timeout(A_MINUTE, queues.send(QUEUE, vec![bulk(10)])).await.unwrap().unwrap();
    assert_eq!(queues.dead_letters(QUEUE).len(), 1);
    assert_eq!(queues.dead_letters(QUEUE)[0].receive_count, 5);
    assert_eq!(queues.dead_letters(QUEUE)[0].body.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_message_comes_again_when_its_visibility_has_passed() {
    let queues = with_room_for(10);
    queues.send(QUEUE, vec![message(1)]).await.unwrap();
    let first = queues.receive(QUEUE, 1, NOW).await.unwrap();

    let too_early = queues.receive(QUEUE, 1, Duration::from_secs(29)).await.unwrap();
    let in_time = queues.receive(QUEUE, 1, Duration::from_secs(1)).await.unwrap();

    assert_eq!(too_early, []);
    assert_eq!(in_time[0].receive_count, 2);
    assert_ne!(in_time[0].receipt, first[0].receipt);
}

#[tokio::test(start_paused = true)]
async fn a_receipt_whose_visibility_has_passed_counts_until_somebody_else_receives_the_message() {
    let queues = with_room_for(10);
    queues.send(QUEUE, vec![message(1)]).await.unwrap();
    let received = queues.receive(QUEUE, 1, NOW).await.unwrap();
    sleep(VISIBILITY).await;

    queues.delete(QUEUE, &received[0].receipt).await.unwrap();

    assert!(queues.is_idle());
    assert_eq!(queues.receive(QUEUE, 1, A_MINUTE).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn it_shows_where_messages_are_and_how_old() {
    // given a delayed message, and a younger one
    let queues = Queues::default();
    assert!(queues.is_idle());
    assert_eq!(queues.oldest_age(QUEUE), None);
    queues.send(QUEUE, vec![Outgoing { delay: A_MINUTE, ..message(1) }]).await.unwrap();
    sleep(Duration::from_secs(7)).await;
    queues.send(QUEUE, vec![message(1)]).await.unwrap();

    assert_eq!(queues.depth(QUEUE), Depth { visible: 1, in_flight: 0, delayed: 1 });
    assert_eq!(queues.oldest_age(QUEUE), Some(Duration::from_secs(7)));
    assert!(!queues.is_idle());

    // when all are worked on
    let first = queues.receive(QUEUE, 10, NOW).await.unwrap();
    assert_eq!(queues.depth(QUEUE), Depth { visible: 0, in_flight: 1, delayed: 1 });
    let second = queues.receive(QUEUE, 10, A_MINUTE).await.unwrap();
    assert_eq!(queues.oldest_age(QUEUE), Some(A_MINUTE));
    for received in [first, second].concat() {
        assert!(!queues.is_idle(), "a message in flight is not done");
        queues.delete(QUEUE, &received.receipt).await.unwrap();
    }

    assert!(queues.is_idle());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_of_a_batch_with_a_message_that_is_refused() {
    let queues = Queues::default();

    for refused in [message(256 * 1024 + 1), message(0)] {
        let error = queues.send(QUEUE, vec![message(1), refused]).await.unwrap_err();
        assert!(error.message.contains("queue connection-index"), "{error}");
    }

    assert!(queues.is_idle());
}

#[tokio::test(start_paused = true)]
async fn of_many_receivers_each_message_reaches_one() {
    let queues = with_room_for(50);
    let mut receivers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let queues = queues.clone();
        receivers.spawn(async move {
            let mut count = 0;
            loop {
                let received = queues.receive(QUEUE, 10, VISIBILITY / 2).await.unwrap();
                if received.is_empty() {
                    return count;
                }
                for message in received {
                    tokio::task::yield_now().await;
                    queues.delete(QUEUE, &message.receipt).await.unwrap();
                    count += 1;
                }
            }
        });
    }

    for _ in 0..100 {
        queues.send(QUEUE, vec![bulk(10), message(1)]).await.unwrap();
    }

    assert_eq!(receivers.join_all().await.into_iter().sum::<i32>(), 200);
    assert!(queues.is_idle());
    assert_eq!(queues.dead_letters(QUEUE), []);
}

fn with_room_for(bytes: usize) -> Queues {
    Queues::new(|_| QueueSettings { visibility: VISIBILITY, max_receive_count: 5, max_bulk_bytes: bytes })
}

fn bulk(bytes: usize) -> Outgoing {
    Outgoing { is_bulk: true, ..message(bytes) }
}

fn message(bytes: usize) -> Outgoing {
    Outgoing { body: "x".repeat(bytes).into(), delay: Duration::ZERO, is_bulk: false }
}
