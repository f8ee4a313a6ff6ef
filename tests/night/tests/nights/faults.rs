//! Every fault of the simulated GMC: what it does to its body, and that nobody is lost by it.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{BodyState, GmcField, Rejection, RunState};
use night_tests::night::of;
use night_tests::{EAST_MIDLANDS, Expected, Night, Setup, Snapshot, YORKSHIRE};
use simulator::Fault;
use sync::report::Report;

/// The body that has the fault; the next one lends doctors to `two-bodies`.
const X: &str = YORKSHIRE;

/// How often a body is asked that never answers: two attempts each time its message is received, and twice received.
const ATTEMPTS: usize = 4;

/// What a fault is to the night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Asking again can help.
    Transient {
        /// Stands in the reason.
        reason: &'static str,
    },
    /// Asking again cannot help.
    Final { reason: &'static str },
    /// An answer that would empty the body, or half of it.
    Held,
    /// An answer to go by, with something wrong in it: each has a test of its own.
    Usable,
}

/// Without a wildcard: a new fault of the simulator must be decided here.
fn class(fault: Fault) -> Class {
    let transient = |reason| Class::Transient { reason };
    match fault {
        Fault::Code(80) => Class::Final { reason: "body code is missing or invalid (return code 80)" },
        Fault::Code(81) => Class::Final { reason: "no access to this designated body (return code 81)" },
        Fault::Code(99) => Class::Final { reason: "credentials are not accepted" },
        Fault::Code(110) => Class::Final { reason: "internal user is missing (return code 110)" },
        Fault::Code(98) => transient("internal error (return code 98)"),
        Fault::Code(_) => Class::Final { reason: "the return code is unknown (return code " },
        Fault::NoCode => Class::Final { reason: "has no return code" },
        Fault::SoapFault => transient("soap fault"),
        Fault::Http403 => transient("403"),
        Fault::Http503 => transient("503"),
        Fault::Http429 => transient("429"),
        Fault::NotSoap => transient("HTML page"),
        Fault::Reset => transient("doctors"),
        Fault::Truncated => transient("in the middle"),
        Fault::Hang => transient("nothing"),
        Fault::WrongRequestId => transient("another request"),
        Fault::Empty | Fault::Half | Fault::AllNullNumbers => Class::Held,
        Fault::Drip
        | Fault::NullNumbers
        | Fault::UnknownNumbers
        | Fault::DuplicateNumbers
        | Fault::EmptyUnderNotice
        | Fault::OddDates
        | Fault::TwoBodies => Class::Usable,
    }
}

#[tokio::test]
async fn a_transient_fault_that_passes_leaves_no_trace() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    for fault in transient().filter(|fault| *fault != Fault::Hang) {
        for times in [1, 2] {
            assert_passes(&night, fault, times).await;
        }
    }
}

#[tokio::test]
async fn a_transient_fault_that_stays_fails_its_body_and_nobody_of_it_is_lost() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    for fault in transient().filter(|fault| *fault != Fault::Hang) {
        assert_fails(&night, fault, ATTEMPTS).await;
    }
    assert_mends(&night).await;
}

#[tokio::test]
async fn a_gmc_that_hangs_is_given_up_after_the_idle_timeout_and_asked_again() {
    let night = Setup { idle_timeout: Duration::from_millis(700), ..Setup::default() }.start().await;
    night.whole_night().await;
    assert_passes(&night, Fault::Hang, 1).await;
    assert_fails(&night, Fault::Hang, ATTEMPTS).await;
    assert_mends(&night).await;
}

#[tokio::test]
async fn a_refusal_or_an_unknown_code_fails_its_body_after_a_single_question() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let codes = [80, 81, 99, 110, 7].map(Fault::Code);
    for fault in codes.into_iter().chain(Fault::all()) {
        if matches!(class(fault), Class::Final { .. }) {
            assert_fails(&night, fault, 1).await;
        }
    }
    assert_mends(&night).await;
}

#[tokio::test]
async fn an_empty_list_half_a_list_or_one_without_numbers_is_held_and_nobody_leaves() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    for fault in Fault::all().filter(|fault| class(*fault) == Class::Held) {
        let before = a_new_day(&night);
        night.fault(&format!("{X}={fault}"));
        let everyone = night.doctors_of(X);
        let named = if fault == Fault::Half { everyone[..everyone.len() / 2].to_vec() } else { Vec::new() };

        let report = night.whole_night().await;

        night.assert_right(&before, &Expected::of(&night).names(X, named).held(X));
        let body = of(&report, X);
        assert_eq!((body.state, report.state), (BodyState::Held, RunState::Partial), "{fault}");
        assert_eq!(body.counts.left, 0, "{fault}");
        assert!(body.reason.is_some() && body.return_code.is_none(), "{fault}: {body:?}");
        assert_eq!(night.asked(X).len(), 1, "{fault}: an answer is an answer");
    }
    assert_mends(&night).await;
}

