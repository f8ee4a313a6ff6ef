//! Reading: who has which documents, and what stands in them now.
//!
//! Existing documents have generated ids, so a search by GMC number finds the ids; it may be a refresh behind. What the
//! documents hold comes from getting them by their ids, and by the numbers as ids, which is done in real time.

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::GmcNumber;
use domain::index::{Field, IndexDoc, IndexName, Value};
use opensearch::http::Method;
use serde::Deserialize;
use serde_json::json;
use sync::ports::index::{Indexed, Version};
use sync::ports::{PortError, PortResult};

use crate::client::{Answer, Body, Request};
use crate::failure::Exception;
use crate::index::OpenSearchIndex;

/// The most numbers in one search. OpenSearch takes 65,536 terms in a query, and twice as many numbers as documents
/// of a doctor in one answer.
const NUMBERS: usize = 500;
/// The most searches in one request.
const SEARCHES: usize = 10;
/// The most documents in one request, a few hundred kilobytes.
const DOCUMENTS: usize = 1_000;
/// `max_result_window`: what one search may return.
const WINDOW: usize = 10_000;
/// How many documents of a doctor are reckoned with; who has more costs another search.
const DOCUMENTS_OF_ONE: usize = 4;

impl OpenSearchIndex {
    pub(crate) async fn look_up(&self, index: IndexName, numbers: &[GmcNumber]) -> PortResult<Vec<Indexed>> {
        // without a number there is nothing to look for, and a search without one would match everything
        let numbers: BTreeSet<GmcNumber> = numbers.iter().copied().collect();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids: BTreeSet<String> = numbers.iter().map(ToString::to_string).collect();
        ids.extend(self.ids_by_number(index, &numbers).await?);
        let ids: Vec<String> = ids.into_iter().collect();

        let mut found = Vec::with_capacity(numbers.len());
        for ids in ids.chunks(DOCUMENTS) {
            for document in self.get(index, ids).await? {
                // a document that was found by a number, and has another one by now, is not the doctor's
                if let Some(number) = owner(&document).filter(|number| numbers.contains(number)) {
                    let Got { id, version, doc } = document;
                    found.push(Indexed { id, number, version, doc });
                }
            }
        }
        self.saw(index);
        Ok(found)
    }

    /// The ids of the documents that a search finds.
    async fn ids_by_number(
        &self,
        index: IndexName,
        numbers: &BTreeSet<GmcNumber>,
    ) -> PortResult<BTreeSet<String>> {
        let numbers: Vec<GmcNumber> = numbers.iter().copied().collect();
        let mut pending: Vec<Vec<GmcNumber>> = numbers.chunks(NUMBERS).map(<[_]>::to_vec).collect();
        let mut ids = BTreeSet::new();
        while !pending.is_empty() {
            let searches = pending.split_off(pending.len().saturating_sub(SEARCHES));
            let hits = self.search(index, &searches).await?;
            for (numbers, hits) in searches.into_iter().zip(hits) {
                if hits.len() < window(numbers.len()) {
                    ids.extend(hits);
                    continue;
                }
                // there may be more than were returned
                match numbers.as_slice() {
                    [] => {}
                    [number] => return Err(too_many(index, *number)),
                    several => {
                        let (some, others) = several.split_at(several.len() / 2);
                        pending.extend([some.to_vec(), others.to_vec()]);
                    }
                }
            }
        }
        Ok(ids)
    }

    /// For each search the ids of what it found, as many as it may return.
    async fn search(&self, index: IndexName, searches: &[Vec<GmcNumber>]) -> PortResult<Vec<Vec<String>>> {
        let name = self.name_of(index);
        let what = format!("search {name}");
        let mut lines = String::new();
        for numbers in searches {
            let header = json!({"index": name, "allow_partial_search_results": false});
            lines.extend([header.to_string(), "\n".to_owned(), query(numbers).to_string(), "\n".to_owned()]);
        }
        let answer = self
            .client
            .send(Request {
                what: &what,
                method: Method::Post,
                path: "/_msearch",
                query: &[(
                    "filter_path",
                    "responses.status,responses.error,responses.timed_out,responses._shards.failed,\
                     responses.hits.hits._id",
                )],
                body: Body::Lines(Bytes::from(lines)),
            })
            .await?;
        let Searched { responses } = answer.read()?;
        if responses.len() != searches.len() {
            return Err(answer.unexpected(&format!(
                "{} answers to {} searches",
                responses.len(),
                searches.len()
            )));
        }
        responses.into_iter().map(|response| response.ids(&answer)).collect()
    }

