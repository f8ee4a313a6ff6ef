//! `gmc-sync start`, `status` and `abort` by the functions' API, with signatures that the gateway makes again.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test, in helpers as well")]

use std::time::Duration;

use end_to_end::binaries::Binaries;
use end_to_end::gateway::{Caller, Entrance, Gateway, SECRET_KEY};
use end_to_end::program::{Ended, Program};
use end_to_end::queues::REGION;
use end_to_end::stack::{Stack, StackConfig};
use serde_json::Value;
use simulator::PopulationConfig;

/// What takes longer has stopped.
const LONG: Duration = Duration::from_mins(1);

/// The body to which something happens.
const X: &str = "1-1RUZUSF";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nights_are_begun_followed_and_given_up_by_the_api() {
    let operator = Operator::begin().await;

    there_is_no_night_yet(&operator).await;
    who_may_not_is_told_what_to_look_at(&operator).await;
    a_night_is_begun_and_followed_to_its_end(&operator).await;
    a_lost_answer_begins_no_second_night(&operator).await;
    a_night_that_hangs_is_seen_and_given_up(&operator).await;
    a_held_body_is_accepted_by_the_command_that_is_shown(&operator).await;
    what_cannot_be_asked_is_refused_with_the_reason(&operator).await;

    drop(operator.gateway);
    operator.stack.stop().await.unwrap();
}

async fn there_is_no_night_yet(operator: &Operator) {
    let ended = operator.run(&["status"]).await;

    assert_eq!((ended.status, ended.stdout.as_str()), (1, ""), "{ended:#?}");
    assert!(ended.stderr.contains("no night was run yet"), "{}", ended.stderr);
    let unknown = operator.run(&["status", "7"]).await;
    assert_eq!(unknown.status, 1, "{unknown:#?}");
    assert!(unknown.stderr.contains("there is no run 7"), "{}", unknown.stderr);
}

async fn who_may_not_is_told_what_to_look_at(operator: &Operator) {
    let url = operator.gateway.url();
    let signed = ["status", "--api", &url, "--region", REGION];
    let nowhere = url.replace("/v1/admin", "/nowhere/v1/admin");
    for (caller, secret, args, told) in [
        (
            Caller::Operator,
            "another-secret",
            &signed[..],
            "(The request signature we calculated does not match",
        ),
        (Caller::Stranger, SECRET_KEY, &signed, "is not authorized to perform: execute-api:Invoke"),
        (Caller::Operator, SECRET_KEY, &["status", "--api", &url], "the request was not signed"),
        (Caller::Operator, SECRET_KEY, &["status", "--api", &url, "--region", "us-east-1"], "valid region"),
        (Caller::Operator, SECRET_KEY, &["status", "--api", &nowhere, "--region", REGION], "the path"),
    ] {
        let requests = operator.gateway.requests();

        let ended = operator.as_caller(caller, secret).run(args).await.unwrap();

        assert_eq!((ended.status, ended.stdout.as_str()), (1, ""), "{args:?}: {ended:#?}");
        assert!(
            ended.stderr.contains("answers 403") && ended.stderr.contains(told),
            "{args:?}: {}",
            ended.stderr
        );
        assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
        assert_eq!(operator.gateway.requests(), requests + 1, "a refusal is not asked for again");
    }
    let nobody = Program::new(&operator.binaries).unwrap().run(&signed).await.unwrap();
    assert_eq!(nobody.status, 1, "{nobody:#?}");
    assert!(nobody.stderr.contains("there are no aws credentials"), "{}", nobody.stderr);
}

async fn a_night_is_begun_and_followed_to_its_end(operator: &Operator) {
    let ended = operator.run(&["start", "--follow"]).await;

    assert_eq!(ended.status, 0, "{ended:#?}");
    assert!(ended.stdout.contains("run 1 succeeded: 13 of 13 bodies done"), "{}", ended.stdout);
    assert!(ended.stdout.contains("gmc-sync status 1 --api http"), "{}", ended.stdout);
    assert!(ended.stderr.contains("run 1 is begun"), "{}", ended.stderr);

    let dry = operator.run(&["start", "--dry-run", "--bodies", X, "--follow", "--json"]).await;
    let lines: Vec<Value> = dry.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.last().unwrap();
    assert_eq!((&last["state"], &last["isDry"]), (&"SUCCEEDED".into(), &true.into()), "{dry:#?}");
    assert_eq!(last["bodies"].as_array().unwrap().len(), 1);
}

async fn a_lost_answer_begins_no_second_night(operator: &Operator) {
    operator.gateway.lose_answers(1);
    let keys = operator.gateway.idempotency_keys().len();

    let ended = operator.run(&["start", "--json"]).await;

    assert_eq!(ended.status, 0, "{ended:#?}");
    assert_eq!(ended.json().unwrap()["runId"], 3);
    assert!(ended.stderr.contains("it answers 504"), "{}", ended.stderr);
    let keys = operator.gateway.idempotency_keys().split_off(keys);
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    operator.stack.closed(3, LONG).await.unwrap();
    let list = operator.stack.api("GET", "/v1/admin", None).await.unwrap().body;
    assert_eq!(list.as_array().unwrap().len(), 3, "{list}");
}

