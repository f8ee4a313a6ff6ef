//! A night as a table, and what is to be said below it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use comfy_table::{Cell, CellAlignment, LineStyle, Row, Table, TableStyle};
use domain::{BodyCode, BodyState, RunNumber, RunState};
pub(crate) use pages::text::{doctors, grouped, span};
use sync::ledger::BodyCounts;
use sync::report::{BodyReport, Report};

use crate::args::{DEFAULT_DATA, join};
use crate::output::{Colour, Paint};

/// What the commands that are proposed must repeat.
pub(crate) struct Place<'a> {
    /// The data directory, as it was given.
    pub(crate) data: &'a Path,
    /// Where the data is, for people.
    pub(crate) shown: &'a str,
    /// The service, when it was no simulated one.
    pub(crate) gmc_url: Option<&'a str>,
    /// The option that names the functions' API, when the night was theirs.
    pub(crate) api: Option<&'a str>,
}

/// The whole: table, what went wrong and what to do about it, figures, and where everything is.
pub(crate) fn night(report: &Report, place: &Place<'_>, paint: Paint) -> String {
    let mut text = bodies(report, paint);
    text.push('\n');
    text += &troubles(report, place, paint);
    for note in notes(report) {
        let _ = writeln!(text, "{note}");
    }
    let _ = writeln!(text, "{}", paint.line(colour(report.state), &sentence(report)));
    if !report.is_dry {
        let _ = writeln!(text, "{}", hiding(report));
    }
    let _ = writeln!(text, "\ndata    {}", place.shown);
    let _ = writeln!(text, "report  {}", place.report(report.run));
    text
}

/// A night as a line, for several in a row.
pub(crate) fn line(report: &Report, paint: Paint) -> String {
    let counts = &report.totals;
    let line = format!(
        "{}: {} returned, {} new, {} changed, {} moved in, {} disconnected",
        sentence(report),
        grouped(counts.returned),
        grouped(counts.new),
        grouped(counts.changed),
        grouped(counts.moved_in),
        grouped(counts.left),
    );
    format!("{}\n", paint.line(colour(report.state), &line))
}

