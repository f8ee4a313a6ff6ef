//! What of OpenSearch's reasons may be told.
//!
//! A reason quotes values ("Preview of field's value: '…'"), whole documents even when a shard is not available. So an
//! exception is told by its type, which is a class name, and by the fields of ours that its reason names; the text itself
//! only of types whose reasons speak of the cluster and never of a document.

use domain::index::Field;
use domain::text::shortened;
use serde::Deserialize;

/// Exceptions whose reasons hold nothing of a document.
const TOLD_WHOLE: [&str; 6] = [
    "circuit_breaking_exception",
    "cluster_block_exception",
    "illegal_index_shard_state_exception",
    "index_closed_exception",
    "master_not_discovered_exception",
    "security_exception",
];

/// How much of a reason is told; one of several kilobytes says no more.
const MOST_TOLD: usize = 200;

/// Why OpenSearch did not do something: an exception.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
pub(crate) struct Exception {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    caused_by: Option<Box<Exception>>,
}

impl Exception {
    /// Whether what it is about is an index that does not exist.
    pub(crate) fn is_missing_index(&self) -> bool {
        self.kind == "index_not_found_exception"
    }

    /// Whether it is about what was asked, which is no better the next time.
    pub(crate) fn is_illegal(&self) -> bool {
        self.kind == "illegal_argument_exception"
    }

    /// Whether it is about an index, or an alias of that name, that exists.
    pub(crate) fn is_existing_index(&self) -> bool {
        let reason = self.reason.as_deref().unwrap_or_default();
        self.kind == "resource_already_exists_exception"
            || self.kind == "invalid_index_name_exception" && reason.contains("already exists as alias")
    }

    /// What may be told of it.
    pub(crate) fn told(&self) -> String {
        let mut told = class(&self.kind);
        if TOLD_WHOLE.contains(&self.kind.as_str())
            && let Some(reason) = &self.reason
        {
            told.push_str(": ");
            told.push_str(&shortened(reason, MOST_TOLD));
        }
        let causes: Vec<&Self> = std::iter::successors(Some(self), |it| it.caused_by.as_deref()).collect();
        if let [_, .., innermost] = causes.as_slice() {
            told.push_str(", caused by ");
            told.push_str(&class(&innermost.kind));
        }
        let fields: Vec<&str> = Field::ALL
            .iter()
            .map(|field| field.as_str())
            .filter(|field| {
                causes.iter().any(|cause| names(cause.reason.as_deref().unwrap_or_default(), field))
            })
            .collect();
        if !fields.is_empty() {
            told.push_str(", at ");
            told.push_str(&fields.join(", "));
        }
        told
    }
}

/// The body of an answer that is no success: OpenSearch's own, or what stands in front of a managed domain sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Refusal {
    pub(crate) error: Option<Exception>,
    #[serde(alias = "Message")]
    message: Option<String>,
}

impl Refusal {
    /// Of an answer's body; empty when that is no JSON of the kind.
    pub(crate) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// What may be told of it. AWS's message says who was not authorised to do what, and is told only when that is
    /// what it was about.
    pub(crate) fn told(&self, status: u16) -> Option<String> {
        let message = self.message.as_deref().filter(|_| matches!(status, 401 | 403));
        self.error
            .as_ref()
            .map(Exception::told)
            .or_else(|| message.map(|message| shortened(message, MOST_TOLD)))
    }
}

/// A type as it is, if it is a class name.
fn class(kind: &str) -> String {
    let is_class = !kind.is_empty()
        && kind.len() <= 80
        && kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_class { kind.to_owned() } else { "an unnamed exception".to_owned() }
}

/// Whether a reason names a field, as `[field]` or `"field"`.
fn names(reason: &str, field: &str) -> bool {
    reason.match_indices(field).any(|(at, _)| {
        let before = reason[..at].chars().next_back();
        let after = reason[at + field.len()..].chars().next();
        matches!((before, after), (Some('['), Some(']' | '.')) | (Some('"'), Some('"' | '.')))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(error: serde_json::Value) -> String {
        serde_json::from_value::<Exception>(error).unwrap().told()
    }

    #[test]
    fn a_field_is_told_and_not_its_value() {
        let told = told(json!({
            "type": "mapper_parsing_exception",
            "reason": "failed to parse field [submissionDate] of type [date] in document with id '7000001'. \
                       Preview of field's value: 'O'Neill'",
            "caused_by": {
                "type": "illegal_argument_exception",
                "reason": "failed to parse date field [O'Neill] with format [uuuu-MM-dd]",
                "caused_by": {"type": "date_time_parse_exception", "reason": "Text 'O'Neill' could not be parsed"},
            },
        }));
        assert_eq!(told, "mapper_parsing_exception, caused by date_time_parse_exception, at submissionDate");
    }

    #[test]
    fn a_reason_that_quotes_the_document_is_not_told() {
        let reason = "[x][0] primary shard is not active Timeout: [1m], request: [BulkShardRequest [[x][0]] containing \
                      [index {[x][1], source[{\"doctorLastName\":\"O'Neill\"}]}]]";
        let told = told(json!({"type": "unavailable_shards_exception", "reason": reason}));
        assert_eq!(told, "unavailable_shards_exception, at doctorLastName");
    }

    #[test]
    fn a_reason_that_speaks_of_the_cluster_is_told() {
        let reason = "index [masterdoctorindex] blocked by: [FORBIDDEN/8/index write (api)];";
        let whole = told(json!({"type": "cluster_block_exception", "reason": reason}));
        assert_eq!(whole, format!("cluster_block_exception: {reason}"));

        let long = told(json!({"type": "security_exception", "reason": "é".repeat(300)}));
        assert_eq!(long, format!("security_exception: {}…", "é".repeat(200)));
    }

    #[test]
    fn a_field_inside_another_word_is_not_named() {
        assert!(names("field [admin] of type", "admin"));
        assert!(names("field=\"admin\" (whose", "admin"));
        assert!(names("field [admin.keyword]", "admin"));
        assert!(!names("[superadmin] administers admin", "admin"));
    }

    #[test]
    fn what_is_no_class_name_is_not_told() {
        assert_eq!(told(json!({"type": "O'Neill"})), "an unnamed exception");
        assert_eq!(told(json!({})), "an unnamed exception");
    }

    #[test]
    fn the_message_of_a_gateway_is_told_only_of_refused_access() {
        let body = br#"{"Message": "User: anonymous is not authorized to perform: es:ESHttpPost"}"#;
        let refusal = Refusal::read(body);
        assert!(refusal.told(403).unwrap().contains("es:ESHttpPost"));
        assert_eq!(refusal.told(400), None);
        assert_eq!(Refusal::read(b"<html>busy</html>").told(502), None);
    }
}
