//! The port of the shared database: `doctorsForDB`, `recommendation` and `connectionLogs`.

mod document;
mod inspect;
mod logs;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::body::HIDDEN_PREFIX;
use domain::status::Recommendation;
use domain::{BodyCode, DoctorWrite, GmcNumber, Hiding, StoredDoctor};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use sync::ports::PortResult;
use sync::ports::doctors::{ConnectionLog, Doctors, Refused};

use self::document::{FIELDS, code_and_count, number_of, recommendation, statement, stored_doctor};
use self::logs::{log_document, log_of};
use crate::collections::{CONNECTION_LOGS, DOCTORS, RECOMMENDATIONS};
use crate::dates::stored_moment;
use crate::failure::failure;
use crate::store::MongoStore;

/// How many numbers a query or a statement names: a few tens of kilobytes, and one batch of an answer.
const NUMBERS_AT_ONCE: usize = 1_000;

/// How many numbers one statement of many documents names; a command has several such statements. A server that holds
/// each document against the whole list of its statement, as the one of the tests does, takes a quarter of the time.
const NUMBERS_A_STATEMENT: usize = 250;

/// How many ids come in one batch: that is well below the 16 MiB of an answer.
const IDS_A_BATCH: u32 = 50_000;

/// What follows every code that has the hiding prefix: the prefix with its last character raised by one.
const AFTER_HIDDEN: &str = "last.";

#[async_trait]
impl Doctors for MongoStore {
    async fn visible_in(&self, body: &BodyCode) -> PortResult<Vec<GmcNumber>> {
        let filter = doc! {"designatedBodyCode": body.as_str()};
        self.numbers("read who is visible in a body", filter).await
    }

    async fn hidden(&self) -> PortResult<Vec<GmcNumber>> {
        // a range, which an index on the code serves; a regular expression may scan all codes
        let filter = doc! {"designatedBodyCode": {"$gte": HIDDEN_PREFIX, "$lt": AFTER_HIDDEN}};
        self.numbers("read who is hidden", filter).await
    }

    async fn count_by_code(&self) -> PortResult<Vec<(String, u64)>> {
        let what = "count doctors by code";
        let group = doc! {"$group": {"_id": "$designatedBodyCode", "doctors": {"$sum": 1_i64}}};
        let collection = self.raw(DOCTORS);
        let cursor = self.timed(what, async { collection.aggregate([group]).await }).await?;
        self.drain(what, cursor, code_and_count).await
    }

    async fn hide(&self, hiding: &Hiding, numbers: &[GmcNumber]) -> PortResult<u64> {
        let Hiding { body, opened } = hiding;
        let statements = numbers
            .chunks(NUMBERS_A_STATEMENT)
            .map(|numbers| {
                doc! {
                    "q": {
                        "_id": one_of(numbers),
                        "designatedBodyCode": body.as_str(),
                        // and not $lte, which misses a date that is absent or of another type
                        "gmcLastUpdatedDateTime": {"$not": {"$gt": stored_moment(*opened)}},
                    },
                    "u": {"$set": {"designatedBodyCode": body.hidden()}},
                    "multi": true,
                }
            })
            .collect();
        let what = "hide doctors";
        let hidden = self.update(what, DOCTORS, statements).await?;
        match hidden.refused.first() {
            None => Ok(hidden.matched),
            Some((_, reason)) => Err(failure(what, reason, false)),
        }
    }

    async fn read(&self, numbers: &[GmcNumber]) -> PortResult<Vec<StoredDoctor>> {
        let fields: Document = FIELDS.iter().map(|field| ((*field).to_owned(), Bson::Int32(1))).collect();
        let mut doctors = Vec::with_capacity(numbers.len());
        for numbers in numbers.chunks(NUMBERS_AT_ONCE) {
            let filter = doc! {"_id": one_of(numbers)};
            let options = one_batch(fields.clone());
            let what = "read documents of doctorsForDB";
            doctors.extend(self.find(what, DOCTORS, filter, options, stored_doctor).await?);
        }
        Ok(doctors)
    }

    async fn write(&self, writes: &[DoctorWrite]) -> PortResult<Vec<Refused>> {
        let (numbers, statements): (Vec<GmcNumber>, Vec<Document>) =
            writes.iter().filter_map(|write| Some((write.number, statement(write)?))).unzip();
        let written = self.update("write documents of doctorsForDB", DOCTORS, statements).await?;
        let refused = written.refused.into_iter();
        Ok(refused
            .filter_map(|(place, reason)| Some(Refused { number: *numbers.get(place)?, reason }))
            .collect())
    }

    async fn latest_recommendations(
        &self,
        numbers: &[GmcNumber],
    ) -> PortResult<Vec<(GmcNumber, Recommendation)>> {
        let mut latest: BTreeMap<GmcNumber, Recommendation> = BTreeMap::new();
        for numbers in numbers.chunks(NUMBERS_AT_ONCE) {
            let filter = doc! {"gmcNumber": one_of(numbers)};
            let options = FindOptions::builder()
                .projection(doc! {"_id": 0, "gmcNumber": 1, "outcome": 1, "actualSubmissionDate": 1})
                .batch_size(IDS_A_BATCH)
                .build();
            let what = "read the latest recommendations";
            for (number, found) in self.find(what, RECOMMENDATIONS, filter, options, recommendation).await? {
                latest
                    .entry(number)
                    // no date is less than any
                    .and_modify(|latest| {
                        if found.actual_submission_date > latest.actual_submission_date {
                            *latest = found;
                        }
                    })
                    .or_insert(found);
            }
        }
        Ok(latest.into_iter().collect())
    }

    async fn log_connections(&self, entries: &[ConnectionLog]) -> PortResult<()> {
        let what = "add to connectionLogs";
        let written = self.insert(what, CONNECTION_LOGS, entries.iter().map(log_document).collect()).await?;
        match written.refused.first() {
            None => Ok(()),
            Some((_, reason)) => {
                let refused = written.refused.len();
                Err(failure(what, &format!("{refused} of {} entries: {reason}", entries.len()), false))
            }
        }
    }

    async fn connection_logs(&self, number: GmcNumber) -> PortResult<Vec<ConnectionLog>> {
        let filter = doc! {"gmcId": number.to_string()};
        let read = |document: &_| Some(log_of(document, number));
        let mut logs =
            self.find("read connectionLogs", CONNECTION_LOGS, filter, FindOptions::default(), read).await?;
        logs.sort_by(|one, next| (one.request_time, &one.id).cmp(&(next.request_time, &next.id)));
        Ok(logs)
    }
}

impl MongoStore {
    /// The numbers of the documents of `doctorsForDB` that a query finds.
    async fn numbers(&self, what: &str, filter: Document) -> PortResult<Vec<GmcNumber>> {
        let options = FindOptions::builder().projection(doc! {"_id": 1}).batch_size(IDS_A_BATCH).build();
        self.find(what, DOCTORS, filter, options, number_of).await
    }
}

fn one_of(numbers: &[GmcNumber]) -> Document {
    let numbers: Vec<Bson> = numbers.iter().map(|number| Bson::String(number.to_string())).collect();
    doc! {"$in": numbers}
}

/// One more than there can be, so that the server closes the cursor with the first answer.
fn one_batch(fields: Document) -> FindOptions {
    let batch = u32::try_from(NUMBERS_AT_ONCE + 1).unwrap_or(IDS_A_BATCH);
    FindOptions::builder().projection(fields).batch_size(batch).build()
}
