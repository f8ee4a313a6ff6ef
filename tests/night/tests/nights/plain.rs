//! Nights on which nothing goes wrong.

use std::time::Duration;

use domain::{BodyState, RunState};
use night_tests::night::of;
use night_tests::{Call, Expected, NORTH_EAST, Setup, Snapshot};
use simulator::Changes;
use sync::progress::status;
use sync::report::{Report, What};
use sync::trends::nights;

#[tokio::test]
async fn the_first_night_fills_an_empty_database_and_the_indexes() {
    let night = Setup::default().start().await;

    let report = night.whole_night().await;

    night.assert_right(&Snapshot::default(), &Expected::of(&night));
    assert_eq!(report.state, RunState::Succeeded);
    assert!(report.bodies.iter().all(|body| body.state == BodyState::Done));
    let connected = night.population(|gmc| gmc.connected()) as u64;
    assert_eq!((report.totals.returned, report.totals.new), (connected, connected));
    assert_eq!((report.totals.left, report.totals.rejected, report.hidden), (0, 0, 0));
    assert_eq!(night.snapshot().doctors.len() as u64, connected);
}

#[tokio::test]
async fn the_next_nights_report_is_exactly_what_the_day_changed() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    // new doctors are NOT_STARTED, and those not under notice COMPLETED from the next night on (docs/domain.md §5)
    night.whole_night().await;
    let mut before = night.snapshot();

    for _ in 0..4 {
        let changes = night.next_day();

        let report = night.whole_night().await;

        assert_reports_just(&report, &changes, &before);
        night.assert_right(&before, &Expected::of(&night));
        // whoever joined is settled by a night without changes
        night.whole_night().await;
        before = night.snapshot();
    }
}

/// Every number of the report, and everyone who is told by name, is in the day's changes, and the other way round.
fn assert_reports_just(report: &Report, changes: &Changes, before: &Snapshot) {
    let count = |list: usize| list as u64;
    let totals = &report.totals;
    assert_eq!(totals.moved_in, count(changes.moved.len()), "moved in");
    assert_eq!(totals.moved_out, count(changes.moved.len()), "moved out");
    assert_eq!(totals.new, count(changes.joined.len()), "new");
    assert_eq!(totals.left, count(changes.left.len()), "left");
    assert_eq!(totals.joined, count(changes.returned.len()), "returned");
    assert_eq!(totals.restored, 0);
    let edited = changes.renamed.len() + changes.under_notice.len() + changes.submission_date.len();
    let other_than_stored = edited + changes.moved.len() + changes.returned.len();
    assert_eq!(totals.changed, count(other_than_stored), "changed");
    assert_eq!(totals.unchanged, totals.returned - totals.new - totals.changed, "unchanged");

    let mut told: Vec<_> = report
        .doctors
        .iter()
        .map(|doctor| (doctor.gmc_number.to_string(), doctor.what, doctor.from.clone(), doctor.to.clone()))
        .collect();
    let mut wanted = Vec::new();
    let some = |code: &String| Some(code.clone());
    wanted.extend(changes.moved.iter().map(|m| (m.number.clone(), What::Moved, some(&m.from), some(&m.to))));
    wanted.extend(changes.joined.iter().map(|m| (m.number.clone(), What::New, None, some(&m.body))));
    wanted.extend(changes.left.iter().map(|m| (m.number.clone(), What::Left, some(&m.body), None)));
    wanted.extend(changes.returned.iter().map(|m| (m.number.clone(), What::Joined, None, some(&m.body))));
    told.sort();
    wanted.sort();
    assert_eq!(told, wanted);

    for body in &report.bodies {
        let code = body.code.as_str();
        let moved_in = changes.moved.iter().filter(|moved| moved.to == code).count();
        let moved_out = changes.moved.iter().filter(|moved| moved.from == code).count();
        let left = changes.left.iter().filter(|member| member.body == code).count();
        assert_eq!(
            (body.counts.moved_in, body.counts.moved_out),
            (count(moved_in), count(moved_out)),
            "{code}"
        );
        assert_eq!(body.counts.left, count(left), "{code}");
        let on_roll = before.doctors.keys().filter(|doctor| before.code(doctor) == Some(code)).count();
        assert_eq!(body.roll, count(on_roll), "{code}");
    }
    assert_eq!(report.hidden, before.doctors.len() as u64 - before.hidden().len() as u64);
}

