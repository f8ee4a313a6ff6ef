//! Every text that a doctor's fields can hold, once; a field is a [`Handle`] of two bytes.
//!
//! A field may also be absent, empty or nil (docs/domain.md §4: all are optional and nillable), which are
//! handles of their own.

use crate::names;

/// Where a field's text stands in [`Texts`], or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle(u16);

impl Handle {
    /// The element is left out.
    pub(crate) const ABSENT: Self = Self(0);
    /// The element is there and empty.
    pub(crate) const EMPTY: Self = Self(1);
    /// The element is there with `xsi:nil`.
    pub(crate) const NIL: Self = Self(2);
}

const FIRST_TEXT: u16 = 3;

/// What one field of a doctor holds, as the service's answer shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Text<'a> {
    /// Text, never empty.
    Value(&'a str),
    /// An element without content.
    #[default]
    Empty,
    /// An element without content and with `xsi:nil="true"`.
    Nil,
    /// No element.
    Absent,
}

impl<'a> Text<'a> {
    /// The text; empty when there is none, in whatever way.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Value(text) => text,
            Self::Empty | Self::Nil | Self::Absent => "",
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Value(text) }
    }
}

/// A day as days since 1970-01-01.
pub(crate) type Day = u16;

/// 1 January 2005: nobody was added before.
pub(crate) const FIRST_DAY: Day = 12_784;
/// 31 December 2049: nobody has a submission date later.
pub(crate) const LAST_DAY: Day = 29_219;

/// How many families' names there are with a hyphen for each one without.
const BARRELS: usize = 6;

pub(crate) const UNDER_NOTICE: &[&str] = &["No", "Yes", "On Hold", "NO", "yes", "ON HOLD"];
pub(crate) const YES_NO: &[&str] = &["No", "Yes"];
pub(crate) const STATUS: &[&str] = &["Not Under Review", "Under Review", "Submitted"];
pub(crate) const SANCTION: &[&str] =
    &["No", "Yes", "Conditions", "Undertakings", "Warning", "Suspension & Conditions <interim>"];
/// Dates that are none in `dd/MM/yyyy`.
pub(crate) const ODD_DATES: &[&str] = &["31/02/2025", "2025-01-31", "to be confirmed"];

/// The table of texts. Its order is fixed, so that the same population has the same handles everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    bytes: String,
    ends: Vec<u32>,
    first_names: Range,
    last_names: Range,
    dates: Range,
    under_notice: Range,
    yes_no: Range,
    status: Range,
    sanction: Range,
    odd_dates: Range,
}

/// Handles that follow each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    start: u16,
    length: u16,
}

impl Range {
    pub(crate) fn len(self) -> usize {
        usize::from(self.length)
    }

    /// The handle at this place; places past the end begin again.
    pub(crate) fn at(self, index: usize) -> Handle {
        let length = usize::from(self.length).max(1);
        Handle(self.start + u16::try_from(index % length).unwrap_or(0))
    }
}

impl Texts {
    pub(crate) fn new() -> Self {
        let nothing = Range { start: FIRST_TEXT, length: 0 };
        let mut texts = Self {
            bytes: String::with_capacity(240_000),
            ends: Vec::with_capacity(20_000),
            first_names: nothing,
            last_names: nothing,
            dates: nothing,
            under_notice: nothing,
            yes_no: nothing,
            status: nothing,
            sanction: nothing,
            odd_dates: nothing,
        };
        texts.first_names = texts.add_all(names::FIRST.iter().copied());
        texts.last_names = texts.add_all(last_names().iter().map(String::as_str));
        texts.dates = texts.add_all((FIRST_DAY..=LAST_DAY).map(dd_mm_yyyy).collect::<Vec<_>>().iter());
        texts.under_notice = texts.add_all(UNDER_NOTICE.iter().copied());
        texts.yes_no = texts.add_all(YES_NO.iter().copied());
        texts.status = texts.add_all(STATUS.iter().copied());
        texts.sanction = texts.add_all(SANCTION.iter().copied());
        texts.odd_dates = texts.add_all(ODD_DATES.iter().copied());
        texts
    }

    pub(crate) fn first_names(&self) -> Range {
        self.first_names
    }

    pub(crate) fn last_names(&self) -> Range {
        self.last_names
    }

    pub(crate) fn under_notice(&self) -> Range {
        self.under_notice
    }

    pub(crate) fn yes_no(&self) -> Range {
        self.yes_no
    }

    pub(crate) fn status(&self) -> Range {
        self.status
    }

    pub(crate) fn sanction(&self) -> Range {
        self.sanction
    }

