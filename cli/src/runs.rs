//! `gmc-sync runs` and `gmc-sync report`: past nights.

use domain::{BodyState, Moment, RunNumber, RunState};
use serde::Serialize;
use sync::ledger::{BodyCounts, Run, Trigger};
use sync::ports::Ledger as _;

use crate::DONE;
use crate::args::{Common, ReportArgs, RunsArgs};
use crate::engine::Engine;
use crate::error::Error;
use crate::output::{Paint, Screen, print, print_json};
use crate::table::{Place, grouped, night, plain_table, span};

/// A past night, as far as the list tells it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    run: RunNumber,
    state: RunState,
    trigger: Trigger,
    is_dry: bool,
    is_whole: bool,
    opened: Moment,
    took_ms: Option<u64>,
    /// How many bodies were asked, and what became of them.
    bodies: usize,
    done: usize,
    held: usize,
    failed: usize,
    totals: BodyCounts,
}

/// Lists past nights, latest first.
pub(crate) async fn list(args: &RunsArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let engine = Engine::open_existing(&common.data, screen).await?;
    let mut summaries = Vec::new();
    for run in engine.store().latest_runs(args.last).await? {
        summaries.push(summary(&engine, &run).await?);
    }
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
    let engine = Engine::open_existing(&common.data, screen).await?;
    let latest = engine.store().latest_runs(1).await?.first().map(|run| run.number);
    let number = args.run.map(RunNumber).or(latest);
    let report = match number {
        Some(number) => engine.report(number).await?,
        None => None,
    };
    let Some(report) = report else {
        let what =
            number.map_or("no night was run yet".to_owned(), |number| format!("there is no run {number}"));
        return Err(Error::Told(format!(
            "{what} in data directory {}; gmc-sync runs lists those that there are",
            common.data.display()
        )));
    };
    if common.json {
        print_json(&report)?;
    } else {
        let place = Place { data: &common.data, file: engine.store().path(), gmc_url: None };
        print(&night(&report, &place, Paint::for_stdout()))?;
    }
    Ok(DONE)
}

async fn summary(engine: &Engine, run: &Run) -> Result<Summary, Error> {
    let bodies = engine.store().bodies(run.number).await?;
    let in_state = |state| bodies.iter().filter(|body| body.state == state).count();
    let mut totals = BodyCounts::default();
    for counts in bodies.iter().filter_map(|body| body.counts.as_ref()) {
        totals.add(counts);
    }
    let took = run.moments.closed.map(|closed| closed.since(run.moments.opened));
    Ok(Summary {
        run: run.number,
        state: run.state,
        trigger: run.trigger,
        is_dry: run.settings.is_dry,
        is_whole: run.settings.is_whole,
        opened: run.moments.opened,
        took_ms: took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        bodies: run.settings.bodies.len(),
        done: in_state(BodyState::Done),
        held: in_state(BodyState::Held),
        failed: in_state(BodyState::Failed),
        totals,
    })
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
