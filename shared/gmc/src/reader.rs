//! The streaming reader of an answer.

mod answer;
mod doctor;
mod lead;

use domain::GmcRecord;
use sync::ports::gmc::{AnswerEnd, RecordSink};
use uuid::Uuid;

use crate::envelope::Credentials;
use crate::error::ReadError;
use crate::settings::DEFAULT_MAX_ANSWER_BYTES;
use crate::xml::{Decoder, Elements, Scanner, Token, XmlError, is_space};
use answer::Answer;
use lead::Lead;

/// How much is decoded at a time, in bytes: what the reader's memory is made of.
const BLOCK: usize = 16 * 1024;

/// What was asked, as far as the answer depends on it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The `ClientRequestID` that was sent: an answer that echoes another one is refused.
    pub request_id: Uuid,
    /// The `charset` of the answer's `Content-Type`.
    pub charset: Option<String>,
    /// How large the answer may be, in bytes after decompression.
    pub max_answer_bytes: u64,
    /// Whose name and password are taken out of what the service is quoted with.
    pub conceal: Option<Credentials>,
}

impl Asked {
    /// A request of which only the id is known.
    pub fn new(request_id: Uuid) -> Self {
        Self { request_id, charset: None, max_answer_bytes: DEFAULT_MAX_ANSWER_BYTES, conceal: None }
    }
}

/// Reads the answer of `GetDoctorsForDB` as its bytes arrive, however they are cut, in memory that does not grow with
/// the number of doctors.
///
/// What XML allows is read: any prefix, CDATA, references, attributes, comments, white space, any order of children,
/// UTF-8, UTF-16, ISO-8859-1 and windows-1252; unknown elements are passed over with their content. Refused are a
/// document type, what is beyond a limit, and what is not well-formed. Refused as well, because it cannot be known
/// what is meant: an element twice that the contract has once (a field of a doctor included), text or elements where
/// the contract has none, a doctor in another namespace.
///
/// The doctors count only when [`finish`](Self::finish) says `Ok`: a complete, well-formed envelope, return code 0.
pub struct AnswerReader {
    asked: Asked,
    decoder: Decoder,
    scanner: Scanner,
    elements: Elements,
    answer: Answer,
    lead: Lead,
    phase: Phase,
    bytes: u64,
}

enum Phase {
    Reading,
    /// It is no SOAP envelope; what it is instead is told when enough of it has arrived.
    NotSoap(ReadError),
    /// Nothing makes this answer good again.
    Failed(ReadError),
}

impl AnswerReader {
    /// A reader for the answer to one request.
    pub fn new(asked: Asked) -> Self {
        Self {
            decoder: Decoder::new(asked.charset.clone()),
            asked,
            scanner: Scanner::default(),
            elements: Elements::default(),
            answer: Answer::default(),
            lead: Lead::default(),
            phase: Phase::Reading,
            bytes: 0,
        }
    }

    /// Reads the next bytes; `records` is given each doctor that they complete. After an error nothing is read any
    /// more, and every further call gives the same one.
    pub fn push(&mut self, bytes: &[u8], records: &mut dyn RecordSink) -> Result<(), ReadError> {
        if let Phase::Failed(error) = &self.phase {
            return Err(error.clone());
        }
        self.read(bytes, records).inspect_err(|error| self.phase = Phase::Failed(error.clone()))
    }

    /// Says, when no more bytes come, whether the doctors count.
    pub fn finish(mut self) -> Result<AnswerEnd, ReadError> {
        // what the decoder holds back is shorter than a doctor
        let mut nobody = |_: &GmcRecord<'_>| {};
        let last_is_whole = match &self.phase {
            Phase::Failed(error) => return Err(error.clone()),
            _ => self.decode(None, &mut nobody)?,
        };
        if let Phase::NotSoap(cause) = &self.phase {
            return Err(self.lead.verdict(cause, &self.asked));
        }
        let truncated = ReadError::Truncated { bytes: self.bytes, doctors: self.answer.doctors() };
        if !self.answer.is_begun() {
            return Err(self.lead.verdict(&truncated, &self.asked));
        }
        if self.elements.is_complete() && last_is_whole && is_space(self.scanner.rest()) {
            return self.answer.end(&self.asked);
        }
        Err(self.answer.fault(&self.asked).unwrap_or(truncated))
    }

