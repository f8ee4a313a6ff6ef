//! What the services may answer and the emulators never do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod parameters;
mod queues;
mod rule;
