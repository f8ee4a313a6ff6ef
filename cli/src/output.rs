//! The screen: standard output for results, standard error for what goes on beside them.

use std::io::{self, IsTerminal as _, Write as _};

use domain::text::disrupts;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;
use settings::Env;

use crate::error::Error;

/// Prints a result for people on standard output. It may quote names, codes and reasons that others wrote: what would
/// do something to a terminal is not shown.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    write_out(harmless(text).as_bytes())
}

/// Writes on standard output as it is. Its reader may have gone away (`| head`): that is no error.
pub(crate) fn write_out(bytes: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}

/// Prints the one JSON document of a command.
pub(crate) fn print_json<T: Serialize + ?Sized>(document: &T) -> Result<(), Error> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    write_out(text.as_bytes())
}

/// Prints a JSON document as one line of several.
pub(crate) fn print_json_line<T: Serialize + ?Sized>(document: &T) -> Result<(), Error> {
    write_out((serde_json::to_string(document)? + "\n").as_bytes())
}

/// Standard error, which progress bars, messages and logs share. Clones are the same screen.
#[derive(Clone)]
pub(crate) struct Screen {
    bars: MultiProgress,
}

impl Default for Screen {
    fn default() -> Self {
        // ten times a second is as often as anybody reads
        Self { bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10)) }
    }
}

impl Screen {
    /// Prints a line above the bars. There is nobody to tell when standard error is gone.
    pub(crate) fn tell(&self, line: &str) {
        self.write(format!("{line}\n").as_bytes());
    }

    /// Writes above the bars, what ends with a new line.
    pub(crate) fn write(&self, bytes: &[u8]) {
        self.bars.suspend(|| {
            let _ = io::stderr().lock().write_all(bytes);
        });
    }

    /// Where bars are added.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Whether somebody can see bars.
    pub(crate) fn has_bars(&self) -> bool {
        !self.bars.is_hidden() && !is_dumb()
    }
}

/// What a line is coloured for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// As it should be.
    Good,
    /// To be looked at.
    Bad,
    /// Said in passing.
    Faint,
}

/// Colours or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    is_on: bool,
}

impl Paint {
    /// On a terminal, unless `NO_COLOR` says otherwise (<https://no-color.org>).
    pub(crate) fn for_stdout() -> Self {
        let is_unwanted = Env::process().optional("NO_COLOR").is_some();
        Self { is_on: io::stdout().is_terminal() && !is_unwanted && !is_dumb() }
    }

    /// The line in its colour.
    pub(crate) fn line(self, colour: Colour, line: &str) -> String {
        let code = match colour {
            Colour::Good => 32,
            Colour::Bad => 31,
            Colour::Faint => 2,
        };
        if self.is_on { format!("\u{1b}[{code}m{line}\u{1b}[0m") } else { line.to_owned() }
    }
}

/// A text without what disrupts its lines, but for their ends and for the colours of [`Paint`].
fn harmless(text: &str) -> String {
    let colours = ["\u{1b}[32m", "\u{1b}[31m", "\u{1b}[2m", "\u{1b}[0m"];
    let is_ours =
        |rest: &str| rest.starts_with('\n') || colours.iter().any(|colour| rest.starts_with(colour));
    text.char_indices()
        .map(|(place, character)| match character {
            odd if disrupts(odd) && !is_ours(&text[place..]) => '\u{FFFD}',
            shown => shown,
        })
        .collect()
}

fn is_dumb() -> bool {
    Env::process().optional("TERM").is_some_and(|term| term == "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_does_nothing_to_a_terminal_and_our_colours_do() {
        let painted = Paint { is_on: true }.line(Colour::Bad, "held");
        assert_eq!(harmless(&format!("{painted}\nDoe\n")), format!("{painted}\nDoe\n"));

        for (name, shown) in [
            ("a\u{1b}[2Jb", "a\u{FFFD}[2Jb"),
            ("a\u{1b}]0;title\u{7}", "a\u{FFFD}]0;title\u{FFFD}"),
            ("a\u{9b}31mb\r", "a\u{FFFD}31mb\u{FFFD}"),
            ("\u{202e}eoD", "\u{FFFD}eoD"),
        ] {
            assert_eq!(harmless(name), shown);
        }
    }
}
