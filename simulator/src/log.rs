//! What was asked and answered, for tests and for an operator who looks on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::faults::Fault;

/// The log of a simulator that runs for weeks must not grow for ever.
const KEPT: usize = 10_000;

/// One POST to the service and what was answered. No user name and no password is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestRecord {
    /// The body's element, if the request was one that could be read.
    pub operation: Option<String>,
    /// The designated body code as asked; empty if there was none.
    pub body: String,
    /// The client's own id of the request; empty if there was none.
    pub client_request_id: String,
    /// The header `User-Agent`.
    pub user_agent: Option<String>,
    /// The fault that was used up by this request.
    pub fault: Option<Fault>,
    /// The HTTP status; none if no answer was begun (`hang`).
    pub status: Option<u16>,
    /// `GMCRequestID` of the answer, if it was one of `GetDoctorsForDB`.
    pub gmc_request_id: Option<String>,
    /// `ReturnCode` of the answer, if it had one (and was not cut off before).
    pub return_code: Option<String>,
    /// How many doctors the answer has.
    pub doctors: usize,
}

/// The last 10,000 requests, in the order in which their answers began.
#[derive(Debug, Clone, Default)]
pub struct Requests(Arc<Mutex<VecDeque<RequestRecord>>>);

impl Requests {
    /// A copy of all that is kept.
    pub fn all(&self) -> Vec<RequestRecord> {
        self.lock().iter().cloned().collect()
    }

    /// Those that asked for this body.
    pub fn of(&self, body: &str) -> Vec<RequestRecord> {
        self.lock().iter().filter(|record| record.body == body).cloned().collect()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing was asked yet.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn add(&self, record: RequestRecord) {
        let mut records = self.lock();
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(record);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<RequestRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
