//! The port `Ledger`: the lock, runs and bodies. Rolls, answers and looks are in `ledger/lists.rs`.

mod hostile;
mod lists;

use std::collections::{BTreeMap, BTreeSet};

use domain::roll_call::Safeguard;
use domain::{BodyCode, BodyState, Moment, RunNumber, RunState};
use sync::ledger::{
    Answered, Body, BodyCounts, BodyDecision, Decision, Lock, Looks, Moments, Run, RunSettings, Swept,
    Trigger,
};
use sync::ports::Ledger;
use uuid::Uuid;

pub use self::hostile::*;
pub use self::lists::*;
use crate::{done, own};

/// An adapter whose ledger is set up. The checks of one process may share it.
pub trait LedgerFixture: Send + Sync {
    /// The adapter.
    fn ledger(&self) -> &dyn Ledger;
}

/// There is one lock, so this is all in one check. It leaves the lock with nobody.
pub async fn the_lock_is_changed_by_one_of_two(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let before = done(ledger.lock().await);
    let numbers = own::runs(2);
    let held_by =
        |number: RunNumber| Lock { version: before.version, number, holder: Some(Box::new(run(number))) };
    let (one, other) = (held_by(numbers[0]), held_by(numbers[1]));

    let (first, second) = tokio::join!(ledger.swap_lock(&one), ledger.swap_lock(&other));

    let (first, second) = (done(first), done(second));
    assert!(first != second, "expected one of two to get the lock, got {first} and {second}");
    let winner = if first { one } else { other };
    let expected = Lock { version: before.version + 1, ..winner };
    assert_eq!(done(ledger.lock().await), expected, "expected the winner's lock, one version on");

    let released = Lock { holder: None, ..expected.clone() };
    assert!(
        !done(ledger.swap_lock(&Lock { version: before.version, ..released.clone() }).await),
        "expected a stale version to miss"
    );
    assert_eq!(done(ledger.lock().await), expected, "expected a miss to change nothing");
    assert!(done(ledger.swap_lock(&released).await), "expected the lock to be released by who read it");
    assert_eq!(done(ledger.lock().await), Lock { version: expected.version + 1, ..released });
}

/// Every field, by number and by key.
pub async fn a_run_is_kept_whole(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let run = full_run(own::run());

    assert!(done(ledger.add_run(&run).await), "expected the run to be added");

    assert_eq!(done(ledger.run(run.number).await).as_ref(), Some(&run), "expected the run by its number");
    assert_eq!(done(ledger.run_by_key(&run.key).await).as_ref(), Some(&run), "expected the run by its key");
    assert_eq!(done(ledger.run(own::run()).await), None, "expected no run of another number");
    assert_eq!(done(ledger.run_by_key("no such key").await), None, "expected no run of another key");
}

/// Also when the key is another.
pub async fn a_number_is_used_by_one_run(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let first = run(own::run());
    let second = Run { key: Uuid::new_v4().to_string(), ..full_run(first.number) };

    assert!(done(ledger.add_run(&first).await), "expected the first to be added");
    assert!(!done(ledger.add_run(&second).await), "expected the second not to be added");

    assert_eq!(done(ledger.run(first.number).await), Some(first), "expected the first to stay as it is");
    assert_eq!(done(ledger.run_by_key(&second.key).await), None, "expected nothing of the second");
}

/// The same event twice is one run.
pub async fn a_key_is_used_by_one_run(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let numbers = own::runs(2);
    let one = run(numbers[0]);
    let other = Run { key: one.key.clone(), ..run(numbers[1]) };

    let (first, second) = tokio::join!(ledger.add_run(&one), ledger.add_run(&other));

    let (first, second) = (done(first), done(second));
    assert!(first != second, "expected one of two to be added, got {first} and {second}");
    let (winner, loser) = if first { (one, other) } else { (other, one) };
    assert_eq!(done(ledger.run(loser.number).await), None, "expected nothing of the loser");
    assert_eq!(done(ledger.run_by_key(&winner.key).await), Some(winner), "expected the winner by the key");
}

/// Every transition of a run rests on this.
pub async fn a_run_is_changed_by_one_of_two(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let seen = run(own::run());
    done(ledger.add_run(&seen).await);
    let one = Run { state: RunState::Running, ..seen.clone() };
    let other = Run { state: RunState::Sweeping, abort: Some("somebody asked".into()), ..seen.clone() };

    let (first, second) = tokio::join!(ledger.swap_run(&one), ledger.swap_run(&other));

    let (first, second) = (done(first), done(second));
    assert!(first != second, "expected one of two to change the run, got {first} and {second}");
    let winner = if first { one } else { other };
    let expected = Run { version: seen.version + 1, ..winner };
    assert_eq!(done(ledger.run(seen.number).await), Some(expected), "expected the winner's, one version on");
}

