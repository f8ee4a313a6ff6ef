//! Whole nights in one process under a seeded scheduler that breaks everything.
//!
//! A seed makes one schedule: which task goes on next, which message is delivered, twice or late, which stage is
//! killed or paused between two calls, which call fails before, amid or after its effect, which engine is away for how
//! long, what other services write meanwhile, and what the GMC answers, truthfully or not. Afterwards the promise of
//! the product is checked against what the GMC really answered ([`check`]). The same seed gives the same schedule.
//!
//! `tests/simulation/planted` proves that the checks notice bugs.

pub mod check;
mod clock;
pub mod documented;
mod foreign;
mod gmc;
mod nights;
pub mod observed;
pub mod population;
mod ports_database;
mod ports_index;
mod ports_ledger;
mod ports_queue;
pub mod scheduler;
#[cfg(planted_bugs)]
pub mod teeth;
pub mod totals;
pub mod trouble;
mod world;