async fn a_night_that_hangs_is_seen_and_given_up(operator: &Operator) {
    // given a night in which one body's answer does not come
    operator.stack.gmc.faults().add(format!("{X}=hang").parse().unwrap());
    let begun = operator.run(&["start"]).await;
    assert_eq!(begun.status, 0, "{begun:#?}");
    assert!(begun.stdout.contains("run 4 is begun, for 13 bodies"), "{}", begun.stdout);
    assert!(begun.stdout.contains("follow it    gmc-sync status 4 --follow --api "), "{}", begun.stdout);
    operator.answered(4, 12).await;

    // when it is looked at, and another is to begin
    let seen = operator.run(&["status"]).await;
    let seen_by_programs = operator.run(&["status", "4", "--json"]).await.json().unwrap();
    let refused = operator.run(&["start"]).await;

    // then it is told how far it is, and what can be done
    assert_eq!(seen.status, 0, "{seen:#?}");
    for told in [
        "run 4 running",
        "pending",
        "answered",
        "1 bodies without an answer",
        "hidden    ",
        "gmc-sync abort 4 --api ",
    ] {
        assert!(seen.stdout.contains(told), "{told}: {}", seen.stdout);
    }
    assert_eq!(seen_by_programs["waiting"]["bodies"], 1, "{seen_by_programs}");
    assert!(seen_by_programs["hiddenSince"].is_number() && seen_by_programs["doctorsPerSecond"].is_number());
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused:#?}");
    assert!(
        refused.stderr.contains("run 4 is going on") && refused.stderr.contains("gmc-sync abort 4"),
        "{refused:#?}"
    );

    // and when it is given up, it ends
    let abort = operator.run(&["abort", "4"]).await;
    operator.stack.gmc.faults().clear();
    let followed = operator.run(&["status", "4", "--follow"]).await;
    assert_eq!((abort.status, followed.status), (0, 3), "{abort:#?} {followed:#?}");
    assert!(
        followed.stdout.contains("run 4 partial, given up by an operator: 12 of 13"),
        "{}",
        followed.stdout
    );
    let again = operator.run(&["abort", "4"]).await;
    assert_eq!(again.status, 1, "{again:#?}");
    assert!(again.stderr.contains("run 4 is over"), "{}", again.stderr);
}

async fn a_held_body_is_accepted_by_the_command_that_is_shown(operator: &Operator) {
    operator.stack.gmc.faults().add(format!("{X}=empty").parse().unwrap());
    let held = operator.run(&["start", "--bodies", X, "--follow"]).await;
    assert_eq!(held.status, 3, "{held:#?}");
    let (_, command) = held.stdout.split_once("if that is right: ").unwrap();
    let command = command.lines().next().unwrap();
    assert!(
        command.starts_with("gmc-sync start --bodies") && command.contains("--accept-empty"),
        "{command}"
    );

    let accepted = operator.program().shell(&format!("{command} --follow"), &[].into(), "").await.unwrap();

    assert_eq!(accepted.status, 0, "{accepted:#?}");
    assert!(operator.stack.summary(&[X], false).await.unwrap().is_empty());
    operator.stack.gmc.faults().clear();
}

async fn what_cannot_be_asked_is_refused_with_the_reason(operator: &Operator) {
    let unknown = operator.run(&["start", "--bodies", "1-UNKNOWN"]).await;
    assert_eq!(unknown.status, 1, "{unknown:#?}");
    assert!(unknown.stderr.contains("1-UNKNOWN is not in the list of bodies"), "{}", unknown.stderr);

    let elsewhere = operator.program().run(&["start", "--api", "http://sync.example.org"]).await.unwrap();
    assert_eq!(elsewhere.status, 1, "{elsewhere:#?}");
    assert!(elsewhere.stderr.contains("https is expected"), "{}", elsewhere.stderr);
}

/// An operator with a stack, and the API in front of it.
struct Operator {
    binaries: Binaries,
    stack: Stack,
    gateway: Gateway,
}

impl Operator {
    async fn begin() -> Self {
        let binaries = Binaries::beside_this_program().unwrap();
        let config = StackConfig {
            population: PopulationConfig { doctors: 650, ..PopulationConfig::default() },
            visibility: Duration::from_secs(8),
            settings: [("GMC_IDLE_TIMEOUT_SECONDS".to_owned(), "10".to_owned())].into(),
            ..StackConfig::default()
        };
        let stack = Stack::start(&binaries, engines::addresses().unwrap(), &config).await.unwrap();
        stack.set_up().await.unwrap();
        let gateway = Gateway::start(&stack.runtime, Entrance::Signed).await.unwrap();
        Self { binaries, stack, gateway }
    }

    fn as_caller(&self, caller: Caller, secret: &str) -> Program {
        Program::new(&self.binaries)
            .unwrap()
            .with("AWS_ACCESS_KEY_ID", caller.access_key())
            .with("AWS_SECRET_ACCESS_KEY", secret)
            .with("AWS_SESSION_TOKEN", "a-session")
    }

    fn program(&self) -> Program {
        self.as_caller(Caller::Operator, SECRET_KEY)
    }

    async fn run(&self, args: &[&str]) -> Ended {
        let url = self.gateway.url();
        let args = [args, &["--api", &url, "--region", REGION]].concat();
        self.program().run(&args).await.unwrap()
    }

    /// Waits until so many bodies of a run have answered.
    async fn answered(&self, run: u64, bodies: usize) {
        let have = |report: &Value| {
            let all = report["bodies"].as_array().unwrap();
            all.iter().filter(|body| body["state"] == "ANSWERED").count() == bodies
        };
        self.stack.reached(run, LONG, have).await.unwrap();
    }
}
