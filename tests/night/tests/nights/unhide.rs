//! The worst case: everybody whom a night has hidden is shown again by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::RunState;
use domain::index::IndexName;
use night_tests::night::{body, number};
use night_tests::{Call, EAST_MIDLANDS, Expected, Night, Setup, YORKSHIRE};
use serde_json::{Value, json};
use sync::ports::queue::QueueName;
use sync::ports::{Host as _, PortError};
use sync::stage::StageError;
use sync::unhide::{Unhidden, UnhideError, Whom, hidden_by_code, unhide};

const X: &str = YORKSHIRE;
const Y: &str = EAST_MIDLANDS;

#[tokio::test]
async fn everybody_is_visible_again_in_the_database_and_in_the_indexes() {
    // given doctors who left in a night, and one whom the old system left behind under a code of before 2023
    let night = a_night_after_which_some_are_hidden().await;
    let old = one_in(&night, X);
    store(&night, &old, |document| document["designatedBodyCode"] = json!("last-1-AIIDHJ")).await;
    let before = night.snapshot();
    let hidden = before.hidden();
    assert!(hidden.len() > 1, "the test shows nothing");

    // when they are shown again
    let since = night.clock().now().to_string();
    let told = hidden_by_code(night.store(), Whom::Everybody).await.unwrap();
    let shown = show(&night, Whom::Everybody).await;

    // then each is under the plain code, dated now, and nothing else has changed
    let after = night.snapshot();
    assert_eq!((shown.is_complete(), &shown.shown), (true, &told));
    assert_eq!(told.values().sum::<u64>(), hidden.len() as u64);
    assert_eq!(told["1-AIIDHJ"], 1);
    assert!(after.hidden().is_empty());
    for (doctor, mut document) in before.doctors.clone() {
        if hidden.contains(&doctor) {
            let plain = before.code(&doctor).unwrap().trim_start_matches("last-");
            document.insert("designatedBodyCode".to_owned(), json!(plain));
            let dated = &after.doctors[&doctor]["gmcLastUpdatedDateTime"];
            assert!(dated.as_str().unwrap() >= since.as_str(), "{doctor} is dated {dated}");
            document.insert("gmcLastUpdatedDateTime".to_owned(), dated.clone());
        }
        assert_eq!(after.doctors[&doctor], document, "{doctor}");
    }
    assert_eq!(after.logs, before.logs, "the audit tells what the gmc said, and it has said nothing");
    night.assert_indexed(&hidden);
    for doctor in &hidden {
        assert!(!after.index(IndexName::Connected, doctor).is_empty(), "{doctor} is connected");
        assert!(after.index(IndexName::Disconnected, doctor).is_empty(), "{doctor} is not disconnected");
    }
}

#[tokio::test]
async fn the_second_time_changes_nothing() {
    let night = a_night_after_which_some_are_hidden().await;
    show(&night, Whom::Everybody).await;
    let before = night.dump();

    night.clock().advance(Duration::from_mins(1));
    let again = show(&night, Whom::Everybody).await;

    assert!(night.dump() == before, "rows were written");
    assert_eq!((again.shown.len(), again.by_others, again.is_complete()), (0, 0, true));
}

#[tokio::test]
async fn only_the_bodies_that_are_named_are_shown() {
    let night = a_night_after_which_some_are_hidden().await;
    for code in [X, Y] {
        let hidden = json!(format!("last-{code}"));
        store(&night, &one_in(&night, code), |document| document["designatedBodyCode"] = hidden).await;
    }
    let before = night.snapshot();
    let hidden_in = |body: &str| {
        let code = format!("last-{body}");
        before.hidden().into_iter().filter(|doctor| before.code(doctor) == Some(&code)).count() as u64
    };

    let shown = show(&night, Whom::Bodies(&[body(X)])).await;

    assert_eq!(shown.shown, BTreeMap::from([(X.to_owned(), hidden_in(X))]));
    assert_eq!(
        night.snapshot().hidden().len(),
        before.hidden().len() - usize::try_from(shown.shown[X]).unwrap()
    );
}

#[tokio::test]
async fn one_doctor_is_shown_and_nobody_else() {
    let night = a_night_after_which_some_are_hidden().await;
    let mut hidden = night.snapshot().hidden();
    let doctor = hidden.remove(0);
    let visible = one_in(&night, X);

    let shown = show(&night, Whom::Doctors(&[number(&doctor), number(&visible)])).await;

    assert_eq!((shown.shown.values().sum::<u64>(), shown.looked_at), (1, 2));
    assert_eq!(night.snapshot().hidden(), hidden);
    night.assert_indexed([&doctor, &visible]);
}

