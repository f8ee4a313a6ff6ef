//! The ledger's lists: rolls, chunks of answers, and looks. They are only ever added to.
//!
//! Their ids begin with the run, `<run>/<code>/<roll or fetch>/<position>`, so that the index on `_id` serves every
//! reading, and a list needs no other index.

use domain::{BodyCode, GmcNumber, Moment, RunNumber};
use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, doc};
use mongodb::options::FindOptions;
use sync::ledger::{Chunk, ChunkId};
use sync::ports::PortResult;
use uuid::Uuid;

use super::shape::{moment_of, of_list, of_looks, of_run, to_stored};
use crate::collections::{ANSWERS, LOOKS, ROLLS};
use crate::failure::failure;
use crate::store::{MongoStore, unreadable};

/// How many numbers a document holds (ARCHITECTURE.md, "The ledger").
const PIECE: usize = 5_000;

impl MongoStore {
    pub(super) async fn store_roll(
        &self,
        run: RunNumber,
        code: &BodyCode,
        roll: Uuid,
        numbers: &[GmcNumber],
    ) -> PortResult<()> {
        let what = "store a roll";
        for (piece, numbers) in numbers.chunks(PIECE).enumerate() {
            let piece = i64::try_from(piece).unwrap_or(i64::MAX);
            let mut document = to_stored("a roll", &doc! {})?;
            document.extend(doc! {
                "run": run.0,
                "code": code.as_str(),
                "roll": roll.to_string(),
                "piece": piece,
                "numbers": texts(numbers),
            });
            // stored again by who did not hear that it went through: the same piece under the same id
            let id = format!("{run}/{code}/{roll}/{piece}");
            let statement = doc! {"q": {"_id": id}, "u": document, "upsert": true};
            let written = self.update(what, ROLLS, vec![statement]).await?;
            if let Some((_, reason)) = written.refused.first() {
                return Err(failure(what, reason, false));
            }
        }
        Ok(())
    }

    pub(super) async fn read_roll(
        &self,
        run: RunNumber,
        code: &BodyCode,
        roll: Uuid,
    ) -> PortResult<Vec<GmcNumber>> {
        let what = "read a roll";
        let pieces = self
            .find(what, ROLLS, of_list(run, code, roll), only("numbers"), |piece| Some(numbers_of(piece)))
            .await?;
        let mut numbers = Vec::new();
        for piece in pieces {
            numbers.extend(piece.ok_or_else(|| unreadable(what, format!("a piece of roll {roll}")))?);
        }
        Ok(numbers)
    }

    pub(super) async fn store_chunk(&self, chunk: &Chunk, numbers: &[GmcNumber]) -> PortResult<bool> {
        self.add("record a chunk of an answer", ANSWERS, chunk_document(chunk, numbers)).await
    }

    pub(super) async fn set_applied(&self, chunk: &ChunkId) -> PortResult<()> {
        let collection = self.collection(ANSWERS);
        let filter = doc! {"_id": chunk_id(chunk), "applied": false};
        let change = doc! {"$set": {"applied": true}};
        self.timed("mark a chunk as applied", async { collection.update_one(filter, change).await }).await?;
        Ok(())
    }

    pub(super) async fn count_applied(
        &self,
        run: RunNumber,
        code: &BodyCode,
        fetch: Uuid,
    ) -> PortResult<u32> {
        let mut filter = of_list(run, code, fetch);
        filter.insert("applied", true);
        self.count("count the applied chunks of a fetch", ANSWERS, filter).await
    }

    pub(super) async fn read_chunks(&self, run: RunNumber) -> PortResult<Vec<Chunk>> {
        let options = FindOptions::builder().projection(doc! {"numbers": 0}).build();
        let stored: Vec<StoredChunk> =
            self.all("read the chunks of a run", ANSWERS, of_run(run), options).await?;
        Ok(stored.into_iter().map(Chunk::from).collect())
    }

