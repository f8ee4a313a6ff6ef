//! The port of the shared database: `doctorsForDB`, `recommendation` and `connectionLogs`.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use domain::body::HIDDEN_PREFIX;
use domain::status::{Outcome, Recommendation};
use domain::{BodyCode, DoctorPatch, DoctorWrite, GmcNumber, Hiding, Moment, RunNumber, StoredDoctor};
use jiff::civil::Date;
use rusqlite::types::ToSqlOutput;
use rusqlite::{ErrorCode, Row, Transaction, params};
use sync::ports::PortResult;
use sync::ports::doctors::{ConnectionLog, Doctors, Refused};

use crate::sql::{Failure, NULL, Writes, integer, key, keys, number, owned, text};
use crate::store::Store;

/// What a new document has beside its fields, so that the services that share the collection can read it
/// (docs/domain.md §5).
const REST_OF_A_NEW_DOCUMENT: &str = r#"{"_class":"uk.nhs.hee.tis.revalidation.entity.DoctorsForDB"}"#;

/// The columns of a [`StoredDoctor`], in the order that [`stored_doctor`] reads them.
const READ: &str = "SELECT gmc, designatedBodyCode, doctorFirstName, doctorLastName, submissionDate, dateAdded, underNotice, \
                    sanction, doctorStatus, lastUpdatedDate, existsInGmc, gmcLastUpdatedDateTime, gmcSyncRun \
                    FROM rarray(?1) CROSS JOIN doctors ON gmc = value";

#[async_trait]
impl Doctors for Store {
    async fn visible_in(&self, body: &BodyCode) -> PortResult<Vec<GmcNumber>> {
        let code = body.clone();
        self.reading("read who is visible in a body", move |transaction| {
            numbers(transaction, "SELECT gmc FROM doctors WHERE designatedBodyCode = ?1", code.as_str())
        })
        .await
    }

    async fn hidden(&self) -> PortResult<Vec<GmcNumber>> {
        self.reading("read who is hidden", |transaction| {
            numbers(
                transaction,
                "SELECT gmc FROM doctors WHERE designatedBodyCode GLOB ?1",
                &format!("{HIDDEN_PREFIX}*"),
            )
        })
        .await
    }

