//! What invokes a function.

use aws_lambda_events::sqs::SqsEvent;
use domain::text::in_one_line;
use serde::Deserialize;
use serde_json::Value;

/// An event that more than one function can get.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Messages of a queue.
    Messages(SqsEvent),
    /// A rule of EventBridge fired.
    Scheduled(Scheduled),
    /// Something else; the function may know what.
    Other(Value),
}

/// What a scheduled rule of EventBridge sends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Scheduled {
    /// The same however often the event is delivered.
    pub id: String,
    /// The rule's ARN.
    #[serde(default)]
    pub resources: Vec<String>,
}

/// An event that the function does not know.
#[derive(Debug, thiserror::Error)]
#[error("an event that {function} does not know: {what}")]
pub struct UnknownEvent {
    function: &'static str,
    what: String,
}

impl Event {
    /// Tells what a payload is. Only the outermost names are looked at: it may hold doctors' names.
    pub fn of(function: &'static str, payload: Value) -> Result<Self, UnknownEvent> {
        let unreadable =
            |kind: &str| UnknownEvent { function, what: format!("it looks like {kind} and is not whole") };
        if payload.get("Records").is_some() {
            let event: SqsEvent =
                serde_json::from_value(payload).map_err(|_| unreadable("messages of SQS"))?;
            return Ok(Self::Messages(event));
        }
        if payload.get("detail-type").and_then(Value::as_str) == Some("Scheduled Event") {
            let event = serde_json::from_value(payload).map_err(|_| unreadable("an event of a rule"))?;
            return Ok(Self::Scheduled(event));
        }
        Ok(Self::Other(payload))
    }
}

impl UnknownEvent {
    /// For a function that no rule invokes.
    pub fn scheduled(function: &'static str) -> Self {
        Self { function, what: "it is a scheduled rule's".to_owned() }
    }

    /// Names the outermost fields of what was not understood.
    pub fn new(function: &'static str, payload: &Value) -> Self {
        let what = match payload {
            Value::Object(fields) if fields.is_empty() => "it is empty".to_owned(),
            Value::Object(fields) => {
                let names: Vec<String> =
                    fields.keys().take(8).map(|name| in_one_line(name).chars().take(40).collect()).collect();
                format!("its fields are {}", names.join(", "))
            }
            _ => "it is no object".to_owned(),
        };
        Self { function, what }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_rule_and_the_queue_are_told_apart() {
        let rule = json!({"id": "e-1", "detail-type": "Scheduled Event", "source": "aws.events", "resources": ["arn"]});
        let queue = json!({"Records": [{"messageId": "m-1", "body": "{}"}]});

        assert!(matches!(Event::of("f", rule).unwrap(), Event::Scheduled(event) if event.id == "e-1"));
        assert!(matches!(Event::of("f", queue).unwrap(), Event::Messages(event) if event.records.len() == 1));
    }

    #[test]
    fn what_is_not_known_is_told_by_its_names_alone() {
        let error = UnknownEvent::new("prepare-sync", &json!({"doctor": "Niamh", "x": 1}));

        assert_eq!(error.to_string(), "an event that prepare-sync does not know: its fields are doctor, x");
        let odd = UnknownEvent::new("prepare-sync", &json!({"a\nb\u{202e}": 1, "c".repeat(500): 2}));
        assert!(
            odd.to_string().ends_with(&format!("its fields are a\u{FFFD}b\u{FFFD}, {}", "c".repeat(40))),
            "{odd}"
        );
        assert!(Event::of("f", json!({"detail-type": "Scheduled Event"})).is_err());
    }
}