    pub(super) async fn read_asked_ats(&self, run: RunNumber) -> PortResult<Vec<Moment>> {
        let collection = self.collection(ANSWERS);
        let what = "read when a run asked";
        let moments = self.timed(what, async { collection.distinct("askedAt", of_run(run)).await }).await?;
        let moment = |value: Bson| value.as_datetime().copied().map(moment_of);
        Ok(moments.into_iter().filter_map(moment).collect())
    }

    pub(super) async fn read_named(
        &self,
        run: RunNumber,
        code: &BodyCode,
        fetch: Uuid,
    ) -> PortResult<Vec<(u32, Vec<GmcNumber>)>> {
        let what = "read whom a fetch named";
        let options = FindOptions::builder().projection(doc! {"_id": 0, "position": 1, "numbers": 1}).build();
        let read = |chunk: &RawDocument| Some(position_of(chunk).zip(numbers_of(chunk)));
        let chunks = self.find(what, ANSWERS, of_list(run, code, fetch), options, read).await?;
        let mut named = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            named.push(chunk.ok_or_else(|| unreadable(what, format!("a chunk of fetch {fetch}")))?);
        }
        named.sort_unstable_by_key(|(position, _)| *position);
        Ok(named)
    }

    pub(super) async fn store_look(&self, run: RunNumber, look: Uuid, position: u32) -> PortResult<()> {
        let document = to_stored("a look", &doc! {}).map(|mut document| {
            document.extend(doc! {
                "_id": format!("{run}/{look}/{position}"),
                "run": run.0,
                "look": look.to_string(),
                "position": i64::from(position),
            });
            document
        });
        self.add("acknowledge a look", LOOKS, document).await?;
        Ok(())
    }

    pub(super) async fn count_looks(&self, run: RunNumber, look: Uuid) -> PortResult<u32> {
        self.count("count the acknowledged looks", LOOKS, of_looks(run, look)).await
    }

    async fn count(&self, what: &str, collection: &str, filter: Document) -> PortResult<u32> {
        let collection = self.collection(collection);
        let count = self.timed(what, async { collection.count_documents(filter).await }).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

/// A chunk as it is stored: its id's parts are fields of their own.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredChunk {
    #[serde(flatten)]
    id: ChunkId,
    of: u32,
    asked_at: Moment,
    applied: bool,
    findings: sync::ledger::Findings,
}

impl From<StoredChunk> for Chunk {
    fn from(stored: StoredChunk) -> Self {
        let StoredChunk { id, of, asked_at, applied, findings } = stored;
        Self { id, of, asked_at, applied, findings }
    }
}

fn chunk_document(chunk: &Chunk, numbers: &[GmcNumber]) -> PortResult<Document> {
    let Chunk { id, of, asked_at, applied: _, findings } = chunk.clone();
    let stored = StoredChunk { id, of, asked_at, applied: false, findings };
    let mut document = to_stored("a chunk", &stored)?;
    document.insert("_id", chunk_id(&chunk.id));
    document.insert("numbers", texts(numbers));
    Ok(document)
}

/// `<run>/<code>/<fetch>/<position>`.
fn chunk_id(chunk: &ChunkId) -> String {
    format!("{}/{}/{}/{}", chunk.run, chunk.code, chunk.fetch, chunk.position)
}

/// Numbers as they stand in the `_id`s of doctorsForDB.
fn texts(numbers: &[GmcNumber]) -> Vec<Bson> {
    numbers.iter().map(|number| Bson::String(number.to_string())).collect()
}

fn only(field: &str) -> FindOptions {
    FindOptions::builder().projection(doc! {"_id": 0, field: 1}).build()
}

/// The numbers of a document; `None` when one of them is none, since a list that lacks somebody costs that doctor the
/// place.
fn numbers_of(document: &RawDocument) -> Option<Vec<GmcNumber>> {
    let list = document.get("numbers").ok()??.as_array()?;
    list.into_iter().map(|number| GmcNumber::parse(number.ok()?.as_str()?).ok()).collect()
}

fn position_of(document: &RawDocument) -> Option<u32> {
    match document.get("position").ok()?? {
        RawBsonRef::Int64(position) => u32::try_from(position).ok(),
        RawBsonRef::Int32(position) => u32::try_from(position).ok(),
        _ => None,
    }
}
