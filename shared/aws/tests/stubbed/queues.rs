//! The queues: batches of which some fail, throttling, late receipts.

use std::time::Duration;

use aws::{QueueUrls, SqsQueues};
use aws_stub::{Answer, Call, SECRET_KEY, Stub};
use serde_json::{Value, json};
use sync::ports::Outbox as _;
use sync::ports::queue::{Inbox as _, Outgoing, QueueName};

const QUEUE: QueueName = QueueName::ConnectionIndex;
const SEND: &str = "SendMessageBatch";

#[tokio::test]
async fn what_is_not_taken_of_a_batch_is_sent_again_and_nothing_else() {
    // given a queue that refuses the second and the third of five once
    let stub = answering(|call| match call.place {
        0 => taken_but(call, &["1", "2"], "InternalError", false),
        _ => taken(call),
    })
    .await;

    queues(&stub).send(QUEUE, messages(5)).await.unwrap();

    assert_eq!(sent(&stub), [vec!["m0", "m1", "m2", "m3", "m4"], vec!["m1", "m2"]]);
}

#[tokio::test]
async fn what_the_answer_does_not_mention_is_sent_again() {
    let stub = answering(|call| match call.place {
        0 => Answer::of(&json!({"Successful": [success("0")], "Failed": []})),
        _ => taken(call),
    })
    .await;

    queues(&stub).send(QUEUE, messages(2)).await.unwrap();

    assert_eq!(sent(&stub), [vec!["m0", "m1"], vec!["m1"]]);
}

#[tokio::test]
async fn what_is_never_taken_is_a_transient_error_after_a_few_attempts() {
    let stub = answering(|call| taken_but(call, &["0"], "InternalError", false)).await;

    let error = queues(&stub).send(QUEUE, messages(1)).await.unwrap_err();

    assert!(error.is_transient);
    assert_eq!(
        error.message,
        "could not send to queue connection-index: 1 of 1 messages not taken: InternalError: refused by the stub"
    );
    assert_eq!(stub.requests(SEND).len(), 6);
}

#[tokio::test]
async fn a_senders_fault_is_told_at_once_and_stays() {
    // given a batch with one message to be sent again and one that never will be taken
    let stub = answering(|call| {
        let mut answer = json!({"Successful": [success("0")], "Failed": []});
        answer["Failed"] =
            json!([failure("1", "InternalError", false), failure("2", "InvalidMessageContents", true),]);
        assert_eq!(call.place, 0, "nothing is sent again");
        Answer::of(&answer)
    })
    .await;

    let error = queues(&stub).send(QUEUE, messages(3)).await.unwrap_err();

    assert!(!error.is_transient);
    assert_eq!(
        error.message,
        "could not send to queue connection-index: 2 of 3 messages not taken: InvalidMessageContents: refused by the stub"
    );
}

#[tokio::test]
async fn throttling_inside_a_batch_may_pass_although_it_is_called_the_senders_fault() {
    let stub = answering(|call| match call.place {
        0 => taken_but(call, &["0"], "ThrottlingException", true),
        _ => taken(call),
    })
    .await;

    queues(&stub).send(QUEUE, messages(1)).await.unwrap();

    assert_eq!(stub.requests(SEND).len(), 2);
}

#[tokio::test]
async fn a_refusal_that_may_pass_is_tried_three_times_and_is_transient() {
    for (status, code) in [
        (400, "RequestThrottled"),
        (400, "ThrottlingException"),
        (429, "TooManyRequests"),
        (500, "InternalFailure"),
        (503, "ServiceUnavailable"),
    ] {
        let stub = answering(move |_| Answer::refusal(status, code, "later")).await;

        let error = queues(&stub).send(QUEUE, messages(1)).await.unwrap_err();

        assert!(error.is_transient, "{error}");
        assert_eq!(error.message, format!("could not send to queue connection-index: {code}: later"));
        let attempts = if status == 429 { 1 } else { 3 };
        assert_eq!(stub.requests(SEND).len(), attempts, "{code}");
    }
}

