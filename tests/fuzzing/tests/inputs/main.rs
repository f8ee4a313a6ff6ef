//! The fuzzer's properties without the fuzzer: on the corpus, on mutations of it, and on inputs made for the purpose.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail by panicking, as the test does")]

mod answers;
mod corpus;
mod expressions;
mod mutations;
