//! Whole nights in one process with the real pieces: the embedded store and queues, the GMC's client over HTTP, the
//! simulated GMC, and the workers around the stages. The tests are in `tests/`; this is what they share.
//!
//! | module | what |
//! |---|---|
//! | [`night`] | the pieces put together, and how a test runs a night |
//! | [`clock`] | time that a test moves on |
//! | [`hooks`] | what a test does, or lets fail, at a chosen call of a port |
//! | [`ports`] | the ports with these hooks in them |
//! | [`valve`] | queues that hold messages back, and hand them out again soon |
//! | [`others`] | the other services that share the database and the indexes |
//! | [`snapshot`] | everything that is stored, at one moment |
//! | [`expected`] | what follows from the GMC's answers for each doctor |
//! | [`check`] | every doctor, in the database and in all four indexes, against what was expected |
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test harness: a panic is a failed test")]

pub mod check;
pub mod clock;
pub mod expected;
pub mod hooks;
pub mod night;
pub mod others;
pub mod ports;
pub mod snapshot;
pub mod valve;

pub use expected::Expected;
pub use hooks::Call;
pub use night::{EAST_MIDLANDS, EAST_OF_ENGLAND, NORTH_EAST, Night, Setup, YORKSHIRE};
pub use snapshot::Snapshot;
