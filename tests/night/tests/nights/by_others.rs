//! Another service in the middle of the night: what it writes is kept, and the rest is right all the same.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::index::IndexName;
use night_tests::{Call, EAST_MIDLANDS, Expected, Night, Setup, Snapshot, YORKSHIRE};
use serde_json::{Value, json};
use sync::report::Report;
use tokio::sync::Notify;

const X: &str = YORKSHIRE;
const Y: &str = EAST_MIDLANDS;

#[tokio::test]
async fn who_is_connected_by_hand_after_the_gmc_was_asked_stays_there() {
    for hides in [true, false] {
        let (night, before) = second_night(hides).await;
        let doctor = one_who_stays(&night);
        let (others, by_hand) = (night.others(), doctor.clone());
        night.hooks().after(ask(X), 1, move || async move { others.connect(&by_hand, Y).await });

        let report = run(&night).await;

        assert_eq!(night.snapshot().code(&doctor), Some(Y));
        night.assert_indexed([&doctor]);
        night.assert_right(&before, &Expected::of(&night).except([&doctor]));
        assert_eq!(report.totals.set_by_hand, 1);
        assert!(night.snapshot().logs.iter().all(|log| log["gmcId"] != json!(doctor) || is_first_night(log)));
    }
}

#[tokio::test]
async fn who_is_disconnected_by_hand_after_the_gmc_was_asked_stays_without_a_body() {
    for hides in [true, false] {
        let (night, before) = second_night(hides).await;
        let doctor = one_who_stays(&night);
        let (others, by_hand) = (night.others(), doctor.clone());
        night.hooks().after(ask(X), 1, move || async move { others.disconnect(&by_hand).await });

        run(&night).await;

        assert_eq!(night.snapshot().code(&doctor), None);
        night.assert_indexed([&doctor]);
        night.assert_right(&before, &Expected::of(&night).except([&doctor]));
    }
}

#[tokio::test]
async fn who_is_connected_by_hand_between_the_answers_and_the_sweep_stays_there() {
    let (night, before) = second_night(true).await;
    let left = one_who_leaves(&night);
    let stays = one_who_stays(&night);
    let (others, both) = (night.others(), [left.clone(), stays.clone()]);
    night.hooks().before(Call::SendSweep, 1, move || async move {
        others.connect(&both[0], Y).await?;
        others.disconnect(&both[1]).await
    });

    let report = run(&night).await;

    let after = night.snapshot();
    assert_eq!((after.code(&left), after.code(&stays)), (Some(Y), None));
    night.assert_indexed([&left]);
    night.assert_indexed([&stays]);
    night.assert_right(&before, &Expected::of(&night).except([&left, &stays]));
    assert_eq!(report.swept.unwrap().set_by_hand, 2);
}

#[tokio::test]
async fn who_was_connected_by_hand_before_the_gmc_was_asked_is_where_the_gmc_says() {
    let (night, _) = second_night(true).await;
    let doctor = one_who_stays(&night);
    night.others().connect(&doctor, Y).await.unwrap();
    night.clock().advance(Duration::from_mins(1));
    let before = night.snapshot();

    run(&night).await;

    assert_eq!(night.snapshot().code(&doctor), Some(X));
    night.assert_right(&before, &Expected::of(&night));
}

#[tokio::test]
async fn a_doctor_connected_by_hand_while_the_run_hides_is_not_hidden_by_the_repeated_prepare_either() {
    // given a doctor whom another service connects when the run has hidden the body, and a prepare that then fails
    let (night, _) = second_night(true).await;
    let doctor = one_who_stays(&night);
    let (others, by_hand) = (night.others(), doctor.clone());
    night.hooks().after(Call::Hide, 1, move || async move {
        let hidden = others.load(&by_hand).await?;
        assert_eq!(hidden["designatedBodyCode"], json!(format!("last-{X}")));
        others.connect(&by_hand, X).await?;
        Err(sync::ports::PortError::transient("the connection broke after the statement"))
    });
    // when prepare is repeated and the GMC is asked
    let (others, by_hand, colleague) = (night.others(), doctor.clone(), another_who_stays(&night, &doctor));
    night.hooks().before(ask(X), 1, move || async move {
        let code =
            async |doctor: &str| others.load(doctor).await.map(|found| found["designatedBodyCode"].clone());
        assert_eq!(code(&by_hand).await?, json!(X), "expected what another service set to stay");
        assert_eq!(code(&colleague).await?, json!(format!("last-{X}")), "expected the others to be hidden");
        Ok(())
    });
    let before = night.snapshot();

    run(&night).await;

    // then the response decides about this doctor as about the others
    night.assert_right(&before, &Expected::of(&night).except([&doctor]));
    assert_eq!(night.snapshot().code(&doctor), Some(X));
    night.assert_indexed([&doctor]);
}

