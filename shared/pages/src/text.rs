//! Words and figures as people read them.

use std::fmt::Write as _;
use std::time::Duration;

use domain::BodyCode;
use domain::text::disrupts;

/// The longest that a text from outside may be on a page, in characters.
pub(crate) const LONG: usize = 600;
/// The longest that a code from outside may be.
pub(crate) const SHORT: usize = 64;

/// A number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A span as a person says it.
pub fn span(milliseconds: u64) -> String {
    let span = Duration::from_millis(milliseconds);
    match span.as_secs() {
        0..60 => format!("{:.1} s", span.as_secs_f64()),
        60..3600 => format!("{} min {} s", span.as_secs() / 60, span.as_secs() % 60),
        _ => format!("{} h {} min", span.as_secs() / 3600, span.as_secs() / 60 % 60),
    }
}

/// A number of doctors.
pub fn doctors(count: u64) -> String {
    if count == 1 { "1 doctor".to_owned() } else { format!("{} doctors", grouped(count)) }
}

/// A number and what it counts.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(count)) }
}

/// How much more or less than before, with a real minus sign.
pub(crate) fn difference(now: u64, before: u64) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Equal => "±0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", grouped(now - before)),
        std::cmp::Ordering::Less => format!("\u{2212}{}", grouped(before - now)),
    }
}

/// What people call a body: its region, or the code of one that nobody has named.
pub(crate) fn name(code: &BodyCode) -> &str {
    domain::region(code.as_str()).unwrap_or(code.as_str())
}

/// "A", "A and B", "A, B and C"; beyond some, how many more.
pub(crate) fn listed(names: &[&str]) -> String {
    const MOST: usize = 4;
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [many @ .., last] if names.len() <= MOST => format!("{} and {last}", many.join(", ")),
        _ => format!("{} and {} more", names[..MOST - 1].join(", "), names.len() - (MOST - 1)),
    }
}

/// A text from outside, no longer than `most` characters, in which everything that could pass for something else is seen:
/// control characters, and those that turn the direction of what follows, stand as `[U+202E]`.
pub fn shown(text: &str, most: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(most * 4));
    for character in text.chars().take(most) {
        if is_seen(character) {
            shown.push(character);
        } else {
            let _ = write!(shown, "[U+{:04X}]", u32::from(character));
        }
    }
    let length = text.chars().count();
    if length > most {
        let _ = write!(shown, "… ({} characters)", grouped(length as u64));
    }
    shown
}

fn is_seen(character: char) -> bool {
    // what disrupts a line, and what has no width
    let is_empty = matches!(character, '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
    !is_empty && !disrupts(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_comma_between_thousands() {
        let shown: Vec<String> = [0, 999, 1_000, 60_000, 1_234_567].into_iter().map(grouped).collect();
        assert_eq!(shown, ["0", "999", "1,000", "60,000", "1,234,567"]);
    }

    #[test]
    fn a_span_is_told_in_the_units_that_fit() {
        let shown: Vec<String> = [0, 1_250, 59_900, 61_000, 3_720_000].into_iter().map(span).collect();
        assert_eq!(shown, ["0.0 s", "1.2 s", "59.9 s", "1 min 1 s", "1 h 2 min"]);
    }

    #[test]
    fn a_difference_has_its_sign() {
        assert_eq!(
            [(5, 3), (3, 3), (0, 1_200)].map(|(now, before)| difference(now, before)),
            ["+2", "±0", "−1,200"]
        );
    }

    #[test]
    fn names_are_listed_until_there_are_too_many() {
        assert_eq!(listed(&["A"]), "A");
        assert_eq!(listed(&["A", "B", "C", "D"]), "A, B, C and D");
        assert_eq!(listed(&["A", "B", "C", "D", "E"]), "A, B, C and 2 more");
    }

    #[test]
    fn what_could_mislead_is_seen_and_what_is_long_is_cut() {
        assert_eq!(shown("a\u{202E}b\n\u{7}", 10), "a[U+202E]b[U+000A][U+0007]");
        assert_eq!(shown(&"x".repeat(10_000), 3), "xxx… (10,000 characters)");
        assert_eq!(
            shown("O'Brien & <b> \u{5D0}", 99),
            "O'Brien & <b> \u{5D0}",
            "the template escapes what has to be"
        );
    }
}
