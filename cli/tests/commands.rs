//! The commands beside `gmc-sync night`.
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value;
use support::{Place, end, program, redacted};

#[test]
fn past_nights_are_listed_latest_first() {
    let place = Place::after_a_night();
    place.run(&["night", "--dry-run"]);
    place.run(&["night"]);

    let runs = place.json(&["runs"]);
    let listed: Vec<_> =
        runs.as_array().unwrap().iter().map(|run| (run["run"].as_i64().unwrap(), &run["isDry"])).collect();
    assert_eq!(listed, [(3, &Value::Bool(false)), (2, &Value::Bool(true)), (1, &Value::Bool(false))]);
    assert_eq!(runs[0]["totals"]["returned"], 400);
    assert_eq!(runs[0]["done"], 13);
    assert_eq!(place.json(&["runs", "--last", "1"]).as_array().unwrap().len(), 1);

    let shown = place.run(&["runs"]).stdout;
    assert!(shown.contains("dry run"), "{shown}");
    assert_eq!(shown.lines().count(), 5, "{shown}");
}

#[test]
fn a_report_is_shown_as_it_was_shown_after_the_night() {
    let place = Place::new();
    let shown = place.run(&["night", "--doctors", "400"]).stdout;
    let told = place.json(&["report"]);
    assert_eq!(place.run(&["report", "1"]).stdout, shown);
    place.run(&["night"]);
    assert_eq!(place.json(&["report", "1"]), told, "the first report is what it was");
    assert_eq!(place.json(&["report"])["run"], 2, "the latest is shown when none is named");
}