/// And one that is not there is not made.
pub async fn a_run_that_moved_on_is_not_changed(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let seen = run(own::run());
    done(ledger.add_run(&seen).await);
    assert!(
        done(ledger.swap_run(&Run { hidden: 1, ..seen.clone() }).await),
        "expected the version read to match"
    );

    let stale = done(ledger.swap_run(&Run { hidden: 2, ..seen.clone() }).await);
    let ahead = done(ledger.swap_run(&Run { hidden: 3, version: seen.version + 2, ..seen.clone() }).await);

    assert_eq!((stale, ahead), (false, false), "expected no other version to match");
    let found = done(ledger.run(seen.number).await).map(|run| (run.version, run.hidden));
    assert_eq!(found, Some((seen.version + 1, 1)), "expected the run to stay as it was");
    let nobody = run(own::run());
    assert!(!done(ledger.swap_run(&nobody).await), "expected a run that is not there not to be changed");
    assert_eq!(
        done(ledger.run(nobody.number).await),
        None,
        "expected a run that is not there not to be made"
    );
}

/// As many as are asked for.
pub async fn the_latest_runs_come_first(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let numbers = own::runs(3);
    for place in [1, 0, 2] {
        done(ledger.add_run(&run(numbers[place])).await);
    }

    let latest: Vec<_> = done(ledger.latest_runs(1_000).await).into_iter().map(|run| run.number).collect();

    assert!(latest.is_sorted_by(|one, next| one > next), "expected falling numbers: {latest:?}");
    for number in numbers {
        assert!(latest.contains(&number), "expected run {number} to be among them: {latest:?}");
    }
    assert_eq!(done(ledger.latest_runs(1).await).len(), 1, "expected no more than were asked for");
    assert_eq!(done(ledger.latest_runs(0).await), [], "expected none where none is asked for");
}

/// The watchdog works from these.
pub async fn open_are_runs_that_are_not_closed_or_not_looked_at_twice(fixture: &impl LedgerFixture) {
    use RunState::{Failed, Partial, Preparing, Running, Succeeded, Sweeping, Swept};
    let ledger = fixture.ledger();
    let open = [
        (Preparing, false),
        (Running, false),
        (Sweeping, false),
        (Swept, false),
        (Swept, true),
        (Succeeded, false),
        (Partial, false),
        (Failed, false),
    ];
    let over = [(Succeeded, true), (Partial, true), (Failed, true)];
    let numbers = own::runs(11);
    let states: Vec<_> = open.into_iter().chain(over).collect();
    for (number, (state, is_looked_at)) in numbers.iter().zip(states).rev() {
        // added while it was prepared, and changed since, as a run is
        let first = run(*number);
        done(ledger.add_run(&first).await);
        let second_look = is_looked_at.then(swept);
        done(ledger.swap_run(&Run { state, second_look, ..first }).await);
    }

    let mut found: Vec<_> = done(ledger.open_runs().await).into_iter().map(|run| run.number).collect();

    found.retain(|number| numbers.contains(number));
    assert_eq!(
        found,
        numbers[..open.len()],
        "expected, earliest first: {open:?}, and none of {over:?} (state, looked at a second time)"
    );
}

/// Two who prepare the same run.
pub async fn a_body_is_added_once(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let (run, code) = (own::run(), own::body());
    let first = full_body(run, &code);
    let second = body(run, &code);

    assert!(done(ledger.add_body(&first).await), "expected the first to be added");
    assert!(!done(ledger.add_body(&second).await), "expected the second not to be added");

    assert_eq!(done(ledger.body(run, &code).await), Some(first), "expected the first, with every field");
    assert!(
        done(ledger.add_body(&body(own::run(), &code)).await),
        "expected the same body of another run to be added"
    );
    assert_eq!(done(ledger.body(run, &own::body()).await), None, "expected no other body of the run");
}

/// Whatever order they were added in; and of that run only.
pub async fn bodies_come_in_the_order_of_their_codes(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let (run, other) = (own::run(), own::run());
    let mut codes = vec![own::body(), own::body(), own::body(), own::body()];
    codes.sort_by(|one, next| next.cmp(one));
    for code in &codes {
        done(ledger.add_body(&body(run, code)).await);
    }
    done(ledger.add_body(&body(other, &own::body())).await);

    let found: Vec<_> = done(ledger.bodies(run).await).into_iter().map(|body| body.code).collect();

    codes.reverse();
    assert_eq!(found, codes, "expected the run's bodies in the order of their codes");
    assert_eq!(done(ledger.bodies(own::run()).await), [], "expected no bodies of a run that has none");
}

