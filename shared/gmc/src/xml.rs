//! As much of XML 1.0 and its namespaces as an answer may use, strict, bounded, and without a document type.
//!
//! Written here because it is fed by pushes of any size, holds every piece of markup to a limit before it is whole,
//! and must call nothing well-formed that is not: a list cut short must never look complete.

mod attributes;
mod characters;
mod elements;
mod encoding;
mod scanner;
mod scopes;

pub(crate) use characters::{is_char, is_space, normalised};
pub(crate) use elements::{Element, Elements};
pub(crate) use encoding::Decoder;
pub(crate) use scanner::{Scanner, Token};
pub(crate) use scopes::Space;

/// Why a document is not read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XmlError {
    /// Not well-formed.
    Broken(&'static str),
    /// Beyond a limit, or of a kind that is not read at all.
    Refused(&'static str),
}
