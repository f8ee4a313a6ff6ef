//! Every sample event, given to the real handler.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::{BodyCode, GmcRecord};
use embedded::Queues;
use lambda::event::{SqsEvent, UnknownEvent, read};
use lambda::serve::Call;
use lambda::settings::Env;
use secrecy::SecretString;
use serde_json::{Value, json};
use sync::fetch::FetchSettings;
use sync::ports::gmc::{AnswerEnd, FailureKind, GmcFailure, RecordSink};
use sync::ports::queue::{Inbox as _, QueueName};
use sync::ports::{Gmc, PortResult};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::asking::{CurrentCredentials, Vault};
use crate::handler::{GmcFetch, NAME, handle};
use crate::settings::Settings;

#[tokio::test]
async fn every_sample_event_is_answered_as_it_should_be() {
    for (name, event) in contract::events::of(NAME) {
        let (sent, failed): (&[&str], &[usize]) = match name.as_str() {
            "sqs-fetch" | "sqs-redelivery" => (&["1-1RUZUSF"], &[]),
            "sqs-after-the-deadline" => (&[], &[]),
            "sqs-poison" => (&[], &[0]),
            "sqs-batch-with-poison" => (&["1-1RUZUSF", "1-1RSSQ05"], &[1]),
            other => panic!("nothing is expected of {other}"),
        };
        let queues = Queues::default();
        let function = function(&queues, OneDoctor);

        let answer = invoke(&function, &event).await.unwrap();

        assert_eq!(answer, contract::events::handed_back(&event, failed), "{name}");
        for queue in [QueueName::RecommendationUpdate, QueueName::ConnectionIndex] {
            assert_eq!(bodies_sent(&queues, queue).await, sent, "{name}: to {queue}");
        }
    }
}

#[tokio::test]
async fn a_body_that_has_failed_too_often_is_told_and_its_message_is_done_with() {
    let last_receipt = contract::events::of(NAME).into_iter().find(|(name, _)| name == "sqs-redelivery");
    let queues = Queues::default();
    let function = GmcFetch { fetch: impatient(), ..function(&queues, Nobody) };

    let answer = invoke(&function, &last_receipt.unwrap().1).await.unwrap();

    assert_eq!(answer, json!({"batchItemFailures": []}));
    let told = receive(&queues, QueueName::RecommendationUpdate).await;
    assert_eq!(told[0]["bodyFailed"]["reason"], "the line is dead");
}

#[tokio::test]
async fn a_body_that_failed_once_is_asked_for_again_later() {
    let first = contract::events::of(NAME).into_iter().find(|(name, _)| name == "sqs-fetch").unwrap().1;
    let queues = Queues::default();
    let function = GmcFetch { fetch: impatient(), ..function(&queues, Nobody) };

    let answer = invoke(&function, &first).await.unwrap();

    assert_eq!(answer, contract::events::handed_back(&first, &[0]));
    assert_eq!(receive(&queues, QueueName::RecommendationUpdate).await, Vec::<Value>::new());
}

#[tokio::test]
async fn messages_that_are_none_of_ours_are_handed_back_and_change_nothing() {
    let queues = Queues::default();
    let function = function(&queues, OneDoctor);
    let foreign = contract::events::foreign();

    let answer = invoke(&function, &foreign).await.unwrap();

    assert_eq!(answer, contract::events::all_handed_back(&foreign));
    for queue in [QueueName::RecommendationUpdate, QueueName::ConnectionIndex] {
        assert_eq!(receive(&queues, queue).await, Vec::<Value>::new(), "to {queue}");
    }
}

#[tokio::test]
async fn events_of_others_are_refused() {
    let function = function(&Queues::default(), OneDoctor);
    for event in [json!({"httpMethod": "POST"}), json!({"detail-type": "Scheduled Event", "id": "e"})] {
        let error = invoke(&function, &event).await.unwrap_err();
        assert!(error.to_string().starts_with("an event that gmc-fetch does not know"), "{error}");
    }
}

