//! Texts from outside, as they may stand in a line of a log, a report or a terminal.

use std::borrow::Cow;

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
}
