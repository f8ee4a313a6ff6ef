//! `gmc-sync runs` and `gmc-sync report`: past nights.

use domain::RunNumber;
use sync::report::{Summary, summaries};

use crate::DONE;
use crate::args::{Common, ReportArgs, RunsArgs};
use crate::engine::Engine;
use crate::error::Error;
use crate::html;
use crate::output::{Paint, Screen, print, print_json};
use crate::table::{Place, grouped, night, plain_table, span};

/// How many nights a list has when nobody says.
const LISTED: usize = 20;

/// Lists past nights, latest first.
pub(crate) async fn list(args: &RunsArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let engine = Engine::open_existing(common, screen).await?;
    if let Some(file) = &args.html {
        let page = html::past_nights(&engine, args.last.unwrap_or(pages::NIGHTS), None).await?;
        html::write(&page, file, screen)?;
        return Ok(DONE);
    }
    let summaries = summaries(&*engine.stores().ledger, args.last.unwrap_or(LISTED)).await?;
    if common.json {
        print_json(&summaries)?;
    } else if summaries.is_empty() {
        print("no night was run yet; run one with gmc-sync night\n")?;
    } else {
        print(&shown(&summaries))?;
    }
    Ok(DONE)
}

/// Shows the report of one night.
pub(crate) async fn report(args: &ReportArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let engine = Engine::open_existing(common, screen).await?;
    let latest = engine.stores().ledger.latest_runs(1).await?.first().map(|run| run.number);
    let number = args.run.map(RunNumber).or(latest);
    let report = match number {
        Some(number) => engine.report(number).await?,
        None => None,
    };
    let Some(report) = report else {
        let what =
            number.map_or("no night was run yet".to_owned(), |number| format!("there is no run {number}"));
        return Err(Error::Told(format!(
            "{what} in {}; gmc-sync runs lists those that there are",
            engine.stores().named(&common.data)
        )));
    };
    if let Some(file) = &args.html {
        html::write(&html::night(&engine, &report, common, None), file, screen)?;
    } else if common.json {
        print_json(&report)?;
    } else {
        let shown = engine.stores().shown();
        let place = Place { data: &common.data, shown: &shown, gmc_url: None, api: None };
        print(&night(&report, &place, Paint::for_stdout()))?;
    }
    Ok(DONE)
}

fn shown(summaries: &[Summary]) -> String {
    const COLUMNS: [&str; 13] = [
        "run",
        "began (UTC)",
        "kind",
        "bodies",
        "done",
        "held",
        "failed",
        "returned",
        "new",
        "changed",
        "disconnected",
        "took",
        "state",
    ];
    let row = |summary: &Summary| {
        let kind = match (summary.is_dry, summary.is_whole) {
            (true, _) => "dry run",
            (false, true) => "whole",
            (false, false) => "some bodies",
        };
        let counts = &summary.totals;
        let mut cells = vec![
            summary.run.to_string(),
            summary.opened.timestamp().strftime("%Y-%m-%d %H:%M:%S").to_string(),
            kind.to_owned(),
        ];
        cells.extend(
            [summary.bodies, summary.done, summary.held, summary.failed].map(|count| count.to_string()),
        );
        cells.extend([counts.returned, counts.new, counts.changed, counts.left].map(grouped));
        cells.push(summary.took_ms.map_or("-".to_owned(), span));
        cells.push(summary.state.to_string());
        cells
    };
    let table = plain_table(&COLUMNS, 3, summaries.iter().map(row).collect());
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
