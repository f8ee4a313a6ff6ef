//! What went wrong in the system that this one replaces (docs/domain.md §2), as far as it can on one machine.

use std::time::Duration;

use domain::index::IndexName;
use domain::{BodyState, GmcField, Moment, RunNumber, RunState};
use embedded::Depth;
use night_tests::night::{body, number, of};
use night_tests::{Call, Expected, Night, Setup, Snapshot, YORKSHIRE};
use serde_json::json;
use simulator::{Edit, Text};
use sync::ledger::Trigger;
use sync::open::{OpenRequest, Opened};
use sync::ports::queue::QueueName;
use sync::ports::{Host as _, Ledger as _, PortError};

const X: &str = YORKSHIRE;

#[tokio::test]
async fn a_start_message_that_is_stuck_for_ten_hours_leaves_nobody_hidden() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = night.snapshot();
    night.close_queue(QueueName::PrepareSync);
    let run = night.begin(&night.request()).await;

    night.clock().advance(Duration::from_hours(10));
    night.tick().await;

    night.snapshot().assert_same(&before);
    let run = night.reached(run, |run| run.state.is_closed()).await;
    assert_eq!(run.state, RunState::Failed);
    // and when it comes after all, it does nothing
    night.open_queue(QueueName::PrepareSync);
    night.idle().await;
    night.snapshot().assert_same(&before);
    night.whole_night().await;
    night.assert_right(&before, &Expected::of(&night));
}

#[tokio::test]
async fn questions_that_are_stuck_for_hours_hide_doctors_until_the_deadline_and_no_longer() {
    let night = Setup { closed: vec![QueueName::GmcFetch], ..Setup::default() }.start().await;
    night.open_queue(QueueName::GmcFetch);
    night.whole_night().await;
    let before = night.snapshot();
    night.close_queue(QueueName::GmcFetch);
    let run = night.begin(&night.request()).await;
    night.reached(run, |run| run.state == RunState::Running).await;
    assert_eq!(night.snapshot().hidden().len(), before.doctors.len());

    night.clock().advance(Duration::from_hours(10));
    night.tick().await;

    assert!(night.snapshot().hidden().is_empty());
    night.reached(run, |run| run.state.is_closed()).await;
    night.snapshot().assert_same(&before);
    let report = night.report(run).await;
    assert!(
        report
            .bodies
            .iter()
            .all(|body| body.reason.as_deref() == Some("no answer before the run's deadline"))
    );
    // too late, the GMC is not even asked
    night.gmc.requests().clear();
    night.open_queue(QueueName::GmcFetch);
    night.idle().await;
    assert!(night.gmc.requests().is_empty());
    night.snapshot().assert_same(&before);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_goes_to_the_dead_letters_and_the_rest_goes_through() {
    let night = Setup::default().start().await;
    let poison = r#"{"chunk":{"run":"none","doctors":"#;
    for queue in QueueName::ALL {
        night.send(queue, poison).await;
    }

    let report = night.whole_night().await;

    night.assert_right(&Snapshot::default(), &Expected::of(&night));
    assert_eq!(report.state, RunState::Succeeded);
    for queue in QueueName::ALL {
        let dead = night.queues().dead_letters(queue);
        assert_eq!(dead.len(), 1, "{queue}");
        assert_eq!((&*dead[0].body, dead[0].receive_count), (poison, 5), "{queue}");
    }
}

#[tokio::test]
async fn a_doctor_whose_under_notice_is_empty_is_kept_and_counted() {
    let night = Setup::default().start().await;
    let nothings = [Text::Empty, Text::Nil, Text::Absent];
    let doctors = night.doctors_of(X);
    let empty = |doctors: &[String]| {
        for (doctor, nothing) in doctors.iter().zip(nothings) {
            let edit = Edit { under_notice: Some(nothing), ..Edit::default() };
            night.population(|gmc| gmc.edit(doctor, edit)).unwrap();
        }
    };
    empty(&doctors[..3]);

    let first = night.whole_night().await;

    night.assert_right(&Snapshot::default(), &Expected::of(&night));
    assert_eq!(of(&first, X).counts.missing_fields[&GmcField::UnderNotice], 3);
    assert_eq!(of(&first, X).counts.rejected, 0);

    // and for who is stored already, what is stored is left
    empty(&doctors[3..6]);
    let before = night.snapshot();
    let second = night.whole_night().await;
    night.assert_right(&before, &Expected::of(&night));
    assert_eq!(of(&second, X).counts.missing_fields[&GmcField::UnderNotice], 6);
}

#[tokio::test]
async fn any_field_but_the_number_may_be_absent_empty_or_nil() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = night.snapshot();
    for (doctor, nothing) in night.doctors_of(X).iter().zip([Text::Empty, Text::Nil, Text::Absent]) {
        let nothing = Some(nothing);
        let edit = Edit {
            first_name: nothing,
            last_name: nothing,
            submission_date: nothing,
            status: nothing,
            breach: nothing,
            date_added: nothing,
            under_notice: nothing,
            investigation: nothing,
            preliminary_investigation: nothing,
            sanction: nothing,
        };
        night.population(|gmc| gmc.edit(doctor, edit)).unwrap();
    }

    let report = night.whole_night().await;

    night.assert_right(&before, &Expected::of(&night));
    for field in [GmcField::DoctorFirstName, GmcField::DoctorLastName, GmcField::UnderNotice] {
        assert_eq!(of(&report, X).counts.missing_fields[&field], 3);
    }
}

