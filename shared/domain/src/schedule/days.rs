//! The two fields that choose days, with `L`, `W` and `#`, and the days of a month that they choose.

use jiff::civil::Date;

use super::field::{Grammar, List, Part};
use super::{Field, Notation, ScheduleError};

/// The day of month field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DaysOfMonth {
    pub(super) list: List,
    pub(super) special: Vec<MonthDay>,
    notation: Notation,
}

/// A day of a month that its length and its weekdays decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MonthDay {
    /// `L`.
    Last,
    /// `L-3`: so many days before the last.
    BeforeLast(i8),
    /// `LW`: the last from Monday to Friday.
    LastWeekday,
    /// `15W`: the day from Monday to Friday that is nearest to the 15th, in the same month.
    NearestWeekday(i8),
}

/// The day of week field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DaysOfWeek {
    pub(super) list: List,
    pub(super) special: Vec<WeekDay>,
}

/// One of a month's Mondays, and so on; weekdays count from Sunday as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WeekDay {
    /// `5L` in Spring: the month's last Friday.
    LastOfMonth(u16),
    /// `5#2` in Spring: the month's second Friday; none in a month with fewer.
    Nth(u16, i8),
    /// `L` in `EventBridge`: the last day of the week, Saturday.
    LastOfWeek,
}

/// A month's length and the weekday of its first day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Month {
    length: i8,
    first_weekday: i8,
}

impl DaysOfMonth {
    pub(super) fn parse(notation: Notation, text: &str) -> Result<Self, ScheduleError> {
        let grammar = Grammar { field: Field::DayOfMonth, notation };
        let (list, special) = parse_items(grammar, text, &['L', 'W'], |item| match notation {
            Notation::EventBridge if item.starts_with("L-") => {
                Err("EventBridge cannot count back from the last day of a month".to_owned())
            }
            _ => MonthDay::parse(grammar, item),
        })?;
        Ok(Self { list, special, notation })
    }

    /// Whether every day will do.
    pub(super) fn is_unrestricted(&self) -> bool {
        self.list.numbers().len() == 31
    }

    /// The days of a month, one bit each.
    pub(super) fn mask(&self, month: Month) -> u64 {
        let special = self.special.iter().filter_map(|day| day.within(month, self.notation));
        special.fold(self.list.mask(), |mask, day| mask | (1 << day))
    }
}

impl MonthDay {
    fn parse(grammar: Grammar, item: &str) -> Result<Self, String> {
        let unknown = || format!("{item:?} is none of L, L-3, LW and 15W");
        if item == "L" {
            return Ok(Self::Last);
        }
        if item == "LW" {
            return Ok(Self::LastWeekday);
        }
        if let Some(offset) = item.strip_prefix("L-") {
            let days = digits(offset).filter(|days| (1..=30).contains(days)).ok_or_else(|| {
                format!("{item:?} counts back {offset:?} days from the last: 1-30 are accepted")
            })?;
            return Ok(Self::BeforeLast(days));
        }
        let day = item.strip_suffix('W').filter(|day| !day.is_empty()).ok_or_else(unknown)?;
        let number = grammar.value(day)?.number;
        i8::try_from(number).map(Self::NearestWeekday).map_err(|_| unknown())
    }

    /// Which day of the month it is; `None` where the month has none.
    fn within(self, month: Month, notation: Notation) -> Option<i8> {
        match self {
            Self::Last => Some(month.length),
            Self::BeforeLast(days) => Some(month.length - days).filter(|day| *day >= 1),
            Self::LastWeekday => match month.weekday(month.length) {
                0 => Some(month.length - 2),
                6 => Some(month.length - 1),
                _ => Some(month.length),
            },
            Self::NearestWeekday(day) if day > month.length => None,
            Self::NearestWeekday(day) => match month.weekday(day) {
                6 if day == 1 => Some(3),
                6 => Some(day - 1),
                0 if day < month.length => Some(day + 1),
                // Monday is in the next month. Quartz, and so EventBridge, goes back to Friday; Spring does not fire.
                0 => (notation == Notation::EventBridge).then_some(day - 2),
                _ => Some(day),
            },
        }
    }
}

