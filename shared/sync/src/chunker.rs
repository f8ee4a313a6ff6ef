//! Cutting an answer into messages, while it arrives.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use domain::{BodyCode, GmcNumber, GmcRecord, Moment, Rejection, RunNumber};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::messages::{Chunk, Unreadable, outgoing};
use crate::ports::gmc::RecordSink;
use crate::ports::queue::Outgoing;

/// The most doctors of one message.
pub const MAX_DOCTORS: usize = 500;

/// The most bytes of one message's doctors; the rest of a message needs less than what is left to the queue's limit.
pub const MAX_BYTES: usize = 240 * 1024;

/// A field longer than this is cut, and counts as not there, when its record would not fit into a message.
const LONG_FIELD: usize = 1_024;

/// Takes the doctors of one answer and keeps them as the JSON of their messages, until it is known that they count:
/// the return code comes last.
#[derive(Debug)]
pub struct Chunker {
    most: usize,
    /// The JSON of each record, which takes less memory than the record.
    records: Vec<(GmcNumber, Box<RawValue>)>,
    seen: HashSet<GmcNumber>,
    rejected: BTreeMap<Rejection, u64>,
}

/// What the messages of one answer have in common.
#[derive(Clone, Debug)]
pub struct Header {
    /// For which run.
    pub run: RunNumber,
    /// Which body was asked.
    pub code: BodyCode,
    /// The fetch.
    pub fetch: Uuid,
    /// When it asked.
    pub asked_at: Moment,
    /// The GMC's own id of the request.
    pub gmc_request_id: Option<String>,
}

impl RecordSink for Chunker {
    fn record(&mut self, record: &GmcRecord<'_>) {
        let number = match GmcNumber::parse(record.gmc_reference_number.as_deref().unwrap_or_default()) {
            Ok(number) => number,
            Err(invalid) => return self.reject(invalid.into()),
        };
        if !self.seen.insert(number) {
            return self.reject(Rejection::DuplicateNumber);
        }
        let json = match to_raw_value(record) {
            Ok(json) if json.get().len() > MAX_BYTES / 2 => to_raw_value(&without_long_fields(record)),
            written => written,
        };
        // a record is text in fields: it cannot fail to be JSON
        if let Ok(json) = json {
            self.records.push((number, json));
        }
    }
}

impl Default for Chunker {
    fn default() -> Self {
        Self::new(MAX_DOCTORS)
    }
}

impl Chunker {
    /// With at most so many doctors in a message.
    pub fn new(most: usize) -> Self {
        Self {
            most: most.clamp(1, MAX_DOCTORS),
            records: Vec::new(),
            seen: HashSet::new(),
            rejected: BTreeMap::new(),
        }
    }

    /// The messages of the answer, now that it is known to count; an answer without doctors is one message without
    /// doctors. The doctors come in order of their numbers, which is what databases write fastest.
    pub fn messages(mut self, header: &Header) -> Result<Vec<Outgoing>, Unreadable> {
        let mut rejected = std::mem::take(&mut self.rejected);
        let parts = self.parts();
        let of = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let message = |(position, doctors)| {
            let chunk = Chunk {
                run: header.run,
                code: header.code.clone(),
                fetch: header.fetch,
                asked_at: header.asked_at,
                position,
                of,
                gmc_request_id: header.gmc_request_id.clone(),
                // with the first part only
                rejected: std::mem::take(&mut rejected),
                doctors,
            };
            Ok(Outgoing { is_bulk: true, ..outgoing(&ToBoth::Chunk(chunk))? })
        };
        (0..of).zip(parts).map(message).collect()
    }

    /// How many different usable GMC numbers there are.
    pub fn usable(&self) -> usize {
        self.seen.len()
    }

    /// How many records could not be used.
    pub fn rejected(&self) -> u64 {
        self.rejected.values().sum()
    }

    fn reject(&mut self, reason: Rejection) {
        *self.rejected.entry(reason).or_default() += 1;
    }

    /// The doctors of each message; at least one message.
    fn parts(mut self) -> Vec<Vec<Box<RawValue>>> {
        self.records.sort_unstable_by_key(|record| record.0);
        let mut parts = Vec::new();
        let (mut part, mut bytes) = (Vec::new(), 0);
        for (_, record) in self.records {
            let length = record.get().len() + ",".len();
            if part.len() == self.most || bytes + length > MAX_BYTES {
                parts.push(std::mem::take(&mut part));
                bytes = 0;
            }
            bytes += length;
            part.push(record);
        }
        parts.push(part);
        parts
    }
}

/// A chunk as it is sent, the same to recommendation-update and to connection-index.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum ToBoth {
    Chunk(Chunk<Box<RawValue>>),
}

