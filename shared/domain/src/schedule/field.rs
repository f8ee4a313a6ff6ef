//! One field of a cron expression: lists, ranges, steps and names, with the numbers they stand for.
//!
//! Days of the week are counted here as Spring does: 0 is Sunday, and 7 too where a range or a list ends on it.

use super::{Field, Notation, ScheduleError};

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The parts of a field, between its commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// The field as written, in capitals where case does not matter.
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
    /// Every number that a part stands for.
    numbers: Vec<u16>,
}

/// `*`, `5`, `MON-FRI`, `0/15`, `8-18/2` and the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) span: Span,
    pub(super) step: Option<u16>,
    /// What it stands for, in the order in which it counts.
    pub(super) numbers: Vec<u16>,
}

/// What a part covers before its step picks from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// `*`, and `?` where that is allowed.
    All,
    /// One value; with a step, everything from it to the end of the field.
    From(Value),
    /// Both ends included.
    Range(Value, Value),
}

/// A number, and the name it was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) number: u16,
    pub(super) name: Option<&'static str>,
}

/// A field in a notation: what may stand in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grammar {
    pub(super) field: Field,
    pub(super) notation: Notation,
}

impl List {
    /// Reads a field in which `L`, `W` and `#` mean nothing.
    pub(super) fn parse(grammar: Grammar, text: &str) -> Result<Self, ScheduleError> {
        let text = grammar.capitals(text);
        let parts =
            text.split(',').map(|item| Part::parse(grammar, &text, item)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of(text, parts))
    }

    pub(super) fn of(text: String, parts: Vec<Part>) -> Self {
        let mut numbers: Vec<u16> = parts.iter().flat_map(|part| &part.numbers).copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        Self { text, parts, numbers }
    }

    /// In ascending order, each once.
    pub(super) fn numbers(&self) -> &[u16] {
        &self.numbers
    }

    /// One bit a number; for every field but the year.
    pub(super) fn mask(&self) -> u64 {
        self.numbers.iter().fold(0, |mask, number| mask | (1 << number))
    }

    /// Whether the field is `?`.
    pub(super) fn is_open(&self) -> bool {
        self.text == "?"
    }
}

impl Part {
    /// Reads one item of a list; `text` is the whole field, for the error.
    pub(super) fn parse(grammar: Grammar, text: &str, item: &str) -> Result<Self, ScheduleError> {
        let refuse = |reason: String| ScheduleError::field(grammar.field, text, reason);
        if item.is_empty() {
            return Err(refuse("a value is missing".to_owned()));
        }
        let (span, step) = match item.split_once('/') {
            Some((span, step)) => (span, Some(grammar.step(step).map_err(refuse)?)),
            None => (item, None),
        };
        let span = match span {
            "*" => Span::All,
            "?" => {
                grammar.check_open(text).map_err(refuse)?;
                Span::All
            }
            _ => match span.split_once('-') {
                Some((first, last)) => grammar.range(first, last).map_err(refuse)?,
                None => Span::From(grammar.value(span).map_err(refuse)?),
            },
        };
        Ok(Self { span, step, numbers: grammar.numbers(span, step) })
    }
}

impl Grammar {
    /// Case matters to Spring in the day of month only: it reads `L` and `W` there, and no names.
    pub(super) fn capitals(self, text: &str) -> String {
        match (self.notation, self.field) {
            (Notation::Spring, Field::DayOfMonth) => text.to_owned(),
            _ => text.to_ascii_uppercase(),
        }
    }

    /// What `*` stands for. Spring's week begins on Monday: `*/2` is Monday, Wednesday, Friday and Sunday.
    pub(super) fn bounds(self) -> (u16, u16) {
        match self.field {
            Field::Second | Field::Minute => (0, 59),
            Field::Hour => (0, 23),
            Field::DayOfMonth => (1, 31),
            Field::Month => (1, 12),
            Field::DayOfWeek => match self.notation {
                Notation::Spring => (1, 7),
                Notation::EventBridge => (0, 6),
            },
            Field::Year => (1970, 2199),
        }
    }