#[tokio::test]
async fn a_firewalls_html_page_fails_the_body_as_such_and_names_its_title() {
    let night = Setup { faults: vec![format!("{X}=http-403")], ..Setup::default() }.start().await;

    let report = night.whole_night().await;

    let reason = of(&report, X).reason.clone().unwrap();
    assert!(reason.contains("403") && reason.contains("Access denied | Cloudflare"), "{reason}");
    night.assert_right(&Snapshot::default(), &Expected::of(&night).failed(X));
}

#[tokio::test]
async fn a_database_that_fails_for_a_while_costs_nothing_but_time() {
    for call in [Call::VisibleIn, Call::Hide, Call::ReadDoctors, Call::WriteDoctors, Call::LogConnections] {
        let night = Setup::default().start().await;
        night.whole_night().await;
        let before = night.snapshot();
        night.next_day();
        for nth in 1..=3 {
            let hook = || async { Err(PortError::transient("the database is away")) };
            // before the call, or after it was carried out
            if nth % 2 == 0 {
                night.hooks().before(call.clone(), nth, hook);
            } else {
                night.hooks().after(call.clone(), nth, hook);
            }
        }

        let report = night.whole_night().await;

        night.assert_right(&before, &Expected::of(&night));
        assert_eq!(report.state, RunState::Succeeded, "{call:?}");
        assert!(night.hooks().are_done(), "{call:?}");
    }
}

#[tokio::test]
async fn an_index_that_fails_for_a_while_costs_nothing_but_time() {
    for call in [Call::ReadIndex, Call::WriteIndex] {
        let night = Setup::default().start().await;
        for nth in 1..=3 {
            night
                .hooks()
                .before(call.clone(), nth, || async { Err(PortError::transient("the index is away")) });
        }

        let report = night.whole_night().await;

        night.assert_right(&Snapshot::default(), &Expected::of(&night));
        assert_eq!(report.state, RunState::Succeeded, "{call:?}");
    }
}

#[tokio::test]
async fn a_database_that_refuses_an_answer_for_good_fails_the_body_with_its_reason() {
    let night = Setup { bodies: vec![X], doctors: 60, ..Setup::default() }.start().await;
    night.whole_night().await;
    let before = night.snapshot();
    night.hooks().before(Call::WriteDoctors, 1, || async {
        Err(PortError::permanent("not authorised to write doctorsForDB"))
    });

    let report = night.whole_night().await;

    let reason = of(&report, X).reason.clone().unwrap();
    assert!(reason.contains("not authorised to write doctorsForDB"), "{reason}");
    assert_eq!((of(&report, X).state, report.state), (BodyState::Failed, RunState::Failed));
    night.snapshot().assert_same(&before);
}