    async fn count_by_code(&self) -> PortResult<Vec<(String, u64)>> {
        self.reading("count doctors by code", |transaction| {
            // Counted here: SQLite would sort a million codes to group them.
            let mut counts: HashMap<String, u64> = HashMap::new();
            let mut statement = transaction
                .prepare_cached("SELECT designatedBodyCode FROM doctors WHERE designatedBodyCode <> ''")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let code = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
                if let Some(count) = counts.get_mut(code) {
                    *count += 1;
                } else {
                    counts.insert(code.to_owned(), 1);
                }
            }
            Ok(counts.into_iter().collect())
        })
        .await
    }

    async fn hide(&self, hiding: &Hiding, numbers: &[GmcNumber]) -> PortResult<u64> {
        let (Hiding { body, opened }, numbers) = (hiding.clone(), numbers.to_vec());
        self.writing("hide doctors", move |transaction| {
            let hidden = transaction
                .prepare_cached(
                    "UPDATE doctors SET designatedBodyCode = ?2 \
                     WHERE gmc IN (SELECT value FROM rarray(?1)) AND designatedBodyCode = ?3 \
                     AND (gmcLastUpdatedDateTime IS NULL OR gmcLastUpdatedDateTime <= ?4)",
                )?
                .execute(params![keys(numbers), body.hidden(), body.as_str(), opened.0])?;
            Ok(hidden as u64)
        })
        .await
    }

    async fn read(&self, numbers: &[GmcNumber]) -> PortResult<Vec<StoredDoctor>> {
        let numbers = numbers.to_vec();
        self.looking_up("read documents of doctorsForDB", move |transaction| {
            let mut doctors = Vec::with_capacity(numbers.len());
            let mut statement = transaction.prepare_cached(READ)?;
            let mut rows = statement.query([keys(numbers)])?;
            while let Some(row) = rows.next()? {
                doctors.push(stored_doctor(row)?);
            }
            Ok(doctors)
        })
        .await
    }

    async fn write(&self, writes: &[DoctorWrite]) -> PortResult<Vec<Refused>> {
        let mut writes = writes.to_vec();
        // Neighbours share a page. Writes to one document keep their order.
        writes.sort_by_key(|write| write.number);
        self.writing("write documents of doctorsForDB", move |transaction| {
            let mut refused = Vec::new();
            let mut statements = Writes::new(transaction);
            for write in &writes {
                match write_one(&mut statements, write) {
                    Ok(_) => {}
                    Err(error) if is_about_the_document(&error) => {
                        refused.push(Refused { number: write.number, reason: error.to_string() });
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(refused)
        })
        .await
    }

    async fn latest_recommendations(
        &self,
        numbers: &[GmcNumber],
    ) -> PortResult<Vec<(GmcNumber, Recommendation)>> {
        let numbers = numbers.to_vec();
        self.looking_up("read the latest recommendations", move |transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT gmc, outcome, actualSubmissionDate FROM rarray(?1) \
                 CROSS JOIN recommendations ON gmc = value",
            )?;
            let mut rows = statement.query([keys(numbers)])?;
            let mut latest: BTreeMap<GmcNumber, Recommendation> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let found = Recommendation {
                    outcome: row
                        .get_ref(1)?
                        .as_str_or_null()
                        .map_err(rusqlite::Error::from)?
                        .and_then(Outcome::parse),
                    actual_submission_date: date(row, 2)?,
                };
                latest
                    .entry(number(row.get(0)?)?)
                    // No date is less than any.
                    .and_modify(|latest| {
                        if found.actual_submission_date > latest.actual_submission_date {
                            *latest = found;
                        }
                    })
                    .or_insert(found);
            }
            Ok(latest.into_iter().collect())
        })
        .await
    }

    async fn log_connections(&self, entries: &[ConnectionLog]) -> PortResult<()> {
        let mut entries = entries.to_vec();
        entries.sort_by_key(|entry| entry.gmc_id);
        self.writing("add to connectionLogs", move |transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO connections SELECT ?1, ?2, ?3, ?4, ?5, ?6 \
                 WHERE NOT EXISTS (SELECT 1 FROM connections WHERE gmc = ?1 AND id = ?2)",
            )?;
            for entry in &entries {
                statement.execute(params![
                    key(entry.gmc_id),
                    entry.id,
                    entry.new_designated_body_code,
                    entry.previous_designated_body_code,
                    entry.updated_by,
                    entry.request_time.0,
                ])?;
            }
            Ok(())
        })
        .await
    }

    async fn connection_logs(&self, number: GmcNumber) -> PortResult<Vec<ConnectionLog>> {
        self.reading("read connectionLogs", move |transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT id, newDesignatedBodyCode, previousDesignatedBodyCode, updatedBy, requestTime \
                 FROM connections WHERE gmc = ?1 ORDER BY requestTime, id",
            )?;
            let logs = statement.query_map([key(number)], |row| {
                Ok(ConnectionLog {
                    id: row.get(0)?,
                    gmc_id: number,
                    new_designated_body_code: row.get(1)?,
                    previous_designated_body_code: row.get(2)?,
                    updated_by: row.get(3)?,
                    request_time: Moment(row.get(4)?),
                })
            })?;
            Ok(logs.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn numbers(transaction: &Transaction<'_>, sql: &str, parameter: &str) -> Result<Vec<GmcNumber>, Failure> {
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query([parameter])?;
    let mut numbers = Vec::new();
    while let Some(row) = rows.next()? {
        numbers.push(number(row.get(0)?)?);
    }
    Ok(numbers)
}

fn stored_doctor(row: &Row<'_>) -> Result<StoredDoctor, Failure> {
    Ok(StoredDoctor {
        number: number(row.get(0)?)?,
        code: row.get(1)?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        submission_date: date(row, 4)?,
        date_added: date(row, 5)?,
        under_notice: row.get(6)?,
        sanction: row.get(7)?,
        status: row.get(8)?,
        last_updated_date: date(row, 9)?,
        exists_in_gmc: row.get(10)?,
        gmc_last_updated: row.get::<_, Option<i64>>(11)?.map(Moment),
        sync_run: row.get::<_, Option<i64>>(12)?.map(RunNumber),
    })
}

/// A date; one that somebody has spoilt by hand counts as absent, so that the night mends it.
fn date(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Date>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.and_then(|text| text.parse().ok()))
}

/// How many documents were written: one, or none when the write missed.
fn write_one(statements: &mut Writes<'_>, write: &DoctorWrite) -> rusqlite::Result<usize> {
    let (mut columns, mut values) = patch(&write.set);
    let Some(seen) = &write.seen else {
        columns.extend(["rest", "gmc"]);
        values.extend([text(Some(REST_OF_A_NEW_DOCUMENT)), integer(key(write.number))]);
        return statements.execute(columns, insert, &values);
    };
    if columns.is_empty() {
        return Ok(0);
    }
    values.extend([
        integer(key(write.number)),
        text(seen.code.as_deref()),
        seen.gmc_last_updated.map_or(NULL, |at| integer(at.0)),
        text(seen.status.as_deref()),
        text(seen.under_notice.as_deref()),
    ]);
    statements.execute(columns, update, &values)
}

/// Its columns end with `gmc`, which no update sets: so the two are never taken for each other.
fn insert(columns: &[&str]) -> String {
    let places = vec!["?"; columns.len()].join(", ");
    format!("INSERT INTO doctors ({}) VALUES ({places}) ON CONFLICT DO NOTHING", columns.join(", "))
}

fn update(columns: &[&str]) -> String {
    format!(
        "UPDATE doctors SET {} = ? WHERE gmc = ? AND designatedBodyCode IS ? AND gmcLastUpdatedDateTime IS ? \
         AND doctorStatus IS ? AND underNotice IS ?",
        columns.join(" = ?, ")
    )
}

/// The columns that a patch sets, and to what; a removed field is NULL.
fn patch(set: &DoctorPatch) -> (Vec<&'static str>, Vec<ToSqlOutput<'_>>) {
    let date = |date: Date| owned(date.to_string());
    let fields = [
        ("designatedBodyCode", set.code.as_deref().map(|code| text(Some(code)))),
        ("doctorStatus", set.status.map(|status| text(Some(status)))),
        ("underNotice", set.under_notice.map(|value| text(Some(value.stored())))),
        ("gmcLastUpdatedDateTime", set.gmc_last_updated.map(|at| integer(at.0))),
        ("gmcSyncRun", set.sync_run.map(|run| integer(run.0))),
        ("existsInGmc", set.exists_in_gmc.map(|exists| integer(exists.into()))),
        ("doctorFirstName", set.first_name.as_deref().map(|name| text(Some(name)))),
        ("doctorLastName", set.last_name.as_deref().map(|name| text(Some(name)))),
        ("submissionDate", set.submission_date.map(|value| value.map_or(NULL, date))),
        ("dateAdded", set.date_added.map(|value| value.map_or(NULL, date))),
        ("lastUpdatedDate", set.last_updated_date.map(date)),
        ("sanction", set.sanction.as_ref().map(|value| text(value.as_deref()))),
    ];
    fields.into_iter().filter_map(|(column, value)| Some((column, value?))).unzip()
}

/// Whether another document might be written all the same.
fn is_about_the_document(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig))
}
