//! Dead letters.

use std::time::Instant;

use end_to_end::functions::Function;
use serde_json::json;

use crate::X;
use crate::operator::{LONG, Operator};

const SECTION: &str = "The queues";

pub(crate) async fn dead_letters_are_looked_at_and_thrown_away(operator: &mut Operator) {
    let undelivered = format!("{}undelivered-events", operator.stack.name());
    let client = operator.stack.queues.client().clone();
    client.create_queue().queue_name(&undelivered).send().await.unwrap();
    let mut queues: Vec<String> = vec![undelivered.clone()];
    queues.extend(Function::WITH_QUEUE.map(|function| dead_letters(operator, function)));
    for queue in queues {
        let url = client.get_queue_url().queue_name(&queue).send().await.unwrap().queue_url.unwrap();
        let message = format!("a message on {queue}");
        client.send_message().queue_url(&url).message_body(&message).send().await.unwrap();
        operator.set("QUEUE", &queue);

        let waiting = operator.run(SECTION, 0, 0).await;
        let seen = operator.run(SECTION, 1, 0).await;
        operator.run(SECTION, 3, 0).await;

        assert!(waiting.stdout.contains("\"ApproximateNumberOfMessages\": \"1\""), "{}", waiting.stdout);
        assert!(seen.stdout.contains(&message), "{}", seen.stdout);
        let after = client.receive_message().queue_url(&url).send().await.unwrap();
        assert_eq!(after.messages().len(), 0, "{queue} is empty");
    }
    let url = client.get_queue_url().queue_name(&undelivered).send().await.unwrap().queue_url.unwrap();
    client.delete_queue().queue_url(url).send().await.unwrap();
}

pub(crate) async fn dead_letters_are_given_back(operator: &mut Operator) {
    // given a doctor whose index document is not as the database says, because the look at it became a dead letter
    let doctor = operator.doctors_of(X).pop_first().unwrap();
    let wrong =
        json!({ "gmcReferenceNumber": doctor, "designatedBody": "1-WRONG", "connectionStatus": "Yes" });
    operator.stack.indexes.save("masterdoctorindex", &[(doctor.clone(), wrong)]).await.unwrap();
    let look = json!({ "look": { "run": 1, "position": 0, "numbers": [doctor] } }).to_string();
    let dead = operator.stack.queues.of(Function::ConnectionIndex).unwrap().dead_letters.clone();
    let client = operator.stack.queues.client();
    client.send_message().queue_url(&dead).message_body(look).send().await.unwrap();
    let queue = dead_letters(operator, Function::ConnectionIndex);
    operator.set("QUEUE", queue);

    operator.run(SECTION, 2, 0).await;

    let begun = Instant::now();
    loop {
        operator.stack.indexes.refresh().await.unwrap();
        let query = json!({ "query": { "term": { "gmcReferenceNumber": doctor } } });
        let hits = operator.stack.indexes.search("masterdoctorindex", &query).await.unwrap();
        if hits["hits"][0]["_source"]["designatedBody"] == X {
            break;
        }
        assert!(begun.elapsed() < LONG, "nobody looked: {hits}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    operator.stack.idle(LONG).await.unwrap();
    assert_eq!(
        operator.stack.queues.dead_letters(Function::ConnectionIndex).await.unwrap(),
        Vec::<String>::new()
    );
}

fn dead_letters(operator: &Operator, function: Function) -> String {
    format!("{}{function}-dead-letters", operator.stack.name())
}