#[tokio::test]
async fn a_password_that_was_changed_is_read_anew_when_the_gmc_does_not_let_us_in() {
    // given a GMC that lets nobody in, and a password that is another one each time it is read
    let url = service_that_lets_nobody_in().await;
    let env = Env::of([
        ("GMC_URL", url.as_str()),
        ("GMC_USERNAME", "u"),
        ("GMC_PASSWORD", "ssm:/gmc/password"),
        ("GMC_INTERNAL_USER", "gmc-sync"),
    ]);
    let access = Settings::read(&env).unwrap().gmc;
    let changing = CurrentCredentials::with(access.clone(), Passwords(vec!["old", "new", "new"], 0.into()));

    // when it is asked twice
    let (first, second) = (ask(&changing).await, ask(&changing).await);

    // then the first refusal may pass, with the new password; the second stays
    assert!(first.kind.is_transient(), "{first:?}");
    assert!(first.message.contains("the password has been changed since"), "{first}");
    assert_eq!((second.kind, second.return_code.as_deref()), (FailureKind::Refused, Some("99")));

    // and one that was not changed is refused at once
    let same = CurrentCredentials::with(access, Passwords(vec!["old"; 2], 0.into()));
    assert_eq!(ask(&same).await.kind, FailureKind::Refused);
}

async fn ask(gmc: &impl Gmc) -> GmcFailure {
    let body = BodyCode::parse("1-1RUZUSF").unwrap();
    gmc.doctors(&body, Uuid::new_v4(), Duration::from_secs(10), &mut |_: &GmcRecord<'_>| {})
        .await
        .unwrap_err()
}

/// Answers everybody with return code 99 and the id of the request.
async fn service_that_lets_nobody_in() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = String::new();
            let mut buffer = [0; 4096];
            while !request.contains("Envelope>") {
                let read = stream.read(&mut buffer).await.unwrap();
                request.push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
            let id = request.split("ClientRequestID>").nth(1).unwrap().split('<').next().unwrap();
            let soap = format!(
                "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><GetDoctorsForDBResponse \
                 xmlns=\"https://webcache.gmc-uk.org/GMCWebServices/\"><GetDoctorsForDBResult><Doctors/>\
                 <ClientRequestID>{id}</ClientRequestID><ReturnCode>99</ReturnCode></GetDoctorsForDBResult>\
                 </GetDoctorsForDBResponse></s:Body></s:Envelope>"
            );
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                soap.len()
            );
            stream.write_all((head + &soap).as_bytes()).await.unwrap();
        }
    });
    url
}

/// One password after the other.
struct Passwords(Vec<&'static str>, std::sync::atomic::AtomicUsize);

#[async_trait]
impl Vault for Passwords {
    async fn credentials(&self) -> PortResult<(SecretString, SecretString, SecretString)> {
        let nth = self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(("u".into(), self.0[nth].into(), "gmc-sync".into()))
    }
}

fn function(queues: &Queues, gmc: impl Gmc + 'static) -> GmcFetch {
    GmcFetch {
        gmc: Arc::new(gmc),
        outbox: Arc::new(queues.clone()),
        inbox: Arc::new(queues.clone()),
        fetch: FetchSettings::default(),
    }
}

/// One attempt a receipt.
fn impatient() -> FetchSettings {
    FetchSettings { attempts: 1, ..FetchSettings::default() }
}

async fn invoke(function: &GmcFetch, event: &Value) -> Result<Value, UnknownEvent> {
    let event: SqsEvent = read(NAME, event)?;
    Ok(json!(handle(function, &Call::within(Duration::from_mins(1), event, "r-1")).await))
}

async fn receive(queues: &Queues, queue: QueueName) -> Vec<Value> {
    let received = queues.receive(queue, 10, Duration::ZERO).await.unwrap();
    received.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
}

async fn bodies_sent(queues: &Queues, queue: QueueName) -> Vec<String> {
    let messages = receive(queues, queue).await;
    messages.iter().map(|message| message["chunk"]["code"].as_str().unwrap().to_owned()).collect()
}

/// Names one doctor for every body.
struct OneDoctor;

#[async_trait]
impl Gmc for OneDoctor {
    async fn doctors(
        &self,
        _: &BodyCode,
        _: Uuid,
        _: Duration,
        records: &mut dyn RecordSink,
    ) -> Result<AnswerEnd, GmcFailure> {
        let gmc_reference_number = Some("7000001".into());
        records.record(&GmcRecord { gmc_reference_number, ..GmcRecord::default() });
        Ok(AnswerEnd::default())
    }
}

/// Never answers.
struct Nobody;

#[async_trait]
impl Gmc for Nobody {
    async fn doctors(
        &self,
        _: &BodyCode,
        _: Uuid,
        _: Duration,
        _: &mut dyn RecordSink,
    ) -> Result<AnswerEnd, GmcFailure> {
        Err(GmcFailure {
            kind: FailureKind::Transport,
            message: "the line is dead".to_owned(),
            return_code: None,
            gmc_request_id: None,
            retry_after: None,
        })
    }
}
