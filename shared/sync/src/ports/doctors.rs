//! The database `revalidation`, as far as other services share it with the sync (docs/domain.md §5).

use async_trait::async_trait;
use domain::status::Recommendation;
use domain::{BodyCode, DoctorWrite, GmcNumber, Hiding, Moment, StoredDoctor};
use serde::{Deserialize, Serialize};

use super::PortResult;

/// `doctorsForDB`, `recommendation` and `connectionLogs`. Everything is read from the primary.
#[async_trait]
pub trait Doctors: Send + Sync {
    /// Who is visible in `body`: everyone whose stored code is exactly the plain one, in any order. A document whose
    /// `_id` is no GMC number is not among them: the GMC cannot name it, so the sync leaves it as it is.
    async fn visible_in(&self, body: &BodyCode) -> PortResult<Vec<GmcNumber>>;

    /// Everyone whose stored code has the hiding prefix, in any order.
    async fn hidden(&self) -> PortResult<Vec<GmcNumber>>;

    /// How many doctors are stored under each code, as it stands there, prefix and all; absent and empty codes are
    /// left out.
    async fn count_by_code(&self) -> PortResult<Vec<(String, u64)>>;

    /// Hides those of `numbers` whom [`Hiding::code_for`] hides, by a statement whose filter says the same, since it may
    /// land long after it was sent. Returns how many.
    async fn hide(&self, hiding: &Hiding, numbers: &[GmcNumber]) -> PortResult<u64>;

    /// The documents of `numbers`, in any order; who has none is missing.
    async fn read(&self, numbers: &[GmcNumber]) -> PortResult<Vec<StoredDoctor>>;

    /// Carries out each write whose document is still as seen; the others miss, which only a new reading shows.
    /// What is returned are the documents that the database refused, with its reason. A document that somebody else
    /// inserted first (a duplicate key) is a miss and not refused.
    async fn write(&self, writes: &[DoctorWrite]) -> PortResult<Vec<Refused>>;

    /// The latest recommendation of each of `numbers` that has one: the greatest actualSubmissionDate, and one without
    /// a date only where no other is there.
    async fn latest_recommendations(
        &self,
        numbers: &[GmcNumber],
    ) -> PortResult<Vec<(GmcNumber, Recommendation)>>;

    /// Adds entries to the audit of connections; one whose id is there already is left as it is.
    async fn log_connections(&self, entries: &[ConnectionLog]) -> PortResult<()>;

    /// The audit of one doctor's connections, oldest first.
    async fn connection_logs(&self, number: GmcNumber) -> PortResult<Vec<ConnectionLog>>;
}

/// A document that the database refused to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whose.
    pub number: GmcNumber,
    /// Its reason, without what stands in the document: that may be a doctor's name.
    pub reason: String,
}

/// One entry of `connectionLogs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionLog {
    /// A UUID; the sync's are made of the run and the number, so that the same change is logged once.
    #[serde(rename = "_id")]
    pub id: String,
    /// Whose connection.
    pub gmc_id: GmcNumber,
    /// The body since, plain; absent when the doctor has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_designated_body_code: Option<String>,
    /// The body before, plain; absent for a new doctor, or one who had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_designated_body_code: Option<String>,
    /// Who changed it.
    pub updated_by: String,
    /// When the GMC was asked for the answer that says so.
    pub request_time: Moment,
}