#[tokio::test]
async fn a_new_doctor_is_not_started_and_completed_from_the_next_night_on_unless_under_notice() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = night.snapshot();
    let no = |snapshot: &Snapshot| {
        let is_no = |doctor: &&String| snapshot.doctors[*doctor].get("underNotice") == Some(&"NO".into());
        snapshot.doctors.keys().filter(is_no).count() as u64
    };

    let report = night.whole_night().await;

    // what docs/domain.md §5 says of absent and of present doctors: it is all that an identical night changes
    night.assert_right(&before, &Expected::of(&night));
    assert_eq!((report.totals.changed, report.totals.status_changed), (0, no(&before)));
    assert!(report.doctors.is_empty());
}

#[tokio::test]
async fn the_second_identical_night_changes_nothing() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.whole_night().await;
    let before = night.snapshot();

    let report = night.whole_night().await;

    night.snapshot().assert_same(&before);
    let connected = night.population(|gmc| gmc.connected()) as u64;
    assert_eq!((report.totals.unchanged, report.totals.changed), (connected, 0));
    assert!(report.doctors.is_empty());
}

#[tokio::test]
async fn without_hiding_the_second_identical_night_writes_nothing() {
    let night = Setup { hides: false, ..Setup::default() }.start().await;
    night.whole_night().await;
    night.whole_night().await;
    let before = night.dump();
    let calls = [Call::Hide, Call::WriteDoctors, Call::WriteIndex, Call::LogConnections];
    let calls_before = calls.each_ref().map(|call| night.hooks().calls(call));

    let report = night.whole_night().await;

    assert_eq!(calls.each_ref().map(|call| night.hooks().calls(call)), calls_before);
    assert!(night.dump() == before, "rows were written");
    assert_eq!((report.hidden, report.hidden_for_ms), (0, None));
    assert_eq!(report.state, RunState::Succeeded);
}

#[tokio::test]
async fn without_hiding_a_days_changes_come_out_the_same() {
    let night = Setup { hides: false, ..Setup::default() }.start().await;
    night.whole_night().await;
    let before = night.snapshot();
    let changes = night.next_day();

    let report = night.whole_night().await;

    night.assert_right(&before, &Expected::of(&night));
    assert_eq!(report.totals.left, changes.left.len() as u64);
    assert_eq!(night.hooks().calls(&Call::Hide), 0);
}

#[tokio::test]
async fn a_body_of_many_chunks_comes_out_whole() {
    let night =
        Setup { doctors: 1_300, bodies: vec![night_tests::YORKSHIRE], ..Setup::default() }.start().await;
    night.whole_night().await;
    let before = night.snapshot();
    night.next_day();

    let report = night.whole_night().await;

    night.assert_right(&before, &Expected::of(&night));
    assert_eq!(
        of(&report, night_tests::YORKSHIRE).counts.returned,
        night.population(|gmc| gmc.connected()) as u64
    );
}

#[tokio::test]
async fn the_report_tells_for_how_long_doctors_were_hidden() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let clock = std::sync::Arc::clone(night.clock());
    night.hooks().after(Call::Hide, 1, move || async move {
        clock.advance(Duration::from_secs(7));
        Ok(())
    });

    let report = night.whole_night().await;

    assert_eq!(report.hidden, night.population(|gmc| gmc.connected()) as u64);
    assert!(report.hidden_for_ms.is_some_and(|span| span >= 7_000), "{:?}", report.hidden_for_ms);
}

#[tokio::test]
async fn a_night_that_hid_no_doctor_has_no_hidden_window_anywhere() {
    // given a first night, which hides as any night does and finds nobody to hide
    let night = Setup::default().start().await;

    let report = night.whole_night().await;

    let status = status(&report);
    let listed = nights(night.store(), 1).await.unwrap();
    assert!(report.moments.hiding.is_some(), "the test shows nothing");
    assert_eq!((report.hidden, report.hidden_for_ms), (0, None));
    assert_eq!((status.hidden, status.hidden_since, status.hidden_for_ms), (0, None, None));
    assert_eq!(listed[0].hidden_for_ms, None);
}

#[tokio::test]
async fn a_body_with_an_empty_roster_does_not_lengthen_the_hidden_window() {
    // given a body that has failed since the first night, so that no doctor of it is stored
    let night = Setup::default().start().await;
    night.fault(&format!("{NORTH_EAST}=code-81"));
    night.whole_night().await;

    // when ten minutes pass between the last response and the decision
    let clock = std::sync::Arc::clone(night.clock());
    night.hooks().before(Call::SendSweep, 1, move || async move {
        clock.advance(Duration::from_mins(10));
        Ok(())
    });
    let report = night.whole_night().await;

    // then its time does not count, because the doctors of the others were visible before that
    assert_eq!(of(&report, NORTH_EAST).roll, 0);
    assert!(report.took_ms >= 600_000, "the test shows nothing");
    assert!(report.hidden_for_ms.is_some_and(|span| span < 600_000), "{:?}", report.hidden_for_ms);
}
