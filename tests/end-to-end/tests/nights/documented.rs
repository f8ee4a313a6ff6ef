//! What the functions have told is what docs/metrics.md says that they tell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use telemetry_tests::{DocumentedEvent, DocumentedMetric};

use crate::story::Story;

/// What every line of a log has, whatever it tells.
const OF_EVERY_LINE: [&str; 5] = ["timestamp", "level", "message", "target", "span"];

/// Every metric and every line from info upwards is a documented one, and the story has seen every metric that there is.
pub(crate) fn assert_tell_what_is_documented(story: &Story) {
    let metrics = telemetry_tests::metrics();
    let events = telemetry_tests::events();
    let mut measured: BTreeMap<String, BTreeSet<BTreeSet<String>>> = BTreeMap::new();
    let mut logged = BTreeSet::new();
    for (file, log) in story.stack.logs() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name == "emulator.log" {
            continue;
        }
        for line in log.lines() {
            let told: Value = serde_json::from_str(line).unwrap();
            if let Some(directives) = told["_aws"]["CloudWatchMetrics"].as_array() {
                for (metric, dimensions) in directives.iter().flat_map(|told| measurements(told, &metrics)) {
                    measured.entry(metric).or_default().extend(dimensions);
                }
            } else if told["level"] != "DEBUG" {
                logged.insert(documented(&told, &name, &events).unwrap_or_else(|| {
                    panic!("{name} has a line that docs/metrics.md does not tell of: {line}")
                }));
            }
        }
    }
    let documented: BTreeMap<_, _> =
        metrics.into_iter().map(|metric| (metric.name, metric.dimensions)).collect();
    assert_eq!(measured, documented, "every metric is seen in this story, with each set of its dimensions");
    assert!(logged.len() > 10, "the story has logged no more than {logged:?}");
}

/// The metrics of one directive, each with its sets of dimensions; each has the unit that is documented.
fn measurements(
    directive: &Value,
    metrics: &[DocumentedMetric],
) -> Vec<(String, BTreeSet<BTreeSet<String>>)> {
    assert_eq!(directive["Namespace"], "GmcSync", "{directive}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let dimensions: BTreeSet<BTreeSet<String>> = directive["Dimensions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| set.as_array().unwrap().iter().map(text).collect())
        .collect();
    let measurement = |told: &Value| {
        let name = text(&told["Name"]);
        let metric = metrics.iter().find(|metric| metric.name == name);
        let metric = metric.unwrap_or_else(|| panic!("docs/metrics.md does not tell of {name}"));
        assert_eq!(told["Unit"], metric.unit, "{name}");
        (name, dimensions.clone())
    };
    directive["Metrics"].as_array().unwrap().iter().map(measurement).collect()
}

/// The message, as the document has it, of the event that a line is: with its level, its fields, and its function.
fn documented(line: &Value, file: &str, events: &[DocumentedEvent]) -> Option<String> {
    let fields: BTreeSet<String> =
        line.as_object()?.keys().filter(|name| !OF_EVERY_LINE.contains(&name.as_str())).cloned().collect();
    let is_by = |functions: &BTreeSet<String>| {
        let is = |name: &str| functions.contains(name);
        is("all")
            || is("batches") && !file.starts_with("follow-schedule")
            || functions.iter().any(|name| file.starts_with(name.as_str()))
    };
    let is_it = |event: &&DocumentedEvent| {
        line["level"] == event.level
            && event.is_said_by(line["message"].as_str().unwrap_or_default())
            // what has no value is left out
            && fields.is_subset(&event.fields)
            && is_by(&event.functions)
    };
    events.iter().find(is_it).map(|event| event.message.clone())
}
