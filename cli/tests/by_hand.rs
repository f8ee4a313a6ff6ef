//! What an operator does by hand: giving a run up, and showing everybody again.
#![cfg(unix)]

mod support;

use rustix::process::Signal;
use support::{BODY, Hanging, Place, body, left};

#[test]
fn everybody_is_shown_again_when_somebody_says_yes() {
    // given a night after which some are hidden
    let place = Place::after_a_night();
    let night = place.json(&["night"]);
    let hidden = place.hidden();
    assert_eq!((&hidden, hidden.is_empty()), (&left(&night), false));

    // when it is looked at only, or asked for without anybody who says yes
    let looked = place.run(&["unhide", "--dry-run"]);
    let counted = place.json(&["unhide", "--dry-run"]);
    let unsaid = place.run(&["unhide"]);

    // then the numbers are told, and nothing has changed
    assert_eq!(looked.status, 0, "{looked:#?}");
    assert!(looked.stdout.ends_with("nothing was changed\n"), "{}", looked.stdout);
    let counts = counted["hidden"].as_object().unwrap();
    assert_eq!(counts.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), hidden.len() as u64);
    assert_eq!((unsaid.status, unsaid.stdout.as_str()), (1, ""), "{unsaid:#?}");
    assert!(unsaid.stderr.contains("nothing was changed: nobody can be asked"), "{}", unsaid.stderr);
    assert_eq!(place.hidden(), hidden);

    // when somebody says yes, twice
    let shown = place.run(&["unhide", "--yes"]);
    let again = place.json(&["unhide", "--yes"]);

    // then nobody is hidden, the second time changes nothing, and the indexes have followed
    assert_eq!(shown.status, 0, "{shown:#?}");
    let total = shown.stdout.lines().find(|line| line.starts_with("total")).unwrap();
    assert_eq!(total.split_whitespace().nth(1).unwrap(), hidden.len().to_string(), "{}", shown.stdout);
    assert!(place.hidden().is_empty());
    assert_eq!((&again["shown"], &again["stillHidden"]), (&serde_json::json!({}), &0.into()), "{again}");
    let doctor = place.json(&["doctor", hidden.first().unwrap()]);
    assert_eq!(doctor["indexes"]["connectedindex"][0]["connectionStatus"], "Yes", "{doctor}");
    assert_eq!(doctor["indexes"]["disconnectedindex"], serde_json::json!([]), "{doctor}");
}

#[test]
fn only_the_bodies_that_are_named_are_shown_again() {
    let place = Place::after_a_night();
    place.run(&["night", "--nights", "4"]);
    let before = place.json(&["unhide", "--dry-run"]);
    let hidden = before["hidden"].as_object().unwrap();
    assert!(hidden.len() > 1, "the test shows nothing: {before}");
    let (code, count) = hidden.iter().next().unwrap();

    let shown = place.json(&["unhide", "--yes", "--bodies", code]);

    assert_eq!(shown["shown"], serde_json::json!({ code: count }));
    let after = place.json(&["unhide", "--dry-run"]);
    assert_eq!(after["hidden"].as_object().unwrap().len(), hidden.len() - 1);
    assert!(after["hidden"].get(code).is_none());
}

#[test]
fn a_data_directory_where_no_night_was_run_is_not_made() {
    let place = Place::new();
    for args in [&["unhide", "--yes"][..], &["abort", "1"]] {
        let ended = place.run(args);
        assert_eq!(ended.status, 1, "{ended:#?}");
        assert!(ended.stderr.contains("no night was run there yet"), "{}", ended.stderr);
    }
    assert!(!place.path().exists());
}

#[test]
fn what_another_process_works_on_is_refused_and_is_given_up_once_that_was_killed() {
    // given a night that goes on in another process
    let place = Place::after_a_night();
    let night = Hanging::night(&place);
    for args in [&["abort", "2"][..], &["unhide", "--yes"]] {
        let refused = place.run(args);
        assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused:#?}");
        assert!(
            refused.stderr.contains(&format!("in use by process {}", night.child.id())),
            "{}",
            refused.stderr
        );
    }

    // when that is killed, and the run given up
    night.signal(Signal::KILL);
    night.end();
    let aborted = place.run(&["abort", "2", "--json"]);

    // then it is settled, and nobody stays hidden by it
    assert_eq!(aborted.status, 0, "{aborted:#?}");
    let report = aborted.json();
    assert_eq!((&report["state"], &body(&report, BODY)["state"]), (&"PARTIAL".into(), &"FAILED".into()));
    assert_eq!(place.hidden(), left(&report));

    // and the second time there is nothing to give up
    let again = place.run(&["abort", "2"]);
    assert_eq!(again.status, 1, "{again:#?}");
    assert!(again.stderr.contains("run 2 is over"), "{}", again.stderr);
    let unknown = place.run(&["abort", "99"]);
    assert_eq!(unknown.status, 1, "{unknown:#?}");
    assert!(unknown.stderr.contains("there is no run 99"), "{}", unknown.stderr);
}
