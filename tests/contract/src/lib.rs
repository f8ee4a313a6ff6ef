//! What every adapter of a port must do, as suites that each adapter's tests run.
//!
//! A check is a function named after what it checks; `doctors_suite!(fixture)` and its likes make a test of each, where
//! `fixture` is an `async fn() -> impl DoctorsFixture`:
//!
//! ```ignore
//! mod doctors {
//!     contract::doctors_suite!(super::fixture);
//! }
//! ```
//!
//! What follows the function goes to `#[tokio::test(…)]`: `queue_suite!(fixture, start_paused = true)`.
//!
//! An engine may be shared by all checks of a process, which then run at the same time: a check touches only doctors,
//! bodies and runs of its own. The numbers are new in every process only if the database is.

pub mod doctors;
pub mod events;
pub mod hostile;
pub mod index;
pub mod ledger;
pub mod own;
pub mod queue;
mod suite;

use sync::ports::PortResult;

/// What the port answered; the check fails when it could not do what was asked.
#[track_caller]
pub(crate) fn done<T>(result: PortResult<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("expected the port to do it, but: {error}"),
    }
}