#[tokio::test]
async fn doctors_who_cannot_be_hidden_stay_visible_and_the_night_goes_on() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = night.snapshot();
    night
        .hooks()
        .before(Call::Hide, 1, || async { Err(PortError::permanent("a document fails validation")) });

    let report = night.whole_night().await;

    assert!(night.hooks().are_done());
    night.assert_right(&before, &Expected::of(&night));
    assert_eq!(report.state, RunState::Succeeded);
}

#[tokio::test]
async fn the_rules_own_request_begins_a_night_by_its_message() {
    let night = Setup::default().start().await;
    let request = OpenRequest { trigger: Trigger::Rule, ..night.request() };
    let message = json!({"open": {"request": request, "until": 0}});

    night.send(QueueName::PrepareSync, &message.to_string()).await;

    night.until("a night that is closed", |night| night.queues().is_idle()).await;
    let report = night.report(RunNumber(1)).await;
    assert_eq!((report.state, report.trigger), (RunState::Succeeded, Trigger::Rule));
    night.assert_right(&Snapshot::default(), &Expected::of(&night));
}

#[tokio::test]
async fn a_request_of_the_rule_waits_for_another_run_and_is_given_up_aloud_after_an_hour() {
    let night = Setup { closed: vec![QueueName::GmcFetch], ..Setup::default() }.start().await;
    let going_on = night.begin(&night.request()).await;
    night.reached(going_on, |run| run.state == RunState::Running).await;
    let message = |until: Moment| {
        let request = OpenRequest { trigger: Trigger::Rule, ..night.request() };
        json!({"open": {"request": request, "until": until}}).to_string()
    };

    night.send(QueueName::PrepareSync, &message(night.clock().now().plus(Duration::from_mins(30)))).await;
    let waits = Depth { delayed: 1, ..Depth::default() };
    night.until("the request waits", |night| night.queues().depth(QueueName::PrepareSync) == waits).await;

    night.send(QueueName::PrepareSync, &message(night.clock().now())).await;
    night.until("the other is given up", |night| night.queues().depth(QueueName::PrepareSync) == waits).await;
    assert_eq!(night.store().latest_runs(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_index_that_has_drifted_with_duplicates_and_generated_ids_is_mended_by_one_night() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let doctors: Vec<String> = night.snapshot().doctors.into_keys().collect();
    let (others, store) = (night.others(), night.store());
    for (place, doctor) in doctors.iter().enumerate() {
        let (_, mut master) =
            store.index_documents(IndexName::Master, number(doctor)).await.unwrap().remove(0);
        match place % 5 {
            // a second master document, with a generated id, that TIS knows and that says something else
            0 => {
                master["tcsPersonId"] = json!(place);
                master["designatedBody"] = json!("1-AIIDHJ");
                master["doctorLastName"] = json!("Formerly");
                others.index(IndexName::Master, &format!("generated-{doctor}"), master).await.unwrap();
            }
            // copies where the doctor does not belong, one of them twice
            1 => {
                others.index(IndexName::Disconnected, &format!("a-{doctor}"), master.clone()).await.unwrap();
                others.index(IndexName::Disconnected, &format!("b-{doctor}"), master.clone()).await.unwrap();
                others.index(IndexName::Exception, doctor, master).await.unwrap();
            }
            // connected twice, the one copy out of date
            2 => {
                master["doctorFirstName"] = json!("Formerly");
                others.index(IndexName::Connected, &format!("generated-{doctor}"), master).await.unwrap();
            }
            // the master says that the doctor is connected to nobody, or to a hidden code
            3 => {
                master["designatedBody"] =
                    if place % 2 == 0 { json!(null) } else { json!(format!("last-{X}")) };
                master["connectionStatus"] = json!("No");
                others.index(IndexName::Master, doctor, master).await.unwrap();
            }
            _ => {}
        }
    }
    let before = night.snapshot();

    let report = night.whole_night().await;

    night.assert_right(&before, &Expected::of(&night));
    assert_eq!(report.state, RunState::Succeeded);
    // and a night later nothing is left to mend
    let mended = night.snapshot();
    night.whole_night().await;
    night.snapshot().assert_same(&mended);
}

#[tokio::test]
async fn consumers_that_vanish_are_seen_by_the_queues_depth_and_age_and_the_index_follows_later() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = night.snapshot();
    night.next_day();
    night.close_queue(QueueName::ConnectionIndex);

    let run = night.begin(&night.request()).await;
    night.reached(run, |run| run.state == RunState::Swept).await;

    assert!(night.queues().depth(QueueName::ConnectionIndex).visible >= 5);
    assert!(night.queues().oldest_age(QueueName::ConnectionIndex).is_some());
    // the database is right, and the night is not over before the index is
    let report = night.report(run).await;
    assert!(report.looks.1 < report.looks.0);
    night.open_queue(QueueName::ConnectionIndex);
    assert_eq!(night.closed(run).await.state, RunState::Succeeded);
    night.assert_right(&before, &Expected::of(&night));
}

#[tokio::test]
async fn an_index_that_stays_away_makes_the_run_partial_when_it_expires_and_the_next_night_mends_it() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = night.snapshot();
    night.next_day();
    night.close_queue(QueueName::ConnectionIndex);
    let run = night.begin(&night.request()).await;
    night.reached(run, |run| run.state == RunState::Swept).await;

    night.clock().advance(Duration::from_mins(91));
    night.tick().await;

    assert_eq!(night.state(run).await, RunState::Partial);
    night.open_queue(QueueName::ConnectionIndex);
    night.idle().await;
    assert_eq!(night.whole_night().await.state, RunState::Succeeded);
    night.assert_indexed(before.doctors.keys());
}

