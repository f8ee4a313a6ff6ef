//! The elements that are open: names that match, namespaces, depth, attributes.

use super::XmlError;
use super::attributes::{Attribute, next_attribute, value_of};
use super::characters::{is_space, split_name, trim};
use super::scanner::Tag;
use super::scopes::{Scopes, Space};

/// How deep elements may stand in each other; the deepest of an answer, a doctor's field, is the seventh.
const MAX_DEPTH: usize = 32;

/// The most attributes of an element, namespace declarations included.
const MAX_ATTRIBUTES: usize = 32;

/// An element that has just been opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'t> {
    pub(crate) space: Space,
    pub(crate) local: &'t str,
    /// Whether it says `xsi:nil`.
    pub(crate) nil: bool,
}

/// The open elements of a document, from its root on.
#[derive(Default)]
pub(crate) struct Elements {
    names: String,
    open: Vec<Open>,
    scopes: Scopes,
    attributes: Vec<Attribute>,
    root_seen: bool,
}

struct Open {
    name_start: usize,
    scopes_mark: usize,
}

impl Elements {
    /// Opens an element; its name may be resolved only by the declarations in scope, its own included.
    pub(crate) fn open<'t>(&mut self, tag: &Tag<'t>) -> Result<Element<'t>, XmlError> {
        if self.open.is_empty() && self.root_seen {
            return Err(XmlError::Broken("content after the outermost element"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(XmlError::Refused("elements are too deep in each other"));
        }
        self.root_seen = true;
        self.open.push(Open { name_start: self.names.len(), scopes_mark: self.scopes.mark() });
        self.names.push_str(tag.name);
        let (prefix, local) = if tag.plain { ("", tag.name) } else { split_name(tag.name)? };
        let nil = !is_space(tag.attributes) && self.take_attributes(tag.attributes)?;
        if prefix == "xmlns" {
            return Err(XmlError::Broken("a prefix that is not allowed"));
        }
        Ok(Element { space: self.scopes.space(prefix)?, local, nil })
    }

    /// Closes the innermost element, whose end tag says `name`.
    pub(crate) fn close(&mut self, name: &str) -> Result<(), XmlError> {
        match self.open.last() {
            Some(open) if self.names[open.name_start..] == *name => {
                self.close_innermost();
                Ok(())
            }
            _ => Err(XmlError::Broken("an end tag that does not match")),
        }
    }

    /// Closes the innermost element: it was an empty one.
    pub(crate) fn close_innermost(&mut self) {
        if let Some(open) = self.open.pop() {
            self.names.truncate(open.name_start);
            self.scopes.back_to(open.scopes_mark);
        }
    }

    /// Whether the reading is before or after the outermost element.
    pub(crate) fn is_outside(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether the outermost element has been closed.
    pub(crate) fn is_complete(&self) -> bool {
        self.root_seen && self.open.is_empty()
    }

    /// Declares the namespaces of a tag, checks its attributes, and says whether `xsi:nil` is among them.
    fn take_attributes(&mut self, text: &str) -> Result<bool, XmlError> {
        self.attributes.clear();
        let mut at = 0;
        while let Some((attribute, end)) = next_attribute(text, at)? {
            if self.attributes.len() >= MAX_ATTRIBUTES {
                return Err(XmlError::Refused("an element has too many attributes"));
            }
            let name = &text[attribute.name.clone()];
            let (prefix, local) = split_name(name)?;
            if self.attributes.iter().any(|other| text[other.name.clone()] == *name) {
                return Err(XmlError::Broken("an attribute twice"));
            }
            if name == "xmlns" {
                self.scopes.declare("", &value_of(&text[attribute.value.clone()])?)?;
            } else if prefix == "xmlns" {
                self.scopes.declare(local, &value_of(&text[attribute.value.clone()])?)?;
            }
            self.attributes.push(attribute);
            at = end;
        }
        self.resolve_attributes(text)
    }

    /// The second look, when all declarations of the tag are known.
    fn resolve_attributes(&self, text: &str) -> Result<bool, XmlError> {
        let mut nil = false;
        for (index, attribute) in self.attributes.iter().enumerate() {
            let (prefix, local) = split_name(&text[attribute.name.clone()])?;
            if prefix.is_empty() || prefix == "xmlns" {
                continue;
            }
            let space = self.scopes.space(prefix)?;
            let uri = self.scopes.uri(prefix);
            for other in &self.attributes[..index] {
                let (other_prefix, other_local) = split_name(&text[other.name.clone()])?;
                let prefixed = !other_prefix.is_empty() && other_prefix != "xmlns";
                if prefixed && other_local == local && self.scopes.uri(other_prefix) == uri {
                    return Err(XmlError::Broken("an attribute twice, under two prefixes"));
                }
            }
            if space == Space::Instance && local == "nil" {
                nil = matches!(trim(&value_of(&text[attribute.value.clone()])?), "true" | "1");
            }
        }
        Ok(nil)
    }
}
