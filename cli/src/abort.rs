//! `gmc-sync abort`: a run is given up and settled.

use domain::RunNumber;
use serde_json::json;
use sync::ledger::Trigger;
use sync::ports::Host as _;
use sync::ports::host::Machine;
use sync::watchdog::BY_OPERATOR;

use crate::DONE;
use crate::api::Api;
use crate::args::{AbortArgs, Common};
use crate::engine::Engine;
use crate::error::Error;
use crate::output::{Paint, Screen, print, print_json};
use crate::table::{Place, night};

/// Settles the run, and shows what came of it.
pub(crate) async fn run(args: &AbortArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let number = RunNumber(args.run);
    if let Some(api) = Api::choose(&args.api, screen).await? {
        return by_api(&api, number, common).await;
    }
    let engine = Engine::open_to_change(common, screen).await?;
    let stores = engine.stores();
    let Some(run) = engine.find_run(number).await? else {
        return Err(Error::Told(format!(
            "there is no run {number} in {}; gmc-sync runs lists those that there are",
            stores.named(&common.data)
        )));
    };
    // a data directory's runs are settled by opening it
    if !engine.has_settled(number) {
        if run.state.is_closed() {
            return Err(Error::Told(format!(
                "run {number} is over: it {}, and there is nothing to give up (gmc-sync report {number})",
                run.state
            )));
        }
        if is_the_functions(run.trigger) && Machine.now() < run.moments.deadline && !args.here {
            return Err(Error::Told(format!(
                "run {number} was begun by the functions, which may be at work on it: give it up there with \
                 gmc-sync abort {number} --api URL; after {} this command settles it, and with --here at once",
                run.moments.deadline
            )));
        }
        engine.abort(number, BY_OPERATOR).await?;
    }
    let report = engine.report(number).await?;
    let Some(report) = report else {
        return Err(Error::Told(format!("run {number} is not in the ledger")));
    };
    if common.json {
        print_json(&json!(report))?;
    } else {
        let shown = stores.shown();
        print(&night(
            &report,
            &Place { data: &common.data, shown: &shown, gmc_url: None, api: None },
            Paint::for_stdout(),
        ))?;
    }
    Ok(DONE)
}

/// The functions settle it, soon after they have answered.
async fn by_api(api: &Api, number: RunNumber, common: &Common) -> Result<u8, Error> {
    let accepted = api.abort(number).await?;
    if common.json {
        print_json(&accepted)?;
    } else {
        print(&format!(
            "run {number} is being given up: what has not answered has failed, and everyone whom it hid is shown again\n\n\
             see how it ends   gmc-sync status {number} --follow{}\n",
            api.option()
        ))?;
    }
    Ok(DONE)
}

/// Two callers that settle a run do no harm, but answers for a run of the functions may still be on their way.
fn is_the_functions(trigger: Trigger) -> bool {
    matches!(trigger, Trigger::Rule | Trigger::Api)
}
