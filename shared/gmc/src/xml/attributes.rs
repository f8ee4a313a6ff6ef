//! Attributes, references, and the XML declaration.

use std::borrow::Cow;
use std::ops::Range;

use super::XmlError;
use super::characters::{is_char, is_space_byte};

/// One attribute: where its name and its raw value stand in the tag's text after the element's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

/// The attribute at `at` or after it, and where it ends; `None` when only white space is left.
pub(super) fn next_attribute(text: &str, at: usize) -> Result<Option<(Attribute, usize)>, XmlError> {
    let bytes = text.as_bytes();
    let name_start = after_space(bytes, at);
    if name_start == bytes.len() {
        return Ok(None);
    }
    if name_start == at {
        return Err(XmlError::Broken("attributes without a space between them"));
    }
    let name_end = bytes[name_start..]
        .iter()
        .position(|&byte| is_space_byte(byte) || byte == b'=')
        .map_or(bytes.len(), |length| name_start + length);
    let equals = after_space(bytes, name_end);
    let mark_at = after_space(bytes, equals + 1);
    let (Some(b'='), Some(&mark @ (b'"' | b'\''))) = (bytes.get(equals), bytes.get(mark_at)) else {
        return Err(XmlError::Broken("an attribute without a quoted value"));
    };
    let value_start = mark_at + 1;
    let Some(length) = memchr::memchr(mark, &bytes[value_start..]) else {
        return Err(XmlError::Broken("an attribute's value without an end"));
    };
    let value = value_start..value_start + length;
    check_value(&text[value.clone()])?;
    Ok(Some((Attribute { name: name_start..name_end, value }, value_start + length + 1)))
}

/// An attribute's value: references resolved, white space made spaces (XML 1.0, 3.3.3).
pub(super) fn value_of(raw: &str) -> Result<Cow<'_, str>, XmlError> {
    if !raw.bytes().any(|byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r')) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '&' => {
                let end = rest.find(';').ok_or(XmlError::Broken("a '&' that begins no reference"))?;
                value.push(resolve(&rest[1..end])?);
                length = end + 1;
            }
            '\r' if rest[1..].starts_with('\n') => {}
            '\t' | '\n' | '\r' => value.push(' '),
            other => value.push(other),
        }
        rest = &rest[length..];
    }
    Ok(Cow::Owned(value))
}

/// What stands between `&` and `;`: a predefined entity or a character reference. There are no others without a DTD.
pub(super) fn resolve(reference: &str) -> Result<char, XmlError> {
    match reference {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => {}
    }
    let Some(number) = reference.strip_prefix('#') else {
        return Err(XmlError::Broken("a reference to an entity that is not defined"));
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // from_str_radix would take a sign
    let value = digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u32::from_str_radix(digits, radix).ok())
        .flatten();
    value
        .and_then(char::from_u32)
        .filter(|&character| is_char(character))
        .ok_or(XmlError::Broken("a reference to a character that xml does not allow"))
}

/// What follows `<?xml`: version, then perhaps encoding, then perhaps standalone.
pub(super) fn check_declaration(text: &str) -> Result<(), XmlError> {
    const WRONG: XmlError = XmlError::Broken("an xml declaration that is none");
    let mut at = 0;
    let mut allowed: &[&str] = &["version", "encoding", "standalone"];
    while let Some((attribute, end)) = next_attribute(text, at)? {
        at = end;
        let (name, value) = (&text[attribute.name], &text[attribute.value]);
        let place = allowed.iter().position(|&known| known == name).ok_or(WRONG)?;
        // the version must come, and come first
        if (name == "version") != (allowed.len() == 3) || !is_declared(name, value) {
            return Err(WRONG);
        }
        allowed = &allowed[place + 1..];
    }
    if allowed.len() == 3 { Err(WRONG) } else { Ok(()) }
}

fn is_declared(name: &str, value: &str) -> bool {
    match name {
        "version" => value
            .strip_prefix("1.")
            .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())),
        "encoding" => {
            value.starts_with(|c: char| c.is_ascii_alphabetic())
                && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
        _ => matches!(value, "yes" | "no"),
    }
}

fn check_value(raw: &str) -> Result<(), XmlError> {
    if memchr::memchr(b'<', raw.as_bytes()).is_some() {
        return Err(XmlError::Broken("'<' in an attribute's value"));
    }
    let mut rest = raw;
    while let Some(start) = rest.find('&') {
        rest = &rest[start + 1..];
        let end = rest.find(';').ok_or(XmlError::Broken("a '&' that begins no reference"))?;
        resolve(&rest[..end])?;
        rest = &rest[end + 1..];
    }
    Ok(())
}

fn after_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|&&byte| is_space_byte(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<(&str, &str)>, XmlError> {
        let (mut at, mut found) = (0, Vec::new());
        while let Some((attribute, end)) = next_attribute(text, at)? {
            found.push((&text[attribute.name], &text[attribute.value]));
            at = end;
        }
        Ok(found)
    }

    #[test]
    fn attributes_are_read_with_either_quotation_mark_and_any_white_space() {
        assert_eq!(all(" a=\"1\"\n\tb = 'x>\"y' "), Ok(vec![("a", "1"), ("b", "x>\"y")]));
        assert_eq!(all(""), Ok(vec![]));
        for wrong in [" a", " a=1", " a=\"1\"b=\"2\"", " a=\"1", " a=\"<\"", " a=\"&\"", " a=\"&x;\"", "/"] {
            assert!(all(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_is_normalised() {
        assert_eq!(value_of("plain").unwrap(), "plain");
        assert_eq!(value_of("a\r\nb\tc\n&lt;&#x41;&#10;é").unwrap(), "a b c <A\né");
    }

    #[test]
    fn references_stand_for_characters_that_xml_allows() {
        for (reference, character) in
            [("amp", '&'), ("quot", '"'), ("#65", 'A'), ("#x1F600", '😀'), ("#0009", '\t')]
        {
            assert_eq!(resolve(reference), Ok(character));
        }
        for none in
            ["", "nbsp", "#", "#x", "#0", "#xD800", "#xFFFE", "#x110000", "#+65", "#X41", "#99999999999"]
        {
            assert!(resolve(none).is_err(), "{none}");
        }
    }

    #[test]
    fn a_declaration_says_version_encoding_and_standalone_in_that_order() {
        for right in [
            " version='1.0'",
            " version=\"1.1\" encoding='utf-8' standalone=\"yes\" ",
            " version='1.0' standalone='no'",
        ] {
            assert_eq!(check_declaration(right), Ok(()), "{right}");
        }
        for wrong in [
            "",
            " encoding='utf-8'",
            " version='2.0'",
            " version='1.0' version='1.0'",
            " encoding='a' version='1.0'",
            " version='1.0' standalone='no' encoding='a'",
            " version='1.0' encoding='1'",
            " version='1.0' other='1'",
        ] {
            assert!(check_declaration(wrong).is_err(), "{wrong}");
        }
    }
}
