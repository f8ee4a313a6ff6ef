//! The answer of `GetDoctorsForDB`, written in pieces as the service formats it.
//!
//! Format: the sample answer beside the WSDL: one line, no prefix for the service's namespace, ` />` for an
//! empty element, `ReturnCode` after the doctors.

use std::io::Write;

use bytes::Bytes;

use crate::doctor::Entry;
use crate::listing::{Listing, ShownNumber};
use crate::soap::{self, NAMESPACE, Version, push_escaped};
use crate::texts::{Text, Texts};

/// Pieces have this size or a little more: memory does not grow with the body.
const PIECE_BYTES: usize = 64 * 1024;

/// More than any doctor needs, so that a piece is never moved while it grows.
const DOCTOR_BYTES: usize = 2 * 1024;

/// Everything that an answer says.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) version: Version,
    /// The doctors; none: no element `Doctors`.
    pub(crate) listing: Option<Listing>,
    pub(crate) client_request_id: String,
    pub(crate) gmc_request_id: String,
    /// None: no element `ReturnCode`.
    pub(crate) return_code: Option<String>,
    /// The XML ends in the middle of the first doctor of the second half.
    pub(crate) cut_at_half: bool,
}

impl Answer {
    /// How many doctors the answer has from beginning to end.
    pub(crate) fn doctors(&self) -> usize {
        let all = self.listing.as_ref().map_or(0, |listing| listing.entries.len());
        if self.cut_at_half { all / 2 } else { all }
    }

    /// The answer as bytes.
    pub(crate) fn pieces(self) -> Pieces {
        Pieces { answer: self, next: 0, state: State::Opening }
    }
}

/// The pieces of an answer, made when they are asked for.
#[derive(Debug)]
pub(crate) struct Pieces {
    answer: Answer,
    next: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Opening,
    Doctors,
    Ended,
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.state == State::Ended {
            return None;
        }
        let mut out = Vec::with_capacity(PIECE_BYTES + DOCTOR_BYTES);
        if self.state == State::Opening {
            self.open(&mut out);
            self.state = State::Doctors;
        }
        let end = self.answer.doctors();
        if let Some(listing) = &self.answer.listing {
            while self.next < end && out.len() < PIECE_BYTES {
                push_doctor(&mut out, &listing.entries[self.next], &listing.texts);
                self.next += 1;
            }
        }
        if self.next == end {
            self.close(&mut out);
            self.state = State::Ended;
        }
        Some(out.into())
    }
}

impl Pieces {
    fn open(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.answer.version.opening().as_bytes());
        out.extend_from_slice(b"<GetDoctorsForDBResponse xmlns=\"");
        out.extend_from_slice(NAMESPACE.as_bytes());
        out.extend_from_slice(b"\"><GetDoctorsForDBResult>");
        match &self.answer.listing {
            Some(listing) if listing.entries.is_empty() && !self.answer.cut_at_half => {
                out.extend_from_slice(b"<Doctors />");
            }
            Some(_) => out.extend_from_slice(b"<Doctors>"),
            None => {}
        }
    }

    fn close(&self, out: &mut Vec<u8>) {
        if self.answer.cut_at_half {
            out.extend_from_slice(b"<GetDoctorsForDBResponse_Doctor><GMCReferenceNum");
            return;
        }
        if self.answer.listing.as_ref().is_some_and(|listing| !listing.entries.is_empty()) {
            out.extend_from_slice(b"</Doctors>");
        }
        push_element(out, "ClientRequestID", self.answer.client_request_id.as_str().into());
        push_element(out, "GMCRequestID", self.answer.gmc_request_id.as_str().into());
        if let Some(code) = &self.answer.return_code {
            push_element(out, "ReturnCode", code.as_str().into());
        }
        out.extend_from_slice(b"</GetDoctorsForDBResult></GetDoctorsForDBResponse>");
        out.extend_from_slice(soap::CLOSING.as_bytes());
    }
}

fn push_doctor(out: &mut Vec<u8>, entry: &Entry, texts: &Texts) {
    out.extend_from_slice(b"<GetDoctorsForDBResponse_Doctor>");
    push_number(out, entry);
    let fields = [
        ("DoctorFirstName", entry.first_name),
        ("DoctorLastName", entry.last_name),
        ("SubmissionDate", entry.submission_date),
        ("DoctorStatus", entry.status),
        ("Breach", entry.breach),
        ("DateAdded", entry.date_added),
        ("UnderNotice", entry.under_notice),
        ("Investigation", entry.investigation),
        ("PreliminaryInvestigation", entry.preliminary_investigation),
        ("Sanction", entry.sanction),
    ];
    for (name, handle) in fields {
        push_element(out, name, texts.get(handle));
    }
    out.extend_from_slice(b"</GetDoctorsForDBResponse_Doctor>");
}

fn push_number(out: &mut Vec<u8>, entry: &Entry) {
    match entry.shown_number() {
        ShownNumber::Digits(number) => {
            // writing to memory cannot fail
            let _ = write!(out, "<GMCReferenceNumber>{number:07}</GMCReferenceNumber>");
        }
        ShownNumber::Other(text) => push_element(out, "GMCReferenceNumber", text),
    }
}

fn push_element(out: &mut Vec<u8>, name: &str, text: Text<'_>) {
    if text == Text::Absent {
        return;
    }
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    match text {
        Text::Nil => out.extend_from_slice(b" xsi:nil=\"true\" />"),
        Text::Value(value) if !value.is_empty() => {
            out.push(b'>');
            push_escaped(out, value);
            out.extend_from_slice(b"</");
            out.extend_from_slice(name.as_bytes());
            out.push(b'>');
        }
        _ => out.extend_from_slice(b" />"),
    }
}
