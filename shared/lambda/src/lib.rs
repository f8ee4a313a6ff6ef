//! What every function needs: settings, telemetry, batches of messages.
//!
//! A function is two files: `main.rs` reads the settings, makes the ports and serves; `handler.rs` maps an event to a
//! stage of `sync` and the stage's end to the answer. The rest is here.

#[cfg(planted_bugs)]
compile_error!("planted bugs are for the simulation alone: tests/simulation/planted");

pub mod batch;
pub mod event;
pub mod host;
pub mod metrics;
pub mod serve;
pub mod telemetry;
pub mod wire;

pub use ::settings;
