//! The GMC's SOAP service: the request, the streaming reader of its answer, the client (docs/domain.md §4).
//!
//! Three parts, each of use alone:
//! - [`request_envelope`] builds the request: pure.
//! - [`AnswerReader`] reads an answer as its bytes arrive, in memory that does not grow with the number of doctors:
//!   pure as well. It ends well only for a complete, well-formed envelope with return code 0.
//! - [`GmcClient`] puts both on HTTP, and is what the night asks through the port [`sync::ports::gmc::Gmc`].
//!
//! Nothing here logs or tells an envelope, a credential or a doctor's name.

mod client;
mod envelope;
mod error;
mod exchange;
mod reader;
mod retry_after;
mod return_code;
mod settings;
mod xml;

pub use client::GmcClient;
pub use envelope::{
    Credentials, GMC_NAMESPACE, InvalidCredentials, RequestEnvelope, SOAP_ACTION, request_envelope,
};
pub use error::ReadError;
pub use reader::{AnswerReader, Asked};
pub use settings::{
    DEFAULT_CONNECT_TIMEOUT, DEFAULT_IDLE_TIMEOUT, DEFAULT_MAX_ANSWER_BYTES, DEFAULT_TOTAL_TIMEOUT,
    DEFAULT_URL, GmcSettings, InvalidSettings,
};