    /// A number or a name, as Spring counts.
    pub(super) fn value(self, text: &str) -> Result<Value, String> {
        let (names, first) = self.names();
        if let Some((number, name)) = (first..).zip(names).find(|(_, name)| **name == text) {
            // Spring's Sunday is 7 by name, so that FRI-SUN does not run backwards.
            let last_day = self.field == Field::DayOfWeek && self.notation == Notation::Spring && number == 0;
            return Ok(Value { number: if last_day { 7 } else { number }, name: Some(name) });
        }
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(match (names.first(), names.last()) {
                (Some(from), Some(to)) => {
                    format!("{text:?} is neither a number nor a name from {from} to {to}")
                }
                _ => format!("{text:?} is not a number"),
            });
        }
        let (from, to) = self.accepted();
        match text.parse::<u16>() {
            Ok(number) if (from..=to).contains(&number) => {
                let shift =
                    u16::from(self.field == Field::DayOfWeek && self.notation == Notation::EventBridge);
                Ok(Value { number: number - shift, name: None })
            }
            _ => {
                Err(format!("{text} is out of range: {} accepts {from}-{to}{}", self.notation, self.remark()))
            }
        }
    }

    fn range(self, first: &str, last: &str) -> Result<Span, String> {
        let (from, to) = (self.value(first)?, self.value(last)?);
        if self.notation == Notation::Spring && self.field == Field::DayOfWeek && from.number == 7 {
            // A range that begins on Sunday begins with 0.
            return Ok(Span::Range(Value { number: 0, ..from }, to));
        }
        if from.number <= to.number {
            return Ok(Span::Range(from, to));
        }
        let (start, end) = self.bounds();
        match (self.notation, self.field) {
            (Notation::Spring, _) => Err(format!(
                "{first}-{last} runs backwards, which Spring refuses: write {}",
                self.forwards(from, to)
            )),
            (Notation::EventBridge, Field::Year) => {
                Err(format!("{first}-{last} runs backwards, and years do not come again: {start}-{end}"))
            }
            // It goes on at the start of the field: the user guide has hours 20-2.
            (Notation::EventBridge, _) => Ok(Span::Range(from, to)),
        }
    }

    /// A range that runs backwards, written as Spring takes it: up to the end of the field, and on from its start.
    fn forwards(self, from: Value, to: Value) -> String {
        let (start, end) = self.bounds();
        let range = |first: u16, last: u16| {
            let name = |number| self.written(number, from.name.or(to.name));
            if first == last { name(first) } else { format!("{}-{}", name(first), name(last)) }
        };
        let before = range(from.number, end);
        // Sunday as 0 is the 7 at which the first range ends.
        if to.number < start { before } else { format!("{before},{}", range(start, to.number)) }
    }

    fn step(self, text: &str) -> Result<u16, String> {
        if self.notation == Notation::EventBridge && self.field == Field::DayOfWeek {
            return Err("EventBridge has no steps here: list the days".to_owned());
        }
        let number = text.parse::<u16>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        let (_, end) = self.bounds();
        match (number, self.notation) {
            (Some(step @ 1..), Notation::Spring) => Ok(step),
            // AWS refuses cron(*/60 ...) as an invalid parameter.
            (Some(step @ 1..), Notation::EventBridge) if step <= end => Ok(step),
            (_, Notation::Spring) => Err(format!("step {text:?} is not a whole number from 1 up")),
            (_, Notation::EventBridge) => Err(format!("step {text:?} is not a whole number from 1 to {end}")),
        }
    }

    /// `?` is for the two days, alone in its field.
    fn check_open(self, text: &str) -> Result<(), String> {
        match self.field {
            Field::DayOfMonth | Field::DayOfWeek if text == "?" => Ok(()),
            Field::DayOfMonth | Field::DayOfWeek => Err("? stands alone".to_owned()),
            // This is where an expression of EventBridge has its ? when it is read as Spring's.
            Field::Hour | Field::Month if self.notation == Notation::Spring => {
                Err("? stands for a day only; an expression in EventBridge's order is written cron(...)"
                    .to_owned())
            }
            _ => Err("? stands for a day only".to_owned()),
        }
    }

    fn numbers(self, span: Span, step: Option<u16>) -> Vec<u16> {
        let (start, end) = self.bounds();
        let (first, last) = match span {
            Span::All => (start, end),
            Span::From(value) if step.is_some() => (value.number, end),
            Span::From(value) => (value.number, value.number),
            Span::Range(from, to) => (from.number, to.number),
        };
        let length = end + 1 - start;
        let last = if last < first { last + length } else { last };
        let picked = (first..=last).step_by(usize::from(step.unwrap_or(1)));
        match self.field {
            Field::DayOfWeek => picked.map(|number| number % 7).collect(),
            _ => picked.map(|number| if number > end { number - length } else { number }).collect(),
        }
    }

    /// The names that the field accepts, and the number of the first.
    fn names(self) -> (&'static [&'static str], u16) {
        match self.field {
            Field::Month => (&MONTHS, 1),
            Field::DayOfWeek => (&DAYS, 0),
            _ => (&[], 0),
        }
    }

    /// The numbers that may be written.
    fn accepted(self) -> (u16, u16) {
        match (self.field, self.notation) {
            (Field::DayOfWeek, Notation::Spring) => (0, 7),
            (Field::DayOfWeek, Notation::EventBridge) => (1, 7),
            _ => self.bounds(),
        }
    }

    fn remark(self) -> &'static str {
        match (self.field, self.notation) {
            (Field::DayOfWeek, Notation::Spring) => " (0 and 7 are Sunday)",
            (Field::DayOfWeek, Notation::EventBridge) => " (1 is Sunday)",
            _ => "",
        }
    }

    /// A number the way its neighbour is written: by name, or as the digits.
    fn written(self, number: u16, like: Option<&str>) -> String {
        match self.field {
            Field::Month | Field::DayOfWeek if like.is_some() => name_of(self.field, number).to_owned(),
            _ => number.to_string(),
        }
    }
}

/// The name of a month, or of a day of the week counted from Sunday as 0 (or 7); empty for other fields.
pub(super) fn name_of(field: Field, number: u16) -> &'static str {
    match field {
        Field::Month => MONTHS.get(usize::from(number).wrapping_sub(1)).copied().unwrap_or_default(),
        Field::DayOfWeek => DAYS[usize::from(number % 7)],
        _ => "",
    }
}
