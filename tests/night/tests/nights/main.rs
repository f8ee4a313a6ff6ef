//! Whole nights: what ends where, and what the report says.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test, in helpers as well")]

mod audit;
mod by_others;
mod faults;
mod incidents;
mod old_database;
mod plain;
mod runs;
mod safeguard;
mod status;
mod trends;
mod unhide;
mod watchdog;
