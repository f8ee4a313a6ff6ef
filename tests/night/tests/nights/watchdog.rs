//! The watchdog: deadlines, runs that are given up, runs that expire, second looks.

use std::sync::Arc;
use std::time::Duration;

use domain::{BodyState, RunNumber, RunState};
use embedded::Depth;
use night_tests::night::{body, number, of};
use night_tests::{Call, Expected, Night, Setup, Snapshot, YORKSHIRE};
use serde_json::json;
use sync::ledger::{Chunk, ChunkId, Findings};
use sync::open::Opened;
use sync::ports::queue::QueueName;
use sync::ports::{Host as _, Ledger as _, PortError};
use sync::report::{Report, What};
use sync::stage::Outcome;
use sync::sweep::sweep;
use sync::watchdog::{self, SECOND_LOOK_AFTER};
use tokio::sync::Semaphore;
use uuid::Uuid;

const X: &str = YORKSHIRE;

#[tokio::test]
async fn past_the_deadline_what_has_not_answered_fails_and_the_rest_is_swept() {
    let (night, before, run) = waiting_for_x().await;

    night.clock().advance(Duration::from_mins(61));
    night.tick().await;

    let report = closed_but_for_x(&night, run).await;
    assert_eq!((of(&report, X).state, report.state), (BodyState::Failed, RunState::Partial));
    assert_eq!(of(&report, X).reason.as_deref(), Some("no answer before the run's deadline"));
    night.assert_right(&before, &Expected::of(&night).failed(X));
}

#[tokio::test]
async fn before_the_deadline_the_watchdog_leaves_a_run_alone() {
    let (night, _, run) = waiting_for_x().await;
    night.clock().advance(Duration::from_mins(50));

    night.tick().await;

    assert_eq!(night.state(run).await, RunState::Running);
}

#[tokio::test]
async fn a_run_that_is_given_up_while_it_runs_is_settled_at_once() {
    let (night, before, run) = waiting_for_x().await;

    assert!(night.abort(run, "somebody pressed the button").await);

    let report = closed_but_for_x(&night, run).await;
    assert_eq!(report.aborted.as_deref(), Some("somebody pressed the button"));
    assert_eq!(of(&report, X).reason.as_deref(), Some("somebody pressed the button"));
    night.assert_right(&before, &Expected::of(&night).failed(X));
    assert!(!night.abort(run, "again").await, "there is nothing left to give up");
}

#[tokio::test]
async fn a_run_that_is_given_up_while_it_is_prepared_hides_nobody_for_good() {
    for call in [Call::VisibleIn, Call::Hide] {
        for nth in 1..=3 {
            let night = Setup::default().start().await;
            night.whole_night().await;
            let before = night.snapshot();
            night.gmc.requests().clear();
            let stages = Arc::clone(night.stages());
            night.hooks().after(call.clone(), nth, move || async move {
                watchdog::abort(stages.desk(), RunNumber(2), "changed my mind").await.unwrap();
                Ok(())
            });

            let report = night.whole_night().await;

            assert_eq!((report.run, report.state), (RunNumber(2), RunState::Failed), "{call:?} {nth}");
            assert_eq!(report.aborted.as_deref(), Some("changed my mind"));
            assert!(night.gmc.requests().is_empty());
            night.snapshot().assert_same(&before);
        }
    }
}

#[tokio::test]
async fn from_the_moment_to_give_up_on_a_failing_fetch_is_not_tried_again() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = night.snapshot();
    night.gmc.requests().clear();
    night.fault(&format!("{X}=http-503"));
    let clock = Arc::clone(night.clock());
    night.hooks().before(Call::Ask(X.to_owned()), 2, move || async move {
        clock.advance(Duration::from_mins(46));
        Ok(())
    });

    let report = night.whole_night().await;

    assert_eq!(night.asked(X).len(), 2);
    assert!(of(&report, X).reason.as_deref().unwrap().contains("503"));
    night.assert_right(&before, &Expected::of(&night).failed(X));
}

#[tokio::test]
async fn an_expired_run_is_taken_over_and_settled_by_the_next() {
    let (night, before, stuck) = waiting_for_x().await;
    night.clock().advance(Duration::from_mins(91));

    let run = night.begin(&night.request()).await;
    let report = closed_but_for_x(&night, run).await;

    assert_eq!(report.state, RunState::Succeeded);
    let stuck = night.report(stuck).await;
    // who left in the run that did not finish is hidden by that one, which cannot know whether X has the doctor
    let left = stuck.doctors.iter().filter(|doctor| doctor.what == What::Left);
    let left: Vec<String> = left.map(|doctor| doctor.gmc_number.to_string()).collect();
    night.assert_right(&before, &Expected::of(&night).except(&left));
    assert!(left.iter().all(|doctor| night.snapshot().hidden().contains(doctor)));
    assert_eq!(of(&stuck, X).state, BodyState::Failed);
    let reason = of(&stuck, X).reason.clone().unwrap();
    assert!(reason.contains(&format!("run {} began", report.run)), "{reason}");
}

