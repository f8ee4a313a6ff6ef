//! One field of a cron expression: read in its notation, written in the forms that `EventBridge` documents.

use std::collections::BTreeSet;

use super::ScheduleError;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const DAYS_IN_SPRING: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

pub(super) const SECOND: Field = Field::of_numbers("second", 0, 59);
pub(super) const MINUTE: Field = Field::of_numbers("minute", 0, 59);
pub(super) const HOUR: Field = Field::of_numbers("hour", 0, 23);
pub(super) const DAY_OF_MONTH: Field =
    Field { marks: &['L', 'W'], ..Field::of_numbers("day of month", 1, 31) };
pub(super) const MONTH: Field = Field { names: &MONTHS, ..Field::of_numbers("month", 1, 12) };
pub(super) const DAY_OF_WEEK: Field =
    Field { names: &DAYS, marks: &['L', '#'], ..Field::of_numbers("day of week", 1, 7) };
/// Spring's week is from Monday to Sunday, and Sunday is 0 as well.
pub(super) const DAY_OF_WEEK_IN_SPRING: Field = Field { names: &DAYS_IN_SPRING, lowest: 0, ..DAY_OF_WEEK };
pub(super) const YEAR: Field = Field::of_numbers("year", 1970, 2199);

/// From this day on, `nW` is not the same in both notations.
const FIRST_DIFFERENT_WEEKDAY: usize = 28;

/// How an expression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Spring,
    EventBridge,
}

/// What may stand in a field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    name: &'static str,
    /// The lowest number; of the days of the week, Sunday's.
    lowest: usize,
    /// `*` stands for this and everything up to `last`.
    first: usize,
    last: usize,
    /// For the numbers from `first` on.
    names: &'static [&'static str],
    /// For days that a month's length and weekdays decide.
    marks: &'static [char],
}

impl Field {
    const fn of_numbers(name: &'static str, first: usize, last: usize) -> Self {
        Self { name, lowest: first, first, last, names: &[], marks: &[] }
    }

    /// Reads the field of an expression; returns it as a rule is given it, `*` when no value is left out.
    pub(super) fn read(&self, notation: Notation, text: &str) -> Result<String, ScheduleError> {
        let text = text.to_ascii_uppercase();
        let read = match &*text {
            "?" if !self.marks.is_empty() => Ok(text.clone()),
            "?" => {
                Err("? stands for a day only; EventBridge's order of fields is written cron(...)".to_owned())
            }
            plain if !plain.contains(self.marks) => self.list(notation, plain),
            marked if marked.contains(',') => {
                Err("EventBridge takes L, W and # alone in their field".to_owned())
            }
            marked if self.is_week() => self.day_of_week(notation, marked),
            marked => self.day_of_month(notation, marked),
        };
        read.map_err(|reason| ScheduleError(format!("{} {text:?}: {reason}", self.name)))
    }

    fn list(&self, notation: Notation, text: &str) -> Result<String, String> {
        let mut places = BTreeSet::new();
        for item in text.split(',') {
            let (span, step) = item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
            let (first, last) = match span.split_once('-') {
                _ if span == "*" => (self.first, self.last),
                Some((first, last)) => self.range(notation, first, last)?,
                None => {
                    let first = self.value(span)?;
                    (first, if step.is_some() { self.last } else { first })
                }
            };
            let step = step.map_or(Some(1), whole_number).filter(|step| *step > 0);
            let numbers = (first..=last).step_by(step.ok_or("a step is a whole number from 1 up")?);
            places.extend(numbers.map(|number| self.place(number)));
        }
        Ok(self.written(&places))
    }

