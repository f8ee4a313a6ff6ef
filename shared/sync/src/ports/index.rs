//! The four search indexes (docs/domain.md §6).

use async_trait::async_trait;
use domain::GmcNumber;
use domain::index::{Changes, IndexDoc, IndexName};

use super::PortResult;

/// Reads and writes index documents.
#[async_trait]
pub trait Index: Send + Sync {
    /// Every document in `index` of every one of `numbers`, whatever its id, in any order. What was written before is
    /// seen, at the latest when the index refreshes; a document whose id is the GMC number is seen at once.
    async fn read(&self, index: IndexName, numbers: &[GmcNumber]) -> PortResult<Vec<Indexed>>;

    /// Carries out each write on its own; the outcomes are in the order of the writes.
    async fn write(&self, writes: Vec<IndexWrite>) -> PortResult<Vec<WriteOutcome>>;
}

/// A document as it stands in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// The document's id: the GMC number for those of ours, generated for older ones.
    pub id: String,
    /// Whose it is.
    pub number: GmcNumber,
    /// Which of its versions was read.
    pub version: Version,
    /// What stands there.
    pub doc: IndexDoc,
}

/// A version of a document: OpenSearch's sequence number and primary term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// `_seq_no`.
    pub seq_no: i64,
    /// `_primary_term`.
    pub primary_term: i64,
}

/// One write to one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexWrite {
    /// Where.
    pub index: IndexName,
    /// The document's id.
    pub id: String,
    /// Whose document it is.
    pub number: GmcNumber,
    /// What.
    pub action: Action,
}

/// What a write does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Makes a document; a conflict if there is one with this id.
    Create(IndexDoc),
    /// Changes fields and keeps all others; a conflict if the document is not of this version any more.
    Update(Version, Changes),
    /// Takes a document away; a conflict if it is not of this version any more.
    Delete(Version),
}

/// What became of one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// Carried out.
    Done,
    /// Someone else wrote the document in between: to be read again.
    Conflict,
    /// Not now: to be tried again after a while, with the reason.
    Busy(String),
    /// Not at all, with the reason, but without what stands in the document: that may be a doctor's name.
    Refused(String),
}
