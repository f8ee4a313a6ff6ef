//! Opening a run.

use std::collections::BTreeMap;

use domain::BodyCode;
use serde::{Deserialize, Serialize};

use crate::ledger::Trigger;

/// What a run is asked to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenRequest {
    /// The id of the event that asks: the same event again resumes its run.
    pub key: String,
    /// Who asks.
    pub trigger: Trigger,
    /// Only these bodies; all there are when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bodies: Option<Vec<BodyCode>>,
    /// The loss that someone who has looked accepts, by body.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accept: BTreeMap<BodyCode, u64>,
    /// Whether an empty answer is accepted for these.
    #[serde(default)]
    pub accept_empty: bool,
    /// Whether nothing is to be written but the ledger.
    #[serde(default)]
    pub is_dry: bool,
}
