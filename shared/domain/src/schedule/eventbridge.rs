//! What a rule of `EventBridge` is given for a cron expression.
//!
//! The parts of a field stay as they were written where both sides read them alike. Days of the week are counted anew
//! (Spring's Monday is 1, `EventBridge`'s 2), and what only Spring accepts is written out.

use super::days::{MonthDay, WeekDay};
use super::field::{List, Part, Span, Value, name_of};
use super::{Cron, Field, Notation, ScheduleError, firing};

/// What the API reference of `PutRule` allows for a schedule expression, in characters.
const MAX_EXPRESSION: usize = 256;

/// From this day on, `nW` is not the same day in both: when it is the last of its month and a Sunday, `EventBridge` goes
/// back to Friday and Spring does not fire.
const FIRST_AMBIGUOUS_WEEKDAY: i8 = 28;

/// The equivalent of `cron`, as `cron(minute hour day-of-month month day-of-week year)`.
pub(super) fn convert(cron: &Cron) -> Result<String, ScheduleError> {
    if cron.fixed_second().is_none() {
        let reason = "it fires at most once a minute, so the second must be a fixed number, such as 0";
        return Err(no_equivalent(Field::Second, &cron.second, reason));
    }
    let (day_of_month, day_of_week) = convert_days(cron)?;
    if firing::never_fires(cron) {
        return Err(ScheduleError::NeverFires(cron.to_string()));
    }
    let expression = format!(
        "cron({} {} {day_of_month} {} {day_of_week} {})",
        render(Field::Minute, &cron.minute),
        render(Field::Hour, &cron.hour),
        render(Field::Month, &cron.month),
        cron.year.as_ref().map_or_else(|| "*".to_owned(), |year| render(Field::Year, year)),
    );
    if expression.len() > MAX_EXPRESSION {
        return Err(ScheduleError::TooLong { found: expression.len(), allowed: MAX_EXPRESSION });
    }
    Ok(expression)
}

/// The two fields of the days, one of them `?`.
fn convert_days(cron: &Cron) -> Result<(String, String), ScheduleError> {
    let any_day_of_month = cron.day_of_month.is_unrestricted();
    let any_day_of_week = cron.day_of_week.is_unrestricted();
    match cron.notation {
        Notation::EventBridge => Ok((render_days_of_month(cron)?, render_days_of_week(cron)?)),
        Notation::Spring if any_day_of_month && any_day_of_week => Ok(("*".to_owned(), "?".to_owned())),
        Notation::Spring if any_day_of_week => Ok((render_days_of_month(cron)?, "?".to_owned())),
        Notation::Spring if any_day_of_month => Ok(("?".to_owned(), render_days_of_week(cron)?)),
        Notation::Spring => Err(ScheduleError::BothDays {
            day_of_month: cron.day_of_month.list.text.clone(),
            day_of_week: cron.day_of_week.list.text.clone(),
        }),
    }
}

fn render_days_of_month(cron: &Cron) -> Result<String, ScheduleError> {
    let list = &cron.day_of_month.list;
    let refuse = |reason| Err(no_equivalent(Field::DayOfMonth, list, reason));
    match (&cron.day_of_month.special[..], &list.parts[..]) {
        ([], _) => Ok(render(Field::DayOfMonth, list)),
        ([MonthDay::Last], []) => Ok("L".to_owned()),
        ([MonthDay::LastWeekday], []) => Ok("LW".to_owned()),
        ([MonthDay::BeforeLast(_)], []) => refuse("it cannot count back from the last day of a month"),
        ([MonthDay::NearestWeekday(day)], [])
            if cron.notation == Notation::Spring && *day >= FIRST_AMBIGUOUS_WEEKDAY =>
        {
            refuse(
                "when that day is a Sunday and the month's last, EventBridge fires on the Friday and Spring not at all",
            )
        }
        ([MonthDay::NearestWeekday(day)], []) => Ok(format!("{day}W")),
        _ => refuse("it takes L and W alone in their field"),
    }
}

fn render_days_of_week(cron: &Cron) -> Result<String, ScheduleError> {
    let list = &cron.day_of_week.list;
    match (&cron.day_of_week.special[..], &list.parts[..]) {
        ([], _) => Ok(render(Field::DayOfWeek, list)),
        ([WeekDay::LastOfMonth(day)], []) => Ok(format!("{}L", day + 1)),
        ([WeekDay::Nth(day, nth)], []) => Ok(format!("{}#{nth}", day + 1)),
        ([WeekDay::LastOfWeek], []) => Ok("L".to_owned()),
        _ => Err(no_equivalent(Field::DayOfWeek, list, "it takes L and # alone in their field")),
    }
}

fn render(field: Field, list: &List) -> String {
    if list.is_open() {
        return "?".to_owned();
    }
    list.parts.iter().map(|part| render_part(field, part)).collect::<Vec<_>>().join(",")
}

fn render_part(field: Field, part: &Part) -> String {
    let named = matches!(
        part.span,
        Span::From(Value { name: Some(_), .. }) | Span::Range(Value { name: Some(_), .. }, _)
    );
    let number = |number: u16| render_value(field, number, named);
    match (part.span, part.step) {
        // A step that is longer than the field picks one value; EventBridge refuses the step.
        (_, Some(_)) if part.numbers.len() == 1 => number(part.numbers[0]),
        // EventBridge has no steps in the day of week.
        (_, Some(_)) if field == Field::DayOfWeek => {
            part.numbers.iter().map(|day| number(*day)).collect::<Vec<_>>().join(",")
        }
        (span, Some(step)) => format!("{}/{step}", render_span(field, span)),
        (span, None) => render_span(field, span),
    }
}

fn render_span(field: Field, span: Span) -> String {
    let value = |value: Value| render_value(field, value.number, value.name.is_some());
    match span {
        Span::All => "*".to_owned(),
        Span::From(one) => value(one),
        // EventBridge's week ends on Saturday: a range that goes on to Sunday becomes a list.
        Span::Range(from, to) if field == Field::DayOfWeek && to.number == 7 => {
            let saturday = Value { number: 6, name: from.name.map(|_| name_of(field, 6)) };
            let until_saturday =
                if from.number == 6 { Span::From(from) } else { Span::Range(from, saturday) };
            format!("{},{}", render_span(field, until_saturday), value(to))
        }
        Span::Range(from, to) => format!("{}-{}", value(from), value(to)),
    }
}

fn render_value(field: Field, number: u16, named: bool) -> String {
    match field {
        Field::Month | Field::DayOfWeek if named => name_of(field, number).to_owned(),
        Field::DayOfWeek => (number % 7 + 1).to_string(),
        _ => number.to_string(),
    }
}

fn no_equivalent(field: Field, list: &List, reason: &'static str) -> ScheduleError {
    ScheduleError::NoEquivalent { field, text: list.text.clone(), reason }
}
