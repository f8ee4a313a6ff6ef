//! Settings from the environment, read in one way by the functions and the program. An error names the variable, what
//! stands there, and what is expected.
//!
//! What says how a service is reached begins with the service: `MONGODB_`, `OPENSEARCH_`, `GMC_`. A setting of ours that
//! the program takes from a shell as well, where other programs' variables stand too, begins with `GMC_SYNC_`. What only
//! functions read needs no prefix: their environment holds nothing but what the template puts there.

mod address;
mod env;
mod services;
mod text;

pub use address::is_this_machine;
pub use env::{Env, SettingError};
pub use services::{Auth, GmcCredentials, MongoDb, OpenSearch};
pub use text::Text;
