//! What the contracts cannot say of every adapter: failures of the server, documents that others have spoilt, the shape of
//! what is stored, and setting up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod commands;
mod failures;
mod ledger;
mod many;
mod proxy;
mod scripted;
mod setup;
mod spoilt;
#[path = "../support/mod.rs"]
mod support;
