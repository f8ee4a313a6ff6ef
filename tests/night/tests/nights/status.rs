//! How far a night has come, as its report tells while it goes on.

use std::time::Duration;

use domain::{BodyState, RunState};
use night_tests::{Call, Night, Setup, YORKSHIRE};
use sync::ports::queue::QueueName;
use sync::progress::{Extent, Status, status};
use sync::report::Report;
use sync::trends::{BodyNight, Previous};

#[tokio::test]
async fn before_the_first_answer_everybody_on_a_roll_is_expected_and_nothing_is_estimated() {
    // given a second night, whose requests to the GMC nobody takes
    let night = Setup::default().start().await;
    let first = night.whole_night().await;
    night.close_queue(QueueName::GmcFetch);
    let run = night.begin(&night.request()).await;
    night.reached(run, |run| run.state == RunState::Running).await;

    let status = status(&night.report(run).await);

    assert_eq!((status.received, status.expected), (0, Some(first.totals.returned)));
    assert_eq!((status.waiting.bodies, status.waiting.chunks, status.waiting.looks), (4, 0, 0));
    assert_eq!((status.doctors_per_second, status.remaining_ms), (None, None));
    assert_eq!(status.hidden, first.totals.returned);
    assert!(status.hidden_since.is_some() && status.hidden_for_ms.is_some());
}

#[tokio::test]
async fn while_nobody_is_on_a_roll_as_many_are_expected_as_the_last_night_had() {
    let night = Setup { closed: vec![QueueName::GmcFetch], ..Setup::default() }.start().await;
    let run = night.begin(&night.request()).await;
    night.reached(run, |run| run.state == RunState::Running).await;
    let report = night.report(run).await;
    let last_night = report.bodies.iter().map(|body| BodyNight {
        code: body.code.clone(),
        state: BodyState::Done,
        roll: 0,
        returned: 25,
        left: 0,
    });
    let previous = Previous { run, opened: report.moments.opened, bodies: last_night.collect() };
    let second = Report { previous: Some(previous), ..report.clone() };

    assert_eq!(status(&report).expected, None, "nothing is known on the first night");
    assert_eq!(status(&second).expected, Some(100));
    assert_eq!(status(&second).hidden_since, None, "nobody was hidden");
}

#[tokio::test]
async fn a_chunk_that_was_recorded_and_not_applied_is_waited_for() {
    // given a night whose every write to a body's documents fails
    let night = Setup { bodies: vec![YORKSHIRE], ..Setup::default() }.start().await;
    night.hooks().before(Call::WriteDoctors, 1, std::future::pending);
    let run = night.begin(&night.request()).await;
    night.until("a chunk is at its write", |night| night.hooks().calls(&Call::WriteDoctors) > 0).await;

    let report = night.report(run).await;

    let extent = report.bodies[0].progress.unwrap();
    assert_eq!((extent.chunks, extent.chunks_recorded, extent.chunks_applied), (1, 1, 0));
    let status = status(&report);
    assert_eq!((status.waiting.bodies, status.waiting.chunks), (0, 1));
    assert_eq!((status.received, status.expected), (0, Some(night.doctors_of(YORKSHIRE).len() as u64)));
}

#[tokio::test]
async fn the_rest_is_estimated_at_the_speed_so_far() {
    // given a night that has asked for ten seconds: two of four bodies are there, and half of the third
    let (_night, mut report) = closed_night().await;
    report.state = RunState::Running;
    report.moments.sweeping = None;
    report.moments.running = Some(report.moments.opened);
    report.took_ms = 10_000;
    let extent = |of: u64, parts: u32| Extent {
        chunks: 2,
        chunks_recorded: parts,
        chunks_applied: parts,
        applied: of * u64::from(parts) / 2,
        expected: of,
    };
    for (body, (state, extent)) in report.bodies.iter_mut().zip([
        (BodyState::Answered, extent(100, 2)),
        (BodyState::Answered, extent(100, 2)),
        (BodyState::Pending, extent(100, 1)),
        (BodyState::Pending, Extent { expected: 100, ..Extent::default() }),
    ]) {
        (body.state, body.progress) = (state, Some(extent));
    }

    let status = status(&report);

    assert_eq!((status.received, status.expected, status.doctors_per_second), (250, Some(400), Some(25.0)));
    assert_eq!((status.waiting.bodies, status.waiting.chunks), (1, 1));
    assert_eq!(status.remaining_ms, Some(6_000));
}

#[tokio::test]
async fn a_swept_night_waits_for_its_looks_and_a_closed_one_for_nothing() {
    let (night, closed) = closed_night().await;
    let told = status(&closed);
    assert_eq!((told.waiting, told.remaining_ms), (sync::progress::Waiting::default(), None));
    assert_eq!((told.received, told.expected), (closed.totals.returned, Some(closed.totals.returned)));

    night.close_queue(QueueName::ConnectionIndex);
    let run = night.begin(&night.request()).await;
    night.reached(run, |run| run.state == RunState::Swept).await;
    let told = status(&night.report(run).await);

    assert_eq!((told.state, told.waiting.bodies, told.waiting.looks), (RunState::Swept, 0, 1));
    assert_eq!(told.remaining_ms, None, "no look was taken yet");
}

#[tokio::test]
async fn it_is_read_as_it_was_written() {
    let (night, closed) = closed_night().await;
    night.close_queue(QueueName::GmcFetch);
    let run = night.begin(&night.request()).await;
    night.reached(run, |run| run.state == RunState::Running).await;
    for report in [closed, night.report(run).await] {
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
        let status = status(&report);
        let text = serde_json::to_string(&status).unwrap();
        assert_eq!(serde_json::from_str::<Status>(&text).unwrap(), status);
    }
}

async fn closed_night() -> (Night, Report) {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.clock().advance(Duration::from_mins(1));
    let report = night.whole_night().await;
    (night, report)
}
