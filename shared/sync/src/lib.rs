//! The night: one module a stage, written against ports, and the messages between them.

pub mod ledger;
pub mod messages;
pub mod open;
pub mod ports;
