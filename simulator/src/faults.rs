//! What can go wrong at the GMC, on demand: by body, a number of times or always.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The body of a fault for every body.
pub const EVERY_BODY: &str = "*";

/// Of the doctors of an answer, every 50th has something wrong, from the first on.
const FAULTY_EVERY: usize = 50;

/// One way in which an answer is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `code-N`: this `ReturnCode` and no doctors.
    Code(u32),
    /// `no-code`: the doctors, and no `ReturnCode`.
    NoCode,
    /// `soap-fault`: HTTP 500 with a SOAP fault.
    SoapFault,
    /// `http-403`: the HTML page of the firewall, Cloudflare error 1020.
    Http403,
    /// `http-503`: an HTML page.
    Http503,
    /// `http-429`: an HTML page, and `Retry-After: 1`.
    Http429,
    /// `reset`: after half of the doctors the TCP connection is reset.
    Reset,
    /// `truncated`: HTTP ends well after half of the doctors, the XML does not.
    Truncated,
    /// `drip`: 64 bytes at a time, with a pause before each ([`crate::SimulatorConfig::drip_pause`]).
    Drip,
    /// `hang`: no answer ever.
    Hang,
    /// `empty`: no doctors, `ReturnCode` 0.
    Empty,
    /// `half`: the first half of the doctors, `ReturnCode` 0.
    Half,
    /// `null-numbers`: every 50th doctor's number is nil, empty or absent, in turn.
    NullNumbers,
    /// `all-null-numbers`: as `null-numbers`, for every doctor.
    AllNullNumbers,
    /// `unknown-numbers`: every 50th doctor's number is `UNKNOWN`.
    UnknownNumbers,
    /// `duplicate-numbers`: every 50th doctor comes again after all others.
    DuplicateNumbers,
    /// `empty-under-notice`: every 50th doctor's `UnderNotice` is empty.
    EmptyUnderNotice,
    /// `odd-dates`: every 50th doctor's two dates are 31/02/2025, 2025-01-31 or words, in turn.
    OddDates,
    /// `two-bodies`: every 50th doctor of the next body comes after this one's doctors.
    TwoBodies,
    /// `wrong-request-id`: `ClientRequestID` is not the one of the request.
    WrongRequestId,
    /// `not-soap`: HTTP 200 with an HTML page.
    NotSoap,
}

/// Every kind of fault but `code-N`, with its name in texts.
const NAMED: [(&str, Fault); 20] = [
    ("no-code", Fault::NoCode),
    ("soap-fault", Fault::SoapFault),
    ("http-403", Fault::Http403),
    ("http-503", Fault::Http503),
    ("http-429", Fault::Http429),
    ("reset", Fault::Reset),
    ("truncated", Fault::Truncated),
    ("drip", Fault::Drip),
    ("hang", Fault::Hang),
    ("empty", Fault::Empty),
    ("half", Fault::Half),
    ("null-numbers", Fault::NullNumbers),
    ("all-null-numbers", Fault::AllNullNumbers),
    ("unknown-numbers", Fault::UnknownNumbers),
    ("duplicate-numbers", Fault::DuplicateNumbers),
    ("empty-under-notice", Fault::EmptyUnderNotice),
    ("odd-dates", Fault::OddDates),
    ("two-bodies", Fault::TwoBodies),
    ("wrong-request-id", Fault::WrongRequestId),
    ("not-soap", Fault::NotSoap),
];

impl Fault {
    /// The names of all kinds, `code-N` first, for help texts.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        std::iter::once("code-N").chain(NAMED.iter().map(|(name, _)| *name))
    }

    /// Every kind once, code 98 for the return codes: for tests that try them all.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Code(98)).chain(NAMED.iter().map(|(_, fault)| *fault))
    }

    /// Whether a fault that has some doctors of a list wrong has the one at this place (from 0) wrong. For
    /// `two-bodies` it is the place in the other body's list.
    pub fn touches(self, place: usize) -> bool {
        match self {
            Self::AllNullNumbers => true,
            Self::NullNumbers
            | Self::UnknownNumbers
            | Self::DuplicateNumbers
            | Self::EmptyUnderNotice
            | Self::OddDates
            | Self::TwoBodies => place.is_multiple_of(FAULTY_EVERY),
            _ => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Code(code) = self {
            return write!(f, "code-{code}");
        }
        let name = NAMED.iter().find(|(_, fault)| fault == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let named = NAMED.iter().find(|(name, _)| *name == text).map(|(_, fault)| *fault);
        let code = || text.strip_prefix("code-").and_then(|code| code.parse().ok()).map(Self::Code);
        named.or_else(code).ok_or_else(|| FaultError::UnknownKind(text.to_owned()))
    }
}

/// A fault of one body, as in `1-1RSSQ05=code-98:2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyFault {
    /// The body's code, or [`EVERY_BODY`].
    pub body: String,
    /// What is wrong.
    pub fault: Fault,
    /// How many answers it spoils; none: every one.
    pub times: Option<u32>,
}

