//! No log line at the most talkative levels, no error, report or metric, and no answer of the API holds a secret, a piece
//! of an envelope or a doctor's name: whole nights through the real binaries, good ones and bad ones.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test, in helpers as well")]

mod marks;

use std::time::Duration;

use end_to_end::binaries::Binaries;
use end_to_end::functions::Function;
use end_to_end::stack::{GMC_PASSWORD, Stack, StackConfig};
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};
use simulator::{Fault, Population, PopulationConfig};

use crate::marks::{
    AWS_SECRET_KEY, AWS_SESSION_TOKEN, MONGODB_PASSWORD, OPENSEARCH_PASSWORD, found_in, mark, unreadable,
};

/// What takes longer has stopped.
const LONG: Duration = Duration::from_mins(4);

/// More than an operator ever chooses: everything of ours, and what the libraries say for debugging.
const LEVELS: &str = "debug,sync=trace,lambda=trace,gmc=trace,domain=trace,aws=trace,store_mongodb=trace,\
                      index_opensearch=trace,prepare_sync=trace,gmc_fetch=trace,recommendation_update=trace,\
                      connection_index=trace,follow_schedule=trace";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nights_good_and_bad_tell_no_secret_no_envelope_and_no_name() {
    let stack = start(&[]).await;
    let mut answers = Vec::new();
    let gmc_mut =
        |change: &mut dyn FnMut(&mut Population)| change(&mut stack.gmc.population().write().unwrap());
    gmc_mut(&mut mark);

    // a good night, and a day later a dry one, which tells each change
    answers.push(night(&stack, &json!({})).await);
    gmc_mut(&mut |gmc| {
        gmc.advance();
        mark(gmc);
    });
    answers.push(night(&stack, &json!({ "dryRun": true })).await);

    // a night in which every body fails in another way, and every queue gets what nobody can read
    let bodies = stack.gmc.population().read().unwrap().bodies().to_vec();
    let faults = Fault::all().filter(|fault| !matches!(fault, Fault::Hang | Fault::Drip));
    for (body, fault) in bodies.iter().cycle().zip(faults) {
        stack.gmc.faults().add(format!("{body}={fault}:1").parse().unwrap());
    }
    stack.gmc.faults().add(format!("{}=code-99", bodies[0]).parse().unwrap());
    for function in Function::WITH_QUEUE {
        stack.queues.send(function, &unreadable()).await.unwrap();
    }
    answers.push(night(&stack, &json!({})).await);
    // a document that the database has and nobody can read
    let doctors = stack.database.collection::<Document>("doctorsForDB");
    let odd = doc! { "$set": { "designatedBodyCode": { "doctorLastName": "Nachnamx" }, "submissionDate": "Nachnamx" } };
    doctors.update_one(doc! {}, odd).await.unwrap();
    stack.gmc.faults().clear();
    answers.push(night(&stack, &json!({})).await);

    answers.push(stack.watchdog_ticks().await.unwrap());
    for (method, path, body) in [
        ("GET", "/v1/admin", None),
        ("GET", "/v1/admin/99", None),
        ("POST", "/v1/admin", Some(json!({ "bodies": ["Nachnamx7"] }))),
        ("POST", "/v1/admin/1/abort", None),
    ] {
        let answer = stack.api(method, path, body.as_ref()).await.unwrap();
        // a caller is told of what they sent themselves
        if body.is_none() {
            answers.push(answer.body);
        }
    }

    assert_nothing_is_told(&stack, &answers);
    stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_refuses_the_password_tells_nobody_of_it() {
    let engines = engines::addresses().unwrap();
    let uri = engines.mongodb.replacen("//", &format!("//somebody:{MONGODB_PASSWORD}@"), 1);
    let stack = start(&[("MONGODB_URI", uri.as_str())]).await;

    let by_hand = stack.api("POST", "/v1/admin", None).await;
    let by_rule = stack.rule_fires(uuid::Uuid::new_v4()).await;

    let told = format!("{by_hand:?} {by_rule:?}");
    assert!(told.contains("MongoDB"), "{told}");
    assert_nothing_is_told(&stack, &[json!(told)]);
    stack.stop().await.unwrap();
}

async fn start(settings: &[(&str, &str)]) -> Stack {
    let binaries = Binaries::beside_this_program().unwrap();
    let common = [
        ("LOG_LEVEL", LEVELS),
        ("GMC_IDLE_TIMEOUT_SECONDS", "5"),
        ("AWS_SECRET_ACCESS_KEY", AWS_SECRET_KEY),
        ("AWS_SESSION_TOKEN", AWS_SESSION_TOKEN),
        ("OPENSEARCH_AUTH", "basic"),
        ("OPENSEARCH_USERNAME", "somebody"),
        ("OPENSEARCH_PASSWORD", OPENSEARCH_PASSWORD),
    ];
    let settings = common.iter().chain(settings);
    let config = StackConfig {
        population: PopulationConfig { doctors: 1_300, ..PopulationConfig::default() },
        settings: settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        // fewer attempts at what does not answer
        max_receives: 2,
        ..StackConfig::default()
    };
    let stack = Stack::start(&binaries, engines::addresses().unwrap(), &config).await.unwrap();
    stack.set_up().await.unwrap();
    stack
}

/// Runs a night to its end; its report.
async fn night(stack: &Stack, request: &Value) -> Value {
    let run = stack.begin(request).await.unwrap();
    let report = stack.closed(run, LONG).await.unwrap();
    stack.idle(LONG).await.unwrap();
    report
}

fn assert_nothing_is_told(stack: &Stack, answers: &[Value]) {
    for answer in answers {
        assert_eq!(found_in(&answer.to_string(), GMC_PASSWORD), None, "in an answer");
    }
    let mut logs = stack.logs();
    // the emulator's own
    logs.retain(|(file, _)| !file.ends_with("emulator.log"));
    let debugged = logs.iter().filter(|(_, log)| log.contains("\"level\":\"DEBUG\"")).count();
    assert!(debugged > 3, "the functions' logs are not at the level that is looked at");
    for (file, log) in logs {
        let found = log.lines().find_map(|line| found_in(line, GMC_PASSWORD));
        assert_eq!(found, None, "in {}", file.display());
    }
}
