//! What the elements of an answer mean, by the WSDL.

use domain::text::one_line;
use sync::ports::gmc::{AnswerEnd, RecordSink};
use uuid::Uuid;

use super::Asked;
use super::doctor::Doctor;
use crate::error::ReadError;
use crate::return_code::SUCCESS;
use crate::xml::{Element, Space, XmlError, is_space, normalised};

/// The longest value of one element, in bytes.
const MAX_VALUE: usize = 64 * 1024;

/// How much of the service's texts is told, in characters.
const MAX_FAULT: usize = 200;
const MAX_ID: usize = 100;
const MAX_CODE: usize = 40;

/// An answer as far as it has been read.
#[derive(Default)]
pub(super) struct Answer {
    /// One a open element, the root first.
    places: Vec<Place>,
    seen: Seen,
    doctor: Doctor,
    doctors: u64,
    /// The value that is being read, when it is not a doctor's.
    value: String,
    client_request_id: Option<String>,
    gmc_request_id: Option<String>,
    return_code: Option<String>,
    fault_text: Option<String>,
}

/// What an open element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Envelope,
    Body,
    Response,
    Result,
    Doctors,
    Doctor,
    /// A doctor's field, by its number.
    Field(usize),
    ClientRequestId,
    GmcRequestId,
    ReturnCode,
    Fault,
    FaultString,
    /// A value that is nil.
    Nil,
    /// Unknown, or inside what is unknown.
    Skipped,
}

/// Which elements have been seen, of those that the contract has once.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "one flag an element, each asked by its name")]
struct Seen {
    envelope: bool,
    body: bool,
    response: bool,
    result: bool,
    doctors: bool,
    client_request_id: bool,
    gmc_request_id: bool,
    return_code: bool,
    fault: bool,
    fault_string: bool,
}

impl Answer {
    /// Takes an element in that opens.
    pub(super) fn open(&mut self, element: &Element<'_>) -> Result<(), ReadError> {
        let place = match self.places.last() {
            None => self.root(element)?,
            Some(&parent) => {
                self.child(parent, element).map_err(|error| ReadError::from_xml(error, self.doctors))?
            }
        };
        self.places.push(place);
        Ok(())
    }

    /// Closes the innermost element.
    pub(super) fn close(&mut self, records: &mut dyn RecordSink) {
        match self.places.pop() {
            Some(Place::Field(field)) => self.doctor.close(field),
            Some(Place::Doctor) => {
                records.record(&self.doctor.record());
                self.doctor.clear();
                self.doctors += 1;
            }
            Some(Place::ClientRequestId) => self.client_request_id = self.take_value(),
            Some(Place::GmcRequestId) => self.gmc_request_id = self.take_value(),
            Some(Place::ReturnCode) => self.return_code = self.take_value(),
            Some(Place::FaultString) => self.fault_text = self.take_value(),
            _ => {}
        }
    }

    /// Takes text in, as it stands in the document.
    pub(super) fn text(&mut self, text: &str) -> Result<(), XmlError> {
        match self.value() {
            Some((value, length)) => append(value, length, &normalised(text)),
            None => self.check_between(text),
        }
    }

    /// Takes the character in that a reference stands for: as a line end it is not touched any more.
    pub(super) fn character(&mut self, character: char) -> Result<(), XmlError> {
        let mut buffer = [0; 4];
        let text = character.encode_utf8(&mut buffer);
        match self.value() {
            Some((value, length)) => append(value, length, text),
            None => self.check_between(text),
        }
    }

    /// Whether this is a SOAP envelope at all.
    pub(super) fn is_begun(&self) -> bool {
        self.seen.envelope
    }

    pub(super) fn doctors(&self) -> u64 {
        self.doctors
    }

    pub(super) fn capacity(&self) -> usize {
        self.value.capacity() + self.doctor.capacity()
    }

    /// The fault that the envelope holds, if it does.
    pub(super) fn fault(&self, asked: &Asked) -> Option<ReadError> {
        let text = self.fault_text.as_deref().map(|text| asked.quote(text, MAX_FAULT));
        self.seen.fault.then_some(ReadError::Fault { text })
    }

    /// What a complete envelope says.
    pub(super) fn end(self, asked: &Asked) -> Result<AnswerEnd, ReadError> {
        if let Some(fault) = self.fault(asked) {
            return Err(fault);
        }
        if !self.seen.response {
            return Err(ReadError::NoResponse);
        }
        let echoes = |echo: &str| Uuid::try_parse(echo).is_ok_and(|id| id == asked.request_id);
        if self.client_request_id.is_some_and(|echo| !echoes(&echo)) {
            return Err(ReadError::Foreign);
        }
        let gmc_request_id = self.gmc_request_id.map(|id| asked.quote(&id, MAX_ID));
        if self.return_code.as_deref() == Some(SUCCESS) {
            return Ok(AnswerEnd { gmc_request_id });
        }
        let code = self.return_code.map(|code| asked.quote(&code, MAX_CODE));
        Err(ReadError::ReturnCode { code, gmc_request_id })
    }

