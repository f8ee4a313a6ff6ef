//! The GMC, as gmc-fetch sees it.

use std::time::Duration;

use async_trait::async_trait;
use domain::{BodyCode, GmcRecord};
use uuid::Uuid;

/// Asks the GMC for the doctors of a designated body.
#[async_trait]
pub trait Gmc: Send + Sync {
    /// One `GetDoctorsForDB` call, without retries. `records` is given each doctor as it is read; what it was given
    /// counts only when the answer was complete and its return code was 0, that is: when this returns `Ok`.
    ///
    /// `request_id` is sent as `ClientRequestID`: unique per call. A call that takes longer than `within` has failed.
    async fn doctors(
        &self,
        body: &BodyCode,
        request_id: Uuid,
        within: Duration,
        records: &mut dyn RecordSink,
    ) -> Result<AnswerEnd, GmcFailure>;
}

/// Takes the doctors of an answer one by one, as they arrive.
pub trait RecordSink: Send {
    /// One `GetDoctorsForDBResponse_Doctor`, in the answer's order. An element that is nil gives a record without fields.
    fn record(&mut self, record: &GmcRecord<'_>);
}

impl<F: FnMut(&GmcRecord<'_>) + Send> RecordSink for F {
    fn record(&mut self, record: &GmcRecord<'_>) {
        self(record);
    }
}

/// What stands at the end of a complete answer with return code 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerEnd {
    /// The GMC's own id of the request, for talking to them about it.
    pub gmc_request_id: Option<String>,
}

/// Why there is no answer to go by (docs/domain.md §4).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GmcFailure {
    /// Which class of failure it is; it says whether asking again can help.
    pub kind: FailureKind,
    /// For the operator: what happened, in a sentence, without credentials or doctors' names.
    pub message: String,
    /// The return code, where the answer had one.
    pub return_code: Option<String>,
    /// The GMC's own id of the request, where the answer had one.
    pub gmc_request_id: Option<String>,
    /// How long the service asked to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// The classes of failure that docs/domain.md §4 tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No SOAP answer at all, or not a whole one: timeout, reset, HTTP 403/429/5xx, HTML, a fault, broken XML.
    Transport,
    /// Return code 98.
    Internal,
    /// Return codes 80, 81, 99, 110: asking again cannot help.
    Refused,
    /// Any other return code, or none.
    UnknownCode,
    /// An answer that must not be read: a DTD, absurd depth, or more bytes than are allowed.
    Unacceptable,
}

impl FailureKind {
    /// Whether the same question may be answered later.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Transport | Self::Internal)
    }
}