#[tokio::test]
async fn the_second_look_mends_a_stale_save_of_a_hidden_code() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.whole_night().await;
    let doctor = night.doctors_of(X)[3].clone();
    let before = night.snapshot();
    let mut stale = night.others().load(&doctor).await.unwrap();
    stale["designatedBodyCode"] = json!(format!("last-{X}"));
    night.others().save(stale).await.unwrap();
    assert_eq!(night.snapshot().hidden(), [doctor.as_str()]);

    night.tick().await;
    assert_eq!(night.snapshot().hidden(), [doctor.as_str()], "the second look is not due yet");
    night.second_look().await;

    night.snapshot().assert_same(&before);
    let report = night.report(RunNumber(2)).await;
    assert_eq!(report.second_look.unwrap().written, 1);
    // it is taken once
    assert_eq!(night.report(RunNumber(1)).await.second_look.unwrap().written, 0);
}

#[tokio::test]
async fn the_index_follows_a_second_look_that_died_after_it_had_written() {
    // given a stale save of a hidden code that the index has followed
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.whole_night().await;
    let doctor = night.doctors_of(X)[3].clone();
    let mut stale = night.others().load(&doctor).await.unwrap();
    stale["designatedBodyCode"] = json!(format!("last-{X}"));
    night.others().save(stale).await.unwrap();
    let look = json!({"look": {"run": 2, "position": 0, "numbers": [doctor]}});
    night.send(QueueName::ConnectionIndex, &look.to_string()).await;
    night.idle().await;

    // when the second look dies between its write and its message, and is taken again
    night.hooks().after(Call::WriteDoctors, 1, || async { Err(PortError::transient("the answer is lost")) });
    night.clock().advance(SECOND_LOOK_AFTER + Duration::from_secs(1));
    assert!(watchdog::tick(night.stages().desk()).await.is_err());
    night.tick().await;
    night.idle().await;

    // then the doctor is visible again, everywhere
    assert!(night.snapshot().hidden().is_empty());
    night.assert_indexed([&doctor]);
}

#[tokio::test]
async fn the_index_follows_a_chunk_that_was_applied_after_the_verdict_by_a_caller_that_died() {
    // given a run that has ended, and a caller that recorded a chunk since, wrote its doctor, and died
    let night = Setup::default().start().await;
    night.whole_night().await;
    let doctor = "7999999".to_owned();
    let id = ChunkId { run: RunNumber(1), code: body(X), fetch: Uuid::from_u128(1), position: 0 };
    let chunk =
        Chunk { id, of: 1, asked_at: night.clock().now(), applied: false, findings: Findings::default() };
    assert!(night.store().record_chunk(&chunk, &[number(&doctor)]).await.unwrap());
    night.others().save(json!({"_id": doctor, "designatedBodyCode": X})).await.unwrap();

    night.second_look().await;

    night.assert_indexed([&doctor]);
}

#[tokio::test]
async fn a_sweep_that_another_caller_has_ended_meanwhile_writes_nothing() {
    // given a run of which every body is answered, and nobody sweeps yet
    let night = Setup::default().start().await;
    night.whole_night().await;
    let doctor = night.doctors_of(X)[3].clone();
    let gate = Arc::new(Semaphore::new(0));
    for nth in 1..=4 {
        let gate = Arc::clone(&gate);
        let wait =
            move || async move { gate.acquire().await.map(|_| ()).map_err(|_| PortError::transient("")) };
        night.hooks().before(Call::SendSweep, nth, wait);
    }
    let run = night.begin(&night.request()).await;
    let mut is_answered = false;
    while !is_answered {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let report = night.report(run).await;
        is_answered = report.bodies.iter().all(|body| body.state == BodyState::Answered);
    }
    let depth = |night: &Night| night.queues().depth(QueueName::ConnectionIndex);
    night.until("the index", |night| depth(night) == Depth::default()).await;

    // when two callers sweep, one comes to its end, and a doctor is hidden before the other reads
    let (stages, others, hidden) = (Arc::clone(night.stages()), night.others(), doctor.clone());
    night.hooks().before(Call::ReadDoctors, 1, move || async move {
        assert_eq!(sweep(stages.desk(), run).await, Ok(Outcome::Done));
        let mut document = others.load(&hidden).await?;
        document["designatedBodyCode"] = json!(format!("last-{X}"));
        others.save(document).await
    });
    assert_eq!(sweep(night.stages().desk(), run).await, Ok(Outcome::Done));

    // then the other leaves that to the second look, which brings the index in line as well
    assert_eq!(night.snapshot().hidden(), [doctor.as_str()]);
    gate.add_permits(4);
    night.closed(run).await;
    night.second_look().await;
    assert!(night.snapshot().hidden().is_empty());
    night.assert_indexed([&doctor]);
}

