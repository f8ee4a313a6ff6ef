//! Cuts a document's text into its pieces, as the text arrives.

use super::XmlError;
use super::attributes::{check_declaration, resolve};
use super::characters::{check_name, is_space_byte, plain_name};

/// The longest single piece of markup that is read, in bytes: a tag, a comment, a CDATA section, an instruction.
pub(crate) const MAX_MARKUP: usize = 64 * 1024;

/// The longest reference, in bytes: room for a character reference with many leading zeros.
const MAX_REFERENCE: usize = 64;

const TOO_LONG: XmlError = XmlError::Refused("a tag, comment or CDATA section is too long");

/// One piece of a document. Comments and instructions are [`Token::Skipped`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    /// A start tag, or an empty element's tag.
    Start(Tag<'t>),
    /// An end tag's name.
    End(&'t str),
    /// Text between markup, or a part of it: one text may come in several pieces. Line ends are as they stand.
    Text(&'t str),
    /// A CDATA section's content. Line ends are as they stand.
    CData(&'t str),
    /// What a character reference or a predefined entity stands for.
    Character(char),
    /// The XML declaration, a comment, or a processing instruction.
    Skipped,
}

/// A start tag, its attributes not yet looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'t> {
    pub(crate) name: &'t str,
    pub(crate) attributes: &'t str,
    pub(crate) empty: bool,
    /// Whether the name is known to be one, and to have no prefix.
    pub(crate) plain: bool,
}

/// Holds the text that has arrived and is not yet read: a block, and the markup that it cuts off.
#[derive(Default)]
pub(crate) struct Scanner {
    text: String,
    at: usize,
    started: bool,
    search: Search,
}

/// How far a piece that is not yet whole has been looked through, so that a drip of bytes is not read again and again.
#[derive(Default)]
struct Search {
    from: usize,
    quote: Option<u8>,
}

impl Scanner {
    /// The buffer to append text to; what has been read is gone from it.
    pub(crate) fn buffer(&mut self) -> &mut String {
        self.text.drain(..self.at);
        self.at = 0;
        &mut self.text
    }

    /// The next piece; `None` until more text has arrived.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'_>>, XmlError> {
        let rest = &self.text[self.at..];
        let Some((token, length)) = scan(rest, &mut self.search, self.started)? else {
            return Ok(None);
        };
        self.at += length;
        self.started = true;
        self.search = Search::default();
        Ok(Some(token))
    }

    /// What has arrived and is not yet read.
    pub(crate) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// How much room the buffer takes, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.text.capacity()
    }
}

/// The first piece of `text` and its length in bytes.
type Scanned<'t> = Result<Option<(Token<'t>, usize)>, XmlError>;

fn scan<'t>(text: &'t str, search: &mut Search, started: bool) -> Scanned<'t> {
    match text.as_bytes() {
        [] | [b'<'] => Ok(None),
        [b'<', b'/', ..] => end_tag(text, search),
        [b'<', b'!', ..] => exclamation(text, search),
        [b'<', b'?', ..] => instruction(text, search, started),
        [b'<', ..] => start_tag(text, search),
        [b'&', ..] => reference(text),
        _ => run(text),
    }
}

/// Text up to the next markup or bracket, or as much of it as cannot be changed by what comes next.
fn run(text: &str) -> Scanned<'_> {
    let bytes = text.as_bytes();
    let end = match memchr::memchr3(b'<', b'&', b']', bytes) {
        Some(0) => return brackets(text),
        Some(at) => at,
        None => bytes.len(),
    };
    let mut piece = &text[..end];
    if end == bytes.len() {
        // it may be the first half of a line end
        piece = piece.strip_suffix('\r').unwrap_or(piece);
    }
    Ok((!piece.is_empty()).then_some((Token::Text(piece), piece.len())))
}

/// Text that begins with `]`: a piece of its own, because `]]>` is refused only when what stands before it is read,
/// wherever the bytes are cut.
fn brackets(text: &str) -> Scanned<'_> {
    let bytes = text.as_bytes();
    let count = bytes.iter().take_while(|&&byte| byte == b']').count();
    let length = match bytes.get(count) {
        Some(b'>') if count == 2 => return Err(XmlError::Broken("']]>' in text")),
        // the last two may be the beginning of it
        None | Some(b'>') if count > 1 => count - 2,
        None => 0,
        Some(_) => count,
    };
    Ok((length > 0).then_some((Token::Text(&text[..length]), length)))
}

fn reference(text: &str) -> Scanned<'_> {
    let bytes = text.as_bytes();
    match memchr::memchr(b';', &bytes[..bytes.len().min(MAX_REFERENCE)]) {
        Some(end) => Ok(Some((Token::Character(resolve(&text[1..end])?), end + 1))),
        None if bytes.len() >= MAX_REFERENCE => Err(XmlError::Broken("a '&' that begins no reference")),
        None => Ok(None),
    }
}

