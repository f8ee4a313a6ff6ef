//! How far a night has come, looked at from beside the program that runs it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;
use support::{BODY, Ended, Hanging, Place, end, program, send};

#[test]
fn a_night_that_goes_on_is_shown_as_far_as_it_has_come() {
    // given a night that waits for one body
    let place = Place::after_a_night();
    let night = Hanging::night(&place);

    let shown = place.run(&["status"]);
    let told = place.json(&["status", "2"]);

    // then it is seen who is missing, and what can be done
    assert_eq!(shown.status, 0, "{shown:#?}");
    let line = shown.stdout.lines().find(|line| line.starts_with(BODY)).unwrap();
    assert!(line.contains("East of England") && line.ends_with("pending"), "{line}");
    for expected in [
        "run 2 running, since ",
        "waiting   1 bodies without an answer, 0 chunks",
        "gmc-sync status 2 --follow",
    ] {
        assert!(shown.stdout.contains(expected), "{expected}: {}", shown.stdout);
    }
    assert_eq!((&told["state"], &told["hidden"]), (&"RUNNING".into(), &400.into()), "{told}");
    assert_eq!(told["waiting"], serde_json::json!({"bodies": 1, "chunks": 0, "looks": 0}));
    let bodies = told["bodies"].as_array().unwrap();
    assert!(bodies.iter().all(|body| body["expected"].as_u64().unwrap() > 0), "{told}");
    night.signal(Signal::INT);
    night.end();
}

#[test]
fn following_ends_with_the_night_and_with_its_exit_status() {
    let place = Place::after_a_night();
    let night = Hanging::night(&place);
    let following = Following::start(&place);
    let as_json = Following::start_as_json(&place);

    night.signal(Signal::INT);
    night.end();

    let followed = following.end();
    assert_eq!(followed.status, 3, "{followed:#?}");
    assert!(
        followed.stdout.contains("run 2 partial, interrupted from the keyboard: 12 of 13"),
        "{}",
        followed.stdout
    );
    assert!(followed.stderr.contains("run 2: asking the GMC"), "{}", followed.stderr);
    let followed = as_json.end();
    let lines: Vec<Value> = followed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((followed.status, &lines.last().unwrap()["state"]), (3, &"PARTIAL".into()), "{followed:#?}");
}

#[test]
fn ctrl_c_ends_following_and_leaves_the_night_alone() {
    let place = Place::after_a_night();
    let night = Hanging::night(&place);
    let mut following = Following::start(&place);

    send(&following.child, Signal::INT);

    assert_eq!(following.child.wait().unwrap().signal(), Some(Signal::INT.as_raw()));
    assert_eq!(place.json(&["status"])["state"], "RUNNING");
    night.signal(Signal::INT);
    night.end();
}

#[test]
fn following_a_night_whose_program_is_killed_settles_it() {
    let place = Place::after_a_night();
    let night = Hanging::night(&place);
    let following = Following::start(&place);

    night.signal(Signal::KILL);
    night.end();

    let followed = following.end();
    assert_eq!(followed.status, 3, "{followed:#?}");
    assert!(
        followed.stderr.contains("run 2 was stopped in the middle; it is settled now"),
        "{}",
        followed.stderr
    );
}

#[test]
fn a_night_that_has_ended_is_shown_as_its_report() {
    let place = Place::after_a_night();

    let shown = place.run(&["status"]);

    assert_eq!((shown.status, shown.stdout), (0, place.run(&["report"]).stdout));
    let told = place.json(&["status", "--follow"]);
    assert_eq!((&told["received"], &told["expected"]), (&400.into(), &400.into()), "{told}");
}

#[test]
fn what_is_not_there_is_told() {
    let place = Place::new();
    let nowhere = place.run(&["status"]);
    assert!(nowhere.status == 1 && nowhere.stderr.contains("no night was run there yet"), "{nowhere:#?}");

    let start = place.run(&["start"]);
    assert!(start.status == 1 && start.stderr.contains("--api URL or GMC_SYNC_API"), "{start:#?}");
    let refused = end(program(&["start", "--bodies", "1-A", "--accept", "1-B=3"]));
    assert!(
        refused.status == 2 && refused.stderr.contains("1-B, which this night does not ask"),
        "{refused:#?}"
    );
    // nobody listens there
    let away = end(program(&["status", "--api", "http://127.0.0.1:1/v1/admin"]));
    assert_eq!(away.status, 1, "{away:#?}");
    assert!(away.stderr.contains("no answer") && away.stderr.contains("4 times in a row"), "{}", away.stderr);
}

#[cfg(not(feature = "live"))]
#[test]
fn without_the_feature_live_nothing_is_signed_which_is_said() {
    let url = "https://a1.execute-api.eu-west-2.amazonaws.com/prod/v1/admin";
    let ended = end(program(&["status", "--api", url]));
    assert_eq!(ended.status, 1, "{ended:#?}");
    assert!(ended.stderr.contains("--features live"), "{}", ended.stderr);
}

/// Somebody who looks on, and has seen the night go on.
struct Following {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
    told: String,
    seen: String,
}

impl Following {
    fn start(place: &Place) -> Self {
        let mut following = Self::spawn(place.command(&["status", "--follow"]));
        while !following.told.contains("asking the GMC") {
            assert!(following.stderr.read_line(&mut following.told).unwrap() > 0, "{}", following.told);
        }
        following
    }

    fn start_as_json(place: &Place) -> Self {
        let mut following = Self::spawn(place.command(&["status", "--follow", "--json"]));
        following.stdout.read_line(&mut following.seen).unwrap();
        following
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stdout, stderr, told: String::new(), seen: String::new() }
    }

    fn end(mut self) -> Ended {
        self.stdout.read_to_string(&mut self.seen).unwrap();
        self.stderr.read_to_string(&mut self.told).unwrap();
        let status = self.child.wait().unwrap().code().unwrap();
        Ended { status, stdout: self.seen, stderr: self.told }
    }
}
