//! Settings from the environment, for the functions and the program. An error names the variable, its value unless that may
//! be a secret, and what is expected.
//!
//! Variables for a service begin with its name: `MONGODB_`, `OPENSEARCH_`, `GMC_`. A setting of our own that the program
//! also reads from a shell begins with `GMC_SYNC_`, because a shell holds other programs' variables too. A setting that only
//! functions read has no prefix: nothing but the template sets a function's environment.

mod address;
mod env;
mod services;
mod text;

pub use address::is_this_machine;
pub use env::{Env, SettingError};
pub use services::{Auth, GmcCredentials, MongoDb, OpenSearch};
pub use text::Text;