#[tokio::test]
async fn an_answer_that_drips_is_read_to_its_end() {
    let night = Setup { doctors: 60, ..Setup::default() }.start().await;
    night.fault(&format!("{X}=drip"));

    let report = night.whole_night().await;

    night.assert_right(&Snapshot::default(), &Expected::of(&night));
    assert_eq!(of(&report, X).state, BodyState::Done);
}

#[tokio::test]
async fn an_answer_that_drips_for_too_long_fails_its_body() {
    let night = Setup {
        total_timeout: Duration::from_millis(600),
        drip_pause: Duration::from_millis(200),
        ..Setup::default()
    }
    .start()
    .await;
    night.whole_night().await;
    let before = a_new_day(&night);
    night.fault(&format!("{X}=drip"));

    let report = night.whole_night().await;

    night.assert_right(&before, &Expected::of(&night).failed(X));
    let reason = of(&report, X).reason.clone().unwrap();
    assert!(reason.contains("took longer than 600ms"), "{reason}");
}

#[tokio::test]
async fn records_without_a_number_or_with_unknown_are_counted_and_the_rest_goes_through() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    for (fault, reasons) in [
        (Fault::NullNumbers, vec![Rejection::MissingNumber]),
        (Fault::UnknownNumbers, vec![Rejection::MalformedNumber]),
    ] {
        let before = a_new_day(&night);
        night.fault(&format!("{X}={fault}"));
        let (lost, named) = split(&night, fault);

        let report = night.whole_night().await;

        // few enough to be what they seem: nobody of that body
        night.assert_right(&before, &Expected::of(&night).names(X, named));
        let body = of(&report, X);
        let counted: u64 =
            reasons.iter().filter_map(|reason| body.counts.rejected_by_reason.get(reason)).sum();
        assert_eq!((body.state, counted), (BodyState::Done, lost.len() as u64), "{fault}");
        assert_eq!(body.counts.rejected, counted, "{fault}");
        assert_eq!(body.loss.unwrap().unusable, counted, "{fault}");
    }
    assert_mends(&night).await;
}

#[tokio::test]
async fn duplicate_numbers_are_counted_and_nobody_is_doubled_or_lost() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = a_new_day(&night);
    night.fault(&format!("{X}=duplicate-numbers"));
    let (twice, _) = split(&night, Fault::DuplicateNumbers);

    let report = night.whole_night().await;

    night.assert_right(&before, &Expected::of(&night));
    let counts = &of(&report, X).counts;
    assert_eq!(counts.rejected_by_reason[&Rejection::DuplicateNumber], twice.len() as u64);
    assert_eq!(counts.returned, night.doctors_of(X).len() as u64);
    assert_eq!(of(&report, X).loss.unwrap().unusable, 0);
}

#[tokio::test]
async fn odd_dates_leave_what_is_stored_and_are_told() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = a_new_day(&night);
    night.fault(&format!("{X}=odd-dates"));
    let (odd, _) = split(&night, Fault::OddDates);

    let report = night.whole_night().await;

    let expected = odd.iter().fold(Expected::of(&night), |expected, doctor| {
        expected.leaves(doctor, ["submissionDate", "dateAdded"])
    });
    night.assert_right(&before, &expected);
    let unreadable = &of(&report, X).counts.unreadable_fields;
    assert_eq!(unreadable[&GmcField::SubmissionDate], odd.len() as u64);
    assert_eq!(unreadable[&GmcField::DateAdded], odd.len() as u64);
    assert_eq!(of(&report, X).counts.rejected, 0);
}

