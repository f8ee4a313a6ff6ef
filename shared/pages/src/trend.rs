//! How a body's number of doctors goes from night to night, in words and as a line.

use std::fmt::Write as _;

use domain::{BodyCode, BodyState, Moment};
use sync::trends::Night;

use crate::text::grouped;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Over how many days a trend is told.
const DAYS: i64 = 30;
/// A body that has lost as much of its doctors in that time, in percent, is to be looked at.
const WORTH_A_LOOK: f64 = 5.0;

/// One body, or all, over the nights.
pub(crate) struct Trend {
    /// For people.
    pub(crate) name: String,
    pub(crate) code: String,
    /// How many doctors there are now, and were at first.
    pub(crate) now: String,
    /// "down 7 % in 30 days (3,480 to 3,236)".
    pub(crate) words: String,
    /// Whether somebody should look.
    pub(crate) is_loss: bool,
    /// How many left in all the nights.
    pub(crate) left: String,
    /// The line of a picture of 100 by 30.
    pub(crate) line: String,
    /// The nights in which some left: a stroke from the bottom, as a path.
    pub(crate) bars: String,
    /// The picture in words.
    pub(crate) said: String,
}

/// A night of a body.
#[derive(Clone, Copy)]
struct Point {
    at: Moment,
    doctors: u64,
    left: u64,
}

/// A trend for each body that a night knows, in order of the codes, and one for all of them together before.
pub(crate) fn trends(nights: &[Night]) -> Vec<Trend> {
    let live: Vec<&Night> = nights.iter().rev().filter(|night| is_told(night)).collect();
    let mut codes: Vec<&BodyCode> =
        live.iter().flat_map(|night| night.by_body.iter().map(|body| &body.code)).collect();
    codes.sort();
    codes.dedup();
    let each = codes.into_iter().filter_map(|code| {
        let points: Vec<Point> = live.iter().filter_map(|night| point(night, code)).collect();
        trend(domain::region(code.as_str()).unwrap_or(code.as_str()), code.as_str(), &points)
    });
    let whole: Vec<Point> =
        live.iter().filter(|night| night.summary.is_whole).filter_map(|night| all(night)).collect();
    trend("All bodies", "", &whole).into_iter().chain(each).collect()
}

/// The bodies of which too many have gone little by little, each as a sentence.
pub(crate) fn losses(trends: &[Trend]) -> Vec<String> {
    trends
        .iter()
        .filter(|trend| trend.is_loss)
        .map(|trend| format!("{}: {}.", trend.name, trend.words))
        .collect()
}

fn is_told(night: &Night) -> bool {
    !night.summary.is_dry && night.summary.state.is_closed()
}

fn point(night: &Night, code: &BodyCode) -> Option<Point> {
    let body = night.by_body.iter().find(|body| body.code == *code)?;
    let left = if body.state == BodyState::Done { body.left } else { 0 };
    Some(Point { at: night.summary.opened, doctors: body.doctors()?, left })
}

/// `None` unless every body was counted: what is missing is no loss.
fn all(night: &Night) -> Option<Point> {
    if night.by_body.len() < night.summary.bodies {
        return None;
    }
    let doctors = night.by_body.iter().map(sync::trends::BodyNight::doctors).sum::<Option<u64>>()?;
    Some(Point { at: night.summary.opened, doctors, left: night.summary.totals.left })
}

