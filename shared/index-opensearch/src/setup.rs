//! Making the indexes that are missing, and telling what differs in those that are there.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use domain::index::IndexName;
use opensearch::http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use sync::ports::PortResult;

use crate::client::{Answer, Body, Request};
use crate::index::OpenSearchIndex;
use crate::mapping::{definition, differences};

/// What was found of each index, and what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupReport {
    /// Each index by its name there, the master first.
    pub indexes: Vec<(String, SetupState)>,
}

/// What was found of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupState {
    /// It was missing, and has been made.
    Made,
    /// It was there, and is mapped as it should be.
    There,
    /// It was there, and differs from what would have been made, in these points. It was left as it is.
    Differs(Vec<String>),
}

impl OpenSearchIndex {
    /// Makes the indexes that are missing. What is there is compared and left as it is: another mapping takes another
    /// index, to which the documents are moved.
    pub async fn setup(&self) -> PortResult<SetupReport> {
        let mut indexes = Vec::new();
        for index in IndexName::ALL {
            let name = self.name_of(index);
            let state = match self.existing(index, &name).await? {
                Some(state) => state,
                None => self.make(index, &name).await?,
            };
            indexes.push((name, state));
        }
        Ok(SetupReport { indexes })
    }

    async fn make(&self, index: IndexName, name: &str) -> PortResult<SetupState> {
        let body = Body::Json(Bytes::from(definition(index).to_string()));
        let answer = self.ask("make", Method::Put, name, "", body).await?;
        if answer.status == 400 && answer.refusal().error.is_some_and(|error| error.is_existing_index()) {
            // somebody else was faster
            let found = self.existing(index, name).await?;
            return found.ok_or_else(|| answer.unexpected("it was there, and then it was not"));
        }
        answer.read::<IgnoredAny>()?;
        Ok(SetupState::Made)
    }

    /// What is there under an index's name, if anything.
    async fn existing(&self, index: IndexName, name: &str) -> PortResult<Option<SetupState>> {
        let answer = self.ask("look at", Method::Get, name, "/_mapping", Body::None).await?;
        if answer.status == 404 && answer.refusal().error.is_some_and(|error| error.is_missing_index()) {
            return Ok(None);
        }
        // an alias answers with the indexes behind it
        let mut points = Vec::new();
        let behind: BTreeMap<String, Mapped> = answer.read()?;
        if behind.len() > 1 {
            points.push(format!(
                "it is an alias of {} indexes: documents cannot be got by their ids",
                behind.len()
            ));
        }
        for (behind_name, mapped) in &behind {
            let of = if behind_name == name { String::new() } else { format!("{behind_name}: ") };
            let found = differences(index, &mapped.mappings.properties);
            points.extend(found.into_iter().map(|point| format!("{of}{point}")));
        }
        Ok(Some(if points.is_empty() { SetupState::There } else { SetupState::Differs(points) }))
    }

    async fn ask(
        &self,
        verb: &str,
        method: Method,
        name: &str,
        rest: &str,
        body: Body,
    ) -> PortResult<Answer> {
        let (what, path) = (format!("{verb} {name}"), format!("/{name}{rest}"));
        self.client.send(Request { what: &what, method, path: &path, query: &[], body }).await
    }
}

impl SetupReport {
    /// Whether an index that was there differs from what would have been made.
    pub fn differs(&self) -> bool {
        self.indexes.iter().any(|(_, state)| matches!(state, SetupState::Differs(_)))
    }
}

impl fmt::Display for SetupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, state)) in self.indexes.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            match state {
                SetupState::Made => write!(f, "{name}: made")?,
                SetupState::There => write!(f, "{name}: there")?,
                SetupState::Differs(points) => {
                    write!(f, "{name}: there, left as it is, but differs:")?;
                    for point in points {
                        write!(f, "\n  {point}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Mapped {
    #[serde(default)]
    mappings: Mappings,
}

#[derive(Default, Deserialize)]
struct Mappings {
    #[serde(default)]
    properties: Map<String, Value>,
}
