//! Which namespace a prefix means, where it stands.

use std::ops::Range;

use super::XmlError;

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP_1_2: &str = "http://www.w3.org/2003/05/soap-envelope";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The most namespaces in scope at one place; an answer has four.
const MAX_BINDINGS: usize = 64;

/// The namespaces that an answer is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// No namespace.
    None,
    /// SOAP 1.1's envelope.
    Soap,
    /// SOAP 1.2's envelope.
    Soap12,
    /// The GMC's service.
    Gmc,
    /// XML Schema's instance attributes: `xsi:nil`.
    Instance,
    /// Any other.
    Other,
}

/// The declarations in scope, innermost last.
#[derive(Default)]
pub(super) struct Scopes {
    text: String,
    bindings: Vec<Binding>,
    /// What the default namespace is, looked up once: most elements have no prefix.
    default: Option<Space>,
}

struct Binding {
    prefix: Range<usize>,
    uri: Range<usize>,
    space: Space,
}

impl Scopes {
    /// How many declarations are in scope: what to go back [`to`](Self::back_to) when the element ends.
    pub(super) fn mark(&self) -> usize {
        self.bindings.len()
    }

    /// Forgets the declarations since a mark.
    pub(super) fn back_to(&mut self, mark: usize) {
        if let Some(first) = self.bindings.get(mark) {
            self.text.truncate(first.prefix.start);
            self.bindings.truncate(mark);
            self.default = self.find("").map(|binding| binding.space);
        }
    }

    /// Takes a declaration in; the default namespace has the empty prefix, and the empty URI takes it back.
    pub(super) fn declare(&mut self, prefix: &str, uri: &str) -> Result<(), XmlError> {
        if self.bindings.len() >= MAX_BINDINGS {
            return Err(XmlError::Refused("it declares too many namespaces"));
        }
        let reserved = prefix == "xmlns" || uri == XMLNS || (prefix == "xml") != (uri == XML);
        if reserved || (uri.is_empty() && !prefix.is_empty()) {
            return Err(XmlError::Broken("a namespace declaration that is not allowed"));
        }
        let start = self.text.len();
        self.text.push_str(prefix);
        let middle = self.text.len();
        self.text.push_str(uri);
        let space = match uri {
            "" => Space::None,
            SOAP => Space::Soap,
            SOAP_1_2 => Space::Soap12,
            crate::GMC_NAMESPACE => Space::Gmc,
            INSTANCE => Space::Instance,
            _ => Space::Other,
        };
        if prefix.is_empty() {
            self.default = Some(space);
        }
        self.bindings.push(Binding { prefix: start..middle, uri: middle..self.text.len(), space });
        Ok(())
    }

    /// The namespace of an element's prefix, or of an attribute's that is not empty.
    pub(super) fn space(&self, prefix: &str) -> Result<Space, XmlError> {
        if prefix.is_empty() {
            return Ok(self.default.unwrap_or(Space::None));
        }
        match self.find(prefix) {
            Some(binding) => Ok(binding.space),
            None if prefix == "xml" => Ok(Space::Other),
            None => Err(XmlError::Broken("a prefix that is not declared")),
        }
    }

    /// The URI of a prefix.
    pub(super) fn uri(&self, prefix: &str) -> Option<&str> {
        match self.find(prefix) {
            Some(binding) => Some(&self.text[binding.uri.clone()]),
            None => (prefix == "xml").then_some(XML),
        }
    }

    fn find(&self, prefix: &str) -> Option<&Binding> {
        self.bindings.iter().rev().find(|binding| self.text[binding.prefix.clone()] == *prefix)
    }
}
