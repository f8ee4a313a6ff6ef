//! Bytes to text: which encoding an answer is in, and the decoding of it as it arrives.

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::XmlError;
use super::characters::find_forbidden;

/// How far the end of an XML declaration is looked for, in bytes.
const MAX_DECLARATION: usize = 1024;

const UNSUPPORTED: XmlError =
    XmlError::Refused("its encoding is none of utf-8, utf-16, iso-8859-1, windows-1252 and us-ascii");

/// Decodes a document. Of what names an encoding, the first counts: a byte order mark or UTF-16's look, the `charset`
/// of HTTP, the XML declaration; without any it is UTF-8 (RFC 7303; XML 1.0, appendix F).
///
/// ISO-8859-1 and US-ASCII are read as windows-1252, which has the same letters and, where those have control
/// characters, the quotation marks that mislabelled texts hold.
pub(crate) struct Decoder {
    charset: Option<String>,
    state: State,
}

enum State {
    /// Too little has arrived for telling the encoding.
    Undecided(Vec<u8>),
    Decoding(Box<encoding_rs::Decoder>),
}

impl Decoder {
    /// `charset` is the parameter of HTTP's `Content-Type`.
    pub(crate) fn new(charset: Option<String>) -> Self {
        Self { charset, state: State::Undecided(Vec::new()) }
    }

    /// Appends the text of the next bytes; of what cannot be decoded, the text before it.
    pub(crate) fn decode(&mut self, bytes: &[u8], text: &mut String) -> Result<(), XmlError> {
        match &mut self.state {
            State::Decoding(decoder) => append(decoder, bytes, text),
            State::Undecided(lead) => {
                lead.extend_from_slice(bytes);
                let lead = std::mem::take(lead);
                if let Some((encoding, skipped)) = detect(&lead, self.charset.as_deref(), false)? {
                    return self.begin(encoding, &lead[skipped..], text);
                }
                self.state = State::Undecided(lead);
                Ok(())
            }
        }
    }

    /// Appends what was held back for telling the encoding. Whether the last character was whole.
    pub(crate) fn finish(&mut self, text: &mut String) -> Result<bool, XmlError> {
        if let State::Undecided(lead) = &mut self.state {
            let lead = std::mem::take(lead);
            let (encoding, skipped) = detect(&lead, self.charset.as_deref(), true)?.unwrap_or((UTF_8, 0));
            self.begin(encoding, &lead[skipped..], text)?;
        }
        let State::Decoding(decoder) = &mut self.state else { return Ok(true) };
        let mut rest = String::with_capacity(16);
        let (result, _) = decoder.decode_to_string_without_replacement(&[], &mut rest, true);
        Ok(matches!(result, DecoderResult::InputEmpty))
    }

    fn begin(&mut self, encoding: &'static Encoding, rest: &[u8], text: &mut String) -> Result<(), XmlError> {
        let mut decoder = Box::new(encoding.new_decoder_without_bom_handling());
        let result = append(&mut decoder, rest, text);
        self.state = State::Decoding(decoder);
        result
    }
}

/// The encoding and the length of the byte order mark; `None` while more bytes could tell.
fn detect(
    lead: &[u8],
    charset: Option<&str>,
    ended: bool,
) -> Result<Option<(&'static Encoding, usize)>, XmlError> {
    if lead.len() < 4 && !ended {
        return Ok(None);
    }
    match lead {
        [0xEF, 0xBB, 0xBF, ..] => return Ok(Some((UTF_8, 3))),
        [0xFE, 0xFF, ..] => return Ok(Some((UTF_16BE, 2))),
        [0xFF, 0xFE, ..] => return Ok(Some((UTF_16LE, 2))),
        [0, b'<', ..] => return Ok(Some((UTF_16BE, 0))),
        [b'<', 0, ..] => return Ok(Some((UTF_16LE, 0))),
        _ => {}
    }
    if let Some(label) = charset {
        return Ok(Some((supported(label)?, 0)));
    }
    if !lead.starts_with(b"<?xml") && !b"<?xml".starts_with(lead) {
        return Ok(Some((UTF_8, 0)));
    }
    let head = &lead[..lead.len().min(MAX_DECLARATION)];
    match memchr::memchr(b'>', head) {
        None if ended => Ok(Some((UTF_8, 0))),
        None if head.len() < MAX_DECLARATION => Ok(None),
        // what it is in might be said further on
        None => Err(XmlError::Refused("its xml declaration is too long")),
        Some(end) => match declared(&head[..end]) {
            // the declaration was legible, so these are no units of sixteen bits: a text was encoded anew
            Some(label) => match supported(label)? {
                utf_16 if utf_16 == UTF_16LE || utf_16 == UTF_16BE => Ok(Some((UTF_8, 0))),
                other => Ok(Some((other, 0))),
            },
            None => Ok(Some((UTF_8, 0))),
        },
    }
}

/// The label in an XML declaration. Whether the declaration is right is the scanner's business.
fn declared(declaration: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(declaration).ok()?;
    let (_, after) = text.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let mark = after.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
    after[1..].split_once(mark).map(|(label, _)| label)
}

