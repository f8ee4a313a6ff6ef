//! What the reader of an answer reads, and what it refuses.

#![expect(clippy::expect_used, reason = "a test fails by panicking, in its helpers too")]

mod freedoms;
mod limits;
mod no_soap;
mod refusals;
mod return_codes;
mod splits;
mod support;
