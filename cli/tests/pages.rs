//! Nights written as pages; how they look and work in a browser is tested in `tests/pages`.

mod support;

use support::Place;

#[test]
fn a_night_and_the_past_nights_are_written_as_one_file_each() {
    let place = Place::after_a_night();
    let file = place.path().join("night.html");

    let ended = place.run(&["report", "--html", file.to_str().unwrap_or_default()]);

    assert_eq!((ended.status, ended.stdout.as_str()), (0, ""), "{ended:#?}");
    assert!(ended.stderr.contains("night.html"), "{ended:#?}");
    let page = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(page.starts_with("<!doctype html>") && page.contains("13 of 13 bodies done"), "{page}");

    let nights = place.run(&["runs", "--html", "-"]).stdout;
    assert!(nights.starts_with("<!doctype html>") && nights.contains("Wessex"), "{nights}");
}

#[test]
fn a_page_that_cannot_be_written_is_an_error_that_names_the_file() {
    let place = Place::after_a_night();
    let ended = place.run(&["report", "--html", "/nowhere/night.html"]);
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.contains("/nowhere/night.html cannot be written"), "{}", ended.stderr);
}

#[test]
fn a_page_and_json_are_not_asked_for_at_once() {
    let place = Place::new();
    for command in ["runs", "report"] {
        let ended = place.run(&[command, "--html", "-", "--json"]);
        assert_eq!(ended.status, 2, "{ended:#?}");
        assert!(ended.stderr.contains("choose one"), "{}", ended.stderr);
    }
}

#[test]
fn nights_are_not_served_where_there_are_none() {
    let place = Place::new();
    let ended = place.run(&["serve", "--port", "0"]);
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.contains("run one with gmc-sync night"), "{}", ended.stderr);
    assert!(!place.path().exists());
}
