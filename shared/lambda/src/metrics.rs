//! Metrics in CloudWatch's embedded format: lines on standard output that CloudWatch makes metrics of.
//!
//! What is measured is told by `sync::metrics`, here and in the stages; the layer writes each as a line.

use std::fmt;
use std::io::Write as _;

use serde_json::{Map, Value, json};
pub use sync::metrics::{Metric, Scope, TARGET, emit, emit_count, emit_count_of};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The metrics' namespace.
pub const NAMESPACE: &str = "GmcSync";

/// The sets of dimensions that a metric comes with. A designated body's is summed up over the bodies as well.
pub fn dimensions(scope: Scope) -> &'static [&'static [&'static str]] {
    match scope {
        Scope::Function => &[&["Environment", "Function"]],
        Scope::Night => &[&["Environment"]],
        Scope::Body => &[&["Environment"], &["Environment", "Body"]],
    }
}

/// Writes metrics to standard output.
#[derive(Clone, Debug)]
pub struct EmbeddedMetrics {
    environment: String,
    function: &'static str,
}

impl EmbeddedMetrics {
    /// For one function in one environment.
    pub fn new(environment: impl Into<String>, function: &'static str) -> Self {
        Self { environment: environment.into(), function }
    }

    /// One metric as a line of the embedded format, at `now` (milliseconds since 1970).
    fn line(&self, metric: &Emitted, now: i64) -> Value {
        let mut line = Map::new();
        line.insert("Environment".into(), json!(self.environment));
        line.insert("Function".into(), json!(self.function));
        if let Some(body) = &metric.body {
            line.insert("Body".into(), json!(body));
        }
        let known = Metric::ALL.iter().find(|known| known.name() == metric.name);
        let dimensions: Vec<_> = dimensions(known.map_or(Scope::Night, |known| known.scope()))
            .iter()
            // a set that names what is not there would be no metric
            .filter(|set| set.iter().all(|name| line.contains_key(*name)))
            .collect();
        line.insert(metric.name.clone(), json!(metric.value));
        line.insert(
            "_aws".into(),
            json!({
                "Timestamp": now,
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": dimensions,
                    "Metrics": [{"Name": metric.name, "Unit": metric.unit}],
                }],
            }),
        );
        Value::Object(line)
    }
}

impl<S: Subscriber> Layer<S> for EmbeddedMetrics {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        let mut metric = Emitted::default();
        event.record(&mut metric);
        let line = self.line(&metric, jiff::Timestamp::now().as_millisecond());
        // there is nowhere to tell that standard output is gone
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

/// The fields of a metric's event.
#[derive(Default)]
struct Emitted {
    name: String,
    unit: String,
    value: f64,
    body: Option<String>,
}

impl Visit for Emitted {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "value" {
            self.value = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "name" => value.clone_into(&mut self.name),
            "unit" => value.clone_into(&mut self.unit),
            "body" => self.body = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emitted(metric: Metric, value: f64, body: Option<&str>) -> Emitted {
        Emitted {
            name: metric.name().into(),
            unit: metric.unit().into(),
            value,
            body: body.map(str::to_owned),
        }
    }

    #[test]
    fn a_metric_of_a_body_is_summed_over_the_bodies_and_told_of_each() {
        let metrics = EmbeddedMetrics::new("preprod", "recommendation-update");

        let line = metrics.line(&emitted(Metric::BodiesHeld, 1.0, Some("1-1RUZUSF")), 1_700_000_000_000);

        assert_eq!(
            line,
            json!({
                "Environment": "preprod", "Function": "recommendation-update", "Body": "1-1RUZUSF", "BodiesHeld": 1.0,
                "_aws": {"Timestamp": 1_700_000_000_000_i64, "CloudWatchMetrics": [{
                    "Namespace": "GmcSync",
                    "Dimensions": [["Environment"], ["Environment", "Body"]],
                    "Metrics": [{"Name": "BodiesHeld", "Unit": "Count"}],
                }]},
            })
        );
    }

    #[test]
    fn a_metric_of_a_batch_has_the_function_as_a_dimension() {
        let line = EmbeddedMetrics::new("prod", "gmc-fetch")
            .line(&emitted(Metric::BatchMilliseconds, 12.5, None), 0);

        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Environment", "Function"]]));
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Unit"], "Milliseconds");
    }
    #[test]
    fn a_metric_of_a_body_that_names_none_has_no_dimension_without_a_value() {
        let line = EmbeddedMetrics::new("prod", "recommendation-update")
            .line(&emitted(Metric::DoctorsLeft, 3.0, None), 0);

        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Environment"]]));
    }
}
