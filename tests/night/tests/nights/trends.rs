//! Nights beside each other: which one another is compared with, and what a list of nights tells of each body.

use std::collections::BTreeMap;

use domain::{BodyState, RunNumber, RunState};
use night_tests::Setup;
use night_tests::night::{body, of};
use sync::open::OpenRequest;
use sync::trends::nights;

#[tokio::test]
async fn a_night_is_compared_with_the_latest_whole_one_that_is_closed_and_was_no_dry_run() {
    // given a first night, which compares with nothing
    let night = Setup::default().start().await;
    let first = night.whole_night().await;
    assert_eq!(first.previous, None);

    // when a dry run and a run over one body lie between it and the next one
    night.next_day();
    let code = first.bodies[0].code.clone();
    night.run(&OpenRequest { is_dry: true, ..night.request() }).await;
    night.run(&OpenRequest { bodies: Some(vec![code.clone()]), ..night.request() }).await;
    let next = night.whole_night().await;

    // then these are passed over
    let previous = next.previous.clone().unwrap();
    assert_eq!((previous.run, previous.opened), (RunNumber(1), first.moments.opened));
    assert_eq!(previous.bodies.len(), first.bodies.len());
    assert_eq!(previous.done(&code).unwrap().returned, first.bodies[0].counts.returned);

    // and the first night's report is what it was
    assert_eq!(night.report(RunNumber(1)).await.previous, None);
}

#[tokio::test]
async fn a_body_that_was_not_done_compares_with_nothing() {
    let night = Setup::default().start().await;
    let first = night.whole_night().await;
    let code = first.bodies[0].code.clone();
    night.fault(&format!("{code}=code-81"));
    night.whole_night().await;
    let next = night.whole_night().await;

    let previous = next.previous.unwrap();
    assert_eq!(previous.run, RunNumber(2));
    assert_eq!(previous.done(&code), None);
    assert!(previous.done(&first.bodies[1].code).is_some());
}

#[tokio::test]
async fn a_night_of_which_every_body_failed_is_none_to_compare_with() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.fault("*=code-81");
    assert_eq!(night.whole_night().await.state, RunState::Failed);

    let next = night.whole_night().await;

    assert_eq!(next.previous.unwrap().run, RunNumber(1));
}

#[tokio::test]
async fn a_list_of_nights_tells_how_many_doctors_each_body_had_after_each() {
    let night = Setup::default().start().await;
    let first = night.whole_night().await;
    let code = first.bodies[0].code.to_string();
    night.fault(&format!("{code}=code-81"));
    night.next_day();
    let second = night.whole_night().await;

    let told = nights(night.store(), 10).await.unwrap();

    assert_eq!(told.iter().map(|night| night.summary.run.0).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(told[0].hidden_for_ms, second.hidden_for_ms);
    let doctors: BTreeMap<_, _> =
        told[0].by_body.iter().map(|body| (body.code.to_string(), body.doctors())).collect();
    assert_eq!(of(&second, &code).state, BodyState::Failed);
    assert_eq!(doctors[&code], Some(of(&second, &code).roll), "whoever was there still is");
    for body in second.bodies.iter().filter(|report| report.code != body(&code)) {
        assert_eq!(doctors[body.code.as_str()], Some(body.counts.returned), "{}", body.code);
    }
}