    /// Both ends of a range; the second is beyond the field's when the range goes on at the start.
    fn range(&self, notation: Notation, first: &str, last: &str) -> Result<(usize, usize), String> {
        let (from, to) = (self.value(first)?, self.value(last)?);
        // a range that begins on Sunday begins with 0 in Spring
        let from = if self.lowest < self.first && from == self.last { self.lowest } else { from };
        let refuse = |fix: String| Err(format!("{first}-{last} runs backwards{fix}"));
        match notation {
            _ if from <= to => Ok((from, to)),
            Notation::EventBridge if self.name != YEAR.name => Ok((from, to + self.length())),
            Notation::EventBridge => refuse(String::new()),
            Notation::Spring if to < self.first => refuse(format!(": write {first}-{}", self.last)),
            Notation::Spring => refuse(format!(": write {first}-{},{}-{last}", self.last, self.first)),
        }
    }

    fn value(&self, text: &str) -> Result<usize, String> {
        if let Some(place) = self.names.iter().position(|name| *name == text) {
            return Ok(self.first + place);
        }
        let (lowest, last) = (self.lowest, self.last);
        whole_number(text).filter(|number| (lowest..=last).contains(number)).ok_or_else(|| {
            match (self.names.first(), self.names.last()) {
                (Some(from), Some(to)) => format!("{text:?} is not in {lowest}-{last} or {from}-{to}"),
                _ => format!("{text:?} is not in {lowest}-{last}"),
            }
        })
    }

    fn day_of_month(&self, notation: Notation, text: &str) -> Result<String, String> {
        if text == "L" {
            return Ok(text.to_owned());
        }
        let day = text.strip_suffix('W').filter(|day| *day != "L");
        let day = self.value(day.ok_or(
            "EventBridge documents only L, a month's last day, and W, the weekday nearest to a day, such as 15W",
        )?)?;
        if notation == Notation::Spring && day >= FIRST_DIFFERENT_WEEKDAY {
            return Err(
                "where that is a Sunday and the month's last day, EventBridge fires on the Friday before \
                        and Spring not at all: write 27W or L"
                    .to_owned(),
            );
        }
        Ok(format!("{day}W"))
    }

    fn day_of_week(&self, notation: Notation, text: &str) -> Result<String, String> {
        if text == "L" && notation == Notation::EventBridge {
            return Ok("SAT".to_owned());
        }
        let (day, mark) = match text.split_once('#') {
            Some((day, nth @ ("1" | "2" | "3" | "4" | "5"))) => (day, format!("#{nth}")),
            Some((_, nth)) => return Err(format!("{nth:?} is not in 1-5")),
            None => (text.strip_suffix('L').ok_or("nothing may follow the L")?, "L".to_owned()),
        };
        let from_sunday = self.place(self.value(day)?);
        Ok(format!("{}{mark}", DAY_OF_WEEK.first + from_sunday))
    }

    /// The values as a step to the field's end, or as numbers and ranges. Days of the week have names, because their
    /// numbers differ, and no steps, because `EventBridge` documents none.
    fn written(&self, places: &BTreeSet<usize>) -> String {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for &place in places {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == place => *last = place,
                _ => runs.push((place, place)),
            }
        }
        match runs[..] {
            [(0, last)] if last + 1 == self.length() => "*".to_owned(),
            [(first, _), (second, _), _, ..]
                if !self.is_week()
                    && places.iter().copied().eq((first..self.length()).step_by(second - first)) =>
            {
                format!("{}/{}", self.shown(first), second - first)
            }
            _ => {
                let shown = runs.into_iter().map(|(first, last)| match last - first {
                    0 => self.shown(first),
                    _ => format!("{}-{}", self.shown(first), self.shown(last)),
                });
                shown.collect::<Vec<_>>().join(",")
            }
        }
    }

    fn is_week(&self) -> bool {
        self.names.len() == DAYS.len()
    }

    fn length(&self) -> usize {
        self.last + 1 - self.first
    }

    /// How far a number is from the field's first; of the days of the week, from Sunday.
    fn place(&self, number: usize) -> usize {
        let start = if self.is_week() { self.lowest } else { self.first };
        (number - start) % self.length()
    }

    fn shown(&self, place: usize) -> String {
        if self.is_week() { DAYS[place].to_owned() } else { (self.first + place).to_string() }
    }
}

/// A number that is written in digits only.
pub(super) fn whole_number(text: &str) -> Option<usize> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}
