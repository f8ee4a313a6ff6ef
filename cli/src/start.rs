//! `gmc-sync start`: a night on the functions, begun by their API.

use serde_json::Value;
use sync::start_request::StartRequest;
use uuid::Uuid;

use crate::DONE;
use crate::api::{Accepted, Api, Refusal};
use crate::args::{Common, StartArgs};
use crate::error::Error;
use crate::output::{Screen, print, print_json};
use crate::status::{Source, follow};

/// Begins the night, and says what to type next.
pub(crate) async fn run(args: &StartArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let Some(api) = Api::choose(&args.api, screen).await? else {
        return Err(Error::Told(
            "start begins a night on the functions: say where their api is, with --api URL or GMC_SYNC_API (the stack's \
             output ApiUrl); gmc-sync night runs one in this program"
                .to_owned(),
        ));
    };
    // the same for every attempt, so that a lost answer does not begin a second night
    let key = format!("gmc-sync-start-{}", Uuid::new_v4());
    let begun = match api.start(&wanted(args), &key).await {
        Ok(begun) => begun,
        Err(Error::Refused(refusal)) => return Err(busy(&refusal, &api)),
        Err(error) => return Err(error),
    };
    if args.follow {
        if !common.json {
            screen.tell(&format!("run {} is begun", begun.run_id));
        }
        return follow(&mut Source::Api(Box::new(api)), begun.run_id, common, screen).await;
    }
    if common.json {
        print_json(&begun)?;
    } else {
        print(&told(&begun, &api))?;
    }
    Ok(DONE)
}

fn wanted(args: &StartArgs) -> StartRequest {
    StartRequest {
        bodies: args.bodies.clone(),
        accept: args.accept.iter().cloned().collect(),
        empty: args.accept_empty,
        dry_run: args.dry_run,
    }
}

fn told(begun: &Accepted, api: &Api) -> String {
    let (run, option) = (begun.run_id, api.option());
    let bodies = begun.rest.get("bodies").and_then(Value::as_array).map_or(0, Vec::len);
    format!(
        "run {run} is begun, for {bodies} bodies\n\
         \n\
         follow it    gmc-sync status {run} --follow{option}\n\
         give it up   gmc-sync abort {run}{option}\n"
    )
}

/// A run that goes on is told with what can be done about it.
fn busy(refusal: &Refusal, api: &Api) -> Error {
    match (refusal.status, refusal.run) {
        (409, Some(run)) => Error::Told(format!(
            "{api}: run {run} is going on, and no other can begin; follow it with gmc-sync status {run} --follow{option}, \
             or give it up with gmc-sync abort {run}{option}",
            option = api.option()
        )),
        _ => Error::Refused(Box::new(refusal.clone())),
    }
}