#[test]
fn a_report_that_is_not_there_is_an_error_that_says_what_to_do() {
    let place = Place::after_a_night();
    let ended = place.run(&["report", "9"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("there is no run 9"), "{}", ended.stderr);
    assert!(ended.stderr.contains("gmc-sync runs"), "{}", ended.stderr);
}

#[test]
fn commands_that_only_look_make_no_data_directory() {
    let place = Place::new();
    for args in [&["runs"][..], &["report"], &["doctor", "7000001"]] {
        let ended = place.run(args);
        assert_eq!(ended.status, 1);
        assert!(ended.stderr.contains("run one with gmc-sync night"), "{}", ended.stderr);
        assert!(!place.path().exists());
    }
}

#[test]
fn a_doctor_is_shown_with_documents_indexes_and_history() {
    // given a doctor who has moved
    let place = Place::after_a_night();
    let report = place.json(&["night"]);
    let doctors = report["doctors"].as_array().unwrap();
    let moved = doctors.iter().find(|doctor| doctor["what"] == "moved").unwrap();
    let number = moved["gmcNumber"].as_str().unwrap();

    // when the doctor is looked up
    let known = place.json(&["doctor", number]);

    // then the document, the indexes and the history agree
    assert_eq!(known["gmcNumber"], number);
    assert_eq!(known["stored"]["designatedBodyCode"], moved["to"]);
    assert_eq!(known["indexes"]["masterdoctorindex"][0]["designatedBody"], moved["to"]);
    assert_eq!(known["indexes"]["connectedindex"][0]["connectionStatus"], "Yes");
    assert_eq!(known["indexes"]["disconnectedindex"], Value::Array(Vec::new()));
    let history: Vec<_> = known["connections"].as_array().unwrap().iter().collect();
    assert_eq!(history.len(), 2);
    assert_eq!(history[0]["newDesignatedBodyCode"], moved["from"]);
    assert_eq!(history[1]["previousDesignatedBodyCode"], moved["from"]);
    assert_eq!(history[1]["newDesignatedBodyCode"], moved["to"]);

    let shown = place.run(&["doctor", number]).stdout;
    let arrow = format!("{} → {}", moved["from"].as_str().unwrap(), moved["to"].as_str().unwrap());
    assert!(shown.contains(&arrow), "{shown}");
}

#[test]
fn a_doctor_who_left_is_in_the_disconnected_index() {
    let place = Place::after_a_night();
    let report = place.json(&["night"]);
    let left = support::left(&report);
    let known = place.json(&["doctor", left.first().unwrap()]);
    assert_eq!(known["stored"]["existsInGmc"], false);
    assert_eq!(known["indexes"]["connectedindex"], Value::Array(Vec::new()));
    assert_eq!(known["indexes"]["disconnectedindex"].as_array().unwrap().len(), 1);
}

#[test]
fn an_unknown_doctor_is_said_to_be_unknown() {
    let place = Place::after_a_night();
    let ended = place.run(&["doctor", "0000000"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("doctor 0000000 is unknown"), "{}", ended.stderr);
}

#[test]
fn a_schedule_is_shown_as_eventbridge_gets_it_with_its_times_by_two_clocks() {
    // given the days around the beginning of summer time in 2027
    let after = ["--after", "2027-03-26T12:00:00Z"];
    let shown = end(program(&[&["cron", "0 5 0 * * *"], &after[..]].concat()));
    assert_eq!(shown.status, 0);
    insta::assert_snapshot!(shown.stdout);

    let told = end(program(&[&["cron", "30 5 0 * * MON-FRI", "--json"], &after[..]].concat())).json();
    assert_eq!(told["eventBridge"], "cron(5 0 ? * MON-FRI *)");
    assert_eq!(told["next"].as_array().unwrap().len(), 5);
    assert_eq!(told["next"][0]["utc"], "2027-03-29T00:05:00Z");
    assert_eq!(told["next"][0]["london"], "Mon 2027-03-29 01:05:00 BST");
    assert_eq!(told["notes"][0], "second 30 is dropped: EventBridge fires at some moment within the minute");
}

#[test]
fn a_schedule_without_times_is_said_to_have_none() {
    for (expression, note) in [("rate(1 day)", "no fixed times"), ("-", "off: the rule is disabled")] {
        let ended = end(program(&["cron", expression]));
        assert_eq!(ended.status, 0, "{ended:#?}");
        assert!(ended.stdout.contains(note), "{}", ended.stdout);
        assert_eq!(end(program(&["cron", expression, "--json"])).json()["next"], Value::Array(Vec::new()));
    }
}

#[test]
fn a_schedule_without_an_equivalent_is_refused_with_the_reason() {
    for expression in ["*/5 0 0 * * *", "0 0 0 1 * MON", "nonsense", ""] {
        let ended = end(program(&["cron", expression]));
        assert_eq!((ended.status, ended.stdout.as_str()), (1, ""), "{expression}");
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
        let ended = end(program(&["cron", expression, "--json"]));
        assert_eq!((ended.status, ended.stderr.as_str()), (1, ""), "{expression}");
        assert!(ended.json()["reason"].is_string());
    }
}

/// A simulated GMC on its own.
struct Serving {
    child: Child,
    told: Value,
}

impl Serving {
    fn start(options: &[&str]) -> Self {
        let args = [&["gmc-simulator", "--port", "0", "--json", "--doctors", "400"], options].concat();
        let mut child = program(&args).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.as_mut().unwrap();
        let told = serde_json::Deserializer::from_reader(stdout).into_iter().next().unwrap().unwrap();
        Self { child, told }
    }

    fn night(&self, place: &Place, password: &str, options: &[&str]) -> support::Ended {
        let url = self.told["url"].as_str().unwrap();
        let mut command = place.command(&[&["night", "--gmc-url", url], options].concat());
        command
            .env("GMC_USERNAME", "simulator")
            .env("GMC_PASSWORD", password)
            .env("GMC_INTERNAL_USER", "a test");
        end(command)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_night_runs_against_a_service_given_by_its_address_and_never_tells_the_password() {
    // given a service
    let gmc = Serving::start(&["--night", "1"]);
    let password = gmc.told["password"].as_str().unwrap();
    assert_eq!(gmc.told["night"], 1);

    // when a night asks it, and tells all that it can
    let place = Place::new();
    let ended = gmc.night(&place, password, &["--json", "-vv"]);

    // then it gets the doctors, and neither password nor envelope is anywhere
    assert_eq!(ended.status, 0, "{ended:#?}");
    assert_eq!(ended.json()["totals"]["returned"], gmc.told["doctors"]);
    for secret in [password, "Envelope"] {
        assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{secret}");
    }

    // and this data is not mixed with that of the simulated GMC inside
    let inside = place.run(&["night"]);
    assert_eq!(inside.status, 1);
    assert!(inside.stderr.contains("nights of a real service"), "{}", inside.stderr);
    let other = Place::after_a_night();
    let outside = gmc.night(&other, password, &[]);
    assert_eq!(outside.status, 1);
    assert!(outside.stderr.contains("nights of the simulated GMC"), "{}", outside.stderr);
}

#[test]
fn a_wrong_password_fails_every_body_with_the_reason() {
    let gmc = Serving::start(&[]);
    let ended = gmc.night(&Place::new(), "wrong", &[]);
    assert_eq!(ended.status, 3);
    assert_eq!(ended.stdout.matches("return code 99").count(), 1, "{}", ended.stdout);
}

#[test]
fn a_missing_variable_is_named() {
    let place = Place::new();
    let mut command = place.command(&["night", "--gmc-url", "https://localhost/"]);
    command.env("GMC_USERNAME", "simulator");
    let ended = end(command);
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.contains("environment variable GMC_PASSWORD is not set"), "{}", ended.stderr);
}

#[test]
fn a_variable_under_its_old_name_is_refused_and_nothing_is_begun() {
    let place = Place::new();
    let mut command = place.command(&["night", "--doctors", "100"]);
    command.env("MAX_DISCONNECTED_PERCENT", "5");
    let refused = end(command);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("is called GMC_SYNC_MAX_DISCONNECTED_PERCENT now"), "{}", refused.stderr);
    assert!(!place.path().exists());

    // another program's, beside ours
    let mut command = place.command(&["night", "--doctors", "100"]);
    command.env("BODIES", "sun,moon").env("GMC_SYNC_BODIES", "1-1RUZUSF");
    let night = end(command);
    assert_eq!(night.status, 0, "{}", night.stderr);
    assert!(night.stdout.contains("1-1RUZUSF") && !night.stdout.contains("1-1RSSQ05"), "{}", night.stdout);
}

#[test]
fn the_simulated_gmc_serves_its_wsdl() {
    let gmc = Serving::start(&[]);
    let wsdl = gmc.told["wsdl"].as_str().unwrap().strip_prefix("http://").unwrap();
    let (host, path) = wsdl.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("GetDoctorsForDB"));
}

#[test]
fn wrong_usage_is_told_apart_from_an_error() {
    let place = Place::new();
    for args in [
        &[][..],
        &["nights"],
        &["night", "--nights", "0"],
        &["night", "--bodies", "1-X"],
        &["night", "--bodies", "last-1-1RSSQ05"],
        &["night", "--accept", "1-1RSSQ05"],
        &["night", "--accept", "1-1RSSQ05=many"],
        &["night", "--bodies", "1-1RSSQ1B", "--accept", "1-1RSSQ05=1"],
        &["night", "--accept-empty"],
        &["night", "--fault", "1-1RSSQ05=explode"],
        &["night", "--fault", "1-X=hang"],
        &["night", "--gmc-url", "http://localhost/", "--doctors", "1"],
        &["night", "--max-disconnected-percent", "101"],
        &["night", "--dry-run", "--nights", "2"],
        &["doctor", "123"],
        &["report", "latest"],
    ] {
        let ended = place.run(args);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{args:?}: {}", ended.stderr);
        assert!(!place.path().exists(), "{args:?}");
    }
}

#[test]
fn a_log_filter_that_is_none_is_refused() {
    let mut command = program(&["cron", "-"]);
    command.env("GMC_SYNC_LOG", "sync=loud");
    let ended = end(command);
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.contains("GMC_SYNC_LOG"), "{}", ended.stderr);
}

