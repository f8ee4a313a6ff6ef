//! Nights as pages for a browser: one self-contained HTML file each, which asks the network for nothing.
//!
//! Pure functions from a report to text. Whatever comes from outside is escaped by the templates, shortened and made
//! visible by [`text::shown`]; a page's content security policy lets nothing run or load but what it was written with.

mod assets;
mod bodies;
mod findings;
mod night;
mod nights;
mod people;
#[cfg(test)]
mod tests;
pub mod text;
mod time;
mod timeline;
mod todo;
mod trend;
mod verdict;

pub use assets::content_security_policy;
pub use night::{NightPage, night};
pub use nights::{NIGHTS, NightsPage, nights};
pub use todo::Reach;
