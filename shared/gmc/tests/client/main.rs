//! The client against a server that does what a test says, byte by byte.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, in its helpers too")]

mod answers;
mod failures;
mod requests;
mod server;
mod support;