    pub(crate) fn odd_dates(&self) -> Range {
        self.odd_dates
    }

    /// The handle of a day; a day outside the table is the nearest one inside.
    pub(crate) fn date(&self, day: Day) -> Handle {
        self.dates.at(usize::from(day.clamp(FIRST_DAY, LAST_DAY) - FIRST_DAY))
    }

    /// What a field with this handle holds.
    pub(crate) fn get(&self, handle: Handle) -> Text<'_> {
        match handle {
            Handle::ABSENT => Text::Absent,
            Handle::EMPTY => Text::Empty,
            Handle::NIL => Text::Nil,
            Handle(handle) => Text::Value(self.text_at(usize::from(handle - FIRST_TEXT))),
        }
    }

    /// The handle of a text, entered in the table if it is new; none when the table is full.
    ///
    /// It looks through the whole table: for edits by hand, not for making doctors.
    pub(crate) fn intern(&mut self, text: Text<'_>) -> Option<Handle> {
        let value = match text {
            Text::Absent => return Some(Handle::ABSENT),
            Text::Empty | Text::Value("") => return Some(Handle::EMPTY),
            Text::Nil => return Some(Handle::NIL),
            Text::Value(value) => value,
        };
        let known = (0..self.ends.len()).find(|place| self.text_at(*place) == value);
        let place = u16::try_from(known.unwrap_or(self.ends.len())).ok()?;
        let handle = Handle(place.checked_add(FIRST_TEXT)?);
        if known.is_none() {
            self.add(value);
        }
        Some(handle)
    }

    fn text_at(&self, place: usize) -> &str {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(place).copied().unwrap_or(start);
        &self.bytes[start as usize..end as usize]
    }

    fn add(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    fn add_all<T: AsRef<str>>(&mut self, texts: impl Iterator<Item = T>) -> Range {
        let start = self.ends.len();
        texts.for_each(|text| self.add(text.as_ref()));
        let handle = |place: usize| u16::try_from(place).unwrap_or(u16::MAX - FIRST_TEXT);
        Range { start: handle(start) + FIRST_TEXT, length: handle(self.ends.len() - start) }
    }
}

/// Names of one part first, then those of two; they come in an order that never changes.
fn last_names() -> Vec<String> {
    let mut all: Vec<String> = names::LAST.iter().map(ToString::to_string).collect();
    for (place, first) in names::LAST.iter().enumerate() {
        for barrel in 1..=BARRELS {
            let second = names::LAST[(place * 7 + barrel * 31) % names::LAST.len()];
            if second != *first {
                all.push(format!("{first}-{second}"));
            }
        }
    }
    // The sample answer has one of these: it shows who does not escape.
    all.extend(["Jones & Price", "Smith <locum>"].map(String::from));
    all
}

/// As the service writes a date (docs/domain.md §4).
fn dd_mm_yyyy(day: Day) -> String {
    let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(i64::from(day)));
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_the_service_writes_it() {
        let texts = Texts::new();
        assert_eq!(texts.get(texts.date(FIRST_DAY)), Text::Value("01/01/2005"));
        assert_eq!(texts.get(texts.date(LAST_DAY)), Text::Value("31/12/2049"));
        assert_eq!(texts.get(texts.date(0)), Text::Value("01/01/2005"));
    }

    #[test]
    fn a_text_is_entered_once() {
        let mut texts = Texts::new();
        let known = texts.intern(Text::Value("Yes"));
        assert_eq!(known, Some(texts.under_notice().at(1)));
        let before = texts.ends.len();
        let new = texts.intern(Text::Value("Möbius"));
        assert_eq!(texts.intern(Text::Value("Möbius")), new);
        assert_eq!(texts.ends.len(), before + 1);
        assert_eq!(new.map(|handle| texts.get(handle)), Some(Text::Value("Möbius")));
        assert_eq!(texts.intern(Text::Value("")), Some(Handle::EMPTY));
    }

    #[test]
    fn a_full_table_refuses_another_text_and_keeps_the_ones_it_has() {
        let mut texts = Texts::new();
        let entered = (0..70_000).filter(|i| texts.intern_new(&format!("text {i}")).is_some()).count();
        assert!(entered < 70_000);
        assert_eq!(texts.intern(Text::Value("one more")), None);
        assert!(texts.intern(Text::Value("Yes")).is_some());
    }

    impl Texts {
        /// Without the search, which would be slow 70,000 times.
        fn intern_new(&mut self, text: &str) -> Option<Handle> {
            let handle = Handle(u16::try_from(self.ends.len()).ok()?.checked_add(FIRST_TEXT)?);
            self.add(text);
            Some(handle)
        }
    }
}
