//! What the functions have told CloudWatch: the lines of the embedded format in their logs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::stack::Stack;

/// A metric's values so far, all of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Told {
    /// Summed up.
    pub sum: f64,
    /// The greatest.
    pub greatest: f64,
}

impl Stack {
    /// What was told since `lines` lines of each log, which [`Stack::log_lines`] counts; by the metric's name.
    pub fn metrics_since(&self, lines: &BTreeMap<String, usize>) -> BTreeMap<String, Told> {
        let mut told: BTreeMap<String, Told> = BTreeMap::new();
        for (file, log) in self.logs() {
            let before = lines.get(&file.display().to_string()).copied().unwrap_or(0);
            for line in log.lines().skip(before).filter(|line| line.contains("\"CloudWatchMetrics\"")) {
                let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
                for (name, value) in values(&line) {
                    let metric = told.entry(name).or_default();
                    metric.sum += value;
                    metric.greatest = metric.greatest.max(value);
                }
            }
        }
        told
    }

    /// How many lines each log has now.
    pub fn log_lines(&self) -> BTreeMap<String, usize> {
        let lines =
            |(file, log): (std::path::PathBuf, String)| (file.display().to_string(), log.lines().count());
        self.logs().into_iter().map(lines).collect()
    }
}

fn values(line: &Value) -> Vec<(String, f64)> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().map_or(&[][..], Vec::as_slice);
    let metrics = directives.iter().filter_map(|directive| directive["Metrics"].as_array()).flatten();
    metrics
        .filter_map(|metric| {
            let name = metric["Name"].as_str()?;
            Some((name.to_owned(), line[name].as_f64()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_holds_the_values_that_it_names_as_metrics() {
        let line = json!({
            "_aws": { "CloudWatchMetrics": [{ "Metrics": [{ "Name": "BodiesHeld", "Unit": "Count" }] }] },
            "BodiesHeld": 1.0,
            "Environment": "local",
            "Other": 7.0,
        });

        assert_eq!(values(&line), [("BodiesHeld".to_owned(), 1.0)]);
    }
}
