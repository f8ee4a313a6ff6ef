//! What stands on the command line, as the program knows it.

use domain::{BodyCode, GmcNumber};
use settings::Env;
use simulator::{BODIES, BodyFault, EVERY_BODY};

/// Codes with commas between them, as the command line takes them.
pub(crate) fn join(codes: &[BodyCode]) -> String {
    codes.iter().map(BodyCode::as_str).collect::<Vec<_>>().join(",")
}

/// A code.
pub(super) fn body(text: &str) -> Result<BodyCode, String> {
    BodyCode::parse(text).map_err(|error| error.to_string())
}

/// A code, and how many doctors may leave it.
pub(super) fn accepted(text: &str) -> Result<(BodyCode, u64), String> {
    let (code, most) = text.split_once('=').ok_or("BODY=MAX is expected, such as 1-1RSSQ05=812")?;
    let most = most.trim().parse().map_err(|_| format!("{most:?} is no number of doctors"))?;
    Ok((body(code)?, most))
}

/// A GMC number.
pub(super) fn gmc_number(text: &str) -> Result<GmcNumber, String> {
    GmcNumber::parse(text)
        .map_err(|error| format!("{error}: seven digits are expected, leading zeros included"))
}

/// The codes that are current (docs/domain.md §3).
pub(super) fn todays_bodies() -> Vec<BodyCode> {
    BODIES.iter().filter_map(|(code, _)| BodyCode::parse(code).ok()).collect()
}

/// Refuses variables that are set under their old names, which clap does not know.
pub(super) fn check_names(variables: &[&str]) -> Result<(), String> {
    Env::process().refuse_old_names(variables).map_err(|error| error.to_string())
}

/// A fault of a body that nobody asks for would do nothing, and nobody would know why.
pub(super) fn check_faults(faults: &[BodyFault], all: &[BodyCode]) -> Result<(), String> {
    let is_known =
        |fault: &&BodyFault| fault.body == EVERY_BODY || all.iter().any(|code| code.as_str() == fault.body);
    match faults.iter().find(|fault| !is_known(fault)) {
        Some(fault) => Err(format!(
            "--fault names designated body {}, which is not in the list of bodies: {}",
            fault.body,
            join(all)
        )),
        None => Ok(()),
    }
}

/// The help of `--fault`, with the kinds that there are.
pub(super) fn faults_help() -> String {
    let kinds = simulator::Fault::kinds().collect::<Vec<_>>().join(", ");
    format!(
        "Let the simulated GMC answer wrongly for a body (`*`: for all), TIMES times or always. Can be given more than \
         once. KIND is one of: {kinds}"
    )
}