#[tokio::test]
async fn a_doctor_whom_two_bodies_name_stays_where_the_roll_has_them_and_is_told() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = a_new_day(&night);
    night.fault(&format!("{X}=two-bodies"));
    let lent: Vec<String> = night
        .doctors_of(EAST_MIDLANDS)
        .into_iter()
        .enumerate()
        .filter(|(place, _)| Fault::TwoBodies.touches(*place))
        .map(|(_, doctor)| doctor)
        .collect();
    let on_roll = |doctor: &String| before.code(doctor) == Some(EAST_MIDLANDS);
    assert!(lent.iter().all(on_roll), "the test needs doctors who were there before");
    let named = night.doctors_of(X).into_iter().chain(lent.iter().cloned());
    let expected = Expected::of(&night).names(X, named);

    let report = night.whole_night().await;

    // whoever was written by the one body and then by the other is dated anew; the place is what counts
    night.assert_right(&before, &expected.except(&lent));
    let after = night.snapshot();
    for doctor in &lent {
        assert_eq!(after.code(doctor), Some(EAST_MIDLANDS));
        night.assert_indexed([doctor]);
    }
    assert_eq!(after.logs.len() - before.logs.len(), report.doctors.len());
    assert_eq!(report.swept.unwrap().named_by_several, lent.len() as u64);
}

#[tokio::test]
async fn every_question_has_a_user_agent_and_an_id_of_its_own() {
    let night = Setup::default().start().await;
    night.fault(&format!("{X}=http-403:3"));

    night.whole_night().await;

    let asked = night.gmc.requests().all();
    assert_eq!(asked.len(), 4 + 3);
    assert!(asked.iter().all(|request| request.user_agent.as_deref().unwrap().starts_with("gmc-sync/")));
    let ids: BTreeSet<_> = asked.iter().map(|request| &request.client_request_id).collect();
    assert_eq!(ids.len(), asked.len());
    assert!(ids.iter().all(|id| uuid::Uuid::parse_str(id).is_ok()));
}

fn transient() -> impl Iterator<Item = Fault> {
    Fault::all().filter(|fault| matches!(class(*fault), Class::Transient { .. }))
}

/// What is stored, when a day has gone by at the GMC and nothing has been asked since.
fn a_new_day(night: &Night) -> Snapshot {
    night.next_day();
    night.gmc.faults().clear();
    night.gmc.requests().clear();
    night.snapshot()
}

/// Whom of the answer of [`X`] a fault touches, and all others.
fn split(night: &Night, fault: Fault) -> (Vec<String>, Vec<String>) {
    let doctors = night.doctors_of(X).into_iter().enumerate();
    let (touched, others): (Vec<_>, Vec<_>) = doctors.partition(|(place, _)| fault.touches(*place));
    let number = |(_, doctor)| doctor;
    (touched.into_iter().map(number).collect(), others.into_iter().map(number).collect())
}

async fn assert_passes(night: &Night, fault: Fault, times: u32) {
    let before = a_new_day(night);
    night.fault(&format!("{X}={fault}:{times}"));

    let report = night.whole_night().await;

    night.assert_right(&before, &Expected::of(night));
    assert_eq!(report.state, RunState::Succeeded, "{fault}:{times}");
    assert_eq!(of(&report, X).reason, None, "{fault}:{times}");
    assert_eq!(night.asked(X).len(), times as usize + 1, "{fault}:{times}");
    assert_asked_anew(night);
}

async fn assert_fails(night: &Night, fault: Fault, attempts: usize) {
    let before = a_new_day(night);
    night.fault(&format!("{X}={fault}"));

    let report = night.whole_night().await;

    night.assert_right(&before, &Expected::of(night).failed(X));
    assert_failed(&report, fault);
    assert_eq!(night.asked(X).len(), attempts, "{fault}");
    assert_asked_anew(night);
}

fn assert_failed(report: &Report, fault: Fault) {
    let (Class::Transient { reason } | Class::Final { reason }) = class(fault) else {
        panic!("{fault} fails nothing");
    };
    let body = of(report, X);
    assert_eq!((body.state, report.state), (BodyState::Failed, RunState::Partial), "{fault}");
    let told = body.reason.clone().unwrap_or_default();
    assert!(told.contains(reason), "{fault}: {told}");
    let code = if let Fault::Code(code) = fault { Some(code.to_string()) } else { None };
    assert_eq!(body.return_code, code, "{fault}");
    if code.is_some() {
        assert!(body.gmc_request_id.is_some(), "{fault}");
    }
}

fn assert_asked_anew(night: &Night) {
    let asked = night.asked(X);
    let ids: BTreeSet<_> = asked.iter().map(|request| request.client_request_id.clone()).collect();
    assert_eq!(ids.len(), asked.len(), "every question has an id of its own");
    assert!(asked.iter().all(|request| request.user_agent.is_some()));
}

/// The next night without a fault makes everything right.
async fn assert_mends(night: &Night) {
    let before = a_new_day(night);
    let report = night.whole_night().await;
    night.assert_right(&before, &Expected::of(night));
    assert_eq!(report.state, RunState::Succeeded);
}
