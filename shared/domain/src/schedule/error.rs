//! Why an expression is refused, in words that name the field and say what would be accepted.

use std::fmt;

/// One field of a cron expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Spring's first field; `EventBridge` has none.
    Second,
    /// 0-59.
    Minute,
    /// 0-23.
    Hour,
    /// 1-31.
    DayOfMonth,
    /// 1-12 or a name.
    Month,
    /// Spring: 0-7, 0 and 7 being Sunday; `EventBridge`: 1-7 from Sunday; or a name.
    DayOfWeek,
    /// `EventBridge`'s last field; Spring has none.
    Year,
}

/// How a cron expression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// Six fields, seconds first, no year.
    Spring,
    /// `cron(...)`: six fields, minutes first, the year last.
    EventBridge,
}

/// Why a text is not a schedule expression, or has no equivalent in `EventBridge`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Nothing but white space.
    #[error("the schedule expression is empty: \"-\" switches the schedule off")]
    Empty,
    /// Longer than anything that is meant to be an expression, or than `EventBridge` takes.
    #[error("a schedule expression of {found} characters: at most {allowed} are accepted")]
    TooLong {
        /// Its length.
        found: usize,
        /// The greatest length accepted there.
        allowed: usize,
    },
    /// Written like a function, but not one of the two.
    #[error(
        "{0:?} is no schedule expression: write Spring's six fields, cron(...), rate(...), or \"-\" for off"
    )]
    Unknown(String),
    /// `@` and a word that Spring does not have.
    #[error(
        "{0:?} is no macro of Spring: it has @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly"
    )]
    Macro(String),
    /// Too many fields or too few.
    #[error("{}", field_count(*notation, *found))]
    FieldCount {
        /// The notation it was read as.
        notation: Notation,
        /// How many fields there are.
        found: usize,
    },
    /// One field cannot be read in its notation.
    #[error("{field} {text:?}: {reason}")]
    Field {
        /// Which field.
        field: Field,
        /// The whole field as written.
        text: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// `EventBridge` wants exactly one of the two days to be `?`.
    #[error(
        "day of month {day_of_month:?} and day of week {day_of_week:?}: EventBridge wants ? in exactly one of them"
    )]
    OneDayOpen {
        /// The field as written.
        day_of_month: String,
        /// The field as written.
        day_of_week: String,
    },
    /// `rate(...)` with something else than a value and its unit.
    #[error("rate {text:?}: {reason}")]
    Rate {
        /// What stands between the brackets.
        text: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// Valid in Spring, but `EventBridge` has nothing that fires at the same times.
    #[error("{field} {text:?} has no equivalent in EventBridge: {reason}")]
    NoEquivalent {
        /// Which field.
        field: Field,
        /// The whole field as written.
        text: String,
        /// Why not.
        reason: &'static str,
    },
    /// Valid in Spring, where both days must match; `EventBridge` looks at one of them only.
    #[error(
        "day of month {day_of_month:?} and day of week {day_of_week:?} have no equivalent in EventBridge: \
         Spring fires when both match, EventBridge can restrict only one of them"
    )]
    BothDays {
        /// The field as written.
        day_of_month: String,
        /// The field as written.
        day_of_week: String,
    },
    /// 30 February and the like.
    #[error("{0:?} never fires: no month that it names has such a day")]
    NeverFires(String),
}

impl ScheduleError {
    /// One field that cannot be read.
    pub(super) fn field(field: Field, text: &str, reason: impl Into<String>) -> Self {
        Self::Field { field, text: text.to_owned(), reason: reason.into() }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
            Self::Year => "year",
        })
    }
}

impl fmt::Display for Notation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spring => "Spring",
            Self::EventBridge => "EventBridge",
        })
    }
}

/// Most wrong counts are another cron's: the message says whose.
fn field_count(notation: Notation, found: usize) -> String {
    let fields = if found == 1 { "field" } else { "fields" };
    match (notation, found) {
        (Notation::Spring, 5) => {
            "5 fields: Unix cron is not accepted: Spring has 6 fields, seconds first".to_owned()
        }
        (Notation::Spring, 7) => {
            "7 fields: Quartz cron is not accepted: Spring has 6 fields and no year".to_owned()
        }
        (Notation::Spring, _) => format!(
            "{found} {fields}: Spring has 6 fields: second, minute, hour, day of month, month, day of week"
        ),
        (Notation::EventBridge, _) => format!(
            "cron(...) with {found} {fields}: EventBridge has 6 fields: \
             minute, hour, day of month, month, day of week, year"
        ),
    }
}
