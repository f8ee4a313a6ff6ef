//! What the regional admins' screens ask for: the recommendation summary page of the database, the connections pages of
//! the indexes (docs/domain.md §5 and §6). By the plain driver and plain HTTP, page after page.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::failure::{Failure, Result, Told as _};
use crate::stack::Stack;

/// How many rows a page has.
pub const PAGE: u64 = 20;

/// One of the connections pages, and the index that it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionsPage {
    /// Doctors with a body.
    Connected,
    /// Doctors without one.
    Disconnected,
    /// Doctors whom somebody is to look at.
    Exceptions,
}

impl ConnectionsPage {
    fn index(self) -> &'static str {
        match self {
            Self::Connected => "connectedindex",
            Self::Disconnected => "disconnectedindex",
            Self::Exceptions => "exceptionindex",
        }
    }
}

impl Stack {
    /// A page of the recommendation summary, from 0: the doctors of an admin's bodies; on the other tab those under
    /// notice alone. Sorted by submission date, then by family name.
    pub async fn summary_page(
        &self,
        codes: &[&str],
        tab_under_notice: bool,
        page: u64,
    ) -> Result<Vec<Document>> {
        let doctors: Collection<Document> = self.database.collection("doctorsForDB");
        let mut filter = doc! { "designatedBodyCode": { "$in": codes.to_vec() } };
        if tab_under_notice {
            filter.insert("underNotice", "YES");
        }
        let found = doctors
            .find(filter)
            .sort(doc! { "submissionDate": 1, "doctorLastName": 1 })
            .skip(page * PAGE)
            .limit(i64::try_from(PAGE).unwrap_or(i64::MAX))
            .await;
        found.told("the summary page")?.try_collect().await.told("the summary page")
    }

    /// The GMC numbers on all pages of the recommendation summary, which must be in order, with nobody twice.
    pub async fn summary(&self, codes: &[&str], tab_under_notice: bool) -> Result<BTreeSet<String>> {
        let mut everyone = BTreeSet::new();
        let mut last_row = None;
        for page in 0.. {
            let rows = self.summary_page(codes, tab_under_notice, page).await?;
            for row in &rows {
                let place = (
                    row.get_datetime("submissionDate").ok().copied(),
                    row.get_str("doctorLastName").ok().map(str::to_owned),
                );
                if last_row.as_ref() > Some(&place) {
                    let why = format!("{place:?} after {last_row:?}");
                    return Err(Failure::new(format!("page {page} of {codes:?} is not in order"), why));
                }
                last_row = Some(place);
                let number = row.get_str("_id").told("a row's id")?;
                if !everyone.insert(number.to_owned()) {
                    return Err(Failure::new(
                        format!("the pages of {codes:?}"),
                        format!("{number} is there twice"),
                    ));
                }
            }
            if rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                break;
            }
        }
        Ok(everyone)
    }

    /// The rows of all pages of a connections page, for an admin's bodies or for all; each as a document of the index.
    /// By submission date; those without one are last.
    pub async fn connections(&self, page: ConnectionsPage, codes: Option<&[&str]>) -> Result<Vec<Value>> {
        let query = codes.map_or(
            json!({ "match_all": {} }),
            |codes| json!({ "bool": { "filter": [{ "terms": { "designatedBody": codes } }] } }),
        );
        let sort = json!([{ "submissionDate": "asc" }, { "gmcReferenceNumber": "asc" }]);
        let mut rows: Vec<Value> = Vec::new();
        loop {
            let body = json!({
                "query": query, "sort": sort, "from": rows.len(), "size": PAGE, "track_total_hits": true,
            });
            let mut hits = self.indexes.search(page.index(), &body).await?;
            let total = hits["total"]["value"].as_u64();
            let Value::Array(found) = hits["hits"].take() else {
                return Err(Failure::new(page.index(), "an answer without hits"));
            };
            let is_last = found.is_empty();
            rows.extend(found.into_iter().map(|mut hit| hit["_source"].take()));
            if is_last || total == Some(rows.len() as u64) {
                return Ok(rows);
            }
        }
    }

    /// The rows of the first page when somebody looks for a family name among the connected.
    pub async fn search_connected(&self, name: &str) -> Result<Vec<Value>> {
        let body = json!({
            "query": { "match": { "doctorLastName": name } },
            "sort": [{ "gmcReferenceNumber": "asc" }],
            "size": PAGE,
        });
        let mut hits = self.indexes.search(ConnectionsPage::Connected.index(), &body).await?;
        let Value::Array(found) = hits["hits"].take() else {
            return Err(Failure::new("a search by name", "an answer without hits"));
        };
        Ok(found.into_iter().map(|mut hit| hit["_source"].take()).collect())
    }
}
