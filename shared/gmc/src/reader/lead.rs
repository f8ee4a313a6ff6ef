//! How an answer begins: kept until it is known to be SOAP, so that it can be told what it is instead.

use super::Asked;
use crate::error::ReadError;

/// How much is kept, in bytes; a page's title stands well before.
const MAX_LEAD: usize = 8 * 1024;

/// How much of a page's title or of a plain text is told, in characters.
const MAX_TITLE: usize = 100;

const SOMETHING_ELSE: ReadError = ReadError::NotXml { what: "something else", quote: None };

#[derive(Default)]
pub(super) struct Lead {
    text: String,
    full: bool,
}

impl Lead {
    /// Keeps as much of `text` as there is room for.
    pub(super) fn keep(&mut self, text: &str) {
        if self.full {
            return;
        }
        let room = MAX_LEAD - self.text.len();
        let cut = text.floor_char_boundary(room);
        self.text.push_str(&text[..cut]);
        self.full = cut < text.len();
    }

    /// Whether there is no more room.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// It is SOAP.
    pub(super) fn forget(&mut self) {
        if self.text.capacity() > 0 {
            *self = Self::default();
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// What the answer is, when it is no envelope; `cause` is what showed it.
    pub(super) fn verdict(&self, cause: &ReadError, asked: &Asked) -> ReadError {
        let begin = beginning(&self.text);
        if is_html(begin) {
            let title = title(begin).map(|title| asked.quote(title, MAX_TITLE));
            return ReadError::Html { title: title.filter(|title| !title.is_empty()) };
        }
        match begin.chars().next() {
            _ if matches!(cause, ReadError::Unacceptable(_)) => cause.clone(),
            None if !self.text.trim().is_empty() => cause.clone(),
            None if matches!(cause, ReadError::Truncated { .. }) => ReadError::Empty,
            None => SOMETHING_ELSE,
            Some('<') => cause.clone(),
            Some('{' | '[') => ReadError::NotXml { what: "json", quote: None },
            // a fragment of an answer would hold names: only what has no markup in it is quoted
            Some(_) if !is_legible(begin) => SOMETHING_ELSE,
            Some(_) => ReadError::NotXml { what: "plain text", quote: Some(asked.quote(begin, MAX_TITLE)) },
        }
    }
}

/// The text from the first thing on that is no white space, declaration, instruction or comment.
fn beginning(text: &str) -> &str {
    let mut rest = text.trim_start_matches('\u{FEFF}').trim_start();
    loop {
        let after = if rest.starts_with("<?") {
            rest.split_once("?>")
        } else if rest.starts_with("<!--") {
            rest.split_once("-->")
        } else {
            None
        };
        match after {
            Some((_, after)) => rest = after.trim_start(),
            None => return rest,
        }
    }
}

fn is_html(text: &str) -> bool {
    let begins = |with: &str| text.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    begins("<!doctype html") || begins("<html")
}

fn title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let start = tag + lower[tag..].find('>')? + 1;
    let end = lower[start..].find("</title").map_or(page.len(), |length| start + length);
    Some(&page[start..end])
}

fn is_legible(text: &str) -> bool {
    text.chars().all(|character| {
        !matches!(character, '<' | '>') && (!character.is_control() || character.is_whitespace())
    })
}
