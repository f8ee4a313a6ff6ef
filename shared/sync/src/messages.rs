//! The messages between the stages, as JSON (docs/domain.md §7).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{BodyCode, GmcNumber, GmcRecord, Moment, Rejection, RunNumber};
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use uuid::Uuid;

use crate::open::OpenRequest;
use crate::ports::queue::Outgoing;

/// On the prepare-sync queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ToPrepareSync {
    /// Roll, hide, and ask for each body.
    Prepare {
        /// Which run.
        run: RunNumber,
    },
    /// A run of the rule that found another one going on: to be opened when that has ended.
    Open {
        /// What was to be opened.
        request: OpenRequest,
        /// When it was given up trying.
        until: Moment,
    },
}

/// On the gmc-fetch queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ToGmcFetch {
    /// Ask the GMC for the doctors of a body.
    #[serde(rename_all = "camelCase")]
    FetchBody {
        /// For which run.
        run: RunNumber,
        /// Of which body.
        code: BodyCode,
        /// From here on a failure is final.
        give_up: Moment,
        /// From here on the answer is of no use to the run.
        deadline: Moment,
        /// Whether the index is to hear nothing of it.
        is_dry: bool,
    },
}

/// On the recommendation-update queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ToRecommendationUpdate<'a> {
    /// Doctors of an answer.
    #[serde(borrow)]
    Chunk(ChunkMessage<'a>),
    /// There is no answer for a body, and will be none in this run.
    #[serde(rename_all = "camelCase")]
    BodyFailed {
        /// Of which run.
        run: RunNumber,
        /// Which body.
        code: BodyCode,
        /// For the operator.
        reason: String,
        /// The GMC's return code, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        return_code: Option<String>,
        /// The GMC's own id of the request, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gmc_request_id: Option<String>,
    },
    /// Every body is answered or failed: decide, and make the documents so.
    Sweep {
        /// Which run.
        run: RunNumber,
    },
    /// A look has been carried out.
    Looked {
        /// For which run.
        run: RunNumber,
        /// Of which sending.
        look: Uuid,
        /// Which of it.
        position: u32,
    },
}

/// On the connection-index queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ToConnectionIndex<'a> {
    /// Doctors of an answer: the same message as to recommendation-update.
    #[serde(borrow)]
    Chunk(ChunkMessage<'a>),
    /// Bring these doctors' index documents in line with the database.
    Look {
        /// For which run.
        run: RunNumber,
        /// Of which sending; absent where nobody waits for an acknowledgement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        look: Option<Uuid>,
        /// Which of it.
        position: u32,
        /// Whom to look at.
        numbers: Vec<GmcNumber>,
    },
}

/// A part of one answer, as its readers see it.
pub type ChunkMessage<'a> = Chunk<GmcRecord<'a>>;

/// A part of one answer. `D` is a doctor: the readers get a record, and gmc-fetch sends JSON that it has already written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chunk<D> {
    /// For which run.
    pub run: RunNumber,
    /// Which body was asked.
    pub code: BodyCode,
    /// The fetch that this is a part of.
    pub fetch: Uuid,
    /// When the GMC was asked: the version of what it says.
    pub asked_at: Moment,
    /// Which part, from 0.
    pub position: u32,
    /// Of how many.
    pub of: u32,
    /// The GMC's own id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gmc_request_id: Option<String>,
    /// How many records of the whole answer could not be used, by reason; with the first part only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rejected: BTreeMap<Rejection, u64>,
    /// Each with a usable GMC number that no other part of the answer has.
    pub doctors: Vec<D>,
}

/// A message that cannot be read. Only where and how is known: what stands there may be a doctor's name, and nothing of
/// it is kept for whoever shows an error with all that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message that cannot be read: {kind:?} error at line {line}, column {column}")]
pub struct Unreadable {
    kind: Category,
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self { kind: error.classify(), line: error.line(), column: error.column() }
    }
}

/// Reads a message.
#[expect(clippy::disallowed_methods, reason = "`Unreadable` keeps only the place of the error")]
pub fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Unreadable> {
    Ok(serde_json::from_str(body)?)
}

/// A message to be sent at once.
pub fn outgoing<T: Serialize>(message: &T) -> Result<Outgoing, Unreadable> {
    Ok(Outgoing { body: Arc::from(serde_json::to_string(message)?), delay: Duration::ZERO, is_bulk: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_the_same_message_to_both_queues() {
        let chunk = ChunkMessage {
            run: RunNumber(7),
            code: BodyCode::parse("1-X").unwrap(),
            fetch: Uuid::nil(),
            asked_at: Moment(1_000),
            position: 0,
            of: 1,
            gmc_request_id: None,
            rejected: BTreeMap::new(),
            doctors: vec![GmcRecord {
                gmc_reference_number: Some("7000001".into()),
                doctor_last_name: Some("O'Neill \"the\" \\ Smith".into()),
                ..GmcRecord::default()
            }],
        };
        let to_database = serde_json::to_string(&ToRecommendationUpdate::Chunk(chunk.clone())).unwrap();
        let to_index = serde_json::to_string(&ToConnectionIndex::Chunk(chunk.clone())).unwrap();

        assert_eq!(to_database, to_index);
        assert_eq!(read::<ToConnectionIndex<'_>>(&to_index).unwrap(), ToConnectionIndex::Chunk(chunk));
    }

    #[test]
    fn an_error_holds_nothing_of_the_message() {
        for message in ["{\"Niamh\":1}", "{\"sweep\":{\"run\":\"Niamh\"}}", "{\"sweep\":{\"Niamh\":1}}"] {
            let error = read::<ToRecommendationUpdate<'_>>(message).unwrap_err();

            assert!(!format!("{error} {error:?}").contains("Niamh"), "{error:?}");
            assert!(std::error::Error::source(&error).is_none());
        }
    }

    #[test]
    fn a_message_of_a_foreign_shape_is_refused() {
        for foreign in [
            "",
            "{}",
            "[]",
            "{\"drop\":{}}",
            "{\"sweep\":{}}",
            "{\"sweep\":{\"run\":\"7\"}}",
            "{\"sweep\":{\"run\":7,\"x\":1}}",
        ] {
            assert!(read::<ToRecommendationUpdate<'_>>(foreign).is_err(), "{foreign}");
        }
    }
}