fn start_tag<'t>(text: &'t str, search: &mut Search) -> Scanned<'t> {
    let bytes = text.as_bytes();
    // nearly every tag of an answer: a plain name and nothing else
    let name_end = plain_name(&bytes[1..]) + 1;
    if name_end > 1 && bytes.get(name_end) == Some(&b'>') {
        let tag = Tag { name: &text[1..name_end], attributes: "", empty: false, plain: true };
        return Ok(Some((Token::Start(tag), name_end + 1)));
    }
    let mut from = search.from.max(1);
    let mut quote = search.quote;
    let end = loop {
        let found = match quote {
            // a '>' inside a value is no end
            Some(mark) => memchr::memchr(mark, &bytes[from..]),
            None => memchr::memchr3(b'>', b'"', b'\'', &bytes[from..]),
        };
        let Some(found) = found else {
            *search = Search { from: bytes.len(), quote };
            return more(bytes.len());
        };
        let at = from + found;
        match (quote, bytes[at]) {
            (None, b'>') => break at,
            (None, mark) => quote = Some(mark),
            (Some(_), _) => quote = None,
        }
        from = at + 1;
    };
    if end > MAX_MARKUP {
        return Err(TOO_LONG);
    }
    let (inner, empty) = match &text[1..end] {
        inner if inner.ends_with('/') => (&inner[..inner.len() - 1], true),
        inner => (inner, false),
    };
    let name_end = inner.bytes().position(is_space_byte).unwrap_or(inner.len());
    let (name, attributes) = inner.split_at(name_end);
    Ok(Some((Token::Start(Tag { name, attributes, empty, plain: false }), end + 1)))
}

fn end_tag<'t>(text: &'t str, search: &mut Search) -> Scanned<'t> {
    let Some(end) = find(text, b">", 2, search)? else { return Ok(None) };
    let mut name = &text[2..end];
    while name.as_bytes().last().is_some_and(|&byte| is_space_byte(byte)) {
        name = &name[..name.len() - 1];
    }
    Ok(Some((Token::End(name), end + 1)))
}

/// What begins with `<!`: a comment or a CDATA section. A document type is refused, whatever it says.
fn exclamation<'t>(text: &'t str, search: &mut Search) -> Scanned<'t> {
    const COMMENT: &str = "<!--";
    const CDATA: &str = "<![CDATA[";
    const DOCUMENT_TYPE: &str = "<!DOCTYPE";
    if text.starts_with(COMMENT) {
        let Some(end) = find(text, b"--", COMMENT.len(), search)? else { return Ok(None) };
        return match text.as_bytes().get(end + 2) {
            Some(b'>') => Ok(Some((Token::Skipped, end + 3))),
            Some(_) => Err(XmlError::Broken("'--' in a comment")),
            None => {
                search.from = end;
                Ok(None)
            }
        };
    }
    if text.starts_with(CDATA) {
        let Some(end) = find(text, b"]]>", CDATA.len(), search)? else { return Ok(None) };
        return Ok(Some((Token::CData(&text[CDATA.len()..end]), end + 3)));
    }
    if text.starts_with(DOCUMENT_TYPE) {
        return Err(XmlError::Refused("it has a document type (DTD)"));
    }
    if [COMMENT, CDATA, DOCUMENT_TYPE].iter().any(|known| known.starts_with(text)) {
        return Ok(None);
    }
    Err(XmlError::Broken("a '<!' that begins nothing known"))
}

fn instruction<'t>(text: &'t str, search: &mut Search, started: bool) -> Scanned<'t> {
    let Some(end) = find(text, b"?>", 2, search)? else { return Ok(None) };
    let content = &text[2..end];
    let target_end = content.bytes().position(is_space_byte).unwrap_or(content.len());
    let (target, rest) = content.split_at(target_end);
    if target == "xml" && !started {
        check_declaration(rest)?;
    } else if target.eq_ignore_ascii_case("xml") {
        return Err(XmlError::Broken("an xml declaration that is not at the beginning"));
    } else {
        check_name(target)?;
        if target.contains(':') {
            return Err(XmlError::Broken("an instruction's name with a colon"));
        }
    }
    Ok(Some((Token::Skipped, end + 2)))
}

/// Where `needle` is, from `start` on; `None` until more has arrived.
fn find(text: &str, needle: &[u8], start: usize, search: &mut Search) -> Result<Option<usize>, XmlError> {
    let bytes = text.as_bytes();
    let from = search.from.max(start);
    let rest = bytes.get(from..).unwrap_or_default();
    let found = match needle {
        // a searcher for several bytes costs more than most end tags are long
        [byte] => memchr::memchr(*byte, rest),
        several => memchr::memmem::find(rest, several),
    };
    match found {
        Some(found) if from + found > MAX_MARKUP => Err(TOO_LONG),
        Some(found) => Ok(Some(from + found)),
        None => {
            // the needle's beginning may be the last of what is here
            search.from = bytes.len().saturating_sub(needle.len() - 1).max(start);
            more(bytes.len())
        }
    }
}

/// A piece that is not yet whole, unless it is too long already.
fn more<T>(length: usize) -> Result<Option<T>, XmlError> {
    // a whole piece of the longest kind ends three bytes after the limit
    if length > MAX_MARKUP + 3 { Err(TOO_LONG) } else { Ok(None) }
}
