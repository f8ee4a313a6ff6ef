//! `gmc-sync unhide`: everybody whom a night has hidden is visible again.

use std::io::{self, BufRead as _, IsTerminal as _};

use serde_json::json;
use sync::unhide::{ByCode, Unhidden, UnhideError, Whom, check_nothing_runs, hidden_by_code, unhide};

use crate::args::{Common, UnhideArgs};
use crate::engine::Engine;
use crate::error::Error;
use crate::output::{Screen, print, print_json};
use crate::table::{doctors, grouped, plain_table, region};
use crate::{DONE, INCOMPLETE};

/// Tells how many are hidden, asks, and shows them again.
pub(crate) async fn run(args: &UnhideArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let engine = Engine::open_to_change(common, screen).await?;
    let stores = engine.stores();
    check_nothing_runs(&*stores.ledger).await.map_err(refused)?;
    let whom = match (&args.bodies, &args.doctors) {
        (_, Some(numbers)) => Whom::Doctors(numbers),
        (Some(bodies), None) => Whom::Bodies(bodies),
        (None, None) => Whom::Everybody,
    };
    let hidden = hidden_by_code(&*stores.doctors, whom).await?;
    if args.dry_run {
        if common.json {
            print_json(&json!({ "hidden": hidden }))?;
        } else {
            print(&format!("{}\nnothing was changed\n", by_code(&hidden, "hidden")))?;
        }
        return Ok(DONE);
    }

    screen.tell(&format!("{}\n{}", stores.named(&common.data), by_code(&hidden, "hidden").trim_end()));
    let all: u64 = hidden.values().sum();
    // without anybody hidden the indexes may still have to follow an earlier call that was cut off
    if !args.yes && all > 0 && !is_confirmed(screen, &format!("show {} again?", doctors(all)))? {
        return Err(Error::Told("nothing was changed".to_owned()));
    }
    let work = engine.work();
    let shown = unhide(work.stages.index_desk(), whom).await.map_err(refused)?;
    if common.json {
        print_json(&shown)?;
    } else {
        print(&told(&shown))?;
    }
    Ok(if shown.is_complete() { DONE } else { INCOMPLETE })
}

fn refused(error: UnhideError) -> Error {
    match error {
        UnhideError::Running(run) => {
            Error::Told(format!("nothing more was changed: {error} (gmc-sync abort {run})"))
        }
        UnhideError::Stage(error) => error.into(),
    }
}

/// By a person at a terminal, and by nobody else.
fn is_confirmed(screen: &Screen, question: &str) -> Result<bool, Error> {
    if !io::stdin().is_terminal() {
        return Err(Error::Told(
            "nothing was changed: nobody can be asked without a terminal; add --yes".to_owned(),
        ));
    }
    screen.tell(&format!("{question} [y/N]"));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(Error::Input)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn told(shown: &Unhidden) -> String {
    let mut lines = by_code(&shown.shown, "shown again");
    let mut say = |line: String| {
        lines += &line;
        lines.push('\n');
    };
    if shown.by_others > 0 {
        say(format!("{} written by somebody else meanwhile, and left alone", doctors(shown.by_others)));
    }
    if shown.still_hidden > 0 {
        say(format!("{} still hidden; the first reasons:", doctors(shown.still_hidden)));
        for (number, reason) in shown.still_hidden_first.iter().take(5) {
            say(format!("  {number}: {reason}"));
        }
    }
    if shown.index_refused > 0 {
        say(format!(
            "{} index documents were refused: -v shows the first reasons",
            grouped(shown.index_refused)
        ));
    }
    say(format!("the indexes were looked over for {}", doctors(shown.looked_at)));
    lines
}

fn by_code(counts: &ByCode, what: &str) -> String {
    if counts.is_empty() {
        return format!("nobody was {what}\n");
    }
    let mut rows: Vec<Vec<String>> = counts
        .iter()
        .map(|(code, count)| vec![code.clone(), grouped(*count), region(code).to_owned()])
        .collect();
    rows.push(vec!["total".to_owned(), grouped(counts.values().sum()), String::new()]);
    let table = plain_table(&["body", what, "region"], 1, rows);
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