#[tokio::test]
async fn when_all_body_codes_are_replaced_the_configuration_is_all_that_changes() {
    let mut night = Setup::default().start().await;
    night.whole_night().await;
    let old: Vec<String> = night.population(|gmc| gmc.bodies().to_vec());
    let gone = night.doctors_of(X)[7].clone();
    night.next_day();
    night.population(|gmc| {
        // in the very night somebody leaves: nobody's answer says whose doctor that was
        gmc.disconnect(&gone).unwrap();
        for code in &old {
            gmc.rename_body(code, &format!("{code}-NEW")).unwrap();
        }
    });
    night.settings.bodies = old.iter().map(|code| body(&format!("{code}-NEW"))).collect();
    night.restart(&[]).await;
    let before = night.snapshot();

    let report = night.whole_night().await;

    assert_eq!(report.state, RunState::Succeeded);
    night.assert_right(&before, &Expected::of(&night));
    assert_eq!(
        night.snapshot().code(&gone),
        Some(X),
        "nobody under an old code is hidden or moved by a guess"
    );
    let count =
        |code: &String| before.doctors.keys().filter(|doctor| before.code(doctor) == Some(code)).count();
    let mut wanted: Vec<_> = old.iter().map(|code| (code.clone(), count(code) as u64)).collect();
    wanted.sort();
    assert_eq!(report.unknown_codes, wanted);
    assert_eq!(report.hidden, 0);
}

#[tokio::test]
async fn when_the_gmc_replaces_its_codes_unannounced_every_body_fails_and_nobody_is_lost() {
    let night = Setup::default().start().await;
    night.whole_night().await;
    let before = night.snapshot();
    night.population(|gmc| {
        for code in gmc.bodies().to_vec() {
            gmc.rename_body(&code, &format!("{code}-NEW")).unwrap();
        }
    });
    night.gmc.requests().clear();

    let report = night.whole_night().await;

    assert_eq!(report.state, RunState::Failed);
    assert!(report.bodies.iter().all(|body| body.return_code.as_deref() == Some("81")));
    assert_eq!(night.gmc.requests().len(), 4, "no hammering");
    night.snapshot().assert_same(&before);
}

