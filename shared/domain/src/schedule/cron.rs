//! A cron expression as a whole, in either notation.

use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;

use super::field::{self, Field, Notation};
use super::utc::Utc;
use super::{ScheduleError, check_length};

/// A cron expression that a rule of `EventBridge` can follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    pub(super) written: String,
    pub(super) expression: String,
    pub(super) dropped_second: Option<u8>,
    times: croner::Cron,
}

impl Cron {
    /// Reads Spring's six fields.
    pub(super) fn spring(written: &str) -> Result<Self, ScheduleError> {
        refuse_macros(written)?;
        let fields: Vec<&str> = written.split_whitespace().collect();
        let [second, minute, hour, day_of_month, month, day_of_week] = fields[..] else {
            let reason = format!("Spring has 6 fields, seconds first, and this has {}", fields.len());
            return Err(ScheduleError(reason));
        };
        let read = |field: &Field, text| field.read(Notation::Spring, text);
        let second = read(&field::SECOND, second)?.parse::<u8>().map_err(|_| {
            let reason = "EventBridge fires at most once a minute: write a number, such as 0";
            ScheduleError(format!("second {second:?}: {reason}"))
        })?;
        let month_days = read(&field::DAY_OF_MONTH, day_of_month)?;
        let week_days = read(&field::DAY_OF_WEEK_IN_SPRING, day_of_week)?;
        let (month_days, week_days) = match (&*month_days, &*week_days) {
            ("*" | "?", "*" | "?") => ("*", "?"),
            ("*" | "?", days) => ("?", days),
            (days, "*" | "?") => (days, "?"),
            _ => {
                return Err(ScheduleError(format!(
                    "day of month {day_of_month:?} and day of week {day_of_week:?}: Spring fires when both match, \
                     EventBridge can restrict only one: write * for the other"
                )));
            }
        };
        let (minute, hour) = (read(&field::MINUTE, minute)?, read(&field::HOUR, hour)?);
        let month = read(&field::MONTH, month)?;
        let fields = format!("{minute} {hour} {month_days} {month} {week_days} *");
        Self::of(written, &fields, Some(second).filter(|second| *second > 0))
    }

    /// Reads what stands between the brackets of `cron(...)`; `written` is the whole.
    pub(super) fn eventbridge(written: &str, fields: &str) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week, year] = fields[..] else {
            let reason = format!("cron(...) has 6 fields, the year last, and this has {}", fields.len());
            return Err(ScheduleError(reason));
        };
        if (day_of_month == "?") == (day_of_week == "?") {
            return Err(ScheduleError(format!(
                "day of month {day_of_month:?} and day of week {day_of_week:?}: EventBridge wants ? in one of them"
            )));
        }
        let read = |field: &Field, text| field.read(Notation::EventBridge, text);
        let fields = [
            read(&field::MINUTE, minute)?,
            read(&field::HOUR, hour)?,
            read(&field::DAY_OF_MONTH, day_of_month)?,
            read(&field::MONTH, month)?,
            read(&field::DAY_OF_WEEK, day_of_week)?,
            read(&field::YEAR, year)?,
        ];
        Self::of(written, &fields.join(" "), None)
    }

    /// `fields` are the rule's. croner's Quartz mode reads them: days of the week from 1 for Sunday, and `5/15`.
    fn of(written: &str, fields: &str, dropped_second: Option<u8>) -> Result<Self, ScheduleError> {
        let expression = format!("cron({fields})");
        check_length(&expression)?;
        let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Required);
        let parser = parser.alternative_weekdays(true).sloppy_ranges(true).build();
        let times = parser.parse(&format!("0 {fields}"));
        let times = times.map_err(|error| ScheduleError(format!("{written:?} cannot be read: {error}")))?;
        let cron = Self { written: written.to_owned(), expression, dropped_second, times };
        if cron.next_after(Timestamp::UNIX_EPOCH).is_none() {
            return Err(ScheduleError(format!(
                "{written:?} never fires: no month that it names has such a day"
            )));
        }
        Ok(cron)
    }

    pub(super) fn next_after(&self, timestamp: Timestamp) -> Option<Timestamp> {
        self.times.find_next_occurrence(&Utc(timestamp), false).ok().map(|next| next.0)
    }

    pub(super) fn previous_at_or_before(&self, timestamp: Timestamp) -> Option<Timestamp> {
        self.times.find_previous_occurrence(&Utc(timestamp), true).ok().map(|previous| previous.0)
    }
}

fn refuse_macros(written: &str) -> Result<(), ScheduleError> {
    let fields = match &*written.to_ascii_lowercase() {
        "@yearly" | "@annually" => "0 0 0 1 1 *",
        "@monthly" => "0 0 0 1 * *",
        "@weekly" => "0 0 0 * * SUN",
        "@hourly" => "0 0 * * * *",
        text if text.starts_with('@') => "0 0 0 * * *",
        _ => return Ok(()),
    };
    Err(ScheduleError(format!("{written:?}: EventBridge has no macros: write {fields}")))
}
