//! Nights that are interrupted, killed, or not alone.
#![cfg(unix)]

mod support;

use rustix::process::Signal;
use support::{BODY, Hanging, Place, body, left};

#[test]
fn ctrl_c_settles_the_night_and_nobody_stays_hidden() {
    // given a night in which one body's answer does not come
    let place = Place::after_a_night();
    let night = Hanging::night(&place);

    // when it is interrupted
    night.signal(Signal::INT);
    let ended = night.end();

    // then it is told as partial, and only who left is hidden
    assert_eq!(ended.status, 3, "{ended:#?}");
    let report = ended.json();
    assert_eq!(report["state"], "PARTIAL");
    assert_eq!(report["aborted"], "interrupted from the keyboard");
    assert_eq!(body(&report, BODY)["state"], "FAILED");
    assert_eq!(place.hidden(), left(&report));
}

#[test]
fn sigterm_settles_the_night_as_well() {
    let place = Place::after_a_night();
    let night = Hanging::night(&place);
    night.signal(Signal::TERM);
    let ended = night.end();
    assert_eq!(ended.status, 3, "{ended:#?}");
    assert_eq!(ended.json()["aborted"], "stopped by SIGTERM");
    assert_eq!(place.hidden(), left(&ended.json()));
}

#[test]
fn after_a_kill_the_next_command_settles_the_night_first() {
    // given a night that was killed while everybody of a body was hidden
    let place = Place::after_a_night();
    let night = Hanging::night(&place);
    night.signal(Signal::KILL);
    night.end();
    assert!(!place.hidden().is_empty(), "the test shows nothing");

    // when any command opens the data directory
    let ended = place.run(&["runs", "--json"]);

    // then it says that it settled the night, does what it is for, and nobody stays hidden by mistake
    assert_eq!(ended.status, 0, "{ended:#?}");
    assert!(ended.stderr.contains("run 2 was stopped in the middle; it is settled now"), "{}", ended.stderr);
    assert_eq!(ended.json()[0]["state"], "PARTIAL");
    let report = place.json(&["report", "2"]);
    assert_eq!(body(&report, BODY)["reason"], "the program that ran the night was stopped");
    assert_eq!(place.hidden(), left(&report));

    // and the night counts as a day of the simulated GMC, and the next one succeeds
    assert_eq!(place.json(&["night"])["state"], "SUCCEEDED");
    let simulator = std::fs::read_to_string(place.path().join("simulator.json")).unwrap();
    assert!(simulator.contains("\"nights\": 3"), "{simulator}");
}

#[test]
fn two_programs_do_not_share_a_data_directory() {
    // given a night that goes on
    let place = Place::after_a_night();
    let night = Hanging::night(&place);

    // when another one wants the same data
    let ended = place.run(&["night"]);

    // then it is refused, and told who has it
    assert_eq!(ended.status, 1);
    let who = format!("in use by process {}", night.child.id());
    assert!(ended.stderr.contains(&who), "{}", ended.stderr);
    night.signal(Signal::INT);
    assert_eq!(night.end().status, 3);
}

#[test]
fn commands_that_look_read_beside_a_night_that_goes_on_and_leave_it_alone() {
    // given a night that goes on
    let place = Place::after_a_night();
    let night = Hanging::night(&place);

    // when others look at the same data
    let runs = place.run(&["runs", "--json"]);
    let report = place.run(&["report", "--json"]);

    // then they say who has it, and show how far the night has come
    let who = format!("in use by process {}", night.child.id());
    assert!(runs.stderr.contains(&who) && report.stderr.contains(&who), "{runs:#?}");
    assert_eq!(runs.json()[0]["state"], "RUNNING");
    assert_eq!(body(&report.json(), BODY)["state"], "PENDING");

    // and the night ends as it would have
    night.signal(Signal::INT);
    let ended = night.end();
    assert_eq!(ended.status, 3);
    assert_eq!(ended.json()["aborted"], "interrupted from the keyboard");
}

#[test]
fn an_interrupt_ends_several_nights() {
    let place = Place::after_a_night();
    let night = Hanging::night_with(&place, &["--nights", "3"]);
    night.signal(Signal::INT);
    let ended = night.end();
    assert_eq!(ended.status, 3);
    assert_eq!(ended.json().as_array().unwrap().len(), 1);
}
