//! `gmc-sync night` with a GMC that answers as it should.

mod support;

use std::process::Stdio;

use support::{BODY, OTHER_BODY, Place, left, redacted};

#[test]
fn the_first_night_makes_everybody_new() {
    // given an empty data directory
    let place = Place::new();

    // when a night is run
    let ended = place.run(&["night", "--doctors", "400", "--json"]);

    // then everybody is new, and standard output has one document
    assert_eq!(ended.status, 0, "{ended:#?}");
    let report = ended.json();
    assert_eq!(report["run"], 1);
    assert_eq!(report["state"], "SUCCEEDED");
    assert_eq!(report["bodies"].as_array().unwrap().len(), 13);
    assert_eq!(report["totals"]["returned"], 400);
    assert_eq!(report["totals"]["new"], 400);
    assert_eq!(
        (&report["hidden"], report.get("hiddenForMs")),
        (&0.into(), None),
        "expected no hidden window"
    );
    assert!(place.hidden().is_empty());
}

#[test]
fn the_second_night_is_a_day_later_and_hides_only_who_left() {
    // given a first night
    let place = Place::after_a_night();

    // when the second is run, without saying again how many doctors there are
    let report = place.json(&["night"]);

    // then there are joiners, leavers and moves, and everybody was hidden for a while
    let totals = &report["totals"];
    for what in ["new", "left", "movedIn"] {
        assert!(totals[what].as_u64().unwrap() > 0, "{what}: {totals}");
    }
    assert_eq!(report["hidden"], 400);
    assert!(report["hiddenForMs"].is_u64());
    assert_eq!(place.hidden(), left(&report));
}

#[test]
fn a_night_that_does_not_hide_hides_nobody() {
    let place = Place::after_a_night();
    let report = place.json(&["night", "--no-hide"]);
    assert_eq!(report["hidden"], 0);
    assert_eq!(place.hidden(), left(&report));
}

#[test]
fn a_dry_run_tells_each_doctor_and_writes_nothing_so_the_night_after_it_finds_the_same() {
    // given a first night
    let place = Place::after_a_night();

    // when two dry runs are made and then the night itself
    let [first, second] = [(); 2].map(|()| place.json(&["night", "--dry-run"]));
    let night = place.json(&["night"]);

    // then all three found the same
    assert_eq!(first["isDry"], true);
    assert!(!first["changes"].as_array().unwrap().is_empty());
    for what in ["doctors", "changes", "totals"] {
        assert!(first[what] == second[what], "{what} differ");
    }
    assert_eq!(first["doctors"], night["doctors"]);
    for figure in ["returned", "new", "changed", "unchanged", "movedIn", "left"] {
        assert_eq!(first["totals"][figure], night["totals"][figure], "{figure}");
    }
}

#[test]
fn a_night_over_some_bodies_asks_only_those() {
    let place = Place::after_a_night();
    let report = place.json(&["night", "--bodies", &format!("{BODY},{OTHER_BODY}")]);
    assert_eq!(report["isWhole"], false);
    let codes: Vec<_> = report["bodies"].as_array().unwrap().iter().map(|body| &body["code"]).collect();
    assert_eq!(codes, [BODY, OTHER_BODY]);
    assert_eq!(place.hidden(), left(&report));
}

#[test]
fn several_nights_give_one_document_with_a_report_each() {
    let place = Place::new();
    let reports = place.json(&["night", "--nights", "3", "--doctors", "400"]);
    let runs: Vec<_> =
        reports.as_array().unwrap().iter().map(|report| report["run"].as_i64().unwrap()).collect();
    assert_eq!(runs, [1, 2, 3]);
    assert!(reports[2]["totals"]["left"].as_u64().unwrap() > 0, "the third night is a day later");
}

#[test]
fn several_nights_are_a_line_each_and_the_last_one_a_table() {
    let place = Place::new();
    let ended = place.run(&["night", "--nights", "2", "--doctors", "400"]);
    assert_eq!(ended.status, 0);
    assert!(ended.stdout.starts_with("run 1 succeeded: 13 of 13 bodies done in "), "{}", ended.stdout);
    assert_eq!(ended.stdout.matches("rejected").count(), 1, "{}", ended.stdout);
}

#[test]
fn a_night_is_shown_as_a_table() {
    let place = Place::after_a_night();
    let ended = place.run(&["night"]);
    insta::assert_snapshot!(redacted(&ended.stdout, &place));
}

#[test]
fn a_line_is_told_for_each_body_where_there_is_no_terminal() {
    let place = Place::new();
    let ended = place.run(&["night", "--doctors", "400"]);
    assert_eq!(ended.stderr.lines().count(), 13, "{}", ended.stderr);
    assert!(ended.stderr.contains("1-1RSG4X0  answered, 34 doctors\n"), "{}", ended.stderr);
}

#[test]
fn another_simulated_gmc_on_the_same_data_is_refused() {
    let place = Place::after_a_night();
    for option in [["--seed", "7"], ["--doctors", "500"], ["--all-bodies", "1-A,1-B"]] {
        let ended = place.run(&[&["night"], &option[..]].concat());
        assert_eq!(ended.status, 1);
        assert!(ended.stderr.contains("--seed 1 --doctors 400"), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn the_list_of_bodies_is_configuration() {
    let place = Place::new();
    let report = place.json(&["night", "--doctors", "100", "--all-bodies", "1-A,1-B"]);
    assert_eq!(report["bodies"].as_array().unwrap().len(), 2);
    assert_eq!(report["isWhole"], true);
    assert_eq!(report["totals"]["returned"], 100);
}

#[test]
fn whoever_reads_the_output_may_go_away() {
    // given a report
    let place = Place::after_a_night();

    // when nobody reads it
    let mut child =
        place.command(&["report", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();

    // then that is no error
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
