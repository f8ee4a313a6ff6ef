//! When each body was asked, applied and shown again, and for how long its doctors were hidden.

use domain::{BodyState, Moment};
use sync::report::{BodyReport, Report};

use crate::text::span;
use crate::verdict::Tone;

/// The picture, in percent of the night's length.
pub(crate) struct Timeline {
    /// The stages of the whole night.
    pub(crate) stages: Vec<Bar>,
    /// Where the axis has marks, and what stands there.
    pub(crate) marks: Vec<(String, String)>,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) has_hidden: bool,
}

/// A stretch of time.
pub(crate) struct Bar {
    pub(crate) class: &'static str,
    pub(crate) from: String,
    pub(crate) width: String,
    /// In words.
    pub(crate) said: String,
}

/// One body.
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) hidden: Option<Bar>,
    pub(crate) work: Option<Bar>,
    /// Both in words.
    pub(crate) said: String,
}

/// Of a night, until it was closed or until `now`. `None` while there is nothing to draw.
pub(crate) fn timeline(report: &Report, now: Moment) -> Option<Timeline> {
    let scale = Scale { from: report.moments.opened, to: report.moments.closed.unwrap_or(now) };
    if scale.length() == 0 {
        return None;
    }
    let lanes: Vec<Lane> = report.bodies.iter().map(|body| lane(report, body, &scale)).collect();
    Some(Timeline {
        stages: stages(report, &scale),
        marks: marks(&scale),
        has_hidden: lanes.iter().any(|lane| lane.hidden.is_some()),
        lanes,
    })
}

struct Scale {
    from: Moment,
    to: Moment,
}

impl Scale {
    fn length(&self) -> u64 {
        millis_between(self.to, self.from)
    }

    fn percent(&self, moment: Moment) -> f64 {
        let at = millis_between(moment, self.from).min(self.length());
        #[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
        let percent = at as f64 * 100.0 / self.length() as f64;
        percent
    }

    fn bar(&self, class: &'static str, from: Moment, to: Moment, said: String) -> Bar {
        let (start, end) = (self.percent(from), self.percent(to));
        // so short a stretch is still to be seen
        let width = (end - start).clamp(0.4, 100.0);
        Bar { class, from: format!("{:.2}%", start.min(100.0 - width)), width: format!("{width:.2}%"), said }
    }

    fn said(&self, moment: Moment) -> String {
        span(millis_between(moment, self.from))
    }
}

fn millis_between(later: Moment, earlier: Moment) -> u64 {
    u64::try_from(later.since(earlier).as_millis()).unwrap_or(u64::MAX)
}

fn stages(report: &Report, scale: &Scale) -> Vec<Bar> {
    let moments = &report.moments;
    let begins = [
        ("prepare", "preparing", Some(moments.opened)),
        ("ask", "asking and applying", moments.running),
        ("sweep", "deciding and putting in place", moments.sweeping),
        ("look", "looking over the indexes", moments.swept),
    ];
    let begun: Vec<_> = begins.into_iter().filter_map(|(class, said, at)| Some((class, said, at?))).collect();
    let ends = begun.iter().skip(1).map(|(_, _, at)| *at).chain([scale.to]);
    begun
        .iter()
        .zip(ends)
        .map(|((class, said, from), to)| {
            scale.bar(class, *from, to, format!("{said}: {}", span(millis_between(to, *from))))
        })
        .collect()
}

fn lane(report: &Report, body: &BodyReport, scale: &Scale) -> Lane {
    let moments = &report.moments;
    let end = moments.swept.unwrap_or(scale.to);
    let is_shown_with_answer = matches!(body.state, BodyState::Answered | BodyState::Done);
    let shown = body.settled_at.filter(|_| is_shown_with_answer).unwrap_or(end);
    let hidden = moments.hiding.filter(|_| body.roll > 0).map(|hiding| {
        scale.bar(
            "hidden",
            hiding,
            shown,
            format!("hidden for at most {}", span(millis_between(shown, hiding))),
        )
    });
    let asked = body.asked_at.or(moments.running);
    let work = asked.map(|asked| {
        let settled = body.settled_at.unwrap_or(scale.to);
        let what = match body.state {
            BodyState::Pending => "no answer yet",
            BodyState::Failed => "failed",
            _ => "answered and applied",
        };
        let said = format!(
            "asked after {}, {what}{}",
            scale.said(asked),
            body.settled_at.map(|at| format!(" after {}", scale.said(at))).unwrap_or_default()
        );
        scale.bar(Tone::of(body.state).class(), asked, settled, said)
    });
    let parts: Vec<&str> = work.iter().chain(&hidden).map(|bar| bar.said.as_str()).collect();
    let name = crate::text::name(&body.code);
    let name = match body.state {
        BodyState::Done | BodyState::Answered => name.to_owned(),
        // the colour of the bar does not say it alone
        other => format!("{name} ({other})"),
    };
    Lane {
        name,
        said: if parts.is_empty() { "not asked".to_owned() } else { parts.join("; ") },
        hidden,
        work,
    }
}

/// Four or five marks at round figures.
fn marks(scale: &Scale) -> Vec<(String, String)> {
    const STEPS: [u64; 17] = [
        10, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000,
        1_800_000, 3_600_000, 14_400_000,
    ];
    let length = scale.length();
    let step = STEPS.into_iter().find(|step| length / step <= 4).unwrap_or(length / 4);
    (0..=length / step)
        .map(|number| {
            let at = Moment(scale.from.0.saturating_add(i64::try_from(number * step).unwrap_or(i64::MAX)));
            (format!("{:.2}%", scale.percent(at)), mark(number * step))
        })
        // what begins at the very end would be cut off
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn mark(milliseconds: u64) -> String {
    match milliseconds {
        0 => "0".to_owned(),
        1..1_000 => format!("0.{milliseconds:03}").trim_end_matches('0').to_owned() + " s",
        1_000..60_000 => format!("{} s", milliseconds / 1_000),
        60_000..3_600_000 => format!("{} min", milliseconds / 60_000),
        _ => format!("{} h", milliseconds / 3_600_000),
    }
}