#[tokio::test]
async fn a_wrong_password_fails_every_body_at_once_and_nobody_is_lost() {
    let night = Setup { password: "expired", ..Setup::default() }.start().await;

    let report = night.whole_night().await;

    assert_eq!(report.state, RunState::Failed);
    assert!(report.bodies.iter().all(|body| body.return_code.as_deref() == Some("99")));
    assert_eq!(night.gmc.requests().len(), 4, "no hammering");
    assert!(night.snapshot().doctors.is_empty());
}

#[tokio::test]
async fn a_second_run_while_one_is_going_on_is_refused() {
    let night = Setup { closed: vec![QueueName::GmcFetch], ..Setup::default() }.start().await;
    let run = night.begin(&night.request()).await;

    for request in [night.request(), OpenRequest { is_dry: true, ..night.request() }] {
        assert_eq!(night.open(&request).await, Ok(Opened::Busy(run)));
    }

    night.open_queue(QueueName::GmcFetch);
    night.closed(run).await;
    night.assert_right(&Snapshot::default(), &Expected::of(&night));
}

#[tokio::test]
async fn queues_that_are_lost_before_the_gmc_is_asked_leave_nobody_hidden() {
    let (mut night, before) = stopped_at(QueueName::GmcFetch, RunState::Running).await;
    assert!(!night.snapshot().hidden().is_empty());

    night.restart(&[]).await;
    night.recover("the process was stopped").await;
    night.idle().await;

    let report = night.report(RunNumber(3)).await;
    assert_eq!(report.state, RunState::Failed);
    assert!(report.bodies.iter().all(|body| body.reason.as_deref() == Some("the process was stopped")));
    night.snapshot().assert_same(&before);
}

#[tokio::test]
async fn queues_that_are_lost_with_the_answers_leave_nobody_hidden_and_the_index_right() {
    let (mut night, before) = stopped_at(QueueName::RecommendationUpdate, RunState::Running).await;
    // the index has heard of the answers, the database has not
    night
        .until("answers in the index", |night| {
            night.queues().depth(QueueName::ConnectionIndex) == Depth::default()
        })
        .await;

    night.restart(&[]).await;
    night.recover("the process was stopped").await;
    night.idle().await;

    assert_eq!(night.report(RunNumber(3)).await.state, RunState::Failed);
    assert_eq!(night.snapshot().doctors, before.doctors);
    // of the new doctors as well, whom the lost messages named and the database does not know
    let now = night.snapshot();
    night.assert_indexed(now.numbers());
    night.whole_night().await;
    night.assert_right(&now, &Expected::of(&night));
}

#[tokio::test]
async fn queues_that_are_lost_with_the_looks_are_made_up_for() {
    let (mut night, before) = stopped_at(QueueName::ConnectionIndex, RunState::Swept).await;

    night.restart(&[]).await;
    night.recover("the process was stopped").await;
    night.idle().await;

    assert_eq!(night.report(RunNumber(3)).await.state, RunState::Succeeded);
    night.assert_right(&before, &Expected::of(&night));
}

/// A second night, a day after the first, that stops where nobody receives from this queue.
async fn stopped_at(queue: QueueName, state: RunState) -> (Night, Snapshot) {
    let night = Setup::default().start().await;
    night.whole_night().await;
    night.whole_night().await;
    let before = night.snapshot();
    night.next_day();
    night.close_queue(queue);
    let run = night.begin(&night.request()).await;
    night.reached(run, |run| run.state == state).await;
    if queue == QueueName::RecommendationUpdate {
        let all = night.population(|gmc| gmc.bodies().len());
        night.until("every answer", |night| night.queues().depth(queue).visible == all).await;
    }
    (night, before)
}
