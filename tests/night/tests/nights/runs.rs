//! Dry runs, nights over some of the bodies, and what a run may be asked to be.

use std::collections::BTreeSet;

use domain::apply::Change;
use domain::{BodyState, GmcField, RunState};
use night_tests::night::{body, of};
use night_tests::{Call, EAST_MIDLANDS, Expected, NORTH_EAST, Night, Setup, Snapshot, YORKSHIRE};
use sync::open::{OpenError, OpenRequest, Opened};
use sync::ports::queue::QueueName;
use sync::report::What;

const X: &str = YORKSHIRE;
const Y: &str = EAST_MIDLANDS;

#[tokio::test]
async fn a_dry_run_writes_nothing_but_the_ledger_and_tells_doctor_by_doctor() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.whole_night().await;
    let changes = night.next_day();
    let before = night.dump();

    let report = night.run(&dry(&night)).await;

    assert!(night.dump() == before, "rows were written");
    assert!(night.snapshot().hidden().is_empty());
    assert_eq!((report.state, report.is_dry, report.hidden), (RunState::Succeeded, true, 0));
    assert_eq!(report.totals.left, changes.left.len() as u64);
    let told = |what: What| -> BTreeSet<String> {
        let of_kind = report.doctors.iter().filter(|doctor| doctor.what == what);
        of_kind.map(|doctor| doctor.gmc_number.to_string()).collect()
    };
    assert_eq!(told(What::Moved), changes.moved.iter().map(|moved| moved.number.clone()).collect());
    assert_eq!(told(What::New), changes.joined.iter().map(|joined| joined.number.clone()).collect());
    assert_eq!(told(What::Left), changes.left.iter().map(|left| left.number.clone()).collect());
    let differing = |field: GmcField| -> BTreeSet<String> {
        let has = |changes: &Vec<Change>| changes.contains(&Change::Field(field));
        report
            .changes
            .iter()
            .filter(|(_, changes)| has(changes))
            .map(|(doctor, _)| doctor.to_string())
            .collect()
    };
    assert_eq!(differing(GmcField::DoctorLastName), changes.renamed.iter().cloned().collect());
    assert_eq!(differing(GmcField::UnderNotice), changes.under_notice.iter().cloned().collect());
    assert_eq!(differing(GmcField::SubmissionDate), changes.submission_date.iter().cloned().collect());

    // and the live run does what the dry run told
    let snapshot = night.snapshot();
    let live = night.whole_night().await;
    night.assert_right(&snapshot, &Expected::of(&night));
    assert_eq!(live.doctors, report.doctors);
    assert_eq!(live.totals.changed, report.totals.changed);
}

#[tokio::test]
async fn a_dry_run_on_an_empty_database_leaves_it_empty() {
    let night = Setup::default().start().await;

    let report = night.run(&dry(&night)).await;

    assert_eq!(report.totals.new, night.population(|gmc| gmc.connected()) as u64);
    assert!(night.snapshot().numbers().is_empty());
    for call in [Call::Hide, Call::WriteDoctors, Call::LogConnections, Call::ReadIndex, Call::WriteIndex] {
        assert_eq!(night.hooks().calls(&call), 0, "{call:?}");
    }
}

#[tokio::test]
async fn a_live_run_takes_over_from_a_dry_one_and_a_dry_one_from_nobody() {
    let night = Setup { closed: vec![QueueName::GmcFetch], ..Setup::default() }.start().await;
    let stuck = night.begin(&dry(&night)).await;
    assert_eq!(night.open(&dry(&night)).await, Ok(Opened::Busy(stuck)));

    let live = night.begin(&night.request()).await;

    assert_eq!(night.open(&dry(&night)).await, Ok(Opened::Busy(live)));
    night.reached(stuck, |run| run.state.is_closed()).await;
    night.open_queue(QueueName::GmcFetch);
    assert_eq!(night.closed(live).await.state, RunState::Succeeded);
    night.assert_right(&Snapshot::default(), &Expected::of(&night));
    let dry = night.report(stuck).await;
    assert_eq!(dry.state, RunState::Failed);
    assert!(
        dry.bodies.iter().all(|body| body.reason.as_deref().unwrap().contains(&format!("run {live} began")))
    );
}

#[tokio::test]
async fn a_night_over_some_bodies_asks_and_sweeps_only_those() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.next_day();
    let left = night.doctors_of(X)[0].clone();
    let to_the_unasked = night.doctors_of(X)[1].clone();
    let from_the_unasked = night.doctors_of(Y)[1].clone();
    let left_the_unasked = night.doctors_of(Y)[2].clone();
    night.population(|gmc| {
        gmc.disconnect(&left).unwrap();
        gmc.disconnect(&left_the_unasked).unwrap();
        gmc.connect(&to_the_unasked, Y).unwrap();
        gmc.connect(&from_the_unasked, X).unwrap();
    });
    let before = night.snapshot();
    night.gmc.requests().clear();

    let report = night.run(&over(&night, &[X, NORTH_EAST])).await;

    let asked: BTreeSet<String> =
        night.gmc.requests().all().into_iter().map(|request| request.body).collect();
    assert_eq!(asked, [X, NORTH_EAST].map(str::to_owned).into());
    assert!(!report.is_whole);
    assert_eq!(report.bodies.len(), 2);
    night.assert_right(&before, &Expected::of(&night).only(&[X, NORTH_EAST]));
    let after = night.snapshot();
    assert_eq!(after.code(&from_the_unasked), Some(X));
    assert_eq!(after.code(&left_the_unasked), Some(Y));
    // who moved to a body that was not asked appears there the next whole night
    assert_eq!(after.code(&to_the_unasked), Some(format!("last-{X}").as_str()));
    assert_eq!(after.doctors[&left]["existsInGmc"], serde_json::json!(true), "a partial night cannot know");
    night.whole_night().await;
    night.assert_right(&after, &Expected::of(&night));
    assert_eq!(night.snapshot().code(&to_the_unasked), Some(Y));
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_with_the_reason() {
    let night = Setup::default().start().await;
    let (known, unknown) = (body(X), body("1-NOBODY"));

    let nobody = OpenRequest { bodies: Some(Vec::new()), ..night.request() };
    let no_such = OpenRequest { bodies: Some(vec![unknown.clone()]), ..night.request() };
    let unasked =
        OpenRequest { bodies: Some(vec![body(Y)]), accept: [(known.clone(), 5)].into(), ..night.request() };
    let empty = OpenRequest { accept_empty: true, ..night.request() };

    assert_eq!(night.open(&nobody).await, Err(OpenError::NoBodies));
    assert_eq!(night.open(&no_such).await, Err(OpenError::UnknownBody(unknown)));
    assert_eq!(night.open(&unasked).await, Err(OpenError::AcceptsUnasked(known)));
    assert_eq!(night.open(&empty).await, Err(OpenError::AcceptsEmptyForNobody));
    assert!(night.gmc.requests().is_empty());
}

#[tokio::test]
async fn a_dry_run_over_one_body_says_what_the_safeguard_would() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.fault(&format!("{X}=half"));
    let before = night.dump();

    let report = night.run(&OpenRequest { is_dry: true, ..over(&night, &[X]) }).await;

    assert_eq!(of(&report, X).state, BodyState::Held);
    assert!(night.dump() == before, "rows were written");
}

fn dry(night: &Night) -> OpenRequest {
    OpenRequest { is_dry: true, ..night.request() }
}

fn over(night: &Night, bodies: &[&str]) -> OpenRequest {
    OpenRequest { bodies: Some(bodies.iter().map(|code| body(code)).collect()), ..night.request() }
}
