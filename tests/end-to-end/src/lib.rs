//! Nights through the real binaries of the functions and real engines.
//!
//! | module | what |
//! |---|---|
//! | [`stack`] | everything together, on one machine |
//! | [`binaries`] | the binaries, as cargo has built them |
//! | [`functions`] | the five functions, and how they are run here |
//! | [`runtime`] | Lambda: processes behind a Runtime API, to be invoked |
//! | [`queues`] | the queues, on an SQS server |
//! | [`poller`] | the event source mappings |
//! | [`events`] | the events that functions get |
//! | [`cloud`] | Parameter Store and EventBridge |
//! | [`gateway`] | API Gateway: signatures, and requests turned into events |
//! | [`program`] | `gmc-sync`, as an operator runs it |
//! | [`indexes`] | the indexes, by plain HTTP |
//! | [`operator`] | what people, the API and the rules do with it |
//! | [`consumers`] | what the admins' screens ask for |
//! | [`reading`] | everything that is stored |
//! | [`invocations`] | what was invoked, and how long it took |
//! | [`mod@line`] | the lines to the engines, which can be cut |
//! | [`metrics`] | what the functions have told CloudWatch |
//! | [`midnight`] | not to go on over it |
//! | [`drills`] | what can go wrong, done on purpose |
//! | [`told`] | a night as people read it |
//! | [`failure`] | why something could not be done |

pub mod binaries;
pub mod cloud;
pub mod consumers;
pub mod drills;
pub mod events;
pub mod failure;
pub mod functions;
pub mod gateway;
pub mod indexes;
pub mod invocations;
pub mod line;
pub mod metrics;
pub mod midnight;
pub mod operator;
pub mod poller;
pub mod program;
pub mod queues;
pub mod reading;
pub mod runtime;
mod set_up;
pub mod stack;
pub mod told;