/// The roll of a body, and its answer, rest on this.
pub async fn a_body_is_changed_by_one_of_two(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let seen = body(own::run(), &own::body());
    done(ledger.add_body(&seen).await);
    let named = |roll: u128| Body { roll: Some(Uuid::from_u128(roll)), ..seen.clone() };
    let (one, other) = (named(1), named(2));

    let (first, second) = tokio::join!(ledger.swap_body(&one), ledger.swap_body(&other));

    let (first, second) = (done(first), done(second));
    assert!(first != second, "expected one of two to change the body, got {first} and {second}");
    let winner = if first { one } else { other };
    let expected = Body { version: seen.version + 1, ..winner };
    assert!(!done(ledger.swap_body(&seen).await), "expected a stale version to miss");
    assert_eq!(
        done(ledger.body(seen.run, &seen.code).await),
        Some(expected),
        "expected the winner's, one version on"
    );
    assert!(
        !done(ledger.swap_body(&body(seen.run, &own::body())).await),
        "expected a body that is not there not to be changed"
    );
}

/// A run that has just been opened.
fn run(number: RunNumber) -> Run {
    Run {
        number,
        version: 0,
        key: format!("key of {number}"),
        trigger: Trigger::Rule,
        state: RunState::Preparing,
        settings: RunSettings {
            bodies: vec![own::body()],
            is_whole: true,
            hides: true,
            is_dry: false,
            safeguard: Safeguard {
                max_disconnected_percent: 20,
                max_disconnected_min: 50,
                accept: BTreeMap::new(),
                accept_empty: false,
            },
        },
        moments: Moments {
            opened: Moment(1_767_229_323_004),
            give_up: Moment(1_767_229_324_004),
            deadline: Moment(1_767_229_325_004),
            expires: Moment(1_767_229_326_004),
            ..Moments::default()
        },
        hidden: 0,
        unknown_codes: vec![],
        abort: None,
        decision: None,
        swept: None,
        second_look: None,
        looks: None,
    }
}

/// A run with something in every field.
fn full_run(number: RunNumber) -> Run {
    let bare = run(number);
    let code = own::body();
    Run {
        version: 7,
        trigger: Trigger::Api,
        state: RunState::Swept,
        settings: RunSettings {
            bodies: vec![code.clone()],
            is_whole: false,
            safeguard: Safeguard {
                accept: [(code.clone(), 812)].into(),
                accept_empty: true,
                ..bare.settings.safeguard
            },
            ..bare.settings
        },
        moments: Moments { hiding: Some(Moment(1)), swept: Some(Moment(-1)), ..bare.moments },
        hidden: 59_999,
        unknown_codes: vec![("last-1-É \"old\"".into(), 3)],
        abort: Some("somebody asked".into()),
        decision: Some(Decision {
            bodies: vec![BodyDecision {
                code,
                state: BodyState::Held,
                fetch: Some(Uuid::new_v4()),
                loss: None,
            }],
            fetches: vec![],
        }),
        swept: Some(swept()),
        looks: Some(Looks { id: Uuid::new_v4(), count: 120 }),
        ..bare
    }
}

fn swept() -> Swept {
    Swept {
        at: Moment(5),
        written: 1,
        unsettled: 1,
        unsettled_first: vec![(own::number(), "the database said no".into())],
        ..Swept::default()
    }
}

fn body(run: RunNumber, code: &BodyCode) -> Body {
    Body {
        run,
        code: code.clone(),
        version: 0,
        state: BodyState::Pending,
        roll: None,
        roll_size: 0,
        answer: None,
        reason: None,
        return_code: None,
        gmc_request_id: None,
        settled_at: None,
        counts: None,
    }
}

fn full_body(run: RunNumber, code: &BodyCode) -> Body {
    Body {
        version: 3,
        state: BodyState::Held,
        roll: Some(Uuid::new_v4()),
        roll_size: 8_000,
        answer: Some(Answered { fetch: Uuid::new_v4(), asked_at: Moment(9) }),
        reason: Some("812 of 8000 would leave".into()),
        return_code: Some("0".into()),
        gmc_request_id: Some("b1".into()),
        settled_at: Some(Moment(10)),
        counts: Some(BodyCounts { returned: 7_188, ..BodyCounts::default() }),
        ..body(run, code)
    }
}

/// The members of a list, however it is ordered.
fn set<T: Ord>(list: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    list.into_iter().collect()
}
