//! The port of the ledger.

use std::time::Duration;

use async_trait::async_trait;
use domain::{BodyCode, GmcNumber, Moment, RunNumber};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::de::DeserializeOwned;
use sync::ledger::{Body, Chunk, ChunkId, Lock, Run};
use sync::ports::PortResult;
use sync::ports::ledger::Ledger;
use uuid::Uuid;

use crate::sql::Failure;
use crate::store::Store;

/// How many numbers a piece of a roll holds (ARCHITECTURE.md, "The ledger").
const PIECE: usize = 5_000;

/// How long a closed run is kept, and the lists of numbers of one.
const RUN_KEPT: Duration = Duration::from_hours(90 * 24);
const LISTS_KEPT: Duration = Duration::from_hours(14 * 24);

impl Store {
    /// Takes away what is out of date at `now`: the lists of numbers 14 days after their run was opened, runs and their
    /// bodies after 90 (MongoDB does the same by itself). A run that is open keeps everything.
    pub async fn expire(&self, now: Moment) -> PortResult<()> {
        let before =
            |kept: Duration| now.0.saturating_sub(i64::try_from(kept.as_millis()).unwrap_or(i64::MAX));
        let (runs, lists) = (before(RUN_KEPT), before(LISTS_KEPT));
        self.writing("take away what is out of date in the ledger", move |transaction| {
            const OLD: &str = "SELECT number FROM gmcSyncRuns WHERE NOT isOpen AND opened < ?1";
            for table in ["gmcSyncRolls", "gmcSyncAnswers", "gmcSyncLooks"] {
                transaction.execute(&format!("DELETE FROM {table} WHERE run IN ({OLD})"), [lists])?;
            }
            transaction.execute(&format!("DELETE FROM gmcSyncBodies WHERE run IN ({OLD})"), [runs])?;
            transaction.execute("DELETE FROM gmcSyncRuns WHERE NOT isOpen AND opened < ?1", [runs])?;
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Ledger for Store {
    async fn lock(&self) -> PortResult<Lock> {
        self.reading("read the lock", |transaction| {
            let found: Option<Lock> =
                document(transaction, "SELECT document FROM gmcSyncLock WHERE id = 1", [])?;
            found.ok_or_else(|| Failure::Refused("there is none; run `gmc-sync setup`".into()))
        })
        .await
    }

    async fn swap_lock(&self, lock: &Lock) -> PortResult<bool> {
        let seen = lock.version;
        let lock = Lock { version: seen + 1, ..lock.clone() };
        self.writing("change the lock", move |transaction| {
            let changed = transaction
                .prepare_cached(
                    "UPDATE gmcSyncLock SET version = ?1, document = ?2 WHERE id = 1 AND version = ?3",
                )?
                .execute(params![lock.version, serde_json::to_string(&lock)?, seen])?;
            Ok(changed == 1)
        })
        .await
    }

    async fn add_run(&self, run: &Run) -> PortResult<bool> {
        let run = run.clone();
        self.writing("add a run", move |transaction| {
            let added = transaction
                .prepare_cached(
                    "INSERT INTO gmcSyncRuns (number, version, key, state, isOpen, opened, document) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    run.number.0,
                    run.version,
                    run.key,
                    run.state.to_string(),
                    run.is_open(),
                    run.moments.opened.0,
                    serde_json::to_string(&run)?,
                ])?;
            Ok(added == 1)
        })
        .await
    }

    async fn run(&self, number: RunNumber) -> PortResult<Option<Run>> {
        self.reading("read a run", move |transaction| {
            document(transaction, "SELECT document FROM gmcSyncRuns WHERE number = ?1", [number.0])
        })
        .await
    }

    async fn run_by_key(&self, key: &str) -> PortResult<Option<Run>> {
        let key = key.to_owned();
        self.reading("read a run by its key", move |transaction| {
            document(transaction, "SELECT document FROM gmcSyncRuns WHERE key = ?1", [key])
        })
        .await
    }

    async fn latest_runs(&self, most: usize) -> PortResult<Vec<Run>> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.reading("read the latest runs", move |transaction| {
            let sql = "SELECT document FROM gmcSyncRuns ORDER BY number DESC LIMIT ?1";
            documents(transaction, sql, [most])
        })
        .await
    }

    async fn open_runs(&self) -> PortResult<Vec<Run>> {
        self.reading("read the open runs", |transaction| {
            documents(transaction, "SELECT document FROM gmcSyncRuns WHERE isOpen ORDER BY number", [])
        })
        .await
    }

    async fn swap_run(&self, run: &Run) -> PortResult<bool> {
        let seen = run.version;
        let run = Run { version: seen + 1, ..run.clone() };
        self.writing("change a run", move |transaction| {
            let changed = transaction
                .prepare_cached(
                    "UPDATE gmcSyncRuns SET version = ?1, state = ?2, isOpen = ?3, document = ?4 \
                     WHERE number = ?5 AND version = ?6",
                )?
                .execute(params![
                    run.version,
                    run.state.to_string(),
                    run.is_open(),
                    serde_json::to_string(&run)?,
                    run.number.0,
                    seen,
                ])?;
            Ok(changed == 1)
        })
        .await
    }

    async fn add_body(&self, body: &Body) -> PortResult<bool> {
        let body = body.clone();
        self.writing("add a body of a run", move |transaction| {
            let added = transaction
                .prepare_cached(
                    "INSERT INTO gmcSyncBodies (run, code, version, state, document) \
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    body.run.0,
                    body.code.as_str(),
                    body.version,
                    body.state.to_string(),
                    serde_json::to_string(&body)?,
                ])?;
            Ok(added == 1)
        })
        .await
    }

    async fn bodies(&self, run: RunNumber) -> PortResult<Vec<Body>> {
        self.reading("read the bodies of a run", move |transaction| {
            let sql = "SELECT document FROM gmcSyncBodies WHERE run = ?1 ORDER BY code";
            documents(transaction, sql, [run.0])
        })
        .await
    }

    async fn body(&self, run: RunNumber, code: &BodyCode) -> PortResult<Option<Body>> {
        let code = code.clone();
        self.reading("read a body of a run", move |transaction| {
            let sql = "SELECT document FROM gmcSyncBodies WHERE run = ?1 AND code = ?2";
            document(transaction, sql, params![run.0, code.as_str()])
        })
        .await
    }

    async fn swap_body(&self, body: &Body) -> PortResult<bool> {
        let seen = body.version;
        let body = Body { version: seen + 1, ..body.clone() };
        self.writing("change a body of a run", move |transaction| {
            let changed = transaction
                .prepare_cached(
                    "UPDATE gmcSyncBodies SET version = ?1, state = ?2, document = ?3 \
                     WHERE run = ?4 AND code = ?5 AND version = ?6",
                )?
                .execute(params![
                    body.version,
                    body.state.to_string(),
                    serde_json::to_string(&body)?,
                    body.run.0,
                    body.code.as_str(),
                    seen,
                ])?;
            Ok(changed == 1)
        })
        .await
    }

    async fn add_roll(
        &self,
        run: RunNumber,
        code: &BodyCode,
        roll: Uuid,
        numbers: &[GmcNumber],
    ) -> PortResult<()> {
        let (code, numbers) = (code.clone(), numbers.to_vec());
        self.writing("store a roll", move |transaction| {
            let mut statement =
                transaction.prepare_cached("REPLACE INTO gmcSyncRolls VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (piece, numbers) in numbers.chunks(PIECE).enumerate() {
                let numbers = serde_json::to_string(numbers)?;
                let piece = i64::try_from(piece).unwrap_or(i64::MAX);
                statement.execute(params![run.0, code.as_str(), roll.to_string(), piece, numbers])?;
            }
            Ok(())
        })
        .await
    }

    async fn roll(&self, run: RunNumber, code: &BodyCode, roll: Uuid) -> PortResult<Vec<GmcNumber>> {
        let code = code.clone();
        self.reading("read a roll", move |transaction| {
            let sql = "SELECT numbers FROM gmcSyncRolls WHERE run = ?1 AND code = ?2 AND roll = ?3";
            let pieces: Vec<Vec<GmcNumber>> =
                documents(transaction, sql, params![run.0, code.as_str(), roll.to_string()])?;
            Ok(pieces.concat())
        })
        .await
    }

    async fn record_chunk(&self, chunk: &Chunk, numbers: &[GmcNumber]) -> PortResult<bool> {
        let (chunk, numbers) = (chunk.clone(), numbers.to_vec());
        self.writing("record a chunk of an answer", move |transaction| {
            let added = transaction
                .prepare_cached(
                    "INSERT INTO gmcSyncAnswers VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8) \
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    chunk.id.run.0,
                    chunk.id.code.as_str(),
                    chunk.id.fetch.to_string(),
                    chunk.id.position,
                    chunk.of,
                    chunk.asked_at.0,
                    serde_json::to_string(&chunk.findings)?,
                    serde_json::to_string(&numbers)?,
                ])?;
            Ok(added == 1)
        })
        .await
    }

