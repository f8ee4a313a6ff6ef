//! `gmc-sync night`: one night, or several.

use std::sync::Arc;

use domain::RunState;
use sync::ledger::Trigger;
use sync::open::{NightSettings, OpenRequest};
use sync::report::Report;
use uuid::Uuid;

use crate::args::{Common, NightArgs};
use crate::engine::{Engine, Night};
use crate::error::Error;
use crate::interrupt::Interrupts;
use crate::output::{Paint, Screen, print, print_json};
use crate::progress::Progress;
use crate::service::Service;
use crate::table::{Place, line, night};
use crate::{DONE, INCOMPLETE};

/// Runs the night or nights, and tells what came of them.
pub(crate) async fn run(args: &NightArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let engine = Engine::open(common, screen).await?;
    let mut service = Service::choose(args, &common.data, engine.stores(), screen).await?;
    let mut interrupts = Interrupts::listen(screen)?;
    let paint = Paint::for_stdout();
    let shown = engine.stores().shown();
    let place = Place { data: &common.data, shown: &shown, gmc_url: args.gmc_url.as_deref(), api: None };

    let nights = args.nights.unwrap_or(1);
    let mut reports: Vec<Report> = Vec::new();
    for number in 1..=nights {
        if let Some(simulated) = service.simulated.as_mut() {
            if number > 1 {
                simulated.advance();
            }
            if !args.dry_run {
                simulated.count()?;
            }
        }
        let mut progress = Progress::on(screen);
        let report = engine.night(new_night(args, &service), &mut progress, &mut interrupts).await;
        progress.clear();
        let report = report?;
        let is_last = number == nights || interrupts.reason().is_some();
        if !common.json {
            print(&if is_last { night(&report, &place, paint) } else { line(&report, paint) })?;
        }
        reports.push(report);
        if is_last {
            break;
        }
    }
    if common.json {
        match reports.as_slice() {
            [report] if nights == 1 => print_json(report)?,
            several => print_json(several)?,
        }
    }
    let is_complete =
        reports.len() == nights as usize && reports.iter().all(|report| report.state == RunState::Succeeded);
    Ok(if is_complete { DONE } else { INCOMPLETE })
}

fn new_night(args: &NightArgs, service: &Service) -> Night {
    Night {
        gmc: Arc::clone(&service.gmc),
        settings: NightSettings {
            hides: !args.no_hide,
            max_disconnected_percent: args.max_disconnected_percent,
            max_disconnected_min: args.max_disconnected_min,
            ..NightSettings::new(args.all_bodies())
        },
        request: OpenRequest {
            key: Uuid::new_v4().to_string(),
            trigger: Trigger::CommandLine,
            bodies: args.bodies.clone(),
            accept: args.accept.iter().cloned().collect(),
            accept_empty: args.accept_empty,
            is_dry: args.dry_run,
        },
    }
}