fn trend(name: &str, code: &str, points: &[Point]) -> Option<Trend> {
    let latest = points.last()?;
    // the earliest within the time; of nights that lie further apart, the one before
    let within = points.iter().position(|point| point.at.0 >= latest.at.0 - DAYS * DAY_MS).unwrap_or(0);
    let within = within.min(points.len().saturating_sub(2));
    let compared = points[within];
    let change = percent(compared.doctors, latest.doctors);
    let words = words(compared, *latest, points.len() - 1 - within, change);
    let left: u64 = points.iter().map(|point| point.left).sum();
    let (lowest, highest) = bounds(points);
    Some(Trend {
        name: name.to_owned(),
        code: code.to_owned(),
        now: grouped(latest.doctors),
        is_loss: change <= -WORTH_A_LOOK,
        left: grouped(left),
        line: line(points, lowest, highest),
        bars: bars(points),
        said: format!(
            "{name}: between {} and {} doctors over {} nights; now {}; {words}",
            grouped(lowest),
            grouped(highest),
            points.len(),
            grouped(latest.doctors)
        ),
        words,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a figure that is rounded to whole percents")]
fn percent(before: u64, now: u64) -> f64 {
    if before == 0 { 0.0 } else { (now as f64 - before as f64) * 100.0 / before as f64 }
}

fn words(before: Point, now: Point, nights: usize, change: f64) -> String {
    if nights == 0 {
        return "the first night".to_owned();
    }
    let days = (now.at.0 - before.at.0 + DAY_MS / 2) / DAY_MS;
    let time = if days >= 2 {
        format!("in {days} days")
    } else if nights == 1 {
        "since the night before".to_owned()
    } else {
        format!("in {nights} nights")
    };
    let figures = format!("({} to {})", grouped(before.doctors), grouped(now.doctors));
    let size = change.abs();
    let percent = if before.doctors == 0 {
        "from nobody".to_owned()
    } else if size < 1.0 {
        "less than 1 %".to_owned()
    } else {
        format!("{size:.0} %")
    };
    match now.doctors.cmp(&before.doctors) {
        std::cmp::Ordering::Equal => format!("the same {time}"),
        std::cmp::Ordering::Less => format!("down {percent} {time} {figures}"),
        std::cmp::Ordering::Greater => format!("up {percent} {time} {figures}"),
    }
}

fn bounds(points: &[Point]) -> (u64, u64) {
    let doctors = || points.iter().map(|point| point.doctors);
    (doctors().min().unwrap_or(0), doctors().max().unwrap_or(0))
}

#[expect(clippy::cast_precision_loss, reason = "places in a picture")]
fn line(points: &[Point], lowest: u64, highest: u64) -> String {
    // a loss of a few in thousands is no cliff: the picture never shows less than a tenth of the whole
    let height = (highest - lowest).max(highest / 10).max(1) as f64;
    let below = (height - (highest - lowest) as f64) / 2.0;
    let mut line = String::new();
    // a line needs two ends
    let again = if points.len() == 1 { points } else { &[] };
    for (place, point) in points.iter().chain(again).enumerate() {
        let y = 18.0 - (below + (point.doctors - lowest) as f64) * 16.0 / height;
        let _ = write!(line, "{:.1},{y:.1} ", x(place, points.len().max(2)));
    }
    line.trim_end().to_owned()
}

#[expect(clippy::cast_precision_loss, reason = "places in a picture")]
fn bars(points: &[Point]) -> String {
    let most = points.iter().map(|point| point.left).max().unwrap_or(0).max(1) as f64;
    let mut bars = String::new();
    for (place, point) in points.iter().enumerate().filter(|(_, point)| point.left > 0) {
        let _ = write!(
            bars,
            "M{:.1} 30v-{:.1}",
            x(place, points.len()),
            (point.left as f64 * 10.0 / most).max(1.0)
        );
    }
    bars
}

#[expect(clippy::cast_precision_loss, reason = "places in a picture")]
fn x(place: usize, of: usize) -> f64 {
    if of < 2 { 1.0 } else { 1.0 + place as f64 * 98.0 / (of - 1) as f64 }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const FIRST: i64 = 1_795_651_500_000;

    fn points(doctors: &[u64], apart_ms: i64) -> Vec<Point> {
        let at = |place: usize| Moment(FIRST + i64::try_from(place).unwrap() * apart_ms);
        doctors
            .iter()
            .enumerate()
            .map(|(place, doctors)| Point { at: at(place), doctors: *doctors, left: 1 })
            .collect()
    }

    fn told(doctors: &[u64], apart_ms: i64) -> (String, bool) {
        let trend = trend("Wessex", "1-X", &points(doctors, apart_ms)).unwrap();
        (trend.words, trend.is_loss)
    }

    #[test]
    fn a_slow_loss_is_a_loss_and_little_ones_are_not() {
        let slowly: Vec<u64> = (0..31).map(|night| 1_000 - night * 3).collect();
        assert_eq!(told(&slowly, DAY_MS), ("down 9 % in 30 days (1,000 to 910)".to_owned(), true));
        assert_eq!(
            told(&[1_000, 998], DAY_MS * 7),
            ("down less than 1 % in 7 days (1,000 to 998)".to_owned(), false)
        );
        assert_eq!(
            told(&[1_000, 1_100], 60_000),
            ("up 10 % since the night before (1,000 to 1,100)".to_owned(), false)
        );
        assert_eq!(told(&[5, 5, 5], 60_000), ("the same in 2 nights".to_owned(), false));
        assert_eq!(told(&[5], 0), ("the first night".to_owned(), false));
        assert_eq!(
            told(&[0, 5], DAY_MS),
            ("up from nobody since the night before (0 to 5)".to_owned(), false)
        );
    }

    /// Two nights over two bodies: 1,000 doctors each, then what is given.
    fn trends_of(then: Value) -> Vec<Trend> {
        let night = |run: i64, by_body: Value| -> Night {
            serde_json::from_value(json!({
                "run": run, "state": "PARTIAL", "trigger": "rule", "isDry": false, "isWhole": true,
                "opened": FIRST + run * DAY_MS, "tookMs": 1, "bodies": 2, "done": 0, "held": 0, "failed": 0, "totals": {},
                "byBody": by_body,
            }))
            .unwrap()
        };
        let before = json!([body("1-A", "DONE", 1_000, 1_000), body("1-B", "DONE", 1_000, 1_000)]);
        trends(&[night(2, then), night(1, before)])
    }

    fn body(code: &str, state: &str, roll: u64, returned: u64) -> Value {
        json!({"code": code, "state": state, "roll": roll, "returned": returned, "left": 0})
    }

    #[test]
    fn who_was_not_counted_is_not_lost() {
        // given up while the rolls were read: of one body there is none, or nothing at all was written down of it
        let without_roll = json!([body("1-A", "FAILED", 1_000, 0), body("1-B", "FAILED", 0, 0)]);
        for then in [without_roll, json!([body("1-A", "FAILED", 1_000, 0)])] {
            let trends = trends_of(then);
            assert_eq!(losses(&trends), [""; 0]);
            assert_eq!(
                trends.iter().map(|trend| &trend.now[..]).collect::<Vec<_>>(),
                ["2,000", "1,000", "1,000"]
            );
        }
    }

    #[test]
    fn an_answer_without_doctors_that_was_accepted_is_a_loss() {
        let trends = trends_of(json!([body("1-A", "DONE", 1_000, 1_000), body("1-B", "DONE", 1_000, 0)]));
        let of_all = "All bodies: down 50 % since the night before (2,000 to 1,000).";
        assert_eq!(losses(&trends), [of_all, "1-B: down 100 % since the night before (1,000 to 0)."]);
    }

    #[test]
    fn only_the_last_thirty_days_count() {
        // a loss of long ago is no news
        let nights = [vec![2_000; 40], vec![1_000; 40]].concat();
        assert_eq!(told(&nights, DAY_MS).0, "the same in 30 days");
        // of nights that lie further apart the one before is compared
        assert_eq!(told(&[2_000, 1_000, 900], DAY_MS * 50).0, "down 10 % in 50 days (1,000 to 900)");
    }

    #[test]
    fn a_picture_has_a_place_for_every_night() {
        let trend = trend("Wessex", "1-X", &points(&[100, 90, 110], DAY_MS)).unwrap();
        assert_eq!(trend.line.split(' ').count(), 3);
        assert_eq!(trend.bars.matches('M').count(), 3);
    }
}