#[test]
fn logs_can_be_json_on_standard_error() {
    let place = Place::new();
    let ended = place.run(&["night", "--doctors", "100", "-v", "--log-format", "json", "--json"]);
    ended.json();
    let events: Vec<Value> =
        ended.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(events.iter().any(|event| event["run"] == 1), "{}", ended.stderr);
}

#[test]
fn help_has_examples_and_says_what_the_exit_status_means() {
    for (name, args) in [
        ("help", &["--help"][..]),
        ("help-night", &["night", "--help"]),
        ("help-runs", &["runs", "-h"]),
        ("help-report", &["report", "-h"]),
        ("help-serve", &["serve", "-h"]),
        ("help-doctor", &["doctor", "-h"]),
        ("help-status", &["status", "-h"]),
        ("help-start", &["start", "-h"]),
        ("help-abort", &["abort", "-h"]),
        ("help-unhide", &["unhide", "-h"]),
        ("help-cron", &["cron", "-h"]),
        ("help-gmc-simulator", &["gmc-simulator", "-h"]),
        ("help-setup", &["setup", "-h"]),
        ("help-completions", &["completions", "-h"]),
        ("help-man", &["man", "-h"]),
    ] {
        let ended = end(program(args));
        assert_eq!(ended.status, 0);
        insta::assert_snapshot!(name, redacted(&ended.stdout, &Place::new()));
    }
}

#[cfg(not(feature = "live"))]
#[test]
fn without_the_feature_live_the_engines_of_the_environment_are_not_used_which_is_said() {
    // given an environment that names live engines
    let place = Place::new();
    let live = |args: &[&str]| {
        let mut command = place.command(args);
        command
            .env("MONGODB_URI", "mongodb://user:s3cr3t@127.0.0.1:1")
            .env("OPENSEARCH_URL", "http://127.0.0.1:1");
        end(command)
    };

    // when something is to be set up there, it is said what is missing
    let setup = live(&["setup"]);
    assert_eq!((setup.status, setup.stdout.as_str()), (1, ""));
    assert!(setup.stderr.contains("--features live"), "{}", setup.stderr);

    // and a night is one of the data directory, which is said
    let night = live(&["night", "--doctors", "100", "--json"]);
    assert_eq!(night.status, 0, "{night:#?}");
    assert!(night.stderr.contains("warning: MONGODB_URI is not used"), "{}", night.stderr);
    assert!(!night.stderr.contains("s3cr3t"), "{}", night.stderr);
}