#[tokio::test]
async fn a_refusal_that_stays_is_permanent_and_not_tried_again() {
    for code in [
        "AccessDeniedException",
        "AWS.SimpleQueueService.NonExistentQueue",
        "KmsAccessDenied",
        "UnrecognizedClientException",
    ] {
        let stub = answering(move |_| Answer::refusal(400, code, "no")).await;

        let error = queues(&stub).send(QUEUE, messages(1)).await.unwrap_err();

        assert!(!error.is_transient, "{error}");
        assert!(error.message.ends_with(": no"), "{error}");
        assert_eq!(stub.requests(SEND).len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_page_instead_of_an_answer_is_told_by_its_status() {
    for (status, is_transient) in [(403, false), (502, true), (200, true)] {
        let stub = answering(move |_| Answer::page(status)).await;

        let error = queues(&stub).send(QUEUE, messages(1)).await.unwrap_err();

        assert_eq!(error.is_transient, is_transient, "{status}: {error}");
        assert!(error.message.contains(&format!("http {status}")), "{error}");
        assert!(!error.message.contains('<'), "{error}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_transient_and_told_with_its_cause() {
    // given a port that was free a moment ago
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = aws_stub::config(&format!("http://{}", listener.local_addr().unwrap()));
    drop(listener);

    let error = SqsQueues::new(&config, urls()).send(QUEUE, messages(1)).await.unwrap_err();

    assert!(error.is_transient);
    assert!(error.message.contains("no answer: Connection refused"), "{error}");
    assert!(!error.message.contains(SECRET_KEY));
}

#[tokio::test]
async fn several_batches_are_sent_at_once_and_not_all() {
    let stub = answering(|call| taken(call).after(Duration::from_millis(100))).await;

    queues(&stub).send(QUEUE, messages(100)).await.unwrap();

    assert_eq!(stub.requests(SEND).len(), 10);
    assert_eq!(stub.most_at_once(), 4);
}

#[tokio::test]
async fn the_first_failure_ends_the_sending() {
    let stub = answering(|_| Answer::refusal(400, "AccessDeniedException", "no")).await;

    queues(&stub).send(QUEUE, messages(500)).await.unwrap_err();

    assert!(stub.requests(SEND).len() < 10, "{} of 50 batches", stub.requests(SEND).len());
}

#[tokio::test]
async fn nothing_is_sent_where_a_message_is_too_large_and_nothing_where_there_is_none() {
    let stub = answering(taken).await;
    let large = Outgoing { body: "x".repeat(256 * 1024 + 1).into(), ..message(0) };

    let error = queues(&stub).send(QUEUE, [messages(30), vec![large]].concat()).await.unwrap_err();
    queues(&stub).send(QUEUE, vec![]).await.unwrap();

    assert!(error.message.contains("262145 bytes"), "{error}");
    assert_eq!(stub.calls(), []);
}

#[tokio::test]
async fn a_delay_is_sent_in_whole_seconds_and_never_shortened() {
    let stub = answering(taken).await;
    let delayed = |millis| Outgoing { delay: Duration::from_millis(millis), ..message(0) };

    queues(&stub).send(QUEUE, [0, 1, 1_000, 899_001].map(delayed).to_vec()).await.unwrap();

    let entries = stub.requests(SEND)[0]["Entries"].clone();
    let delays: Vec<_> =
        entries.as_array().unwrap().iter().map(|entry| entry["DelaySeconds"].clone()).collect();
    assert_eq!(delays, [0, 1, 1, 900]);
}

#[tokio::test]
async fn a_queue_without_an_address_is_told_by_the_variable() {
    let stub = answering(taken).await;
    let queues = queues(&stub);

    let sending = queues.send(QueueName::GmcFetch, messages(1)).await.unwrap_err();
    let receiving = queues.receive(QueueName::PrepareSync, 1, Duration::ZERO).await.unwrap_err();

    assert_eq!(
        sending.message,
        "the address of queue gmc-fetch is not known: GMC_FETCH_QUEUE_URL is not set"
    );
    assert!(receiving.message.contains("PREPARE_SYNC_QUEUE_URL"), "{receiving}");
    assert!(!sending.is_transient && !receiving.is_transient);
    assert_eq!(stub.calls(), []);
}

#[tokio::test]
async fn a_receiver_asks_for_the_count_and_waits_twenty_seconds_at_most() {
    let stub = answering(|_| {
        let message = |count: &str| {
            json!({"MessageId": "1", "ReceiptHandle": "r", "Body": "{}",
                   "Attributes": {"ApproximateReceiveCount": count}})
        };
        Answer::of(&json!({"Messages": [message("7")]}))
    })
    .await;

    let received = queues(&stub).receive(QUEUE, 100, Duration::from_mins(5)).await.unwrap();

    assert_eq!((received[0].receive_count, &*received[0].receipt, &*received[0].body), (7, "r", "{}"));
    let request = &stub.requests("ReceiveMessage")[0];
    assert_eq!(request["MaxNumberOfMessages"], 10);
    assert_eq!(request["WaitTimeSeconds"], 20);
    assert_eq!(request["MessageSystemAttributeNames"], json!(["ApproximateReceiveCount"]));
}

#[tokio::test]
async fn a_receiver_is_patient_for_longer_than_other_calls() {
    // given an answer that comes later than other calls are waited for
    let stub = answering(|_| Answer::of(&json!({"Messages": []})).after(Duration::from_millis(1_500))).await;
    let slow = stub.config().into_builder();
    let attempt = aws_sdk_sqs::config::timeout::TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(1))
        .build();
    let queues = SqsQueues::new(&slow.timeout_config(attempt).build(), urls());

    let received = queues.receive(QUEUE, 1, Duration::from_secs(2)).await;
    let deleted = queues.delete(QUEUE, "r").await.unwrap_err();

    assert_eq!(received, Ok(vec![]));
    assert_eq!(stub.requests("ReceiveMessage").len(), 1);
    assert_eq!(deleted.message, "could not delete a message of queue connection-index: no answer in time");
    assert!(deleted.is_transient);
}

#[tokio::test]
async fn a_visibility_is_in_whole_seconds_and_twelve_hours_at_most() {
    let stub = answering(|_| Answer::of(&json!({}))).await;
    let queues = queues(&stub);

    for after in [Duration::ZERO, Duration::from_millis(1_500), Duration::from_hours(24)] {
        queues.set_visibility(QUEUE, "r", after).await.unwrap();
    }

    let requests = stub.requests("ChangeMessageVisibility");
    let seconds: Vec<_> = requests.iter().map(|request| request["VisibilityTimeout"].clone()).collect();
    assert_eq!(seconds, [0, 2, 43_200]);
    assert_eq!(requests[0]["ReceiptHandle"], "r");
}

#[tokio::test]
async fn a_late_receipt_is_ignored_and_another_invalid_value_is_not() {
    let expired =
        "Value AQEB for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.";
    let too_long = "Value 43201 for parameter VisibilityTimeout is invalid. Reason: must be within 12 hours.";
    for (code, message, is_ignored) in [
        ("InvalidParameterValue", expired, true),
        ("ReceiptHandleIsInvalid", "The input receipt handle is invalid.", true),
        ("MessageNotInflight", "", true),
        ("InvalidParameterValue", too_long, false),
        ("AccessDeniedException", "no", false),
    ] {
        let stub = answering(move |_| Answer::refusal(400, code, message)).await;
        let queues = queues(&stub);

        let handed_back = queues.set_visibility(QUEUE, "r", Duration::ZERO).await;
        let deleted = queues.delete(QUEUE, "r").await;

        assert_eq!((handed_back.is_ok(), deleted.is_ok()), (is_ignored, is_ignored), "{code}: {message}");
    }
}

async fn answering(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Stub {
    Stub::start(answer).await.unwrap()
}

fn queues(stub: &Stub) -> SqsQueues {
    SqsQueues::new(&stub.config(), urls())
}

fn urls() -> QueueUrls {
    QueueUrls::new([(QUEUE, "http://sqs.test/123456789012/connection-index".to_owned())])
}

fn messages(count: usize) -> Vec<Outgoing> {
    (0..count).map(message).collect()
}

fn message(place: usize) -> Outgoing {
    Outgoing { body: format!("m{place}").into(), delay: Duration::ZERO, is_bulk: false }
}

/// The bodies of each request, one after another.
fn sent(stub: &Stub) -> Vec<Vec<String>> {
    let bodies = |request: Value| {
        let entries = request["Entries"].as_array().unwrap().clone();
        entries.iter().map(|entry| entry["MessageBody"].as_str().unwrap().to_owned()).collect()
    };
    stub.requests(SEND).into_iter().map(bodies).collect()
}

/// The answer that takes every entry.
fn taken(call: &Call) -> Answer {
    taken_but(call, &[], "", false)
}

/// The answer that takes every entry but these.
fn taken_but(call: &Call, refused: &[&str], code: &str, sender_fault: bool) -> Answer {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in call.request["Entries"].as_array().unwrap() {
        let id = entry["Id"].as_str().unwrap();
        if refused.contains(&id) {
            failed.push(failure(id, code, sender_fault));
        } else {
            successful.push(success(id));
        }
    }
    Answer::of(&json!({"Successful": successful, "Failed": failed}))
}

fn success(id: &str) -> Value {
    json!({"Id": id, "MessageId": id, "MD5OfMessageBody": "0"})
}

fn failure(id: &str, code: &str, sender_fault: bool) -> Value {
    json!({"Id": id, "Code": code, "Message": "refused by the stub", "SenderFault": sender_fault})
}
