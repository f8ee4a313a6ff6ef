//! `gmc-sync night` with a GMC that does not answer as it should.

mod support;

use support::{BODY, OTHER_BODY, Place, body, left, redacted};

#[test]
fn a_body_that_is_refused_fails_and_keeps_its_doctors() {
    // given a GMC that does not accept the credentials for one body
    let place = Place::after_a_night();

    // when a night is run
    let ended = place.run(&["night", "--json", "--fault", &format!("{BODY}=code-99")]);

    // then the night is partial, and nobody of the body is hidden
    assert_eq!(ended.status, 3, "{ended:#?}");
    let report = ended.json();
    assert_eq!(report["state"], "PARTIAL");
    assert_eq!(body(&report, BODY)["state"], "FAILED");
    assert_eq!(body(&report, BODY)["returnCode"], "99");
    assert_eq!(body(&report, OTHER_BODY)["state"], "DONE");
    assert_eq!(place.hidden(), left(&report));
}

#[test]
fn a_body_that_loses_half_its_doctors_is_held_until_somebody_accepts_it() {
    // given a night whose answer for one body is half the list
    let place = Place::after_a_night();
    let half = format!("{BODY}=half");
    let options = ["--max-disconnected-min", "5", "--fault", &half, "--json"];
    let ended = place.run(&[&["night"], &options[..]].concat());
    assert_eq!(ended.status, 3, "{ended:#?}");
    let report = ended.json();
    let held = body(&report, BODY);
    assert_eq!(held["state"], "HELD");
    assert_eq!(place.hidden(), left(&report), "nobody has left the body");

    // when somebody accepts one doctor too few
    let loss = held["loss"]["left"].as_u64().unwrap_or_default();
    let too_few = format!("{BODY}={}", loss - 1);
    let again = ["night", "--bodies", BODY, "--accept"];
    let ended = place.run(&[&again[..], &[&too_few], &options[..]].concat());

    // then it is held again
    assert_eq!(ended.status, 3, "{ended:#?}");

    // when somebody accepts just those
    let enough = format!("{BODY}={loss}");
    let ended = place.run(&[&again[..], &[&enough], &options[..]].concat());

    // then they leave
    assert_eq!(ended.status, 0, "{ended:#?}");
    assert_eq!(body(&ended.json(), BODY)["left"], loss);
}

#[test]
fn an_empty_answer_is_held_and_needs_more_than_a_number() {
    let place = Place::after_a_night();
    let empty = format!("{BODY}=empty");
    assert_eq!(place.run(&["night", "--fault", &empty]).status, 3);

    let accept = format!("{BODY}=1000");
    let again = ["night", "--bodies", BODY, "--fault", &empty, "--accept", &accept];
    assert_eq!(place.run(&again).status, 3, "a number alone is not enough");
    assert_eq!(place.run(&[&again[..], &["--accept-empty"]].concat()).status, 0);
}

#[test]
fn what_went_wrong_is_told_once_with_the_command_that_goes_on() {
    let place = Place::after_a_night();
    let (refused, half) = (format!("{BODY}=code-99"), format!("{OTHER_BODY}=half"));
    let faults = ["--fault", &refused, "--fault", &half, "--fault", "1-1RSSQ2H=empty"];
    let ended = place.run(&[&["night", "--max-disconnected-min", "5"], &faults[..]].concat());

    assert_eq!(ended.status, 3);
    insta::assert_snapshot!(redacted(&ended.stdout, &place));
    let reasons = [&ended.stdout, &ended.stderr].map(|text| text.matches("return code 99").count());
    assert_eq!(reasons, [1, 0], "{}", ended.stderr);
}

#[test]
fn a_fault_that_passes_costs_nothing_but_time() {
    let place = Place::after_a_night();
    let report = place.json(&["night", "--fault", &format!("{BODY}=http-503:1")]);
    assert_eq!(report["state"], "SUCCEEDED");
}

#[test]
fn a_night_with_records_that_cannot_be_used_counts_them() {
    let place = Place::new();
    let ended = place.run(&["night", "--doctors", "400", "--json", "--fault", "*=duplicate-numbers"]);
    assert_eq!(ended.status, 0);
    let report = ended.json();
    assert_eq!(report["totals"]["returned"], 400);
    assert!(report["totals"]["rejectedByReason"]["duplicateNumber"].as_u64() > Some(0));
}

#[test]
fn a_night_without_any_answer_fails_and_the_data_stays() {
    let place = Place::after_a_night();
    let ended = place.run(&["night", "--fault", "*=code-110"]);
    assert_eq!(ended.status, 3);
    assert_eq!(ended.stdout.matches("failed  all bodies: ").count(), 1, "{}", ended.stdout);
    assert!(place.hidden().is_empty());
}