fn supported(label: &str) -> Result<&'static Encoding, XmlError> {
    Encoding::for_label(label.as_bytes())
        .filter(|encoding| [UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252].contains(encoding))
        .ok_or(UNSUPPORTED)
}

fn append(decoder: &mut encoding_rs::Decoder, bytes: &[u8], text: &mut String) -> Result<(), XmlError> {
    let start = text.len();
    let mut rest = bytes;
    loop {
        // both branches of an overflow that cannot happen: a block is small
        let room = decoder.max_utf8_buffer_length_without_replacement(rest.len()).unwrap_or(rest.len());
        text.reserve(room);
        let (result, read) = decoder.decode_to_string_without_replacement(rest, text, false);
        rest = &rest[read..];
        if result == DecoderResult::OutputFull {
            continue;
        }
        if let Some(forbidden) = find_forbidden(&text[start..]) {
            text.truncate(start + forbidden);
            return Err(XmlError::Broken("a character that xml does not allow"));
        }
        return match result {
            DecoderResult::Malformed(..) => Err(XmlError::Broken("bytes that are not of its encoding")),
            _ => Ok(()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8], charset: Option<&str>) -> Result<String, XmlError> {
        let mut whole = String::new();
        let mut decoder = Decoder::new(charset.map(str::to_owned));
        let result = decoder.decode(bytes, &mut whole).and_then(|()| decoder.finish(&mut whole));

        // one byte at a time is the same
        let mut dripped = String::new();
        let mut decoder = Decoder::new(charset.map(str::to_owned));
        let drip = bytes
            .iter()
            .try_for_each(|&byte| decoder.decode(&[byte], &mut dripped))
            .and_then(|()| decoder.finish(&mut dripped));
        assert_eq!((&drip, &dripped), (&result, &whole));
        result.map(|_| whole)
    }

    fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn a_byte_order_mark_counts_before_everything() {
        let text = "<?xml version='1.0' encoding='iso-8859-1'?><a>Siân €😀</a>";
        let with_mark = format!("\u{FEFF}{text}");

        assert_eq!(decode(with_mark.as_bytes(), Some("iso-8859-1")).as_deref(), Ok(text));
        assert_eq!(decode(&utf_16(&with_mark, u16::to_le_bytes), Some("utf-8")).as_deref(), Ok(text));
        assert_eq!(decode(&utf_16(&with_mark, u16::to_be_bytes), None).as_deref(), Ok(text));
    }

    #[test]
    fn utf_16_is_known_by_its_look() {
        let text = "<a>Siân €😀</a>";

        assert_eq!(decode(&utf_16(text, u16::to_le_bytes), None).as_deref(), Ok(text));
        assert_eq!(decode(&utf_16(text, u16::to_be_bytes), Some("utf-16")).as_deref(), Ok(text));
    }

    #[test]
    fn http_counts_before_the_declaration() {
        let utf_8 = "<?xml version='1.0' encoding='windows-1252'?><a>Siân</a>";

        assert_eq!(decode(utf_8.as_bytes(), Some("UTF-8")).as_deref(), Ok(utf_8));
        assert_eq!(decode(b"<a>Si\xE2n</a>", Some("latin1")).as_deref(), Ok("<a>Siân</a>"));
    }

    #[test]
    fn the_declaration_counts_when_nothing_else_says() {
        for label in ["iso-8859-1", "ISO-8859-1", "windows-1252", "us-ascii"] {
            let text = format!("<?xml version=\"1.0\" encoding = \"{label}\"?><a>Sin</a>");
            let at = text.len() - 5;
            let mut bytes = text.into_bytes();
            bytes.splice(at..at, [0xE2, 0x92]);

            assert!(decode(&bytes, None).unwrap().ends_with("<a>Siâ’n</a>"), "{label}");
        }
        let encoded_anew = "<?xml version='1.0' encoding='utf-16'?><a>Siân</a>";
        assert_eq!(decode(encoded_anew.as_bytes(), None).as_deref(), Ok(encoded_anew));
    }

    #[test]
    fn without_a_word_it_is_utf_8() {
        for text in ["<a>Siân</a>", "<?xml version='1.0'?><a>Siân</a>", "", "<", "<?x", "<?xml ", "x"] {
            assert_eq!(decode(text.as_bytes(), None).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_character_cut_in_half_is_noticed() {
        for (bytes, whole) in [(&b"<a>\xC3\xA9"[..], true), (b"<a>\xC3", false), (b"\xFF\xFE<\0a", false)] {
            let mut decoder = Decoder::new(None);
            let mut text = String::new();
            decoder.decode(bytes, &mut text).unwrap();
            assert_eq!(decoder.finish(&mut text), Ok(whole));
        }
    }

    #[test]
    fn what_is_not_of_the_encoding_is_refused() {
        assert_eq!(
            decode(b"<a>\xE2n</a>", None),
            Err(XmlError::Broken("bytes that are not of its encoding"))
        );
        assert_eq!(decode(b"<a>text</a>", Some("ibm866")), Err(UNSUPPORTED));
        assert_eq!(decode(b"<?xml version='1.0' encoding='shift_jis'?>", None), Err(UNSUPPORTED));
        assert!(matches!(decode(b"<a>\0</a>", None), Err(XmlError::Broken(_))));
    }
}