    /// The documents of `ids` that exist, as they are now.
    pub(crate) async fn get(&self, index: IndexName, ids: &[String]) -> PortResult<Vec<Got>> {
        let name = self.name_of(index);
        let what = format!("get documents of {name}");
        let answer = self
            .client
            .send(Request {
                what: &what,
                method: Method::Post,
                path: &format!("/{name}/_mget"),
                query: &[],
                body: Body::Json(Bytes::from(json!({ "ids": ids }).to_string())),
            })
            .await?;
        let Gotten { docs } = answer.read()?;
        if docs.len() != ids.len() {
            return Err(answer.unexpected(&format!("{} answers for {} documents", docs.len(), ids.len())));
        }
        docs.into_iter().filter_map(|document| document.got(&answer).transpose()).collect()
    }
}

/// A document as it stands in an index, whosever it is.
pub(crate) struct Got {
    pub(crate) id: String,
    pub(crate) version: Version,
    pub(crate) doc: IndexDoc,
}

/// Whose a document is: by its number, or by its id if it has none.
pub(crate) fn owner(document: &Got) -> Option<GmcNumber> {
    match document.doc.get(Field::GmcReferenceNumber) {
        None => GmcNumber::parse(&document.id).ok(),
        Some(Value::Text(number)) => GmcNumber::parse(number).ok(),
        // as an old mapping may have it
        Some(Value::Number(number)) => u32::try_from(*number).ok().and_then(GmcNumber::from_value),
        Some(Value::Bool(_) | Value::Json(_)) => None,
    }
}

/// By the field itself, a keyword, and by what OpenSearch makes of a text that nobody has mapped.
fn query(numbers: &[GmcNumber]) -> serde_json::Value {
    let field = Field::GmcReferenceNumber.as_str();
    json!({
        "size": window(numbers.len()),
        "_source": false,
        "track_total_hits": false,
        "sort": ["_doc"],
        "query": {"bool": {"filter": {"bool": {
            "should": [{"terms": {field: numbers}}, {"terms": {format!("{field}.keyword"): numbers}}],
            "minimum_should_match": 1,
        }}}},
    })
}

/// The most that a search for so many numbers returns.
fn window(numbers: usize) -> usize {
    if numbers == 1 { WINDOW } else { (numbers * DOCUMENTS_OF_ONE).min(WINDOW) }
}

fn too_many(index: IndexName, number: GmcNumber) -> PortError {
    PortError::permanent(format!(
        "could not read {index}: {number} has {WINDOW} documents or more, which is more than one search returns"
    ))
}

#[derive(Deserialize)]
struct Searched {
    #[serde(default)]
    responses: Vec<SearchResponse>,
}

#[derive(Deserialize)]
struct SearchResponse {
    status: u16,
    error: Option<Exception>,
    #[serde(default)]
    timed_out: bool,
    #[serde(default, rename = "_shards")]
    shards: Shards,
    #[serde(default)]
    hits: Hits,
}

#[derive(Default, Deserialize)]
struct Shards {
    #[serde(default)]
    failed: u32,
}

#[derive(Default, Deserialize)]
struct Hits {
    #[serde(default)]
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    #[serde(rename = "_id")]
    id: String,
}

impl SearchResponse {
    fn ids(self, answer: &Answer) -> PortResult<Vec<String>> {
        if let Some(error) = self.error {
            return Err(one_failed(answer, self.status, &error));
        }
        if self.timed_out || self.shards.failed > 0 {
            return Err(answer.unexpected("not every shard answered"));
        }
        Ok(self.hits.hits.into_iter().map(|hit| hit.id).collect())
    }
}

#[derive(Deserialize)]
struct Gotten {
    docs: Vec<GetResponse>,
}

#[derive(Deserialize)]
struct GetResponse {
    #[serde(rename = "_id")]
    id: String,
    error: Option<Exception>,
    #[serde(default)]
    found: bool,
    #[serde(rename = "_seq_no")]
    seq_no: Option<i64>,
    #[serde(rename = "_primary_term")]
    primary_term: Option<i64>,
    #[serde(rename = "_source")]
    source: Option<IndexDoc>,
}

impl GetResponse {
    fn got(self, answer: &Answer) -> PortResult<Option<Got>> {
        if let Some(error) = self.error {
            // the answer has no status for one document
            let status = if error.is_illegal() { 400 } else { 503 };
            return Err(one_failed(answer, status, &error));
        }
        if !self.found {
            return Ok(None);
        }
        let (Some(seq_no), Some(primary_term), Some(doc)) = (self.seq_no, self.primary_term, self.source)
        else {
            return Err(
                answer.permanent("documents come without _seq_no or _source, so they cannot be written")
            );
        };
        Ok(Some(Got { id: self.id, version: Version { seq_no, primary_term }, doc }))
    }
}

/// One of several searches, or of several documents, failed.
fn one_failed(answer: &Answer, status: u16, error: &Exception) -> PortError {
    if error.is_missing_index() {
        return answer.missing_index();
    }
    let told = format!("status {status}: {}", error.told());
    if matches!(status, 408 | 429 | 500..) { answer.unexpected(&told) } else { answer.permanent(&told) }
}