impl DaysOfWeek {
    pub(super) fn parse(notation: Notation, text: &str) -> Result<Self, ScheduleError> {
        let grammar = Grammar { field: Field::DayOfWeek, notation };
        let (list, special) = parse_items(grammar, text, &['L', '#'], |item| WeekDay::parse(grammar, item))?;
        Ok(Self { list, special })
    }

    /// Whether every day will do.
    pub(super) fn is_unrestricted(&self) -> bool {
        self.list.numbers().len() == 7
    }

    /// The days of a month, one bit each.
    pub(super) fn mask(&self, month: Month) -> u64 {
        let weekdays = self.list.mask();
        let listed = (1..=month.length).filter(|day| weekdays >> month.weekday(*day) & 1 == 1);
        let special = self.special.iter().flat_map(|day| day.within(month));
        listed.chain(special).fold(0, |mask, day| mask | (1 << day))
    }
}

impl WeekDay {
    fn parse(grammar: Grammar, item: &str) -> Result<Self, String> {
        let weekday = |text: &str| grammar.value(text).map(|value| value.number % 7);
        if let Some((day, nth)) = item.split_once('#') {
            let nth_of_month = digits(nth).filter(|nth| (1..=5).contains(nth));
            let nth_of_month = nth_of_month
                .ok_or_else(|| format!("{item:?} names number {nth:?} of the month: 1-5 are accepted"))?;
            return Ok(Self::Nth(weekday(day)?, nth_of_month));
        }
        match item.strip_suffix('L') {
            Some("") if grammar.notation == Notation::EventBridge => Ok(Self::LastOfWeek),
            Some("") => Err("Spring wants a day before L: 5L is the last Friday of the month".to_owned()),
            Some(day) => Ok(Self::LastOfMonth(weekday(day)?)),
            None => Err(format!("nothing may follow the L in {item:?}")),
        }
    }

    fn within(self, month: Month) -> Vec<i8> {
        let all = |weekday: u16| {
            (1..=month.length).filter(move |day| i16::from(month.weekday(*day)) == weekday.cast_signed())
        };
        match self {
            Self::LastOfMonth(weekday) => all(weekday).next_back().into_iter().collect(),
            Self::Nth(weekday, nth) => {
                all(weekday).nth(usize::from(nth.unsigned_abs()) - 1).into_iter().collect()
            }
            Self::LastOfWeek => all(6).collect(),
        }
    }
}

impl Month {
    /// `None` outside the years that the calendar has (-9999 to 9999).
    pub(super) fn of(year: i16, month: i8) -> Option<Self> {
        let first = Date::new(year, month, 1).ok()?;
        Some(Self { length: first.days_in_month(), first_weekday: first.weekday().to_sunday_zero_offset() })
    }

    /// 0 is Sunday.
    fn weekday(self, day: i8) -> i8 {
        (self.first_weekday + day - 1) % 7
    }
}

/// Splits a field into what every field has and what only the days have, told by its letters.
fn parse_items<S>(
    grammar: Grammar,
    text: &str,
    letters: &[char],
    special_item: impl Fn(&str) -> Result<S, String>,
) -> Result<(List, Vec<S>), ScheduleError> {
    let text = grammar.capitals(text);
    let mut parts = Vec::new();
    let mut special = Vec::new();
    for item in text.split(',') {
        if item.contains(letters) {
            special.push(
                special_item(item).map_err(|reason| ScheduleError::field(grammar.field, &text, reason))?,
            );
        } else {
            parts.push(Part::parse(grammar, &text, item)?);
        }
    }
    if grammar.notation == Notation::EventBridge && !special.is_empty() && parts.len() + special.len() > 1 {
        return Err(ScheduleError::field(
            grammar.field,
            &text,
            "EventBridge takes L, W and # alone in their field",
        ));
    }
    Ok((List::of(text, parts), special))
}

/// A small number, written in digits only.
fn digits(text: &str) -> Option<i8> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}