/// Why a text is no `BODY=KIND[:TIMES]`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultError {
    /// There is no `=`, or nothing before it.
    #[error("`{0}` names no body: BODY=KIND[:TIMES] is expected, and * is every body")]
    NoBody(String),
    /// The kind is none that there is.
    #[error("`{0}` is no kind of fault; there are {kinds}", kinds = Fault::kinds().collect::<Vec<_>>().join(", "))]
    UnknownKind(String),
    /// The number of times is no number, or 0.
    #[error("`{0}` is no number of times: 1 or more is expected, and nothing is always")]
    BadTimes(String),
}

impl FromStr for BodyFault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (body, what) = text.split_once('=').unwrap_or_default();
        if body.trim().is_empty() {
            return Err(FaultError::NoBody(text.to_owned()));
        }
        let (kind, times) = match what.split_once(':') {
            Some((kind, times)) => (kind, Some(parse_times(times)?)),
            None => (what, None),
        };
        Ok(Self { body: body.trim().to_owned(), fault: kind.trim().parse()?, times })
    }
}

impl fmt::Display for BodyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.body, self.fault)?;
        self.times.map_or(Ok(()), |times| write!(f, ":{times}"))
    }
}

fn parse_times(text: &str) -> Result<u32, FaultError> {
    let times = text.trim().parse().ok().filter(|times| *times > 0);
    times.ok_or_else(|| FaultError::BadTimes(text.to_owned()))
}

/// The faults to come; clones share them, so that they can be added while the simulator runs.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<BodyFault>>>);

impl Faults {
    /// Those of a list, to be used in its order.
    pub fn new(faults: Vec<BodyFault>) -> Self {
        Self(Arc::new(Mutex::new(faults)))
    }

    /// Adds one, to be used after those that are there for the same body.
    pub fn add(&self, fault: BodyFault) {
        self.lock().push(fault);
    }

    /// Takes back all.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Takes back those that were added under this body.
    pub fn clear_body(&self, body: &str) {
        self.lock().retain(|fault| fault.body != body);
    }

    /// What is still to come.
    pub fn pending(&self) -> Vec<BodyFault> {
        self.lock().clone()
    }

    /// The next fault of a body; it counts as used.
    pub(crate) fn take(&self, body: &str) -> Option<Fault> {
        let mut faults = self.lock();
        let place = faults.iter().position(|fault| fault.body == body || fault.body == EVERY_BODY)?;
        let next = faults.get_mut(place)?;
        let fault = next.fault;
        if let Some(times) = &mut next.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                faults.remove(place);
            }
        }
        Some(fault)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<BodyFault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for fault in Fault::all().chain([Fault::Code(7)]) {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        let text = "1-1RSSQ05=code-98:2";
        let expected = BodyFault { body: "1-1RSSQ05".into(), fault: Fault::Code(98), times: Some(2) };
        assert_eq!(text.parse(), Ok(expected.clone()));
        assert_eq!(expected.to_string(), text);
        assert_eq!("*=hang".parse(), Ok(BodyFault { body: "*".into(), fault: Fault::Hang, times: None }));
    }

    #[test]
    fn an_error_names_what_was_wrong_and_lists_the_kinds() {
        let message = |text: &str| text.parse::<BodyFault>().unwrap_err().to_string();
        assert!(message("hang").contains("`hang` names no body"));
        assert!(message("=hang").contains("`=hang` names no body"));
        assert!(message("1-X=hang:0").contains("`0` is no number of times"));
        assert!(message("1-X=hang:often").contains("`often`"));
        let unknown = message("1-X=explode:2");
        assert!(unknown.starts_with("`explode` is no kind of fault"), "{unknown}");
        assert!(Fault::kinds().all(|kind| unknown.contains(kind)), "{unknown}");
        assert!(message("1-X=code-").contains("`code-`"));
    }

    #[test]
    fn a_fault_is_used_as_often_as_was_said_and_then_the_next() {
        let faults = Faults::new(vec!["1-X=hang:2".parse().unwrap()]);
        faults.add("1-X=empty".parse().unwrap());
        faults.add("1-Y=half".parse().unwrap());
        let taken: Vec<_> = (0..4).map(|_| faults.take("1-X")).collect();
        assert_eq!(taken, [Fault::Hang, Fault::Hang, Fault::Empty, Fault::Empty].map(Some));
        faults.clear_body("1-X");
        assert_eq!(faults.take("1-X"), None);
        assert_eq!(faults.pending().len(), 1);
        faults.clear();
        assert_eq!(faults.take("1-Y"), None);
    }
}