    async fn mark_applied(&self, chunk: &ChunkId) -> PortResult<()> {
        let chunk = chunk.clone();
        self.writing("mark a chunk as applied", move |transaction| {
            transaction
                .prepare_cached(
                    "UPDATE gmcSyncAnswers SET applied = 1 \
                     WHERE run = ?1 AND code = ?2 AND fetch = ?3 AND position = ?4 AND NOT applied",
                )?
                .execute(params![
                    chunk.run.0,
                    chunk.code.as_str(),
                    chunk.fetch.to_string(),
                    chunk.position
                ])?;
            Ok(())
        })
        .await
    }

    async fn applied_chunks(&self, run: RunNumber, code: &BodyCode, fetch: Uuid) -> PortResult<u32> {
        let code = code.clone();
        self.reading("count the applied chunks of a fetch", move |transaction| {
            let sql = "SELECT count(*) FROM gmcSyncAnswers \
                       WHERE run = ?1 AND code = ?2 AND fetch = ?3 AND applied";
            let parameters = params![run.0, code.as_str(), fetch.to_string()];
            Ok(transaction.prepare_cached(sql)?.query_row(parameters, |row| row.get(0))?)
        })
        .await
    }

    async fn chunks(&self, run: RunNumber) -> PortResult<Vec<Chunk>> {
        self.reading("read the chunks of a run", move |transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT code, fetch, position, \"of\", askedAt, applied, findings FROM gmcSyncAnswers \
                 WHERE run = ?1",
            )?;
            let mut rows = statement.query([run.0])?;
            let mut chunks = Vec::new();
            while let Some(row) = rows.next()? {
                chunks.push(chunk(run, row)?);
            }
            Ok(chunks)
        })
        .await
    }

    async fn asked_ats(&self, run: RunNumber) -> PortResult<Vec<Moment>> {
        self.reading("read when a run asked", move |transaction| {
            let mut statement =
                transaction.prepare_cached("SELECT DISTINCT askedAt FROM gmcSyncAnswers WHERE run = ?1")?;
            let moments = statement.query_map([run.0], |row| row.get(0).map(Moment))?;
            Ok(moments.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn named(
        &self,
        run: RunNumber,
        code: &BodyCode,
        fetch: Uuid,
    ) -> PortResult<Vec<(u32, Vec<GmcNumber>)>> {
        let code = code.clone();
        self.reading("read whom a fetch named", move |transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT position, numbers FROM gmcSyncAnswers WHERE run = ?1 AND code = ?2 AND fetch = ?3 \
                 ORDER BY position",
            )?;
            let mut rows = statement.query(params![run.0, code.as_str(), fetch.to_string()])?;
            let mut named = Vec::new();
            while let Some(row) = rows.next()? {
                named.push((row.get(0)?, json(row, 1)?));
            }
            Ok(named)
        })
        .await
    }

    async fn acknowledge_look(&self, run: RunNumber, look: Uuid, position: u32) -> PortResult<()> {
        self.writing("acknowledge a look", move |transaction| {
            transaction
                .prepare_cached("INSERT INTO gmcSyncLooks VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
                .execute(params![run.0, look.to_string(), position])?;
            Ok(())
        })
        .await
    }

    async fn acknowledged_looks(&self, run: RunNumber, look: Uuid) -> PortResult<u32> {
        self.reading("count the acknowledged looks", move |transaction| {
            let sql = "SELECT count(*) FROM gmcSyncLooks WHERE run = ?1 AND look = ?2";
            let parameters = params![run.0, look.to_string()];
            Ok(transaction.prepare_cached(sql)?.query_row(parameters, |row| row.get(0))?)
        })
        .await
    }
}

fn chunk(run: RunNumber, row: &Row<'_>) -> Result<Chunk, Failure> {
    let code = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
    let code = BodyCode::parse(code).map_err(|error| Failure::Refused(error.to_string()))?;
    let fetch = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
    let fetch =
        Uuid::parse_str(fetch).map_err(|error| Failure::Refused(format!("fetch {fetch:?}: {error}")))?;
    Ok(Chunk {
        id: ChunkId { run, code, fetch, position: row.get(2)? },
        of: row.get(3)?,
        asked_at: Moment(row.get(4)?),
        applied: row.get(5)?,
        findings: json(row, 6)?,
    })
}

/// The one document that `sql` finds.
fn document<T: DeserializeOwned>(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Option<T>, Failure> {
    let mut statement = transaction.prepare_cached(sql)?;
    statement.query_row(parameters, |row| Ok(json(row, 0))).optional()?.transpose()
}

/// All documents that `sql` finds, in its order.
fn documents<T: DeserializeOwned>(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<T>, Failure> {
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        documents.push(json(row, 0)?);
    }
    Ok(documents)
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, Failure> {
    Ok(serde_json::from_str(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)?)
}