#[tokio::test]
async fn a_doctor_dated_later_than_now_is_never_hidden_and_is_where_the_gmc_says() {
    for hides in [true, false] {
        // given doctors who stay, leave and move, and whom a service with a wrong clock has dated years ahead
        let (night, _) = second_night(hides).await;
        let all = [one_who_stays(&night), one_who_leaves(&night), one_who_moves(&night)];
        for doctor in &all {
            let mut document = stored(&night, doctor).await;
            document["gmcLastUpdatedDateTime"] = json!("2999-12-31T00:00:00.000Z");
            night.others().save(document).await.unwrap();
        }
        let before = night.snapshot();
        let (others, dated) = (night.others(), all.clone());
        night.hooks().before(ask(X), 1, move || async move {
            for doctor in dated {
                assert_eq!(others.load(&doctor).await?["designatedBodyCode"], json!(X));
            }
            Ok(())
        });

        let report = run(&night).await;

        night.assert_right(&before, &Expected::of(&night));
        let [stays, left, moved] = &all;
        let after = night.snapshot();
        assert_eq!(after.code(stays), Some(X));
        assert_eq!(after.code(left), Some(format!("last-{X}").as_str()));
        assert_eq!(after.code(moved), Some(Y));
        assert_eq!((report.totals.set_by_hand, report.swept.unwrap().set_by_hand), (0, 0));
    }
}

#[tokio::test]
async fn a_stale_save_of_a_plain_code_before_the_sweep_does_not_keep_who_left_or_moved() {
    let (night, before) = second_night(true).await;
    let left = one_who_leaves(&night);
    let moved = one_who_moves(&night);
    let (others, stale) = (night.others(), [stored(&night, &left).await, stored(&night, &moved).await]);
    night.hooks().before(Call::SendSweep, 1, move || async move {
        for mut document in stale {
            document["admin"] = json!("admin@example.org");
            others.save(document).await?;
        }
        Ok(())
    });

    run(&night).await;

    let after = night.snapshot();
    assert_eq!(after.code(&left), Some(format!("last-{X}").as_str()));
    assert_eq!(after.code(&moved), Some(Y));
    for doctor in [&left, &moved] {
        assert_eq!(after.doctors[doctor]["admin"], json!("admin@example.org"));
        night.assert_indexed([doctor]);
    }
    night.assert_right(&before, &Expected::of(&night).except([&left, &moved]));
}

#[tokio::test]
async fn a_stale_save_of_a_hidden_code_before_the_sweep_hides_nobody() {
    let (night, before) = second_night(true).await;
    let (stays, moved) = (one_who_stays(&night), one_who_moves(&night));
    let (others, both) = (night.others(), [stays.clone(), moved.clone()]);
    let hidden = Arc::new(Mutex::new(Vec::new()));
    let (read, saved) = (Arc::clone(&hidden), hidden);
    let reader = others.clone();
    // the first question comes when everyone is hidden
    night.hooks().before(ask(X), 1, move || async move {
        for doctor in both {
            let document = reader.load(&doctor).await?;
            assert_eq!(document["designatedBodyCode"], json!(format!("last-{X}")));
            read.lock().unwrap().push(document);
        }
        Ok(())
    });
    night.hooks().before(Call::SendSweep, 1, move || async move {
        let documents = std::mem::take(&mut *saved.lock().unwrap());
        for document in documents {
            others.save(document).await?;
        }
        Ok(())
    });

    run(&night).await;

    let after = night.snapshot();
    assert_eq!((after.code(&stays), after.code(&moved)), (Some(X), Some(Y)));
    night.assert_indexed([&stays]);
    night.assert_indexed([&moved]);
    night.assert_right(&before, &Expected::of(&night).except([&stays, &moved]));
}

