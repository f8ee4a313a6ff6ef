//! What an error may say, wherever it ends up.

/// Panics unless a text is one line of bounded length that shows as it is: no control character, nothing that changes
/// the direction of what stands around it.
#[track_caller]
pub(crate) fn assert_one_plain_line(told: &str, most: usize) {
    let length = told.chars().count();
    assert!(length <= most, "{length} characters are told: {told:?}");
    let odd = told.chars().find(|&character| character.is_control() || is_formatting(character));
    assert_eq!(odd, None, "{told:?}");
}

/// The separators of lines and paragraphs, and the marks, embeddings, overrides and isolates of direction.
fn is_formatting(character: char) -> bool {
    matches!(character,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
