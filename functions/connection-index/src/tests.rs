//! Every sample event, given to the real handler.

use std::sync::Arc;
use std::time::Duration;

use domain::GmcNumber;
use domain::index::IndexName;
use embedded::{Queues, Store};
use lambda::event::{SqsEvent, UnknownEvent, read};
use lambda::serve::Call;
use serde_json::{Value, json};
use sync::ports::Index as _;
use sync::ports::queue::{Inbox as _, QueueName};

use crate::handler::{ConnectionIndex, NAME, handle};

#[tokio::test]
async fn every_sample_event_is_answered_as_it_should_be() {
    for (name, event) in contract::events::of(NAME) {
        // the run of the samples is over, so that the database has the last word
        let (store, queues) = (Store::in_memory().unwrap(), Queues::default());
        for number in ["7000001", "0700002"] {
            let code = "1-1RUZUSF";
            store.put_document(json!({"_id": number, "designatedBodyCode": code})).await.unwrap();
        }
        let (indexed, looked, failed): (usize, usize, &[usize]) = match name.as_str() {
            "sqs-chunk" => (2, 0, &[]),
            "sqs-look" | "sqs-redelivery" => (2, 1, &[]),
            "sqs-batch-with-poison" => (2, 1, &[1]),
            other => panic!("nothing is expected of {other}"),
        };
        let function = function(&store, &queues);

        let answer = invoke(&function, &event).await.unwrap();

        assert_eq!(answer, contract::events::handed_back(&event, failed), "{name}");
        let numbers: [GmcNumber; 2] = ["7000001", "0700002"].map(|number| number.parse().unwrap());
        assert_eq!(store.read(IndexName::Connected, &numbers).await.unwrap().len(), indexed, "{name}");
        let told = queues.receive(QueueName::RecommendationUpdate, 10, Duration::ZERO).await.unwrap();
        assert_eq!(told.len(), looked, "{name}: looks are acknowledged");
    }
}

#[tokio::test]
async fn messages_that_are_none_of_ours_are_handed_back_and_change_nothing() {
    let (store, queues) = (Store::in_memory().unwrap(), Queues::default());
    let function = function(&store, &queues);
    let foreign = contract::events::foreign();

    let answer = invoke(&function, &foreign).await.unwrap();

    assert_eq!(answer, contract::events::all_handed_back(&foreign));
    for index in IndexName::ALL {
        assert_eq!(store.read(index, &["7000001".parse().unwrap()]).await.unwrap(), []);
    }
    assert_eq!(queues.receive(QueueName::RecommendationUpdate, 10, Duration::ZERO).await.unwrap().len(), 0);
}

#[tokio::test]
async fn an_event_of_others_is_refused() {
    let function = function(&Store::in_memory().unwrap(), &Queues::default());

    let error = invoke(&function, &json!({})).await.unwrap_err();

    assert_eq!(error.to_string(), "an event that connection-index does not know: it is empty");
}

async fn invoke(function: &ConnectionIndex, event: &Value) -> Result<Value, UnknownEvent> {
    let event: SqsEvent = read(NAME, event)?;
    Ok(json!(handle(function, &Call::within(Duration::from_mins(1), event, "r-1")).await))
}

fn function(store: &Store, queues: &Queues) -> ConnectionIndex {
    ConnectionIndex {
        index: Arc::new(store.clone()),
        doctors: Arc::new(store.clone()),
        ledger: Arc::new(store.clone()),
        outbox: Arc::new(queues.clone()),
        inbox: Arc::new(queues.clone()),
    }
}
