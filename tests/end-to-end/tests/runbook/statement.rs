//! A statement for `mongosh`, read as far as the runbook writes any, so that the driver can carry it out.

use std::collections::BTreeMap;

use mongodb::bson::{Bson, DateTime, Document};

/// `db.COLLECTION.updateOne(FILTER, UPDATE)`, or `updateMany`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    /// Where.
    pub(crate) collection: String,
    /// Whether it is for all that match.
    pub(crate) is_many: bool,
    /// Which.
    pub(crate) filter: Document,
    /// What.
    pub(crate) update: Document,
}

impl Statement {
    /// Reads it; `process.env.X` is taken from `variables`.
    pub(crate) fn read(text: &str, variables: &BTreeMap<String, String>) -> Self {
        let call = text.trim().strip_prefix("db.").expect("a statement on db");
        let (collection, rest) = call.split_once('.').expect("a collection");
        let (method, rest) = rest.split_once('(').expect("a method");
        let mut reader = Reader { rest, variables };
        let filter = reader.document();
        reader.expect(',');
        let update = reader.document();
        reader.expect(')');
        assert_eq!(reader.rest.trim(), "", "something stands after the statement");
        let is_many = match method {
            "updateOne" => false,
            "updateMany" => true,
            other => panic!("{other} is not understood"),
        };
        Self { collection: collection.to_owned(), is_many, filter, update }
    }
}

struct Reader<'a> {
    rest: &'a str,
    variables: &'a BTreeMap<String, String>,
}

impl Reader<'_> {
    fn document(&mut self) -> Document {
        self.expect('{');
        let mut document = Document::new();
        while !self.eat("}") {
            let name = self.word();
            self.expect(':');
            let value = self.value();
            document.insert(name, value);
            self.eat(",");
        }
        document
    }

    fn value(&mut self) -> Bson {
        if self.rest.trim_start().starts_with('{') {
            return self.document().into();
        }
        if self.eat("new Date()") {
            return DateTime::now().into();
        }
        let mut text = self.text();
        while self.eat("+") {
            text += &self.text();
        }
        text.into()
    }

    fn text(&mut self) -> String {
        if self.eat("process.env.") {
            let name = self.word();
            return self.variables.get(&name).unwrap_or_else(|| panic!("{name} is not set")).clone();
        }
        self.expect('"');
        let (text, rest) = self.rest.split_once('"').expect("the end of a text");
        self.rest = rest;
        text.to_owned()
    }

    fn word(&mut self) -> String {
        let rest = self.rest.trim_start();
        let is_part = |letter: char| letter.is_alphanumeric() || "_$".contains(letter);
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        assert!(end > 0, "a word is expected: {rest}");
        self.rest = &rest[end..];
        rest[..end].to_owned()
    }

    fn expect(&mut self, letter: char) {
        assert!(self.eat(&letter.to_string()), "{letter} is expected: {}", self.rest);
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.trim_start().strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}
