//! Every sample event, given to the real handler.

use std::sync::Arc;
use std::time::Duration;

use aws::RuleState;
use domain::{BodyState, Moment, RunNumber, RunState};
use embedded::{Queues, Store};
use lambda::event::read;
use lambda::serve::Call;
use lambda_runtime::Error;
use serde_json::{Value, json};
use sync::ledger::Trigger;
use sync::open::{NightSettings, NightlyMode, OpenRequest, Opened, open};
use sync::ports::host::Machine;
use sync::ports::{Doctors as _, Ledger as _};
use sync::prepare::prepare;
use sync::stage::Desk;

use crate::handler::{Event, NAME, RecommendationUpdate, handle};
use crate::watch::Lateness;

#[tokio::test]
async fn every_sample_event_is_answered_as_it_should_be() {
    for (name, event) in contract::events::of(NAME) {
        // a running run over the two bodies of the samples
        let (store, function) = running().await;
        let numbers = ["7000001", "0700002"].map(|number| number.parse().unwrap());
        let failed: &[usize] = match name.as_str() {
            "sqs-batch-with-poison" => &[1],
            _ => &[],
        };

        let answer = invoke(&function, &event).await.unwrap();

        let stored = store.read(&numbers).await.unwrap().len();
        let body = store.bodies(RunNumber(1)).await.unwrap().remove(0);
        match name.as_str() {
            "sqs-chunk" | "sqs-redelivery" | "sqs-batch-with-poison" => {
                assert_eq!(stored, 2, "{name}");
                assert_eq!(body.state, BodyState::Answered, "{name}");
            }
            "sqs-empty-answer" => assert_eq!(body.state, BodyState::Answered, "{name}"),
            "sqs-body-failed" => {
                assert_eq!(body.state, BodyState::Failed, "{name}");
                assert_eq!(body.return_code.as_deref(), Some("81"), "{name}");
            }
            "sqs-sweep" => {
                let state = store.run(RunNumber(1)).await.unwrap().unwrap().state;
                assert_eq!(state, RunState::Running, "nothing is swept before every body is settled");
            }
            "sqs-looked" => {}
            "watchdog" => {
                assert_eq!(answer, json!({"minutesOverdue": 0, "minutesSinceSuccess": null}));
                continue;
            }
            other => panic!("nothing is expected of {other}"),
        }
        assert_eq!(answer, contract::events::handed_back(&event, failed), "{name}");
    }
}

#[tokio::test]
async fn messages_that_are_none_of_ours_are_handed_back_and_change_nothing() {
    let (store, function) = running().await;
    let foreign = contract::events::foreign();
    let before = (store.run(RunNumber(1)).await.unwrap(), store.bodies(RunNumber(1)).await.unwrap());

    let answer = invoke(&function, &foreign).await.unwrap();

    assert_eq!(answer, contract::events::all_handed_back(&foreign));
    let after = (store.run(RunNumber(1)).await.unwrap(), store.bodies(RunNumber(1)).await.unwrap());
    assert_eq!(after, before);
    assert_eq!(store.read(&["7000001".parse().unwrap()]).await.unwrap(), []);
}

#[tokio::test]
async fn an_event_of_others_is_refused() {
    let (_, function) = running().await;

    let error = invoke(&function, &json!({"httpMethod": "POST"})).await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "an event that recommendation-update does not know: its fields are httpMethod"
    );
}

#[test]
fn a_night_is_due_by_the_rule_and_the_mode() {
    let rule = |is_enabled| RuleState {
        expression: Some("cron(5 0 * * ? *)".into()),
        is_enabled,
        description: None,
        event_pattern: None,
        role: None,
        event_bus: None,
    };
    let at_two = Moment::from("2026-11-25T02:05:00Z".parse::<jiff::Timestamp>().unwrap());
    let overdue = |rule: Option<&RuleState>, mode| Lateness::of(rule, mode, &[], at_two).minutes_overdue;

    assert_eq!(overdue(Some(&rule(true)), NightlyMode::Live), 120);
    assert_eq!(overdue(Some(&rule(true)), NightlyMode::DryRun), 120);
    assert_eq!(overdue(Some(&rule(true)), NightlyMode::Off), 0, "nothing is due while the mode is off");
    assert_eq!(overdue(Some(&rule(false)), NightlyMode::Live), 0, "nor while the rule is disabled");
    assert_eq!(overdue(None, NightlyMode::Live), 0, "nor without a rule");
}

async fn running() -> (Store, RecommendationUpdate) {
    let (store, queues) = (Store::in_memory().unwrap(), Queues::default());
    let function = RecommendationUpdate {
        doctors: Arc::new(store.clone()),
        ledger: Arc::new(store.clone()),
        outbox: Arc::new(queues.clone()),
        inbox: Arc::new(queues),
        nightly_mode: NightlyMode::Live,
        rule: None,
    };
    let desk = Desk {
        doctors: &*function.doctors,
        ledger: &*function.ledger,
        outbox: &*function.outbox,
        host: &Machine,
    };
    let bodies = ["1-1RUZUSF", "1-1RUZUVB"].map(|code| code.parse().unwrap());
    let request = OpenRequest {
        key: "k".into(),
        trigger: Trigger::Rule,
        bodies: None,
        accept: std::collections::BTreeMap::new(),
        accept_empty: false,
        is_dry: false,
    };
    let Opened::Begun(run) = open(desk, &NightSettings::new(bodies.to_vec()), &request).await.unwrap() else {
        panic!("expected a new run");
    };
    prepare(desk, run.number).await.unwrap();
    (store, function)
}

async fn invoke(function: &RecommendationUpdate, event: &Value) -> Result<Value, Error> {
    let event: Event = read(NAME, event)?;
    Ok(json!(handle(function, Call::within(Duration::from_mins(1), event, "r-1")).await?))
}
