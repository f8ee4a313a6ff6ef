//! Nights as pages: what the pages are given here, and where they are written.

use std::path::Path;

use domain::RunNumber;
use pages::{NightPage, NightsPage, Reach};
use sync::ports::Host as _;
use sync::ports::host::Machine;
use sync::report::Report;
use sync::trends::nights;

use crate::args::Common;
use crate::engine::Engine;
use crate::error::Error;
use crate::output::{Screen, print};
use crate::table::data_option;

/// The page of a night; `list` is where the list of nights is, where the page is served.
pub(crate) fn night(engine: &Engine, report: &Report, common: &Common, list: Option<&str>) -> String {
    let reach = Reach::CommandLine { options: data_option(&common.data) };
    let source = engine.stores().shown();
    pages::night(&NightPage { report, as_of: Machine.now(), source: &source, reach: &reach, list })
}

/// The page of the latest nights; `night` stands before the number of a night's own page, where pages are served.
pub(crate) async fn past_nights(engine: &Engine, last: usize, night: Option<&str>) -> Result<String, Error> {
    let nights = nights(&*engine.stores().ledger, last).await?;
    let source = engine.stores().shown();
    Ok(pages::nights(&NightsPage { nights: &nights, as_of: Machine.now(), source: &source, night }))
}

/// The page of the night with a number, if there is one.
pub(crate) async fn numbered_night(
    engine: &Engine,
    run: RunNumber,
    common: &Common,
    list: Option<&str>,
) -> Result<Option<String>, Error> {
    Ok(engine.report(run).await?.map(|report| night(engine, &report, common, list)))
}

/// Writes a page into a file, or prints it where the file is `-`.
pub(crate) fn write(page: &str, file: &Path, screen: &Screen) -> Result<(), Error> {
    if file == Path::new("-") {
        return print(page);
    }
    std::fs::write(file, page)
        .map_err(|error| Error::Told(format!("{} cannot be written: {error}", file.display())))?;
    screen.tell(&format!("written to {}", file.display()));
    Ok(())
}
