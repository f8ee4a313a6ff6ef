//! What the functions have written: metrics as CloudWatch takes them out of it, and nothing that belongs in no log.

use std::collections::BTreeSet;

use end_to_end::stack::GMC_PASSWORD;
use serde_json::Value;

use crate::story::Story;

/// What the nights of the story must have told.
const METRICS: [&str; 18] = [
    "MessagesHandled",
    "MessagesFailed",
    "MessagesHandedBack",
    "BatchMilliseconds",
    "BodiesHeld",
    "BodiesFailed",
    "BodiesDone",
    "DoctorsLeft",
    "RunsSucceeded",
    "RunsPartial",
    "RunsFailed",
    "HiddenSeconds",
    "RunSeconds",
    "MinutesOverdue",
    "MinutesSinceSuccess",
    "ScheduleErrors",
    "Environment",
    "Function",
];

/// Every line is JSON; all metrics are there; no credential, envelope, poisoned message or doctor's name is.
pub(crate) fn assert_tell_metrics_and_no_secrets(story: &Story) {
    let mut names: BTreeSet<String> =
        story.gmc(|gmc| gmc.doctors().map(|doctor| doctor.last_name.as_str().to_owned()).collect());
    // the simulator's shorter names are parts of words
    names.retain(|name| name.len() > 4);
    assert!(names.len() > 100, "{}", names.len());
    let secrets = [GMC_PASSWORD, "<soap", "GetDoctorsForDB_", "<Password", "Unreadable-Surname"];
    let mut metrics = BTreeSet::new();
    for (file, log) in story.stack.logs() {
        if file.ends_with("emulator.log") {
            continue;
        }
        for line in log.lines() {
            let told: Value = serde_json::from_str(line).unwrap_or_else(|error| {
                panic!("{} has a line that is no json: {error}: {line}", file.display())
            });
            if let Some(embedded) = told["_aws"]["CloudWatchMetrics"].as_array() {
                assert!(embedded.iter().all(|metric| metric["Namespace"] == "GmcSync"), "{line}");
                metrics.extend(told.as_object().unwrap().keys().cloned());
            }
            let found = secrets.iter().find(|secret| line.contains(**secret));
            assert_eq!(found, None, "in {}: {line}", file.display());
        }
        let words: BTreeSet<&str> =
            log.split(|letter: char| !letter.is_alphanumeric() && letter != '\'').collect();
        let name = names.iter().find(|name| words.contains(name.as_str()));
        assert_eq!(name, None, "a doctor's name in {}", file.display());
    }
    let missing: Vec<_> = METRICS.iter().filter(|name| !metrics.contains(**name)).collect();
    assert!(missing.is_empty(), "never told: {missing:?} in {metrics:?}");
}
