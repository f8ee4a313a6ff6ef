//! A wrong answer of the GMC is stopped before it empties a region.

use std::collections::BTreeSet;

use domain::BodyState;
use night_tests::night::{body, of};
use night_tests::{Expected, NORTH_EAST, Night, Setup, YORKSHIRE};
use sync::open::OpenRequest;
use sync::report::What;

const X: &str = YORKSHIRE;

#[tokio::test]
async fn a_loss_that_somebody_has_looked_at_goes_through() {
    let (night, half) = night_with_half_a_list().await;
    let held = night.whole_night().await;
    let loss = of(&held, X).loss.unwrap();
    let before = night.snapshot();

    let report = night.run(&accepting(&night, loss.possible(), false)).await;

    night.assert_right(&before, &Expected::of(&night).names(X, half).only(&[X]));
    assert_eq!((of(&report, X).state, of(&report, X).counts.left), (BodyState::Done, loss.left));
}

#[tokio::test]
async fn whoever_would_have_left_a_held_body_is_told_by_number() {
    // given half a list for one body, and no answer for another, of which nothing is known then
    let (night, half) = night_with_half_a_list().await;
    let everyone = night.doctors_of(X);
    night.fault(&format!("{NORTH_EAST}=code-81"));

    let held = night.whole_night().await;

    assert_eq!(of(&held, NORTH_EAST).state, BodyState::Failed);
    let kept = held.doctors.iter().filter(|doctor| doctor.what == What::Kept);
    let kept: BTreeSet<String> = kept.map(|doctor| doctor.gmc_number.to_string()).collect();
    assert_eq!(kept, everyone.into_iter().filter(|doctor| !half.contains(doctor)).collect());
}

#[tokio::test]
async fn a_larger_loss_than_the_accepted_one_is_held_again() {
    let (night, half) = night_with_half_a_list().await;
    let held = night.whole_night().await;
    let loss = of(&held, X).loss.unwrap();
    let before = night.snapshot();

    let report = night.run(&accepting(&night, loss.possible() - 1, false)).await;

    night.assert_right(&before, &Expected::of(&night).names(X, half).held(X).only(&[X]));
    assert_eq!((of(&report, X).state, of(&report, X).counts.left), (BodyState::Held, 0));
    let reason = of(&report, X).reason.clone().unwrap();
    assert!(reason.starts_with(&format!("{} possible losses", loss.possible())), "{reason}");
}

#[tokio::test]
async fn an_empty_list_needs_to_be_accepted_as_such_besides_its_number() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.fault(&format!("{X}=empty"));
    let everyone = night.doctors_of(X).len() as u64;
    let before = night.snapshot();

    let only_the_number = night.run(&accepting(&night, everyone, false)).await;

    night.assert_right(&before, &Expected::of(&night).names(X, []).held(X).only(&[X]));
    assert_eq!(of(&only_the_number, X).state, BodyState::Held);

    let both = night.run(&accepting(&night, everyone, true)).await;

    night.assert_right(&before, &Expected::of(&night).names(X, []).only(&[X]));
    assert_eq!((of(&both, X).state, of(&both, X).counts.left), (BodyState::Done, everyone));
}

#[tokio::test]
async fn records_without_a_usable_number_count_as_possible_losses() {
    // so many leave that one more would be too many; two records without a number are found beside
    for (faults, state) in [("", BodyState::Done), ("null-numbers", BodyState::Held)] {
        let night = Setup::default().start().await;
        night.whole_night().await;
        let before = night.snapshot();
        let everyone = night.doctors_of(X);
        let unnumbered = if faults.is_empty() { 0 } else { 2 };
        let leaving = everyone.len() / 5 - unnumbered;
        for doctor in everyone.iter().rev().take(leaving) {
            night.population(|gmc| gmc.disconnect(doctor)).unwrap();
        }
        let stay = night.doctors_of(X);
        if !faults.is_empty() {
            night.fault(&format!("{X}={faults}"));
        }
        let named = stay.iter().enumerate().filter(|(place, _)| faults.is_empty() || place % 50 != 0);
        let expected = Expected::of(&night).names(X, named.map(|(_, doctor)| doctor.clone()));

        let report = night.whole_night().await;

        let expected = if state == BodyState::Held { expected.held(X) } else { expected };
        night.assert_right(&before, &expected);
        let loss = of(&report, X).loss.unwrap();
        assert_eq!((loss.left, loss.unusable), ((leaving + unnumbered) as u64, unnumbered as u64));
        assert_eq!(of(&report, X).state, state);
    }
}

/// A GMC that gives half a list for one body, for ever; and whom that half names.
async fn night_with_half_a_list() -> (Night, Vec<String>) {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.fault(&format!("{X}=half"));
    let everyone = night.doctors_of(X);
    let half = everyone[..everyone.len() / 2].to_vec();
    (night, half)
}

/// A night over the one body, by somebody who has looked.
fn accepting(night: &Night, loss: u64, empty: bool) -> OpenRequest {
    OpenRequest {
        bodies: Some(vec![body(X)]),
        accept: [(body(X), loss)].into(),
        accept_empty: empty,
        ..night.request()
    }
}
