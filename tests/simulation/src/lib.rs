//! Whole nights in one process under a seeded scheduler that breaks everything.
//!
//! A seed makes one schedule: which task goes on next, which message is delivered, twice or late, which stage is
//! killed between two calls, which call fails before or after its effect, which engine is away for how long, what
//! other services write meanwhile, and what the GMC answers, truthfully or not. Afterwards the promise of the product
//! is checked against what the GMC really answered ([`check`]). The same seed gives the same schedule.

pub mod check;
mod clock;
mod foreign;
mod gmc;
mod ports_database;
mod ports_index;
mod ports_ledger;
mod ports_queue;
pub mod scheduler;
pub mod world;
