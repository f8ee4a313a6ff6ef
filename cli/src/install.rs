//! `gmc-sync completions` and `gmc-sync man`: what a package installs beside the program.

use std::fs;
use std::io;
use std::path::Path;

use clap::builder::Resettable;
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::DONE;
use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::error::Error;
use crate::output::{Screen, write_out};

/// What the pages say they belong to.
const SOURCE: &str = concat!("gmc-sync ", env!("CARGO_PKG_VERSION"));

/// Lines of the help that are headings of a page.
const HEADINGS: [&str; 3] = ["Example:", "Examples:", "Exit status:"];

/// Prints the completion script of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8, Error> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    if args.shell == Shell::Bash {
        // the library spells a hyphen in a program's name in two ways, so bash would find no command's options
        // (https://github.com/clap-rs/clap/issues/6421)
        script = String::from_utf8_lossy(&script).replace("gmc__subcmd__sync", "gmc__sync").into_bytes();
    }
    write_out(&script)?;
    Ok(DONE)
}

/// Prints the page of the program, or writes it and a page of each command into a directory.
pub(crate) fn man(args: &ManArgs, screen: &Screen) -> Result<u8, Error> {
    // a page describes every build, whatever its features
    let mut command = Cli::command().disable_help_subcommand(true).long_version(Resettable::Reset);
    command.build();
    let Some(dir) = &args.dir else {
        write_out(&page(&command).map_err(Error::Output)?)?;
        return Ok(DONE);
    };
    write_pages(&command, dir)
        .map_err(|error| Error::Told(format!("{} cannot be written: {error}", dir.display())))?;
    screen.tell(&format!("written to {}", dir.display()));
    Ok(DONE)
}

fn write_pages(command: &Command, dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for command in std::iter::once(command).chain(command.get_subcommands()) {
        fs::write(dir.join(Man::new(command.clone()).get_filename()), page(command)?)?;
    }
    Ok(())
}

/// The library fills paragraphs, which would break the examples at the end of the help: those keep their lines.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut page = Vec::new();
    Man::new(command.clone().after_help(Resettable::Reset)).source(SOURCE).render(&mut page)?;
    let mut end = Roff::new();
    let mut is_filled = true;
    for line in help.lines() {
        if line.starts_with(' ') == is_filled {
            is_filled = !is_filled;
            end.control(if is_filled { "fi" } else { "nf" }, []);
        }
        if HEADINGS.contains(&line) {
            end.control("SH", [line.trim_end_matches(':').to_uppercase().as_str()]);
        } else if line.is_empty() {
            end.control("PP", []);
        } else {
            end.text([roman(line)]);
        }
    }
    end.to_writer(&mut page)?;
    Ok(page)
}
