//! The indexes that the sync needs: plain, unique and TTL.

use mongodb::bson::{Bson, Document, doc};

use crate::collections::{ANSWERS, BODIES, CONNECTION_LOGS, DOCTORS, LOOKS, RECOMMENDATIONS, ROLLS, RUNS};

const DAY: i64 = 24 * 60 * 60;

/// How long runs and their bodies are kept, and the lists of numbers (ARCHITECTURE.md, "The ledger"). A run is over after
/// 90 minutes, so nobody needs its lists any more by then.
const RUNS_KEPT: i64 = 90 * DAY;
const LISTS_KEPT: i64 = 14 * DAY;

/// An index on one field, ascending.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index {
    /// Of which collection.
    pub(crate) collection: &'static str,
    /// On which field.
    pub(crate) field: &'static str,
    is_unique: bool,
    /// Documents go so many seconds after the moment in the field.
    expire_after: Option<i64>,
}

/// All of them.
///
/// The index on the code serves the rolls, the search for whoever is hidden and, most of all, the summary page's query
/// (docs/domain.md §5); a night changes every code twice, which costs less than thirteen scans.
pub(crate) const INDEXES: [Index; 9] = [
    plain(DOCTORS, "designatedBodyCode"),
    plain(RECOMMENDATIONS, "gmcNumber"),
    plain(CONNECTION_LOGS, "gmcId"),
    Index { is_unique: true, ..plain(RUNS, "key") },
    expiring(RUNS, RUNS_KEPT),
    expiring(BODIES, RUNS_KEPT),
    expiring(ROLLS, LISTS_KEPT),
    expiring(ANSWERS, LISTS_KEPT),
    expiring(LOOKS, LISTS_KEPT),
];

const fn plain(collection: &'static str, field: &'static str) -> Index {
    Index { collection, field, is_unique: false, expire_after: None }
}

const fn expiring(collection: &'static str, seconds: i64) -> Index {
    Index { expire_after: Some(seconds), ..plain(collection, "writtenAt") }
}

impl Index {
    /// The name that the server would choose.
    pub(crate) fn name(&self) -> String {
        format!("{}_1", self.field)
    }

    /// For `createIndexes`.
    pub(crate) fn specification(&self) -> Document {
        let mut specification = doc! {"key": {self.field: 1}, "name": self.name()};
        if self.is_unique {
            specification.insert("unique", true);
        }
        if let Some(seconds) = self.expire_after {
            specification.insert("expireAfterSeconds", seconds);
        }
        specification
    }

    /// What an operator reads of it.
    pub(crate) fn described(&self) -> String {
        let unique = if self.is_unique { ", unique" } else { "" };
        let expiry = self
            .expire_after
            .map_or(String::new(), |seconds| format!(", documents go after {} days", seconds / DAY));
        format!("index on {}.{}{unique}{expiry}", self.collection, self.field)
    }

    /// Whether `found`, as `listIndexes` tells it, is an index on this field and no other.
    pub(crate) fn is_on_same_field(&self, found: &Document) -> bool {
        let Ok(key) = found.get_document("key") else { return false };
        key.len() == 1 && key.get(self.field).and_then(number) == Some(1)
    }

    /// In what an index on the same field differs from this one; empty when it does not.
    pub(crate) fn differences(&self, found: &Document) -> Vec<String> {
        let mut differences = Vec::new();
        let is_unique = found.get_bool("unique").unwrap_or(false);
        if is_unique != self.is_unique {
            differences.push(format!("unique is {is_unique}, expected {}", self.is_unique));
        }
        let expire_after = found.get("expireAfterSeconds").and_then(number);
        if expire_after != self.expire_after {
            let told =
                |seconds: Option<i64>| seconds.map_or("absent".to_owned(), |seconds| seconds.to_string());
            differences.push(format!(
                "expireAfterSeconds is {}, expected {}",
                told(expire_after),
                told(self.expire_after)
            ));
        }
        for option in ["sparse", "partialFilterExpression", "collation"] {
            if found.get(option).is_some_and(|value| *value != Bson::Boolean(false)) {
                differences.push(format!("it has {option}, so that queries may not use it"));
            }
        }
        differences
    }
}

fn number(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(value) => Some(i64::from(*value)),
        Bson::Int64(value) => Some(*value),
        #[expect(clippy::cast_possible_truncation, reason = "a direction or a number of seconds, and whole")]
        Bson::Double(value) => Some(*value as i64),
        _ => None,
    }
}