#[tokio::test]
async fn the_second_look_hides_who_left_and_was_saved_back_and_leaves_hand_connections_alone() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let [left, connected] = [night.doctors_of(X)[3].clone(), night.doctors_of(X)[4].clone()];
    let stale = night.others().load(&left).await.unwrap();
    night.population(|gmc| gmc.disconnect(&left)).unwrap();
    let report = night.whole_night().await;
    assert_eq!(report.totals.left, 1);
    let before = night.snapshot();
    night.others().save(stale).await.unwrap();
    night.others().connect(&connected, night_tests::NORTH_EAST).await.unwrap();
    assert_eq!(night.snapshot().code(&left), Some(X));

    night.second_look().await;

    let after = night.snapshot();
    assert_eq!(after.code(&left), before.code(&left));
    assert_eq!(after.code(&connected), Some(night_tests::NORTH_EAST));
    night.assert_indexed([&left]);
    assert_eq!(night.report(report.run).await.second_look.unwrap().set_by_hand, 1);
}

#[tokio::test]
async fn an_answer_that_comes_after_the_sweep_writes_nothing() {
    let night =
        Setup { doctors: 1_200, bodies: vec![X, night_tests::NORTH_EAST], ..Setup::default() }.start().await;
    night.whole_night().await;
    night.whole_night().await;
    night.next_day();
    let before = night.snapshot();
    night.close_queue(QueueName::RecommendationUpdate);
    let run = night.begin(&night.request()).await;
    night
        .until("every chunk", |night| night.queues().depth(QueueName::RecommendationUpdate).visible >= 3)
        .await;
    night.clock().advance(Duration::from_mins(61));
    night.tick().await;
    night.reached(run, |run| run.state == RunState::Swept).await;
    assert_eq!(night.snapshot().doctors, before.doctors);
    let writes = night.hooks().calls(&Call::WriteDoctors);

    night.open_queue(QueueName::RecommendationUpdate);
    night.closed(run).await;

    assert_eq!(night.hooks().calls(&Call::WriteDoctors), writes);
    assert_eq!(night.snapshot().doctors, before.doctors);
    night.assert_indexed(before.doctors.keys());
}

#[tokio::test]
async fn a_tick_when_all_is_well_changes_nothing() {
    let night = Setup::default().start().await;
    night.tick().await;
    night.whole_night().await;
    night.second_look().await;
    let before = night.dump();

    night.clock().advance(Duration::from_hours(3));
    night.tick().await;
    night.idle().await;

    assert!(night.dump() == before, "rows were written");
}

#[tokio::test]
async fn the_same_event_resumes_its_run_and_later_says_that_it_is_over() {
    let mut night = Setup { closed: vec![QueueName::PrepareSync], ..Setup::default() }.start().await;
    let request = night.request();
    let run = night.begin(&request).await;
    // the message that sets the run going is lost with the process
    night.restart(&[]).await;

    let again = night.open(&request).await.unwrap();

    assert!(matches!(&again, Opened::Resumed(resumed) if resumed.number == run), "{again:?}");
    assert_eq!(night.closed(run).await.state, RunState::Succeeded);
    night.assert_right(&Snapshot::default(), &Expected::of(&night));
    let over = night.open(&request).await.unwrap();
    assert!(matches!(&over, Opened::Over(over) if over.number == run), "{over:?}");
    night.idle().await;
}

#[tokio::test]
async fn a_start_message_that_comes_twice_does_no_harm() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.next_day();
    let before = night.snapshot();
    let request = night.request();
    let run = night.begin(&request).await;
    for _ in 0..3 {
        night.open(&request).await.unwrap();
    }

    let report = night.closed(run).await;

    assert_eq!(report.state, RunState::Succeeded);
    night.assert_right(&before, &Expected::of(&night));
}

#[tokio::test]
async fn who_is_in_no_bodys_answer_is_marked_so_by_the_next_night_that_can_know() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let left = night.doctors_of(X)[0].clone();
    night.population(|gmc| gmc.disconnect(&left)).unwrap();
    night.fault(&format!("{}=code-81:1", night_tests::NORTH_EAST));
    assert_eq!(night.whole_night().await.state, RunState::Partial);

    assert_eq!(night.whole_night().await.state, RunState::Succeeded);

    assert_eq!(night.snapshot().doctors[&left]["existsInGmc"], json!(false));
}

/// A second night, in which X's question is never answered and all others are.
async fn waiting_for_x() -> (Night, Snapshot, RunNumber) {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.next_day();
    let before = night.snapshot();
    night.hooks().before(Call::Ask(X.to_owned()), 1, std::future::pending);
    let run = night.begin(&night.request()).await;
    let mut answered = 0;
    while answered < 3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let report = night.report(run).await;
        answered = report.bodies.iter().filter(|body| body.state == BodyState::Answered).count();
    }
    assert!(night.snapshot().hidden().len() > 30, "X is hidden");
    (night, before, run)
}

/// Waits for the end of a run whose question for X stays in flight for ever.
async fn closed_but_for_x(night: &Night, run: RunNumber) -> Report {
    night.reached(run, |run| run.state.is_closed()).await;
    let quiet = |night: &Night| {
        let is_quiet = |queue: &QueueName| night.queues().depth(*queue) == Depth::default();
        QueueName::ALL.iter().filter(|queue| **queue != QueueName::GmcFetch).all(is_quiet)
    };
    night.until("quiet", quiet).await;
    night.report(run).await
}
