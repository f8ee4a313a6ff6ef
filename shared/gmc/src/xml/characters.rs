//! The character classes of XML 1.0 (fifth edition), and line ends.

use std::borrow::Cow;

use super::XmlError;

/// The longest name that is read, in bytes; the contract's longest has thirty.
const MAX_NAME: usize = 256;

/// Production 2: the characters that a document may hold.
pub(crate) fn is_char(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => other >= ' ',
    }
}

/// Production 3: whether a text is nothing but white space.
pub(crate) fn is_space(text: &str) -> bool {
    text.bytes().all(is_space_byte)
}

pub(super) fn is_space_byte(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Text without the white space that XML knows around it.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// Where the first character stands that no document may hold.
pub(super) fn find_forbidden(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_control = |byte: u8| (byte < b' ') & !is_space_byte(byte);
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF
    let is_no_character = |at: &usize| matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF]));
    // without an early exit inside a block the compiler does many bytes at a time
    let with_control =
        bytes.chunks(256).position(|block| block.iter().fold(false, |found, &byte| found | is_control(byte)));
    let control = with_control.and_then(|block| {
        bytes[block * 256..].iter().position(|&byte| is_control(byte)).map(|at| block * 256 + at)
    });
    let no_character = memchr::memchr_iter(0xEF, bytes).find(is_no_character);
    control.into_iter().chain(no_character).min()
}

/// Refuses what is no name (production 5), and a name beyond the limit.
pub(super) fn check_name(name: &str) -> Result<(), XmlError> {
    if name.len() > MAX_NAME {
        return Err(XmlError::Refused("a name is too long"));
    }
    let mut characters = name.chars();
    if characters.next().is_some_and(is_name_start) && characters.all(is_name_character) {
        return Ok(());
    }
    Err(XmlError::Broken("a name that is none"))
}

/// How long the plain name is that a text begins with: ASCII, no colon, within the limit; 0 when there is none.
pub(super) fn plain_name(text: &[u8]) -> usize {
    if !text.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_') {
        return 0;
    }
    let window = &text[..text.len().min(MAX_NAME + 1)];
    window.iter().position(|&byte| !PLAIN_NAME[usize::from(byte)]).unwrap_or(0)
}

/// A name's prefix (empty: none) and local part, each of which must be a name without a colon.
pub(super) fn split_name(name: &str) -> Result<(&str, &str), XmlError> {
    check_name(name)?;
    match memchr::memchr(b':', name.as_bytes()) {
        None => Ok(("", name)),
        Some(colon) => {
            let (prefix, local) = (&name[..colon], &name[colon + 1..]);
            let starts_well = local.chars().next().is_some_and(is_name_start);
            if prefix.is_empty() || !starts_well || local.contains(':') {
                return Err(XmlError::Broken("a name with a colon too many"));
            }
            Ok((prefix, local))
        }
    }
}

/// Line ends as an XML processor hands them on (2.11): `\r\n` and a lone `\r` are `\n`.
pub(crate) fn normalised(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

const PLAIN_NAME: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        allowed[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        byte += 1;
    }
    allowed
};

/// Production 4.
fn is_name_start(character: char) -> bool {
    matches!(character,
        ':' | 'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// Production 4a.
fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_xml() {
        for name in ["a", "_", "soap:Body", "Ä", "a-1.b", "a·", "名前"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for none in ["", "1a", "-a", "a b", "a<", "·a", "a\u{2000}", "×"] {
            assert_eq!(check_name(none), Err(XmlError::Broken("a name that is none")), "{none}");
        }
        assert_eq!(check_name(&"a".repeat(257)), Err(XmlError::Refused("a name is too long")));
    }

    #[test]
    fn a_plain_name_ends_where_something_else_begins() {
        for (text, length) in [
            ("Breach>x", 6),
            ("a-1._b a", 6),
            ("_/>", 1),
            ("x:a>", 1),
            ("aé>", 1),
            ("1a>", 0),
            ("", 0),
            ("a", 0),
        ] {
            assert_eq!(plain_name(text.as_bytes()), length, "{text}");
        }
        assert_eq!(plain_name(format!("{}>", "a".repeat(256)).as_bytes()), 256);
        assert_eq!(plain_name(format!("{}>", "a".repeat(257)).as_bytes()), 0);
    }

    #[test]
    fn a_name_has_one_prefix_at_most() {
        assert_eq!(split_name("Body"), Ok(("", "Body")));
        assert_eq!(split_name("soap:Body"), Ok(("soap", "Body")));
        for wrong in [":a", "a:", "a:b:c", "a:1"] {
            assert!(split_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn line_ends_become_line_feeds() {
        assert_eq!(normalised("a\r\nb\rc\n\r\r\n"), "a\nb\nc\n\n\n");
        assert!(matches!(normalised("a\nb"), Cow::Borrowed(_)));
    }

    #[test]
    fn characters_that_no_document_may_hold_are_found_anywhere() {
        for forbidden in ['\0', '\u{1}', '\u{8}', '\u{B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
            assert!(!is_char(forbidden));
            for length in [0, 1, 255, 256, 700] {
                let text = format!("{}{forbidden}é", "x".repeat(length));
                assert_eq!(find_forbidden(&text), Some(length), "{forbidden:?}");
            }
        }
        assert_eq!(find_forbidden("\t\r\n \u{7F}\u{85}\u{FFFD}\u{FEFF}\u{10FFFF}"), None);
        assert_eq!(find_forbidden("é\u{FFFE}\0"), Some(2));
    }
}
