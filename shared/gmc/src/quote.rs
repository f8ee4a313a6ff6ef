//! Text of the service, made fit for one line of a message.

use domain::text::disrupts;

/// One line of at most `max` characters: white space, control characters and marks of direction become one space, a cut
/// is marked.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let is_gap = |c: char| c.is_whitespace() || disrupts(c);
    for word in text.split(is_gap).filter(|word| !word.is_empty()) {
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for character in word.chars() {
            if length >= max {
                line.push('…');
                return line;
            }
            line.push(character);
            length += 1;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_line_and_a_cut_is_marked() {
        assert_eq!(one_line("  a\r\n\tb\u{1b}[0m\u{0}c  ", 200), "a b [0m c");
        assert_eq!(one_line("a\u{202e}b\u{2066}\u{200f}c\u{2028}d", 200), "a b c d");
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcdef…");
        assert_eq!(one_line("ééé ééé", 3), "ééé …");
        assert_eq!(one_line(" \n ", 3), "");
    }
}
