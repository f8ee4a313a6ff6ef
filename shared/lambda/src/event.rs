//! What invokes a function.

pub use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::text::shortened;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a scheduled rule of EventBridge sends. The type of `aws_lambda_events` would bring chrono, a second date library,
/// for a time that no function reads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Scheduled {
    /// The same however often EventBridge delivers the event.
    pub id: String,
    #[serde(rename = "detail-type")]
    kind: ScheduledKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum ScheduledKind {
    #[serde(rename = "Scheduled Event")]
    ScheduledEvent,
}

/// An event that the function does not know.
#[derive(Debug, thiserror::Error)]
#[error("an event that {function} does not know: {what}")]
pub struct UnknownEvent {
    function: &'static str,
    what: String,
}

/// Reads a payload as one of the events that a function takes.
pub fn read<E: DeserializeOwned>(function: &'static str, payload: &Value) -> Result<E, UnknownEvent> {
    E::deserialize(payload).map_err(|_| UnknownEvent::new(function, payload))
}

impl UnknownEvent {
    /// Names the outermost fields and nothing below them: a doctor's name may stand there.
    pub fn new(function: &'static str, payload: &Value) -> Self {
        let what = match payload {
            Value::Object(fields) if fields.is_empty() => "it is empty".to_owned(),
            Value::Object(fields) => {
                let names: Vec<String> = fields.keys().take(8).map(|name| shortened(name, 40)).collect();
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
    fn an_event_of_a_rule_is_known_by_its_detail_type() {
        let rule = json!({"id": "e-1", "detail-type": "Scheduled Event", "source": "aws.events", "resources": ["arn"]});
        let change = json!({"id": "e-2", "detail-type": "Parameter Store Change"});

        assert_eq!(read::<Scheduled>("f", &rule).unwrap().id, "e-1");
        assert_eq!(
            read::<Scheduled>("f", &change).unwrap_err().to_string(),
            "an event that f does not know: its fields are detail-type, id"
        );
    }

    #[test]
    fn what_is_not_known_is_told_by_its_names_alone() {
        let told = |payload| read::<SqsEvent>("prepare-sync", &payload).unwrap_err().to_string();

        assert_eq!(
            told(json!({"doctor": "Niamh", "Records": "Niamh"})),
            "an event that prepare-sync does not know: its fields are Records, doctor"
        );
        let odd = told(json!({"a\nb\u{202e}": 1, "c".repeat(500): 2}));
        assert!(odd.ends_with(&format!("its fields are a\u{FFFD}b\u{FFFD}, {}…", "c".repeat(40))), "{odd}");
        assert!(
            told(json!({})).ends_with("it is empty") && told(json!("Niamh")).ends_with("it is no object")
        );
    }
}
