//! What `gmc-sync setup` does for MongoDB: the lock and the missing indexes. What is there is never changed.

use std::fmt;

use domain::RunNumber;
use mongodb::bson::{Document, doc};
use sync::ledger::Lock;
use sync::ports::{Ledger as _, PortResult};

use crate::collections::LOCK;
use crate::failure::{failure, port_error};
use crate::indexes::{INDEXES, Index};
use crate::ledger::{LOCK_ID, lock_document};
use crate::store::{MongoStore, unreadable};

/// `listIndexes` on a collection that is not there.
const NAMESPACE_NOT_FOUND: i32 = 26;

/// What setup found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupReport {
    /// One by one, in the order in which it looked.
    pub items: Vec<SetupItem>,
}

/// One thing that the sync needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupItem {
    /// Such as `index on gmcSyncRuns.key, unique`.
    pub what: String,
    /// What became of it.
    pub finding: Finding,
}

/// What became of one thing that the sync needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It was not there, and is now.
    Made,
    /// It was there as it should be.
    Present,
    /// Something else is in its place, which was left as it is; in what it differs.
    Differs(String),
}

impl SetupReport {
    /// Whether something is there that is not as it should be.
    pub fn differs(&self) -> bool {
        self.items.iter().any(|item| matches!(item.finding, Finding::Differs(_)))
    }

    /// Whether something was made.
    pub fn made_something(&self) -> bool {
        self.items.iter().any(|item| item.finding == Finding::Made)
    }
}

impl fmt::Display for SetupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, item) in self.items.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            match &item.finding {
                Finding::Made => write!(f, "made     {}", item.what)?,
                Finding::Present => write!(f, "present  {}", item.what)?,
                Finding::Differs(how) => write!(f, "differs  {}: {how}", item.what)?,
            }
        }
        Ok(())
    }
}

impl MongoStore {
    /// Makes the indexes that are missing, and the lock. The lock comes last, since nothing runs without it: whoever finds
    /// it can rely on the indexes.
    pub async fn setup(&self) -> PortResult<SetupReport> {
        let mut report = SetupReport::default();
        for index in &INDEXES {
            let finding = self.set_up_index(index).await?;
            report.items.push(SetupItem { what: index.described(), finding });
        }
        let finding = self.set_up_lock().await?;
        report.items.push(SetupItem { what: format!("lock in {LOCK}"), finding });
        Ok(report)
    }

    async fn set_up_index(&self, index: &Index) -> PortResult<Finding> {
        let found = self.indexes_of(index.collection).await?;
        let on_same_field: Vec<&Document> =
            found.iter().filter(|found| index.is_on_same_field(found)).collect();
        if on_same_field.iter().any(|found| index.differences(found).is_empty()) {
            return Ok(Finding::Present);
        }
        if let Some(other) = on_same_field.first() {
            let name = other.get_str("name").unwrap_or_default();
            let how = index.differences(other).join("; ");
            return Ok(Finding::Differs(format!("{name}: {how}; drop it and run setup again")));
        }
        let name = index.name();
        if found.iter().any(|found| found.get_str("name").is_ok_and(|other| other == name)) {
            return Ok(Finding::Differs(format!(
                "{name} is on other fields; drop or rename it and run setup again"
            )));
        }
        let command = doc! {"createIndexes": index.collection, "indexes": [index.specification()]};
        let what = format!("make the {}", index.described());
        self.timed(&what, async { self.database.run_command(command).await }).await?;
        Ok(Finding::Made)
    }

    async fn indexes_of(&self, collection: &str) -> PortResult<Vec<Document>> {
        let what = format!("read the indexes of {collection}");
        let command = doc! {"listIndexes": collection};
        let cursor = self.timed_raw(&what, async { self.database.run_cursor_command(command).await }).await?;
        let cursor = match cursor {
            Ok(cursor) => cursor,
            Err(error) if crate::failure::write_error_code(&error) == Some(NAMESPACE_NOT_FOUND) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(port_error(&what, &error)),
        };
        let indexes = self.drain(&what, cursor, |index| Some(Document::try_from(index))).await?;
        let readable = |index: Result<Document, _>| index.map_err(|error| unreadable(&what, error));
        indexes.into_iter().map(readable).collect()
    }

    /// A lock that somebody has taken away is made again for the run after the latest: numbers only ever grow.
    async fn set_up_lock(&self) -> PortResult<Finding> {
        let what = "make the lock";
        let locks = self.collection(LOCK);
        let found = self.timed(what, async { locks.find_one(doc! {"_id": LOCK_ID}).await }).await?;
        if found.is_some() {
            // one that cannot be read is told now and not in the night
            return Ok(match self.lock().await {
                Ok(_) => Finding::Present,
                Err(error) if error.is_transient => return Err(error),
                Err(error) => Finding::Differs(error.message),
            });
        }
        let latest = self.latest_runs(1).await?.first().map_or(RunNumber(0), |run| run.number);
        let lock = lock_document(&Lock { number: latest, ..Lock::default() })?;
        // of two who set up at once, the second finds it there
        let statement = doc! {"q": {"_id": LOCK_ID}, "u": {"$setOnInsert": without_id(lock)}, "upsert": true};
        let made = self.update(what, LOCK, vec![statement]).await?;
        match made.refused.first() {
            None => Ok(Finding::Made),
            Some((_, reason)) => Err(failure(what, reason, false)),
        }
    }
}

fn without_id(mut document: Document) -> Document {
    document.remove("_id");
    document
}
