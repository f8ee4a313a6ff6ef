//! Nights that went wrong, and what the runbook does about them.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::X;
use crate::operator::Operator;

/// The simulator's other bodies answer.
const OTHERS: usize = 12;

pub(crate) async fn the_password_was_changed(operator: &mut Operator) {
    // given a night that the GMC did not let in
    let report = operator.night().await;
    assert_eq!(report["state"], "FAILED", "{report}");
    for (section, place) in
        [("Did it run, is anybody missing, what do I do?", 0), ("Alarm body-failed", 0), ("Alarm overdue", 0)]
    {
        let seen = operator.run(section, place, 3).await;
        assert!(seen.stdout.contains("run 1 failed: 0 of 13 bodies done"), "{}", seen.stdout);
        assert!(seen.stdout.contains("return code 99"), "{}", seen.stdout);
    }

    let password = format!("{}\n", end_to_end::stack::GMC_PASSWORD);
    let written = operator.run_with_input("The GMC's password", 0, 0, &password).await;
    operator.run("The GMC's password", 1, 0).await;

    assert!(!written.stdout.contains(password.trim()) && !written.stderr.contains(password.trim()));
    let report = operator.latest().await;
    assert_eq!(report["state"], "SUCCEEDED", "{report}");
    assert_eq!(operator.visible_in(X).await, operator.doctors_of(X));
}

pub(crate) async fn a_night_did_not_run(operator: &mut Operator) {
    operator.gmc(simulator::Population::advance);

    let done = operator.run("Alarm overdue", 1, 0).await;

    assert!(done.stdout.contains("succeeded: 13 of 13 bodies done"), "{}", done.stdout);
    assert_eq!(operator.latest().await["isWhole"], true);
    assert_eq!(operator.visible_in(X).await, operator.doctors_of(X));
}

pub(crate) async fn no_night_has_succeeded(operator: &mut Operator) {
    let before = operator.latest().await["run"].as_u64().unwrap();

    operator.run("Alarm no-success", 0, 0).await;
    operator.run("Alarm no-success", 1, 0).await;

    let report = operator.latest().await;
    assert_eq!((&report["run"], &report["state"]), (&json!(before + 1), &json!("SUCCEEDED")));
    let tick = operator.stack.watchdog_ticks().await.unwrap();
    assert_eq!(tick["minutesSinceSuccess"], 0, "{tick}");
}

pub(crate) async fn a_body_failed(operator: &mut Operator) {
    operator.gmc(simulator::Population::advance);
    operator.fault(&format!("{X}=code-81"));
    let before = operator.visible_in(X).await;
    let report = operator.night().await;
    assert_eq!(body(&report)["state"], "FAILED", "{report}");
    assert_eq!(operator.visible_in(X).await.len(), before.len(), "that body is as it was before");
    operator.stack.gmc.faults().clear();

    operator.run("Alarm body-failed", 1, 0).await;

    let report = operator.latest().await;
    assert_eq!((&body(&report)["state"], report["bodies"].as_array().unwrap().len()), (&json!("DONE"), 1));
    assert_eq!(operator.visible_in(X).await, operator.doctors_of(X));
}

pub(crate) async fn a_body_is_held(operator: &mut Operator) {
    operator.fault(&format!("{X}=half"));
    let before = operator.visible_in(X).await;
    let report = operator.night().await;
    assert_eq!(body(&report)["state"], "HELD", "{report}");
    assert_eq!(operator.visible_in(X).await, before, "nobody has left");
    let loss = &body(&report)["loss"];
    let loss = loss["left"].as_u64().unwrap() + loss["unusable"].as_u64().unwrap();
    operator.set("MAX", loss.to_string());

    let seen = operator.run("Alarm body-held", 0, 3).await;
    let accepts = format!("gmc-sync start --bodies {X} --accept {X}={loss} --api ");
    assert!(seen.stdout.contains(&accepts), "{}", seen.stdout);
    operator.run("Alarm body-held", 1, 0).await;

    let report = operator.latest().await;
    assert_eq!((&body(&report)["state"], &body(&report)["left"]), (&json!("DONE"), &json!(loss)));
    assert_eq!(operator.visible_in(X).await.len() as u64, before.len() as u64 - loss);
    operator.stack.gmc.faults().clear();
    operator.night().await;
    assert_eq!(operator.visible_in(X).await, before);
}

pub(crate) async fn documents_would_not_agree(operator: &mut Operator) {
    let doctor = operator.doctors_of(X).pop_first().unwrap();
    operator.set("DOCTOR", &doctor);

    let seen = operator.run("Alarm doctors-unsettled", 0, 0).await;

    assert!(seen.stdout.contains("\"unsettled\": 0") && seen.stdout.contains(&doctor), "{}", seen.stdout);
}

pub(crate) async fn a_run_does_not_end(operator: &mut Operator) {
    operator.fault(&format!("{X}=hang"));
    let before = operator.visible_in(X).await;
    let begun = operator.stack.api("POST", "/v1/admin", Some(&json!({}))).await.unwrap().body;
    let run = begun["runId"].as_u64().unwrap();
    operator.answered(run, OTHERS).await;
    assert!(operator.visible_in(X).await.is_empty(), "they are hidden meanwhile");
    operator.set("RUN", run.to_string());

    operator.run("A run that does not end", 0, 0).await;

    operator.stack.gmc.faults().clear();
    let report = operator.ended(run).await;
    assert_eq!((&report["state"], &body(&report)["state"]), (&json!("PARTIAL"), &json!("FAILED")));
    assert_eq!(operator.visible_in(X).await, before);
}

pub(crate) async fn a_night_was_killed(operator: &mut Operator) {
    // given a night of the program on the functions' database, killed while it waits for a body
    operator.fault(&format!("{X}=hang"));
    let before = operator.visible_in(X).await;
    let run = operator.latest().await["run"].as_u64().unwrap() + 1;
    let mut night = operator.program().command(&["night", "--gmc-url", &operator.stack.gmc.url()]);
    let mut night = night.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = async |report: &Value| report["state"] == "RUNNING";
    while !begun(&operator.stack.api("GET", &format!("/v1/admin/{run}"), None).await.unwrap().body).await {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    operator.answered(run, OTHERS).await;
    night.kill().await.unwrap();
    assert!(operator.visible_in(X).await.is_empty(), "they are hidden");
    operator.set("RUN", run.to_string());

    operator.run("A killed night", 0, 0).await;

    operator.stack.gmc.faults().clear();
    let report = operator.ended(run).await;
    assert_eq!((&report["state"], &body(&report)["state"]), (&json!("PARTIAL"), &json!("FAILED")));
    assert_eq!(operator.visible_in(X).await, before);
}

pub(crate) async fn the_list_of_bodies_has_changed(operator: &mut Operator) {
    let before = operator.stack.snapshot().await.unwrap();

    operator.run("A changed list of bodies", 0, 0).await;

    let report = operator.latest().await;
    assert_eq!((&report["isDry"], &report["state"]), (&json!(true), &json!("SUCCEEDED")), "{report}");
    operator.stack.snapshot().await.unwrap().assert_same(&before);
}

fn body(report: &Value) -> &Value {
    report["bodies"].as_array().unwrap().iter().find(|body| body["code"] == X).unwrap()
}
