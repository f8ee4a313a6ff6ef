//! `gmc-sync status`: how far a night has come.

use std::time::{Duration, Instant};

use domain::{RunNumber, RunState};
use sync::progress::{Status, status};
use sync::report::Report;

use crate::api::Api;
use crate::args::{Common, StatusArgs};
use crate::engine::Engine;
use crate::error::Error;
use crate::output::{Paint, Screen, print, print_json, print_json_line};
use crate::progress::{Progress, Shown, doing};
use crate::so_far::{night_so_far, speed};
use crate::table::{Place, night};
use crate::{DONE, INCOMPLETE};

/// How often a night is looked at: in a file, and over the network.
const EVERY: Duration = Duration::from_millis(250);
const EVERY_BY_API: Duration = Duration::from_secs(1);

/// When a data file says nothing new for so long, it is looked whether its process is still there.
const SILENCE: Duration = Duration::from_secs(5);

/// Where nights are looked up.
pub(crate) enum Source<'a> {
    /// Through the functions' API.
    Api(Box<Api>),
    /// In the data directory, or on live engines.
    Stores(Box<Engine>, &'a Common),
}

/// Shows the night that is asked for, once or until it has ended.
pub(crate) async fn run(args: &StatusArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let mut source = match Api::choose(&args.api, screen).await? {
        Some(api) => Source::Api(Box::new(api)),
        None => Source::Stores(Box::new(Engine::open_existing(common, screen).await?), common),
    };
    let number = match args.run {
        Some(run) => RunNumber(run),
        None => source.latest().await?,
    };
    if args.follow {
        return follow(&mut source, number, common, screen).await;
    }
    let report = source.report(number).await?;
    if common.json {
        print_json(&status(&report))?;
    } else {
        show(&source, &report, common)?;
    }
    Ok(exit_status(report.state))
}

/// Shows a night until it has ended.
pub(crate) async fn follow(
    source: &mut Source<'_>,
    number: RunNumber,
    common: &Common,
    screen: &Screen,
) -> Result<u8, Error> {
    let mut progress = Progress::on(screen);
    let mut last: Option<(RunState, String)> = None;
    let mut changed = Instant::now();
    loop {
        let report = source.report(number).await?;
        let status = status(&report);
        let seen = (report.state, what_changes(&status)?);
        let is_news = last.as_ref() != Some(&seen);
        if common.json {
            if is_news {
                print_json_line(&status)?;
            }
        } else {
            show_so_far(&mut progress, &status, last.as_ref().map(|last| last.0), screen);
        }
        if is_news {
            (last, changed) = (Some(seen), Instant::now());
        }
        if report.state.is_closed() {
            progress.clear();
            if !common.json {
                show(source, &report, common)?;
            }
            return Ok(exit_status(report.state));
        }
        if changed.elapsed() > SILENCE {
            source.look_after(screen).await?;
            changed = Instant::now();
        }
        tokio::time::sleep(source.every()).await;
    }
}

impl Source<'_> {
    async fn latest(&self) -> Result<RunNumber, Error> {
        let latest = match self {
            Self::Api(api) => api.latest(1).await?.first().map(|summary| summary.run),
            Self::Stores(engine, _) => {
                engine.stores().ledger.latest_runs(1).await?.first().map(|run| run.number)
            }
        };
        latest.ok_or_else(|| Error::Told(format!("no night was run yet in {}", self.named())))
    }

    async fn report(&self, run: RunNumber) -> Result<Report, Error> {
        match self {
            Self::Api(api) => api.report(run).await,
            Self::Stores(engine, _) => engine
                .report(run)
                .await?
                .ok_or_else(|| Error::Told(format!("there is no run {run} in {}", self.named()))),
        }
    }

    fn named(&self) -> String {
        match self {
            Self::Api(api) => api.to_string(),
            Self::Stores(engine, common) => engine.stores().named(&common.data),
        }
    }

    /// Where the data is, below a night.
    fn shown(&self) -> String {
        match self {
            Self::Api(api) => api.to_string(),
            Self::Stores(engine, _) => engine.stores().shown(),
        }
    }

    fn every(&self) -> Duration {
        match self {
            Self::Api(_) => EVERY_BY_API,
            Self::Stores(..) => EVERY,
        }
    }

    /// A data file whose process was killed is opened by this one, which settles the night.
    async fn look_after(&mut self, screen: &Screen) -> Result<(), Error> {
        if let Self::Stores(engine, common) = self
            && !engine.stores().is_shared()
            && let Some(opened) = Engine::open_if_free(common, screen).await?
        {
            **engine = opened;
        }
        Ok(())
    }
}

/// A night that has ended as its report is shown, one that goes on as far as it has come.
fn show(source: &Source<'_>, report: &Report, common: &Common) -> Result<(), Error> {
    let shown = source.shown();
    let api = match source {
        Source::Api(api) => Some(api.option()),
        Source::Stores(..) => None,
    };
    let place = Place { data: &common.data, shown: &shown, gmc_url: None, api: api.as_deref() };
    if report.state.is_closed() {
        return print(&night(report, &place, Paint::for_stdout()));
    }
    print(&night_so_far(&status(report), &place, Paint::for_stdout()))
}

fn show_so_far(progress: &mut Progress, status: &Status, was: Option<RunState>, screen: &Screen) {
    let shown: Vec<Shown> = status
        .bodies
        .iter()
        .map(|body| Shown {
            code: body.code.clone(),
            state: body.state,
            received: body.received,
            expected: body.expected.unwrap_or(0),
        })
        .collect();
    let what = doing(status.state, status.aborted.is_some());
    if !screen.has_bars() && was != Some(status.state) {
        screen.tell(&format!("run {}: {what}", status.run));
    }
    progress.show(screen, &format!("run {}: {what}{}", status.run, speed(status)), &shown);
}

/// Without what changes by itself as time goes by.
fn what_changes(status: &Status) -> Result<String, Error> {
    let still = Status {
        took_ms: 0,
        remaining_ms: None,
        doctors_per_second: None,
        hidden_for_ms: None,
        ..status.clone()
    };
    Ok(serde_json::to_string(&still)?)
}

fn exit_status(state: RunState) -> u8 {
    match state {
        RunState::Partial | RunState::Failed => INCOMPLETE,
        _ => DONE,
    }
}
