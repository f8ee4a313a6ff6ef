//! The port of the ledger. Lists of numbers are in `ledger/lists.rs`.
//!
//! What two callers may change is replaced by a write whose filter repeats the version that was read.

mod lists;
mod shape;

use async_trait::async_trait;
use domain::{BodyCode, GmcNumber, Moment, RunNumber};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use serde::de::DeserializeOwned;
use sync::ledger::{Body, Chunk, ChunkId, Lock, Run};
use sync::ports::PortResult;
use sync::ports::ledger::Ledger;
use uuid::Uuid;

pub(crate) use self::shape::{LOCK_ID, lock_document};
use self::shape::{body_document, body_id, from_stored, of_run, run_document};
use crate::collections::{BODIES, LOCK, RUNS};
use crate::failure::{failure, is_duplicate_key, port_error, write_error_code};
use crate::store::{MongoStore, unreadable};

#[async_trait]
impl Ledger for MongoStore {
    async fn lock(&self) -> PortResult<Lock> {
        let what = "read the lock";
        let found = self.one(what, LOCK, doc! {"_id": LOCK_ID}).await?;
        found.ok_or_else(|| failure(what, "there is none; run `gmc-sync setup`", false))
    }

    async fn swap_lock(&self, lock: &Lock) -> PortResult<bool> {
        let next = Lock { version: lock.version + 1, ..lock.clone() };
        self.swap("change the lock", LOCK, lock.version, lock_document(&next)).await
    }

    async fn add_run(&self, run: &Run) -> PortResult<bool> {
        self.add("add a run", RUNS, run_document(run)).await
    }

    async fn run(&self, number: RunNumber) -> PortResult<Option<Run>> {
        self.one("read a run", RUNS, doc! {"_id": number.0}).await
    }

    async fn run_by_key(&self, key: &str) -> PortResult<Option<Run>> {
        self.one("read a run by its key", RUNS, doc! {"key": key}).await
    }

    async fn latest_runs(&self, most: usize) -> PortResult<Vec<Run>> {
        if most == 0 {
            // for the server, no limit
            return Ok(Vec::new());
        }
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let options = FindOptions::builder().sort(doc! {"_id": -1}).limit(most).build();
        self.all("read the latest runs", RUNS, doc! {}, options).await
    }

    async fn open_runs(&self) -> PortResult<Vec<Run>> {
        let options = FindOptions::builder().sort(doc! {"_id": 1}).build();
        self.all("read the open runs", RUNS, doc! {"isOpen": true}, options).await
    }

    async fn swap_run(&self, run: &Run) -> PortResult<bool> {
        let next = Run { version: run.version + 1, ..run.clone() };
        self.swap("change a run", RUNS, run.version, run_document(&next)).await
    }

    async fn add_body(&self, body: &Body) -> PortResult<bool> {
        self.add("add a body of a run", BODIES, body_document(body)).await
    }

    async fn bodies(&self, run: RunNumber) -> PortResult<Vec<Body>> {
        // within a run, the ids are in the order of the codes
        let options = FindOptions::builder().sort(doc! {"_id": 1}).build();
        self.all("read the bodies of a run", BODIES, of_run(run), options).await
    }

    async fn body(&self, run: RunNumber, code: &BodyCode) -> PortResult<Option<Body>> {
        self.one("read a body of a run", BODIES, doc! {"_id": body_id(run, code)}).await
    }

    async fn swap_body(&self, body: &Body) -> PortResult<bool> {
        let next = Body { version: body.version + 1, ..body.clone() };
        self.swap("change a body of a run", BODIES, body.version, body_document(&next)).await
    }

    async fn add_roll(
        &self,
        run: RunNumber,
        code: &BodyCode,
        roll: Uuid,
        numbers: &[GmcNumber],
    ) -> PortResult<()> {
        self.store_roll(run, code, roll, numbers).await
    }

    async fn roll(&self, run: RunNumber, code: &BodyCode, roll: Uuid) -> PortResult<Vec<GmcNumber>> {
        self.read_roll(run, code, roll).await
    }

    async fn record_chunk(&self, chunk: &Chunk, numbers: &[GmcNumber]) -> PortResult<bool> {
        self.store_chunk(chunk, numbers).await
    }

    async fn mark_applied(&self, chunk: &ChunkId) -> PortResult<()> {
        self.set_applied(chunk).await
    }

    async fn applied_chunks(&self, run: RunNumber, code: &BodyCode, fetch: Uuid) -> PortResult<u32> {
        self.count_applied(run, code, fetch).await
    }

    async fn chunks(&self, run: RunNumber) -> PortResult<Vec<Chunk>> {
        self.read_chunks(run).await
    }

    async fn asked_ats(&self, run: RunNumber) -> PortResult<Vec<Moment>> {
        self.read_asked_ats(run).await
    }

    async fn named(
        &self,
        run: RunNumber,
        code: &BodyCode,
        fetch: Uuid,
    ) -> PortResult<Vec<(u32, Vec<GmcNumber>)>> {
        self.read_named(run, code, fetch).await
    }

    async fn acknowledge_look(&self, run: RunNumber, look: Uuid, position: u32) -> PortResult<()> {
        self.store_look(run, look, position).await
    }

    async fn acknowledged_looks(&self, run: RunNumber, look: Uuid) -> PortResult<u32> {
        self.count_looks(run, look).await
    }
}

impl MongoStore {
    /// Inserts a document unless one with its key is there. Whether it did.
    async fn add(&self, what: &str, collection: &str, document: PortResult<Document>) -> PortResult<bool> {
        let document = document?;
        let collection = self.collection(collection);
        match self.timed_raw(what, async { collection.insert_one(document).await }).await? {
            Ok(_) => Ok(true),
            Err(error) if write_error_code(&error).is_some_and(is_duplicate_key) => Ok(false),
            Err(error) => Err(port_error(what, &error)),
        }
    }

    /// Replaces the document with the same `_id` if it has still the version `seen`. Whether it did.
    async fn swap(
        &self,
        what: &str,
        collection: &str,
        seen: i64,
        document: PortResult<Document>,
    ) -> PortResult<bool> {
        let document = document?;
        let id = document.get("_id").cloned().unwrap_or(Bson::Null);
        let filter = doc! {"_id": id, "version": seen};
        let collection = self.collection(collection);
        let replaced = self.timed(what, async { collection.replace_one(filter, document).await }).await?;
        Ok(replaced.matched_count == 1)
    }

    async fn one<T: DeserializeOwned>(
        &self,
        what: &str,
        collection: &str,
        filter: Document,
    ) -> PortResult<Option<T>> {
        let collection = self.collection(collection);
        let found = self.timed(what, async { collection.find_one(filter).await }).await?;
        found.map(|document| read(what, document)).transpose()
    }

    async fn all<T: DeserializeOwned + Send>(
        &self,
        what: &str,
        collection: &str,
        filter: Document,
        options: FindOptions,
    ) -> PortResult<Vec<T>> {
        let owned = |document: &mongodb::bson::RawDocument| Some(Document::try_from(document));
        let found = self.find(what, collection, filter, options, owned).await?;
        found
            .into_iter()
            .map(|document| read(what, document.map_err(|error| unreadable(what, error))?))
            .collect()
    }
}

fn read<T: DeserializeOwned>(what: &str, document: Document) -> PortResult<T> {
    let id = document.get("_id").map(Bson::to_string).unwrap_or_default();
    mongodb::bson::deserialize_from_document(from_stored(document))
        .map_err(|error| unreadable(what, format!("{id}: {error}")))
}
