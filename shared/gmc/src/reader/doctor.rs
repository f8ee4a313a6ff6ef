//! One doctor's fields, gathered as they are read.

use std::borrow::Cow;
use std::ops::Range;

use domain::GmcRecord;

/// The fields of a doctor, in the contract's order.
const NAMES: [&str; 11] = [
    "GMCReferenceNumber",
    "DoctorFirstName",
    "DoctorLastName",
    "SubmissionDate",
    "DoctorStatus",
    "Breach",
    "DateAdded",
    "UnderNotice",
    "Investigation",
    "PreliminaryInvestigation",
    "Sanction",
];

/// A doctor whose element is open. The values stand one after another in one buffer that every doctor uses again.
#[derive(Default)]
pub(super) struct Doctor {
    values: String,
    spans: [Option<Range<usize>>; NAMES.len()],
    seen: [bool; NAMES.len()],
    /// Where the open field's value begins.
    start: usize,
    /// The field that is looked for first: the one after the last.
    next: usize,
}

impl Doctor {
    /// Which field an element is.
    pub(super) fn field(&self, local: &str) -> Option<usize> {
        match NAMES.get(self.next) {
            Some(&name) if name == local => Some(self.next),
            _ => NAMES.iter().position(|&name| name == local),
        }
    }

    /// Opens a field; `false` when the doctor has it already.
    pub(super) fn open(&mut self, field: usize) -> bool {
        self.start = self.values.len();
        self.next = field + 1;
        !std::mem::replace(&mut self.seen[field], true)
    }

    /// The value of the open field, and its length so far in bytes.
    pub(super) fn value(&mut self) -> (&mut String, usize) {
        let length = self.values.len() - self.start;
        (&mut self.values, length)
    }

    /// Closes the open field.
    pub(super) fn close(&mut self, field: usize) {
        self.spans[field] = Some(self.start..self.values.len());
    }

    /// The doctor as it was read.
    pub(super) fn record(&self) -> GmcRecord<'_> {
        let [
            number,
            first,
            last,
            submission,
            status,
            breach,
            added,
            notice,
            investigation,
            preliminary,
            sanction,
        ] = self.spans.each_ref().map(|span| span.clone().map(|span| Cow::Borrowed(&self.values[span])));
        GmcRecord {
            gmc_reference_number: number,
            doctor_first_name: first,
            doctor_last_name: last,
            submission_date: submission,
            doctor_status: status,
            breach,
            date_added: added,
            under_notice: notice,
            investigation,
            preliminary_investigation: preliminary,
            sanction,
        }
    }

    /// Makes room for the next doctor.
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.spans = Default::default();
        self.seen = Default::default();
        self.next = 0;
    }

    pub(super) fn capacity(&self) -> usize {
        self.values.capacity()
    }
}
