//! The four indexes of one OpenSearch.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::GmcNumber;
use domain::index::IndexName;
use sync::ports::PortResult;
use sync::ports::index::{Index, IndexWrite, Indexed, WriteOutcome};

use crate::client::Client;
use crate::settings::{OpenSearchError, OpenSearchSettings};

/// How long an index that was there is taken to be there still.
const SEEN_FOR: Duration = Duration::from_secs(5);

/// The four indexes of one OpenSearch. Clones share its connections.
#[derive(Clone, Debug)]
pub struct OpenSearchIndex {
    pub(crate) client: Client,
    prefix: Arc<str>,
    /// When each index was last found to be there, in the order of `IndexName::ALL`.
    seen: Arc<Mutex<[Option<Instant>; 4]>>,
}

impl OpenSearchIndex {
    /// The indexes; nothing is sent yet.
    pub fn new(settings: &OpenSearchSettings) -> Result<Self, OpenSearchError> {
        Ok(Self {
            client: Client::new(settings)?,
            prefix: settings.index_prefix.as_str().into(),
            seen: Arc::default(),
        })
    }

    /// An index's name there.
    pub(crate) fn name_of(&self, index: IndexName) -> String {
        format!("{}{index}", self.prefix)
    }

    /// An index has answered.
    pub(crate) fn saw(&self, index: IndexName) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)[place(index)] = Some(Instant::now());
    }

    /// Whether an index has answered a moment ago.
    pub(crate) fn has_seen(&self, index: IndexName) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner)[place(index)];
        seen.is_some_and(|at| at.elapsed() < SEEN_FOR)
    }
}

#[async_trait]
impl Index for OpenSearchIndex {
    async fn read(&self, index: IndexName, numbers: &[GmcNumber]) -> PortResult<Vec<Indexed>> {
        self.look_up(index, numbers).await
    }

    async fn write(&self, writes: Vec<IndexWrite>) -> PortResult<Vec<WriteOutcome>> {
        self.carry_out(&writes).await
    }
}

fn place(index: IndexName) -> usize {
    match index {
        IndexName::Master => 0,
        IndexName::Connected => 1,
        IndexName::Disconnected => 2,
        IndexName::Exception => 3,
    }
}
