//! docs/metrics.md tells what the code measures and logs: all of it, and nothing else.

use std::collections::BTreeSet;

use lambda::metrics::{Metric, dimensions};
use telemetry_tests::{DocumentedMetric, events, logged_by_the_functions, metrics};

#[test]
fn the_document_has_every_metric_with_its_unit_and_its_dimensions() {
    let measured = |metric: &Metric| DocumentedMetric {
        name: metric.name().to_owned(),
        unit: metric.unit().to_owned(),
        dimensions: dimensions(metric.scope())
            .iter()
            .map(|set| set.iter().map(|name| (*name).to_owned()).collect())
            .collect(),
    };

    assert_eq!(metrics(), Metric::ALL.iter().map(measured).collect::<Vec<_>>());
}

#[test]
fn the_document_has_every_event_of_the_sources_with_its_fields_and_no_other() {
    let logged: BTreeSet<_> = logged_by_the_functions()
        .into_iter()
        .map(|event| (event.message, event.level, event.fields, event.file))
        .collect();
    let documented: BTreeSet<_> =
        events().into_iter().map(|event| (event.message, event.level, event.fields)).collect();

    let untold: Vec<_> = logged
        .iter()
        .filter(|(message, level, fields, _)| {
            !documented.contains(&(message.clone(), level.clone(), fields.clone()))
        })
        .collect();
    assert!(untold.is_empty(), "docs/metrics.md has no row for {untold:#?}");
    let is_logged: BTreeSet<_> =
        logged.into_iter().map(|(message, level, fields, _)| (message, level, fields)).collect();
    let gone: Vec<_> = documented.difference(&is_logged).collect();
    assert!(gone.is_empty(), "docs/metrics.md tells of what nobody logs: {gone:#?}");
}

#[test]
fn an_event_of_a_functions_own_source_is_said_to_be_of_that_function() {
    let documented = events();
    let mut seen = BTreeSet::new();
    for event in logged_by_the_functions() {
        let Some(function) = event.file.strip_prefix("functions/").and_then(|path| path.split('/').next())
        else {
            continue;
        };
        let rows = documented.iter().filter(|row| row.message == event.message);
        for row in rows {
            assert_eq!(row.functions, BTreeSet::from([function.to_owned()]), "{}", event.message);
        }
        seen.insert(function.to_owned());
    }
    assert!(seen.len() >= 4, "own events were found in {seen:?} alone");
}
