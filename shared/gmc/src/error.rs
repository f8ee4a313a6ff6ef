//! Why an answer is not one to go by.

use sync::ports::gmc::{FailureKind, GmcFailure};

use crate::return_code;
use crate::xml::XmlError;

/// Why an answer gives no doctors. The texts it quotes are one line each, bounded, and never out of a doctor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing, or nothing but white space.
    #[error("the service answered with an empty body")]
    Empty,
    /// A page for people: a firewall's or a maintenance page.
    #[error("the service answered with an HTML page{}", titled(.title.as_deref()))]
    Html {
        /// The page's title.
        title: Option<String>,
    },
    /// Something that begins like no XML document.
    #[error("the service answered with {what} instead of a soap envelope{}", quoted(.quote.as_deref()))]
    NotXml {
        /// What it looks like.
        what: &'static str,
        /// How it begins, where that is a plain sentence.
        quote: Option<String>,
    },
    /// An XML document of another kind.
    #[error("the service answered with another xml document, <{root}>, instead of a soap envelope")]
    OtherDocument {
        /// The name of its outermost element.
        root: String,
    },
    /// An envelope of SOAP 1.2: the question was asked in SOAP 1.1.
    #[error("the service answered with a soap 1.2 envelope to a soap 1.1 request")]
    OtherSoapVersion,
    /// A `soap:Fault`.
    #[error("the service answered with a soap fault{}", quoted(.text.as_deref()))]
    Fault {
        /// The fault's `faultstring`.
        text: Option<String>,
    },
    /// An envelope without the element that answers `GetDoctorsForDB`.
    #[error("the envelope holds no GetDoctorsForDBResponse")]
    NoResponse,
    /// Not well-formed, or not what the contract says.
    #[error("the answer is broken after {doctors} doctors: {what}")]
    Broken {
        /// What is wrong.
        what: &'static str,
        /// How many doctors had been read by then.
        doctors: u64,
    },
    /// The bytes stop before the envelope does.
    #[error("the answer ends in the middle, after {bytes} bytes and {doctors} doctors")]
    Truncated {
        /// How many bytes arrived, after decompression.
        bytes: u64,
        /// How many doctors had been read by then.
        doctors: u64,
    },
    /// Well-formed perhaps, but not to be read.
    #[error("the answer must not be read: {0}")]
    Unacceptable(&'static str),
    /// Bytes that go on beyond the limit.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes after decompression.
        limit: u64,
    },
    /// An answer to somebody else's question.
    #[error("the answer belongs to another request: its ClientRequestID is not the one sent")]
    Foreign,
    /// A complete answer, with another return code than 0.
    #[error("{}{}", return_code::meaning(.code.as_deref()).1, coded(.code.as_deref()))]
    ReturnCode {
        /// The code, `None` when there is none.
        code: Option<String>,
        /// The GMC's own id of the request.
        gmc_request_id: Option<String>,
    },
}

impl ReadError {
    /// The class of failure, as the port has it.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::ReturnCode { code, .. } => return_code::meaning(code.as_deref()).0,
            Self::Unacceptable(_) | Self::TooLarge { .. } => FailureKind::Unacceptable,
            Self::Empty
            | Self::Html { .. }
            | Self::NotXml { .. }
            | Self::OtherDocument { .. }
            | Self::OtherSoapVersion
            | Self::Fault { .. }
            | Self::NoResponse
            | Self::Broken { .. }
            | Self::Truncated { .. }
            | Self::Foreign => FailureKind::Transport,
        }
    }

    /// Whether what arrived was no SOAP at all, so that the HTTP status says more than the content.
    pub(crate) fn is_no_soap(&self) -> bool {
        matches!(self, Self::Empty | Self::Html { .. } | Self::NotXml { .. } | Self::OtherDocument { .. })
    }

    pub(crate) fn from_xml(error: XmlError, doctors: u64) -> Self {
        match error {
            XmlError::Broken(what) => Self::Broken { what, doctors },
            XmlError::Refused(what) => Self::Unacceptable(what),
        }
    }
}

impl From<ReadError> for GmcFailure {
    fn from(error: ReadError) -> Self {
        let (kind, message) = (error.kind(), error.to_string());
        let (return_code, gmc_request_id) = match error {
            ReadError::ReturnCode { code, gmc_request_id } => (code, gmc_request_id),
            _ => (None, None),
        };
        Self { kind, message, return_code, gmc_request_id, retry_after: None }
    }
}

fn titled(title: Option<&str>) -> String {
    title.map(|title| format!(", title '{title}'")).unwrap_or_default()
}

fn quoted(text: Option<&str>) -> String {
    text.map(|text| format!(": {text}")).unwrap_or_default()
}

fn coded(code: Option<&str>) -> String {
    code.map(|code| format!(" (return code {code})")).unwrap_or_default()
}
