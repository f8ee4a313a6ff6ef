//! What must hold of everything that reads input from outside, whatever the input.
//!
//! One function a reader: it takes any bytes, gives them to the reader, and panics when something does not hold. The
//! fuzzer's targets (`fuzz/`) call these functions, and so do the tests of this package, on the corpus, on mutations of
//! it and on inputs made for the purpose.

mod messages;
mod schedule;
mod soap;
mod start_request;
mod told;
mod tree;

pub use messages::messages;
pub use schedule::schedule;
pub use soap::{REQUEST_ID, is_good, soap};
pub use start_request::start_request;
pub use tree::FIELDS;

/// A property of one reader: panics when it does not hold.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const TARGETS: [(&str, Target); 4] =
    [("soap", soap), ("messages", messages), ("schedule", schedule), ("start_request", start_request)];
