//! The night: one module a stage, written against ports, and the messages between them.
//!
//! | stage | module | reads the queue |
//! |---|---|---|
//! | opening a run | [`open`] | – |
//! | prepare-sync | [`prepare`] | prepare-sync |
//! | gmc-fetch | [`fetch`] | gmc-fetch |
//! | recommendation-update | [`recommendation_update`]: [`apply`], [`sweep`], [`close`] | recommendation-update |
//! | connection-index | [`connection_index`] | connection-index |
//! | the watchdog | [`watchdog`] | – |

pub mod apply;
pub mod backoff;
pub mod carry_out;
pub mod chunker;
pub mod close;
pub mod connection_index;
pub mod fetch;
pub mod lateness;
pub mod ledger;
pub mod look;
pub mod messages;
pub mod metrics;
pub mod open;
pub mod ports;
pub mod prepare;
pub mod progress;
pub mod recommendation_update;
pub mod report;
pub mod roll_call;
pub mod stage;
pub mod start_request;
pub mod sweep;
pub mod trends;
pub mod unhide;
pub mod watchdog;
pub mod worker;
