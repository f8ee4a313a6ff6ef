//! Texts from outside, as they may stand in a line of a log, a report or a terminal.

use std::borrow::Cow;
use std::error::Error;

/// Whether a character ends a line, does something to a terminal, or changes the direction of what stands around it
/// (Unicode's controls, its separators of lines and paragraphs, its marks of direction).
pub fn disrupts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A text with everything that [disrupts](disrupts()) a line shown as U+FFFD.
pub fn in_one_line(text: &str) -> Cow<'_, str> {
    // most texts are as they should be
    if text.contains(disrupts) { text.replace(disrupts, "\u{FFFD}").into() } else { text.into() }
}

/// At most `most` characters of a text, [in one line](in_one_line()); a cut is marked.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", in_one_line(&text[..end])),
        None => in_one_line(text).into_owned(),
    }
}

/// The same, with white space, control characters and marks of direction as one space.
pub fn one_line(text: &str, most: usize) -> String {
    let is_gap = |c: char| c.is_whitespace() || disrupts(c);
    let words: Vec<&str> = text.split(is_gap).filter(|word| !word.is_empty()).collect();
    shortened(&words.join(" "), most)
}

/// The words of the last cause of an error: those around it repeat each other, or an address.
pub fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_line_or_turns_it_around_is_not_shown() {
        for odd in
            ["\n", "\r", "\0", "\u{1b}", "\u{85}", "\u{9b}", "\u{2028}", "\u{202e}", "\u{2067}", "\u{200f}"]
        {
            assert_eq!(in_one_line(&format!("a{odd}b")), "a\u{FFFD}b", "{odd:?}");
        }
        for plain in ["", "O'Neill-Łuczak", "名前 😀", "שלום", "a\u{200d}b"] {
            assert!(matches!(in_one_line(plain), Cow::Borrowed(text) if text == plain), "{plain}");
        }
    }

    #[test]
    fn a_text_is_cut_between_characters_and_what_disrupts_its_line_counts() {
        assert_eq!(shortened("ééé", 3), "ééé");
        assert_eq!(shortened("éééé", 3), "ééé…");
        assert_eq!(shortened("a\n\u{202e}b", 3), "a\u{FFFD}\u{FFFD}…");
        assert_eq!(shortened("", 0), "");
    }

    #[test]
    fn a_text_becomes_one_line_and_a_cut_is_marked() {
        assert_eq!(one_line("  a\r\n\tb\u{1b}[0m\u{0}c  ", 200), "a b [0m c");
        assert_eq!(one_line("a\u{202e}b\u{2066}\u{200f}c\u{2028}d", 200), "a b c d");
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcdef…");
        assert_eq!(one_line("ééé ééé", 3), "ééé…");
        assert_eq!(one_line(" \n ", 3), "");
    }
}
