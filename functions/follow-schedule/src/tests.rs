//! The function on a stub of AWS: every event of `events/follow-schedule`, and what may go wrong.

mod events;
mod failures;
mod support;
