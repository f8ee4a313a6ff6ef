//! The function on a stub of AWS: every event of `events/follow-schedule`, and what may go wrong.

mod deployments;
mod events;
mod failures;
mod support;