/// A table without borders; the columns from `first_number` on hold numbers.
pub(crate) fn plain_table(header: &[&str], first_number: usize, rows: Vec<Vec<String>>) -> Table {
    let row = |cells: Vec<String>| {
        let cells = cells.into_iter().enumerate().map(|(column, cell)| {
            let is_number = column >= first_number && column + 1 < header.len();
            let alignment = if is_number { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new_owned(cell).set_alignment(alignment)
        });
        Row::from(cells.collect::<Vec<_>>())
    };
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_header(row(header.iter().map(|name| (*name).to_owned()).collect()));
    for cells in rows {
        table.add_row(row(cells));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    table
}

impl Place<'_> {
    /// The command that shows a night again.
    fn report(&self, run: RunNumber) -> String {
        match self.api {
            Some(api) => format!("gmc-sync status {run}{api}"),
            None => format!("gmc-sync report {run}{}", data_option(self.data)),
        }
    }

    /// The command that shows how far a night has come.
    pub(crate) fn status(&self, run: RunNumber, options: &str) -> String {
        format!("gmc-sync status {run}{options}{}", self.place_option())
    }

    /// The command that gives a night up.
    pub(crate) fn abort(&self, run: RunNumber) -> String {
        format!("gmc-sync abort {run}{}", self.place_option())
    }

    fn place_option(&self) -> String {
        self.api.map_or_else(|| data_option(self.data), str::to_owned)
    }

    /// The command that runs a night where this one was run, with these options.
    fn night(&self, options: &str) -> String {
        match self.api {
            Some(api) => format!("gmc-sync start{options}{api}"),
            None => format!("gmc-sync night{options}{}", self.night_options()),
        }
    }

    fn night_options(&self) -> String {
        let url = self.gmc_url.map(|url| format!(" --gmc-url {}", quoted(url))).unwrap_or_default();
        data_option(self.data) + &url
    }
}

/// What a command needs to find the same data, with a space before it.
pub(crate) fn data_option(data: &Path) -> String {
    if data == Path::new(DEFAULT_DATA) {
        String::new()
    } else {
        format!(" --data {}", quoted(&data.display().to_string()))
    }
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:=,+%@".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

const COLUMNS: [&str; 11] = [
    "body",
    "region",
    "returned",
    "new",
    "changed",
    "unchanged",
    "moved in",
    "disconnected",
    "held",
    "rejected",
    "state",
];

fn bodies(report: &Report, paint: Paint) -> String {
    let row = |code: &str, region: &str, counts: &BodyCounts, held: u64, state: &str| {
        let numbers = [
            counts.returned,
            counts.new,
            counts.changed,
            counts.unchanged,
            counts.moved_in,
            counts.left,
            held,
            counts.rejected,
        ];
        let mut cells = vec![code.to_owned(), region.to_owned()];
        cells.extend(numbers.map(grouped));
        cells.push(state.to_owned());
        cells
    };
    let mut rows: Vec<Vec<String>> = report
        .bodies
        .iter()
        .map(|body| {
            row(
                body.code.as_str(),
                region(body.code.as_str()),
                &body.counts,
                held(body),
                &body.state.to_string(),
            )
        })
        .collect();
    rows.push(row(
        "total",
        "",
        &report.totals,
        report.bodies.iter().map(held).sum(),
        &report.state.to_string(),
    ));

    let table = plain_table(&COLUMNS, 2, rows);
    let mut lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    // one line each: header, rule, the bodies, the total
    let (first, total) = (2, lines.len().saturating_sub(1));
    for (body, line) in report.bodies.iter().zip(&mut lines[first..]) {
        if is_bad(body.state) {
            *line = paint.line(Colour::Bad, line);
        }
    }
    let rule = lines[1].clone();
    lines.insert(total, rule);
    lines.join("\n") + "\n"
}

/// What went wrong, once for all bodies to which the same happened, and the command that goes on from there.
fn troubles(report: &Report, place: &Place<'_>, paint: Paint) -> String {
    let mut text = String::new();
    let mut failed: BTreeMap<&str, (Vec<BodyCode>, Vec<&str>)> = BTreeMap::new();
    for body in report.bodies.iter().filter(|body| body.state == BodyState::Failed) {
        let (codes, ids) = failed.entry(body.reason.as_deref().unwrap_or("no reason is known")).or_default();
        codes.push(body.code.clone());
        ids.extend(body.gmc_request_id.as_deref());
    }
    for (reason, (codes, ids)) in failed {
        let what = format!("failed  {}: {reason}{}", codes_in_words(report, &codes), requests_in_words(&ids));
        let what = paint.line(Colour::Bad, &what);
        let again = if codes.len() == report.bodies.len() && report.is_whole {
            String::new()
        } else {
            format!(" --bodies {}", join(&codes))
        };
        let _ = writeln!(text, "{what}\n        ask again: {}", place.night(&again));
    }
    for body in report.bodies.iter().filter(|body| body.state == BodyState::Held) {
        let what =
            format!("held    {}: {}", body.code, body.reason.as_deref().unwrap_or("too many would leave"));
        let empty = if body.loss.is_some_and(|loss| loss.is_empty) { " --accept-empty" } else { "" };
        let accepts = format!(" --bodies {} --accept {}={}{empty}", body.code, body.code, held(body));
        let what = paint.line(Colour::Bad, &what);
        let _ = writeln!(text, "{what}\n        if that is right: {}", place.night(&accepts));
    }
    text
}

fn codes_in_words(report: &Report, codes: &[BodyCode]) -> String {
    if codes.len() > 1 && codes.len() == report.bodies.len() { "all bodies".to_owned() } else { join(codes) }
}

/// For talking to the GMC about it one is enough.
fn requests_in_words(ids: &[&str]) -> String {
    match ids {
        [] => String::new(),
        [id] => format!(" [GMC request {id}]"),
        [id, others @ ..] => format!(" [GMC request {id} and {} more]", others.len()),
    }
}

/// Told only where there is something to tell.
fn notes(report: &Report) -> Vec<String> {
    let counts = &report.totals;
    let swept = report.swept.clone().unwrap_or_default();
    let told = [
        (counts.status_changed, "given another doctorStatus by the rule"),
        (counts.joined, "connected to no body before"),
        (counts.restored, "back in the body that they had left"),
        (swept.named_by_several, "named by several bodies"),
        (counts.set_by_hand.max(swept.set_by_hand), "set by hand during the night, and left alone"),
        (swept.unsettled, "not settled: the second look tries again (gmc-sync report --json names them)"),
    ];
    let mut notes: Vec<String> = told
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", doctors(count)))
        .collect();
    if !report.unknown_codes.is_empty() {
        let codes = report.unknown_codes.iter().map(|(code, count)| format!("{code} ({})", grouped(*count)));
        notes.push(format!(
            "left alone, because their body is not in the list: {}",
            codes.collect::<Vec<_>>().join(", ")
        ));
    }
    let (looks, taken) = report.looks;
    if taken < looks && report.state.is_closed() {
        notes.push(format!(
            "{} of {looks} looks at the indexes are missing: the next night takes them",
            looks - taken
        ));
    }
    notes
}

fn sentence(report: &Report) -> String {
    let done = report.bodies.iter().filter(|body| body.state == BodyState::Done).count();
    let kind = if report.is_dry { "dry run" } else { "run" };
    let nothing_written = if report.is_dry { "; nothing was written" } else { "" };
    let aborted = report.aborted.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
    format!(
        "{kind} {} {}{aborted}: {done} of {} bodies done in {}{nothing_written}",
        report.run,
        report.state,
        report.bodies.len(),
        span(report.took_ms)
    )
}

fn hiding(report: &Report) -> String {
    match report.hidden_for_ms {
        Some(milliseconds) => format!("{} hidden for at most {}", doctors(report.hidden), span(milliseconds)),
        None => "nobody was hidden".to_owned(),
    }
}

/// How many would have left a body that is held.
fn held(body: &BodyReport) -> u64 {
    body.loss.filter(|_| body.state == BodyState::Held).map_or(0, domain::roll_call::Loss::possible)
}

/// A name for people, where there is one; nothing rests on it.
pub(crate) fn region(code: &str) -> &'static str {
    domain::region(code).unwrap_or_default()
}

fn is_bad(state: BodyState) -> bool {
    matches!(state, BodyState::Failed | BodyState::Held)
}

fn colour(state: RunState) -> Colour {
    match state {
        RunState::Succeeded => Colour::Good,
        RunState::Partial | RunState::Failed => Colour::Bad,
        _ => Colour::Faint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        let shown = ["/tmp/a_b-1", "/tmp/my data", "it's", ""].map(quoted);
        assert_eq!(shown, ["/tmp/a_b-1", "'/tmp/my data'", r"'it'\''s'", "''"]);
    }
}