    fn root(&mut self, element: &Element<'_>) -> Result<Place, ReadError> {
        match (element.space, element.local) {
            (Space::Soap, "Envelope") => {
                self.seen.envelope = true;
                Ok(Place::Envelope)
            }
            (Space::Soap12, "Envelope") => Err(ReadError::OtherSoapVersion),
            (_, local) => Err(ReadError::OtherDocument { root: one_line(local, MAX_CODE) }),
        }
    }

    fn child(&mut self, parent: Place, element: &Element<'_>) -> Result<Place, XmlError> {
        let seen = &mut self.seen;
        let nil_or = |place| if element.nil { Place::Nil } else { place };
        match (parent, element.space, element.local) {
            (Place::Doctor, Space::Gmc, local) => match self.doctor.field(local) {
                Some(field) if self.doctor.open(field) => Ok(nil_or(Place::Field(field))),
                Some(_) => Err(TWICE),
                None => Ok(Place::Skipped),
            },
            // an empty list of doctors in another namespace would be a short list
            (Place::Doctors, space, "GetDoctorsForDBResponse_Doctor") => match space {
                Space::Gmc => Ok(Place::Doctor),
                _ => Err(XmlError::Broken("a doctor in another namespace")),
            },
            (Place::Envelope, Space::Soap, "Body") => once(&mut seen.body, Place::Body),
            (Place::Body, Space::Soap, "Fault") => once(&mut seen.fault, Place::Fault),
            (Place::Body, Space::Gmc, "GetDoctorsForDBResponse") => once(&mut seen.response, Place::Response),
            (Place::Response, Space::Gmc, "GetDoctorsForDBResult") => once(&mut seen.result, Place::Result),
            (Place::Result, Space::Gmc, "Doctors") => once(&mut seen.doctors, Place::Doctors),
            (Place::Result, Space::Gmc, "ClientRequestID") => {
                once(&mut seen.client_request_id, nil_or(Place::ClientRequestId))
            }
            (Place::Result, Space::Gmc, "GMCRequestID") => {
                once(&mut seen.gmc_request_id, nil_or(Place::GmcRequestId))
            }
            (Place::Result, Space::Gmc, "ReturnCode") => {
                once(&mut seen.return_code, nil_or(Place::ReturnCode))
            }
            (Place::Fault, Space::None | Space::Soap, "faultstring") => {
                once(&mut seen.fault_string, Place::FaultString)
            }
            (Place::Field(_) | Place::ClientRequestId | Place::GmcRequestId | Place::ReturnCode, _, _) => {
                Err(XmlError::Broken("an element inside a value"))
            }
            _ => Ok(Place::Skipped),
        }
    }

    /// Where the text of the innermost element goes, and how much of it is there already.
    fn value(&mut self) -> Option<(&mut String, usize)> {
        match self.places.last() {
            Some(Place::Field(_)) => Some(self.doctor.value()),
            Some(Place::ClientRequestId | Place::GmcRequestId | Place::ReturnCode | Place::FaultString) => {
                let length = self.value.len();
                Some((&mut self.value, length))
            }
            _ => None,
        }
    }

    /// Checks text that is no value's.
    fn check_between(&self, text: &str) -> Result<(), XmlError> {
        match self.places.last() {
            Some(Place::Nil | Place::Skipped | Place::Fault) | None => Ok(()),
            Some(_) if is_space(text) => Ok(()),
            Some(_) => Err(XmlError::Broken("text where only elements belong")),
        }
    }

    /// The value that has just been read, without white space around it; `None` when nothing is left.
    fn take_value(&mut self) -> Option<String> {
        let value = self.value.trim().to_owned();
        self.value.clear();
        (!value.is_empty()).then_some(value)
    }
}

impl Asked {
    /// A text of the service as it may be told: one line, bounded, nothing of the request in it.
    pub(super) fn quote(&self, text: &str, max: usize) -> String {
        match &self.conceal {
            Some(credentials) => one_line(&credentials.conceal(text), max),
            None => one_line(text, max),
        }
    }
}

const TWICE: XmlError = XmlError::Broken("an element twice that may be there once");

fn once(seen: &mut bool, place: Place) -> Result<Place, XmlError> {
    if std::mem::replace(seen, true) { Err(TWICE) } else { Ok(place) }
}

/// Appends text to a value of `length` bytes so far.
fn append(value: &mut String, length: usize, text: &str) -> Result<(), XmlError> {
    if length + text.len() > MAX_VALUE {
        return Err(XmlError::Refused("a value is too long"));
    }
    value.push_str(text);
    Ok(())
}
