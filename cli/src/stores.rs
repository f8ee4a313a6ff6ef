//! Where the data is: one file, or (with the feature `live`) MongoDB and OpenSearch.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::GmcNumber;
use domain::index::IndexName;
use embedded::Store;
use serde_json::Value;
use sync::ports::{Doctors, Index, Ledger};

use crate::error::Error;
#[cfg(feature = "live")]
use crate::live::Live;

/// The database, the ledger and the indexes.
#[derive(Clone)]
pub(crate) struct Stores {
    /// The documents that other services share.
    pub(crate) doctors: Arc<dyn Doctors>,
    /// Our own.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// The search indexes.
    pub(crate) index: Arc<dyn Index>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// In a data directory that this process has for itself.
    File(Store),
    /// Shared with other services, and with whoever else runs nights.
    #[cfg(feature = "live")]
    Live(Box<Live>),
}

impl Stores {
    /// One file.
    pub(crate) fn file(store: Store) -> Self {
        Self {
            doctors: Arc::new(store.clone()),
            ledger: Arc::new(store.clone()),
            index: Arc::new(store.clone()),
            kind: Kind::File(store),
        }
    }

    /// MongoDB and OpenSearch.
    #[cfg(feature = "live")]
    pub(crate) fn live(live: Box<Live>) -> Self {
        Self {
            doctors: Arc::new(live.store.clone()),
            ledger: Arc::new(live.store.clone()),
            index: Arc::new(live.index.clone()),
            kind: Kind::Live(live),
        }
    }

    /// Whether somebody else may be at work on the same data.
    pub(crate) fn is_shared(&self) -> bool {
        match &self.kind {
            Kind::File(_) => false,
            #[cfg(feature = "live")]
            Kind::Live(_) => true,
        }
    }

    /// Who settles a run that this process gives up, as a sentence goes on.
    pub(crate) fn settled_by(&self) -> &'static str {
        if self.is_shared() {
            "once it is past its deadline, the functions' watchdog or the next gmc-sync night settles the run"
        } else {
            "the next command on this data directory settles the run"
        }
    }

    /// How often the ledger may be asked how far a night is.
    pub(crate) fn poll(&self) -> Duration {
        Duration::from_millis(if self.is_shared() { 250 } else { 25 })
    }

    /// Where the data is, for people.
    pub(crate) fn shown(&self) -> String {
        match &self.kind {
            Kind::File(store) => store.path().display().to_string(),
            #[cfg(feature = "live")]
            Kind::Live(live) => live.shown.clone(),
        }
    }

    /// The same in the middle of a sentence; `dir` is the data directory.
    pub(crate) fn named(&self, dir: &Path) -> String {
        match &self.kind {
            Kind::File(_) => format!("data directory {}", dir.display()),
            #[cfg(feature = "live")]
            Kind::Live(live) => live.shown.clone(),
        }
    }

    /// Where it is noted which simulated GMC these data have seen. Live data have a directory of their own for that, or a
    /// data directory's nights would be taken for theirs.
    pub(crate) fn simulator_dir(&self, dir: &Path) -> PathBuf {
        match &self.kind {
            Kind::File(_) => dir.to_owned(),
            #[cfg(feature = "live")]
            Kind::Live(live) => dir.join(format!("live-{}", live.key)),
        }
    }

    /// The whole document of a doctor, other services' fields as well.
    pub(crate) async fn document(&self, number: GmcNumber) -> Result<Option<Value>, Error> {
        Ok(match &self.kind {
            Kind::File(store) => store.document(number).await?,
            #[cfg(feature = "live")]
            Kind::Live(live) => live.store.document(number).await?,
        })
    }

    /// A doctor's documents in an index, each with its id: whole in a file, and of live ones the fields that the sync
    /// knows.
    pub(crate) async fn index_documents(
        &self,
        index: IndexName,
        number: GmcNumber,
    ) -> Result<Vec<(String, Value)>, Error> {
        match &self.kind {
            Kind::File(store) => Ok(store.index_documents(index, number).await?),
            #[cfg(feature = "live")]
            Kind::Live(_) => {
                let found = self.index.read(index, &[number]).await?;
                found.into_iter().map(|found| Ok((found.id, serde_json::to_value(found.doc)?))).collect()
            }
        }
    }
}