#[tokio::test]
async fn an_admin_set_at_any_write_of_the_night_is_kept() {
    let (night, mut before) = second_night(true).await;
    let doctors: Vec<String> =
        night.doctors_of(X).into_iter().filter(|doctor| before.code(doctor) == Some(X)).collect();
    for (nth, doctor) in (1..=4).zip(&doctors) {
        let (before_write, after_write, doctor) = (night.others(), night.others(), doctor.clone());
        let again = doctors[doctors.len() - nth as usize].clone();
        night.hooks().before(Call::WriteDoctors, nth, move || async move {
            before_write.set_admin(&doctor, "a@example.org").await
        });
        night.hooks().after(Call::WriteDoctors, nth, move || async move {
            after_write.set_admin(&again, "a@example.org").await
        });
    }

    run(&night).await;

    let touched = doctors.iter().take(4).chain(doctors.iter().rev().take(4));
    for doctor in touched {
        before.doctors.get_mut(doctor).unwrap().insert("admin".to_owned(), json!("a@example.org"));
    }
    night.assert_right(&before, &Expected::of(&night));
}

#[tokio::test]
async fn fields_that_the_sync_does_not_know_are_kept_in_the_database_and_in_the_index() {
    let (night, _) = second_night(true).await;
    let numbers: Vec<String> = night.snapshot().doctors.into_keys().collect();
    for doctor in &numbers {
        let mut document = stored(&night, doctor).await;
        document["admin"] = json!("someone@example.org");
        document["connectedTo"] = json!({"since": "2020-02-29", "by": ["A", "B"]});
        night.others().save(document).await.unwrap();
        let (id, mut master) = master(&night, doctor).await;
        master["tcsPersonId"] = json!(doctor.parse::<i64>().unwrap());
        master["programmeName"] = json!("General Practice");
        master["membershipType"] = json!(if doctor.ends_with('3') { "VISITOR" } else { "Substantive" });
        master["membershipEndDate"] = json!(if doctor.ends_with('4') { "2026-11-22" } else { "2027-11-22" });
        master["exceptionReason"] = json!(if doctor.ends_with('5') { "Internal error" } else { "  " });
        master["aFieldOfTomorrow"] = json!([1, {"two": 2}]);
        night.others().index(IndexName::Master, &id, master).await.unwrap();
    }
    let before = night.snapshot();

    run(&night).await;

    night.assert_right(&before, &Expected::of(&night));
    let exceptions = night.snapshot().indexes[IndexName::Exception as usize].len();
    assert!(exceptions > 10, "the test needs exceptions: {exceptions}");
}

#[tokio::test]
async fn what_tis_writes_into_the_index_in_mid_night_is_kept() {
    let (night, before) = second_night(true).await;
    let moved = one_who_moves(&night);
    let store = night.store().clone();
    let (others, doctor) = (night.others(), moved.clone());
    night.hooks().before(Call::WriteIndex, 1, move || async move {
        // every master document is saved anew between the sync's reading and its writing
        let number = night_tests::night::number(&doctor);
        let (id, mut master) = store.index_documents(IndexName::Master, number).await?.remove(0);
        master["programmeName"] = json!("Dermatology");
        others.index(IndexName::Master, &id, master).await
    });

    run(&night).await;

    let after = night.snapshot();
    let master = after.index(IndexName::Master, &moved).into_values().next().unwrap();
    assert_eq!((&master["programmeName"], &master["designatedBody"]), (&json!("Dermatology"), &json!(Y)));
    night.assert_indexed([&moved]);
    night.assert_right(&before, &Expected::of(&night).except([&moved]));
}

#[tokio::test]
async fn who_moves_at_the_gmc_between_two_answers_is_right_at_the_latest_the_next_night() {
    // first in both answers, then in none of them
    for (asked_first, asked_then) in [(X, Y), (Y, X)] {
        let (night, _) = second_night(true).await;
        let doctor = one_who_stays(&night);
        let (signal, gmc) = (Arc::new(Notify::new()), Arc::clone(night.gmc.population()));
        let (waits, moving) = (Arc::clone(&signal), doctor.clone());
        night.hooks().after(ask(asked_first), 1, move || async move {
            gmc.write().unwrap().connect(&moving, Y).unwrap();
            signal.notify_one();
            Ok(())
        });
        night.hooks().before(ask(asked_then), 1, move || async move {
            waits.notified().await;
            Ok(())
        });
        let before = night.snapshot();

        let report = run(&night).await;

        let in_both = asked_first == X;
        let code = if in_both { X.to_owned() } else { format!("last-{X}") };
        assert_eq!(night.snapshot().code(&doctor), Some(code.as_str()));
        night.assert_indexed([&doctor]);
        night.assert_right(&before, &Expected::of(&night).except([&doctor]));
        assert_eq!(report.swept.unwrap().named_by_several, u64::from(in_both));

        let before = night.snapshot();
        night.whole_night().await;
        night.assert_right(&before, &Expected::of(&night));
        assert_eq!(night.snapshot().code(&doctor), Some(Y));
    }
}