#[tokio::test]
async fn the_second_look_does_not_hide_them_again_and_the_next_night_does() {
    let night = a_night_after_which_some_are_hidden().await;
    let hidden = night.snapshot().hidden();
    night.clock().advance(Duration::from_secs(1));
    show(&night, Whom::Everybody).await;

    night.second_look().await;
    assert!(night.snapshot().hidden().is_empty(), "the second look has hidden somebody again");

    night.next_day();
    let before = night.snapshot();
    let report = night.whole_night().await;
    night.assert_right(&before, &Expected::of(&night));
    assert_eq!(report.state, RunState::Succeeded);
    let now_hidden = night.snapshot().hidden();
    assert!(hidden.iter().any(|doctor| now_hidden.contains(doctor)), "the gmc names none of them");
}

#[tokio::test]
async fn it_is_refused_while_a_run_goes_on_and_not_while_only_a_dry_one_does() {
    let night = Setup { closed: vec![QueueName::GmcFetch], ..Setup::default() }.start().await;
    let dry = night.begin(&sync::open::OpenRequest { is_dry: true, ..night.request() }).await;
    night.reached(dry, |run| run.state == RunState::Running).await;
    show(&night, Whom::Everybody).await;

    let run = night.begin(&night.request()).await;
    let before = night.dump();

    assert_eq!(unhide(night.stages().index_desk(), Whom::Everybody).await, Err(UnhideError::Running(run)));
    assert!(night.dump() == before, "rows were written");

    night.abort(run, "a test").await;
    night.open_queue(QueueName::GmcFetch);
    night.closed(run).await;
    show(&night, Whom::Everybody).await;
}

#[tokio::test]
async fn a_run_that_begins_in_the_middle_ends_it_before_anybody_is_shown_whom_the_run_hides() {
    // given a run that is opened, and prepared, between the reading and the writing
    let night = std::sync::Arc::new(a_night_after_which_some_are_hidden().await);
    let hidden = night.snapshot().hidden();
    night.close_queue(QueueName::GmcFetch);
    let other = std::sync::Arc::clone(&night);
    night.hooks().after(Call::ReadDoctors, 1, move || async move {
        let run = other.begin(&other.request()).await;
        other.reached(run, |run| run.state == RunState::Running).await;
        Ok(())
    });

    let refused = unhide(night.stages().index_desk(), Whom::Everybody).await;

    assert!(matches!(refused, Err(UnhideError::Running(_))), "{refused:?}");
    assert!(night.hooks().are_done());
    let visible = hidden.iter().filter(|doctor| !night.snapshot().hidden().contains(doctor)).count();
    assert_eq!(visible, 0, "somebody was shown");
}

#[tokio::test]
async fn whom_somebody_else_writes_meanwhile_is_left_as_they_wrote_it() {
    let night = a_night_after_which_some_are_hidden().await;
    let doctor = night.snapshot().hidden().first().unwrap().clone();
    let (others, by_hand) = (night.others(), doctor.clone());
    night.hooks().before(Call::WriteDoctors, 1, move || async move { others.connect(&by_hand, Y).await });
    let all = night.snapshot().hidden().len() as u64;

    let shown = show(&night, Whom::Everybody).await;

    assert_eq!((shown.by_others, shown.shown.values().sum::<u64>()), (1, all - 1));
    assert_eq!(night.snapshot().code(&doctor), Some(Y));
}

#[tokio::test]
async fn one_that_died_before_the_indexes_is_made_whole_by_the_next() {
    let night = a_night_after_which_some_are_hidden().await;
    let hidden = night.snapshot().hidden();
    let away = || async { Err(PortError::transient("the index is away")) };
    night.hooks().before(Call::ReadIndex, 1, away);
    let died = unhide(night.stages().index_desk(), Whom::Everybody).await;
    assert!(matches!(died, Err(UnhideError::Stage(StageError::Port(_)))), "{died:?}");
    assert!(night.snapshot().hidden().is_empty(), "the database came first");

    show(&night, Whom::Everybody).await;

    night.assert_indexed(&hidden);
}

/// Several have left two bodies.
async fn a_night_after_which_some_are_hidden() -> Night {
    let night = Setup::default().start().await;
    night.whole_night().await;
    for _ in 0..3 {
        night.next_day();
        night.whole_night().await;
    }
    night
}

async fn show(night: &Night, whom: Whom<'_>) -> Unhidden {
    unhide(night.stages().index_desk(), whom).await.unwrap()
}

fn one_in(night: &Night, code: &str) -> String {
    let snapshot = night.snapshot();
    snapshot.doctors.keys().find(|doctor| snapshot.code(doctor) == Some(code)).unwrap().clone()
}

async fn store(night: &Night, doctor: &str, change: impl FnOnce(&mut Value)) {
    let mut document = night.others().load(doctor).await.unwrap();
    change(&mut document);
    night.others().save(document).await.unwrap();
}
