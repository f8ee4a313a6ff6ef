//! Ctrl-C and SIGTERM, also for a program that was started with them ignored.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod support;

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::Value;
use support::{Hanging, Place, left, program, send};

/// Only a program that does not end needs as long.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn what_serves_ends_on_a_signal_that_comes_as_soon_as_its_address_is_printed() {
    let place = Place::after_a_night();
    let serve = || place.command(&["serve", "--port", "0", "--json"]);
    let simulator = || program(&["gmc-simulator", "--port", "0", "--json", "--doctors", "400"]);
    for command in [&serve as &dyn Fn() -> Command, &simulator] {
        for signal in [Signal::INT, Signal::TERM] {
            // given a program that was started as a shell script starts a background job
            let mut child = with_ignored_signals(&command()).stdout(Stdio::piped()).spawn().unwrap();
            let stdout = child.stdout.take().unwrap();
            let printed: Value =
                serde_json::Deserializer::from_reader(stdout).into_iter().next().unwrap().unwrap();

            // when its address is there, and a signal comes at once
            send(&child, signal);

            // then it ends, and ends well
            assert!(printed["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{printed}");
            assert_eq!(until_ended(&mut child, |_| ()).code(), Some(0), "{signal:?}");
        }
    }
}

#[test]
fn a_signal_that_comes_twice_in_a_moment_is_one_request() {
    // given a night that waits for one body, and that cannot be settled yet
    let place = Place::after_a_night();
    let mut night = Hanging::night(&place);
    let lock = lock(&place);

    // when the signal comes twice, as `timeout` sends it: to the program, and to its process group
    night.signal(Signal::TERM);
    night.wait_for("settling the night", 1);
    night.signal(Signal::TERM);
    drop(lock);
    let ended = night.end();

    // then the night is settled
    assert_eq!(ended.status, 3, "{ended:#?}");
    assert_eq!(ended.json()["aborted"], "stopped by SIGTERM");
    assert_eq!(place.hidden(), left(&ended.json()));
}

#[test]
fn signals_that_keep_coming_stop_the_program_before_the_night_is_settled() {
    // given a night that waits for one body, and that cannot be settled
    let place = Place::after_a_night();
    let mut night = Hanging::night(&place);
    let lock = lock(&place);

    // when signals come until the program has ended
    until_ended(&mut night.child, |child| send(child, Signal::INT));
    let stopped = night.end();
    drop(lock);

    // then it has stopped at once, and the next command settles the night
    assert_eq!((stopped.status, stopped.stdout.as_str()), (1, ""), "{stopped:#?}");
    assert!(stopped.stderr.contains("stopped at once"), "{}", stopped.stderr);
    let next = place.run(&["runs"]);
    assert!(next.stderr.contains("run 2 was stopped in the middle; it is settled now"), "{}", next.stderr);
}

/// Keeps the program from writing, until it is dropped.
fn lock(place: &Place) -> Connection {
    let lock = Connection::open(place.path().join(embedded::FILE_NAME)).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    lock
}

/// The same command, with its signals ignored from the start.
fn with_ignored_signals(command: &Command) -> Command {
    let mut ignoring = Command::new("sh");
    ignoring.args(["-c", r#"trap "" INT QUIT TERM; exec "$0" "$@""#]);
    ignoring.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => ignoring.env(name, value),
            None => ignoring.env_remove(name),
        };
    }
    ignoring
}

/// Waits for a program to end, and does something again and again meanwhile.
fn until_ended(child: &mut Child, meanwhile: impl Fn(&Child)) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("the program has not ended");
        }
        meanwhile(child);
        #[expect(clippy::disallowed_methods, reason = "nothing else runs on this thread")]
        std::thread::sleep(Duration::from_millis(20));
    }
}