#[tokio::test]
async fn the_status_follows_the_latest_recommendation_and_a_redelivery_does_not_move_it_on() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let yes = night.population(|gmc| {
        let is_yes =
            |doctor: &simulator::Doctor<'_>| doctor.under_notice.as_str().eq_ignore_ascii_case("yes");
        gmc.doctors().filter(is_yes).map(|doctor| doctor.number).take(5).collect::<Vec<_>>()
    });
    let outcomes = [
        (Some("UNDER_REVIEW"), "2026-11-01", "SUBMITTED_TO_GMC"),
        (Some("APPROVED"), "2026-11-13", "COMPLETED"),
        (Some("APPROVED"), "2026-10-13", "NOT_STARTED"),
        (Some("REJECTED"), "2026-11-13", "COMPLETED"),
        (None, "2026-11-13", "DRAFT"),
    ];
    assert_eq!(yes.len(), outcomes.len(), "the test needs doctors under notice");
    for (doctor, (outcome, day, _)) in yes.iter().zip(outcomes) {
        for (id, outcome, day) in [("old", Some("APPROVED"), "2020-01-01"), ("new", outcome, day)] {
            let mut document = json!({
                "_id": format!("{doctor}-{id}"), "gmcNumber": doctor, "actualSubmissionDate": day,
                "recommendationType": "REVALIDATE",
            });
            if let Some(outcome) = outcome {
                document["outcome"] = json!(outcome);
            }
            night.store().put_recommendation(document).await.unwrap();
        }
    }
    // every answer is applied, and its message fails all the same
    for nth in 1..=4 {
        night.hooks().after(Call::WriteDoctors, nth, || async {
            Err(sync::ports::PortError::transient("the connection broke after the write"))
        });
    }

    run(&night).await;

    let after = night.snapshot();
    for (doctor, (outcome, day, status)) in yes.iter().zip(outcomes) {
        assert_eq!(after.doctors[doctor]["doctorStatus"], json!(status), "{outcome:?} of {day}");
    }
}

/// A night is over, and a day has gone by at the GMC, in which somebody moved from X to Y, and somebody left X.
async fn second_night(hides: bool) -> (Night, Snapshot) {
    let night = Setup { hides, ..Setup::default() }.start().await;
    night.whole_night().await;
    night.next_day();
    let before = night.snapshot();
    let of_x: Vec<String> =
        before.doctors.keys().filter(|doctor| before.code(doctor) == Some(X)).cloned().collect();
    night.population(|gmc| {
        gmc.connect(&of_x[0], Y).unwrap();
        gmc.disconnect(&of_x[1]).unwrap();
    });
    (night, before)
}

/// Runs the night, and makes sure that what was planned for it has happened.
async fn run(night: &Night) -> Report {
    let report = night.whole_night().await;
    assert!(night.hooks().are_done(), "a hook was not called");
    report
}

fn one_who_moves(night: &Night) -> String {
    first(night, |gmc, was| was == X && gmc == Some(Y))
}

fn one_who_leaves(night: &Night) -> String {
    first(night, |gmc, was| was == X && gmc.is_none())
}

fn one_who_stays(night: &Night) -> String {
    first(night, |gmc, was| was == X && gmc == Some(X))
}

fn another_who_stays(night: &Night, doctor: &str) -> String {
    let mut all = night.doctors_of(X).into_iter().filter(|other| other != doctor);
    all.find(|other| night.snapshot().code(other) == Some(X)).expect("another doctor")
}

fn first(night: &Night, is_it: impl Fn(Option<&str>, &str) -> bool) -> String {
    let before = night.snapshot();
    night.population(|gmc| {
        let found = before
            .doctors
            .keys()
            .find(|doctor| before.code(doctor).is_some_and(|was| is_it(gmc.body_of(doctor), was)));
        found.expect("such a doctor").clone()
    })
}

async fn stored(night: &Night, doctor: &str) -> Value {
    night.others().load(doctor).await.unwrap()
}

async fn master(night: &Night, doctor: &str) -> (String, Value) {
    let number = night_tests::night::number(doctor);
    night.store().index_documents(IndexName::Master, number).await.unwrap().remove(0)
}

fn ask(body: &str) -> Call {
    Call::Ask(body.to_owned())
}

/// The first night logged everyone.
fn is_first_night(log: &serde_json::Map<String, Value>) -> bool {
    log["requestTime"].as_str().unwrap().starts_with("2026-11-23")
}
