//! The port of the shared database: `doctorsForDB`, `recommendation` and `connectionLogs`.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::body::HIDDEN_PREFIX;
use domain::status::{Outcome, Recommendation};
use domain::{BodyCode, DoctorPatch, DoctorWrite, GmcNumber, Moment, RunNumber, StoredDoctor};
use jiff::civil::Date;
use rusqlite::types::ToSqlOutput;
use rusqlite::{ErrorCode, OptionalExtension as _, Row, Transaction, params, params_from_iter};
use sync::ports::PortResult;
use sync::ports::doctors::{ConnectionLog, Doctors, Refused};

use crate::sql::{Failure, NULL, integer, key, number, owned, text};
use crate::store::Store;

/// What a new document has beside its fields, so that the services that share the collection can read it (domain.md §5).
const REST_OF_A_NEW_DOCUMENT: &str = r#"{"_class":"uk.nhs.hee.tis.revalidation.entity.DoctorsForDB"}"#;

/// The columns of a [`StoredDoctor`], in the order that [`stored_doctor`] reads them.
const READ: &str = "SELECT designatedBodyCode, doctorFirstName, doctorLastName, submissionDate, dateAdded, underNotice, \
                    sanction, doctorStatus, lastUpdatedDate, existsInGmc, gmcLastUpdatedDateTime, gmcSyncRun \
                    FROM doctors WHERE gmc = ?1";

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

    async fn hide(&self, body: &BodyCode, numbers: &[GmcNumber]) -> PortResult<u64> {
        let (body, numbers) = (body.clone(), in_order(numbers));
        self.writing("hide doctors", move |transaction| {
            let mut statement = transaction.prepare_cached(
                "UPDATE doctors SET designatedBodyCode = ?2 WHERE gmc = ?1 AND designatedBodyCode = ?3",
            )?;
            let hidden = body.hidden();
            let mut changed = 0;
            for number in numbers {
                changed += statement.execute(params![key(number), hidden, body.as_str()])?;
            }
            Ok(changed as u64)
        })
        .await
    }

    async fn read(&self, numbers: &[GmcNumber]) -> PortResult<Vec<StoredDoctor>> {
        let numbers = in_order(numbers);
        self.reading("read documents of doctorsForDB", move |transaction| {
            let mut statement = transaction.prepare_cached(READ)?;
            let mut doctors = Vec::with_capacity(numbers.len());
            for number in numbers {
                let found = statement.query_row([key(number)], |row| stored_doctor(number, row));
                doctors.extend(found.optional()?);
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
            for write in &writes {
                match write_one(transaction, write) {
                    Ok(()) => {}
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
        let numbers = in_order(numbers);
        self.reading("read the latest recommendations", move |transaction| {
            // NULL is smaller than every date, so one without a date comes last.
            let mut statement = transaction.prepare_cached(
                "SELECT outcome, actualSubmissionDate FROM recommendations WHERE gmc = ?1 \
                 ORDER BY actualSubmissionDate DESC LIMIT 1",
            )?;
            let mut latest = Vec::new();
            for number in numbers {
                let found = statement.query_row([key(number)], |row| {
                    let outcome = row.get_ref(0)?.as_str_or_null()?.and_then(Outcome::parse);
                    Ok(Recommendation { outcome, actual_submission_date: date(row, 1)? })
                });
                latest.extend(found.optional()?.map(|recommendation| (number, recommendation)));
            }
            Ok(latest)
        })
        .await
    }

    async fn log_connections(&self, entries: &[ConnectionLog]) -> PortResult<()> {
        let mut entries = entries.to_vec();
        entries.sort_by_key(|entry| entry.gmc_id);
        self.writing("add to connectionLogs", move |transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO connections VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
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

/// Each number once, in the order of the table's pages.
fn in_order(numbers: &[GmcNumber]) -> Vec<GmcNumber> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn stored_doctor(number: GmcNumber, row: &Row<'_>) -> rusqlite::Result<StoredDoctor> {
    Ok(StoredDoctor {
        number,
        code: row.get(0)?,
        first_name: row.get(1)?,
        last_name: row.get(2)?,
        submission_date: date(row, 3)?,
        date_added: date(row, 4)?,
        under_notice: row.get(5)?,
        sanction: row.get(6)?,
        status: row.get(7)?,
        last_updated_date: date(row, 8)?,
        exists_in_gmc: row.get(9)?,
        gmc_last_updated: row.get::<_, Option<i64>>(10)?.map(Moment),
        sync_run: row.get::<_, Option<i64>>(11)?.map(RunNumber),
    })
}

/// A date; one that somebody has spoilt by hand counts as absent, so that the night mends it.
fn date(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Date>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.and_then(|text| text.parse().ok()))
}

fn write_one(transaction: &Transaction<'_>, write: &DoctorWrite) -> rusqlite::Result<()> {
    let mut values = patch(&write.set);
    let Some(seen) = &write.seen else {
        values.push(("rest", text(Some(REST_OF_A_NEW_DOCUMENT))));
        values.push(("gmc", integer(key(write.number))));
        let columns = joined(&values, str::to_owned);
        let places = joined(&values, |_| "?".to_owned());
        let sql = format!("INSERT INTO doctors ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING");
        transaction.prepare_cached(&sql)?.execute(params_from_iter(values.iter().map(|(_, value)| value)))?;
        return Ok(());
    };
    if values.is_empty() {
        return Ok(());
    }
    let changes = joined(&values, |column| format!("{column} = ?"));
    let sql = format!(
        "UPDATE doctors SET {changes} WHERE gmc = ? AND designatedBodyCode IS ? AND gmcLastUpdatedDateTime IS ? \
         AND doctorStatus IS ? AND underNotice IS ?"
    );
    let filter = [
        integer(key(write.number)),
        text(seen.code.as_deref()),
        seen.gmc_last_updated.map_or(NULL, |at| integer(at.0)),
        text(seen.status.as_deref()),
        text(seen.under_notice.as_deref()),
    ];
    let parameters = values.iter().map(|(_, value)| value).chain(&filter);
    transaction.prepare_cached(&sql)?.execute(params_from_iter(parameters))?;
    Ok(())
}

/// The columns that a patch sets, and to what; a removed field is NULL.
fn patch(set: &DoctorPatch) -> Vec<(&'static str, ToSqlOutput<'_>)> {
    let date = |date: Date| owned(date.to_string());
    let values = [
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
    values.into_iter().filter_map(|(column, value)| Some((column, value?))).collect()
}

fn joined(values: &[(&'static str, ToSqlOutput<'_>)], each: impl Fn(&str) -> String) -> String {
    values.iter().map(|(column, _)| each(column)).collect::<Vec<_>>().join(", ")
}

/// Whether another document might be written all the same.
fn is_about_the_document(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig))
}