    /// How many doctors have been read.
    pub fn doctors(&self) -> u64 {
        self.answer.doctors()
    }

    /// How many bytes have been read, after decompression.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How much memory the reader's buffers take, in bytes: bounded, however long the answer.
    pub fn buffered(&self) -> usize {
        self.scanner.capacity() + self.answer.capacity() + self.lead.capacity()
    }

    fn read(&mut self, bytes: &[u8], records: &mut dyn RecordSink) -> Result<(), ReadError> {
        let limit = self.asked.max_answer_bytes;
        let room = usize::try_from(limit.saturating_sub(self.bytes)).unwrap_or(usize::MAX);
        for block in bytes[..bytes.len().min(room)].chunks(BLOCK) {
            self.bytes += block.len() as u64;
            self.decode(Some(block), records)?;
        }
        if bytes.len() > room { Err(ReadError::TooLarge { limit }) } else { Ok(()) }
    }

    /// Decodes a block, or what is left at the end, and reads what there is then. At the end it says whether the last
    /// character was whole.
    fn decode(&mut self, block: Option<&[u8]>, records: &mut dyn RecordSink) -> Result<bool, ReadError> {
        let text = self.scanner.buffer();
        if matches!(self.phase, Phase::NotSoap(_)) {
            text.clear();
        }
        let start = text.len();
        let decoded = match block {
            Some(block) => self.decoder.decode(block, text).map(|()| true),
            None => self.decoder.finish(text),
        };
        if !self.answer.is_begun() {
            self.lead.keep(&text[start..]);
        }
        // what stands before the bytes that cannot be decoded comes first, wherever the block began
        let scanned = match self.phase {
            Phase::Reading => self.scan(records),
            _ => Ok(()),
        };
        let result = scanned.and(decoded.map_err(|error| ReadError::from_xml(error, self.answer.doctors())));
        match (result, &self.phase) {
            (Ok(_), Phase::NotSoap(cause)) if self.lead.is_full() => {
                Err(self.lead.verdict(cause, &self.asked))
            }
            (Ok(whole), _) => Ok(whole),
            (Err(error), Phase::Reading) if !self.answer.is_begun() => {
                if decoded.is_err() || self.lead.is_full() {
                    return Err(self.lead.verdict(&error, &self.asked));
                }
                self.phase = Phase::NotSoap(error);
                Ok(true)
            }
            (Err(_), Phase::NotSoap(cause)) => Err(self.lead.verdict(cause, &self.asked)),
            (Err(error), _) => Err(error),
        }
    }

    /// Reads every piece that is whole.
    fn scan(&mut self, records: &mut dyn RecordSink) -> Result<(), ReadError> {
        loop {
            let token = match self.scanner.next() {
                Ok(Some(token)) => token,
                Ok(None) => break,
                Err(error) => return Err(ReadError::from_xml(error, self.answer.doctors())),
            };
            let doctors = self.answer.doctors();
            let ill = |error| ReadError::from_xml(error, doctors);
            match token {
                Token::Start(tag) => {
                    let element = self.elements.open(&tag).map_err(ill)?;
                    self.answer.open(&element)?;
                    if tag.empty {
                        self.elements.close_innermost();
                        self.answer.close(records);
                    }
                }
                Token::End(name) => {
                    self.elements.close(name).map_err(ill)?;
                    self.answer.close(records);
                }
                Token::Text(text) if self.elements.is_outside() => {
                    if !is_space(text) {
                        return Err(ill(XmlError::Broken("text outside of the outermost element")));
                    }
                }
                Token::CData(_) | Token::Character(_) if self.elements.is_outside() => {
                    return Err(ill(XmlError::Broken("text outside of the outermost element")));
                }
                Token::Text(text) | Token::CData(text) => self.answer.text(text).map_err(ill)?,
                Token::Character(character) => self.answer.character(character).map_err(ill)?,
                Token::Skipped => {}
            }
        }
        if self.answer.is_begun() {
            self.lead.forget();
        }
        Ok(())
    }
}
