//! Writing: each write on its own, by bulk requests.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use domain::GmcNumber;
use domain::index::IndexName;
use domain::text::innermost;
use opensearch::http::Method;
use serde::de::IgnoredAny;
use sync::ports::index::{Action, IndexWrite, WriteOutcome};
use sync::ports::{PortError, PortResult};

use crate::bulk::{LineOutcome, line, send};
use crate::client::{Body, Request};
use crate::failure::Exception;
use crate::index::OpenSearchIndex;
use crate::lookup::owner;

impl OpenSearchIndex {
    pub(crate) async fn carry_out(&self, writes: &[IndexWrite]) -> PortResult<Vec<WriteOutcome>> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let names: BTreeMap<IndexName, String> =
            writes.iter().map(|write| (write.index, self.name_of(write.index))).collect();
        for (index, name) in &names {
            self.make_sure_of(*index, name).await?;
        }
        let name_of = |write: &IndexWrite| names.get(&write.index).map_or("", String::as_str);
        let lines = writes.iter().map(|write| line(name_of(write), write)).collect::<Result<Vec<_>, _>>();
        // only texts, numbers and maps with text keys: serialising them cannot fail
        let lines = lines.map_err(|error| PortError::permanent(innermost(&error)))?;
        let mut outcomes = Vec::with_capacity(writes.len());
        for (write, outcome) in writes.iter().zip(send(&self.client, &lines).await?) {
            outcomes.push(outcome_of(write, name_of(write), outcome)?);
        }
        self.refuse_taken_ids(writes, &mut outcomes).await?;
        Ok(outcomes)
    }

    /// OpenSearch makes an index that is written to and not there, with a mapping that it guesses, and a request cannot
    /// forbid it. So every index must have answered a moment before; mostly it has, because what is written was read.
    async fn make_sure_of(&self, index: IndexName, name: &str) -> PortResult<()> {
        if self.has_seen(index) {
            return Ok(());
        }
        let what = format!("find {name}");
        let body = r#"{"size":0,"track_total_hits":false,"query":{"match_none":{}}}"#;
        let answer = self
            .client
            .send(Request {
                what: &what,
                method: Method::Post,
                path: &format!("/{name}/_search"),
                query: &[("filter_path", "timed_out")],
                body: Body::Json(Bytes::from_static(body.as_bytes())),
            })
            .await?;
        answer.read::<IgnoredAny>()?;
        self.saw(index);
        Ok(())
    }

    /// Who conflicts reads again. But when another doctor's document has the id, reading never finds it, and the
    /// conflict would come again for ever.
    async fn refuse_taken_ids(&self, writes: &[IndexWrite], outcomes: &mut [WriteOutcome]) -> PortResult<()> {
        let is_conflict = |(write, outcome): &(&IndexWrite, &WriteOutcome)| {
            matches!(write.action, Action::Create(_)) && **outcome == WriteOutcome::Conflict
        };
        let mut conflicts: BTreeMap<IndexName, Vec<String>> = BTreeMap::new();
        for (write, _) in writes.iter().zip(&*outcomes).filter(is_conflict) {
            conflicts.entry(write.index).or_default().push(write.id.clone());
        }
        let mut owners: HashMap<(IndexName, String), Option<GmcNumber>> = HashMap::new();
        for (index, ids) in conflicts {
            for document in self.get(index, &ids).await? {
                let owner = owner(&document);
                owners.insert((index, document.id), owner);
            }
        }
        for (write, outcome) in writes.iter().zip(outcomes) {
            let owner = owners.get(&(write.index, write.id.clone()));
            if is_conflict(&(write, outcome)) && owner.is_some_and(|owner| *owner != Some(write.number)) {
                let reason = format!("id {} has a document of another GMC number", write.id);
                *outcome = WriteOutcome::Refused(reason);
            }
        }
        Ok(())
    }
}

fn outcome_of(write: &IndexWrite, name: &str, outcome: LineOutcome) -> PortResult<WriteOutcome> {
    Ok(match outcome {
        LineOutcome::Answered(status, error) => answered(&write.action, status, error.as_ref()),
        LineOutcome::Later(status, refusal) => {
            WriteOutcome::Busy(with_status(status, refusal.told(status).as_deref()))
        }
        LineOutcome::TooLarge => {
            WriteOutcome::Refused("the document is larger than opensearch takes".to_owned())
        }
        LineOutcome::MissingIndex => {
            return Err(PortError::permanent(format!(
                "could not write to {name}: there is no such index; run `gmc-sync setup`"
            )));
        }
    })
}

fn answered(action: &Action, status: u16, error: Option<&Exception>) -> WriteOutcome {
    let told = || with_status(status, error.map(Exception::told).as_deref());
    match (status, action) {
        (200..300, _) => WriteOutcome::Done,
        // what is not there any more has been taken away by somebody
        (409, _) | (404, Action::Update(..) | Action::Delete(_)) => WriteOutcome::Conflict,
        (429 | 502..=504, _) => WriteOutcome::Busy(told()),
        _ => WriteOutcome::Refused(told()),
    }
}

fn with_status(status: u16, told: Option<&str>) -> String {
    told.map_or_else(|| format!("status {status}"), |told| format!("status {status}: {told}"))
}