/// A record that would fill a message by itself is not a doctor's data; the doctor is, so the place is kept.
fn without_long_fields<'a>(record: &'a GmcRecord<'a>) -> GmcRecord<'a> {
    let short = |field: &'a Option<Cow<'a, str>>| {
        field.as_deref().filter(|text| text.len() <= LONG_FIELD).map(Cow::Borrowed)
    };
    GmcRecord {
        gmc_reference_number: short(&record.gmc_reference_number),
        doctor_first_name: short(&record.doctor_first_name),
        doctor_last_name: short(&record.doctor_last_name),
        submission_date: short(&record.submission_date),
        doctor_status: short(&record.doctor_status),
        breach: short(&record.breach),
        date_added: short(&record.date_added),
        under_notice: short(&record.under_notice),
        investigation: short(&record.investigation),
        preliminary_investigation: short(&record.preliminary_investigation),
        sanction: short(&record.sanction),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::messages::{ChunkMessage, ToConnectionIndex, ToRecommendationUpdate, read};
    use crate::ports::queue::MAX_MESSAGE_BYTES;

    fn header() -> Header {
        Header {
            run: RunNumber(7),
            code: BodyCode::parse("1-X").unwrap(),
            fetch: Uuid::nil(),
            asked_at: Moment(1_000),
            gmc_request_id: Some("20261123000501".into()),
        }
    }

    fn record(number: &str, last_name: &str) -> GmcRecord<'static> {
        GmcRecord {
            gmc_reference_number: Some(number.to_owned().into()),
            doctor_last_name: Some(last_name.to_owned().into()),
            ..GmcRecord::default()
        }
    }

    fn chunks(records: &[GmcRecord<'_>]) -> Vec<String> {
        let mut chunker = Chunker::default();
        for record in records {
            chunker.record(record);
        }
        chunker.messages(&header()).unwrap().into_iter().map(|message| message.body.to_string()).collect()
    }

    /// As both its readers see it.
    fn chunk(message: &str) -> ChunkMessage<'_> {
        match (read(message).unwrap(), read(message).unwrap()) {
            (ToRecommendationUpdate::Chunk(chunk), ToConnectionIndex::Chunk(same)) if chunk == same => chunk,
            other => panic!("not one chunk for both: {other:?}"),
        }
    }

    #[test]
    fn an_empty_answer_is_one_empty_chunk() {
        let messages = chunks(&[]);
        let only = chunk(&messages[0]);
        assert_eq!((messages.len(), only.of, only.doctors.len()), (1, 1, 0));
    }

    #[test]
    fn records_without_a_usable_number_and_repeated_ones_are_counted_and_the_rest_goes_through() {
        let messages = chunks(&[
            record("", "A"),
            record("UNKNOWN", "B"),
            record("7000001", "C"),
            record(" 7000001 ", "D"),
            record("7000002", "E"),
        ]);

        let only = chunk(&messages[0]);

        assert_eq!(
            only.doctors.iter().filter_map(|doctor| doctor.doctor_last_name.as_deref()).collect::<Vec<_>>(),
            ["C", "E"]
        );
        let expected =
            [(Rejection::MissingNumber, 1), (Rejection::MalformedNumber, 1), (Rejection::DuplicateNumber, 1)];
        assert_eq!(only.rejected, BTreeMap::from(expected));
    }

    #[test]
    fn a_record_that_would_fill_a_message_keeps_its_place_and_loses_its_long_fields() {
        let messages = chunks(&[record("7000001", &"x".repeat(200_000))]);
        let only = chunk(&messages[0]);
        assert_eq!(only.doctors[0].gmc_reference_number.as_deref(), Some("7000001"));
        assert_eq!(only.doctors[0].doctor_last_name, None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_chunker_never_loses_or_doubles_a_doctor(count in 0_u32..2_500, name in "[\\PC\"\\\\]{0,1200}") {
            let records: Vec<_> = (0..count).map(|number| record(&format!("{number:07}"), &name)).collect();

            let messages = chunks(&records);

            let mut numbers = Vec::new();
            for (position, message) in messages.iter().enumerate() {
                prop_assert!(message.len() <= MAX_MESSAGE_BYTES, "{} bytes", message.len());
                let chunk = chunk(message);
                prop_assert_eq!((chunk.position as usize, chunk.of as usize), (position, messages.len()));
                prop_assert!(chunk.doctors.len() <= MAX_DOCTORS);
                numbers.extend(chunk.doctors.iter().map(|doctor| doctor.gmc_reference_number.clone().unwrap().to_string()));
            }
            let expected: Vec<_> = (0..count).map(|number| format!("{number:07}")).collect();
            prop_assert_eq!(numbers, expected);
        }
    }
}
