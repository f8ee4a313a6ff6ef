//! What the sources log, read as the compiler reads them: comments, line breaks and strings do not matter.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::root;

/// Levels that somebody sees who has not asked for more.
const LEVELS: [&str; 3] = ["error", "warn", "info"];

/// What is in no function.
const ONE_MACHINES_OWN: [&str; 2] = ["shared/embedded", "shared/sync/src/worker.rs"];

/// A place that logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoggedEvent {
    /// `ERROR`, `WARN` or `INFO`.
    pub level: String,
    /// The message; `…` stands for what is put into it.
    pub message: String,
    /// The names of its fields.
    pub fields: BTreeSet<String>,
    /// The file, from the project's directory.
    pub file: String,
}

/// Every event of the levels error, warn and info in what the functions are made of.
pub fn logged_by_the_functions() -> Vec<LoggedEvent> {
    let mut files = Vec::new();
    for folder in ["functions", "shared"] {
        sources_under(&root().join(folder), &mut files);
    }
    // one machine's own, in no function
    files.retain(|file| !ONE_MACHINES_OWN.iter().any(|own| file.starts_with(root().join(own))));
    assert!(files.len() > 100, "only {} files of sources were found", files.len());
    let mut found = Vec::new();
    for path in files {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let tokens = text.parse().unwrap_or_else(|error| panic!("{name} is no rust: {error}"));
        look_into(tokens, &name, &mut found);
    }
    found
}

fn sources_under(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_stem().unwrap_or_default().to_owned();
        if path.is_dir() && !["tests", "benches", "examples"].iter().any(|other| name == *other) {
            sources_under(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests" {
            files.push(path);
        }
    }
}

fn look_into(tokens: TokenStream, file: &str, found: &mut Vec<LoggedEvent>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let text = |at: usize| tokens.get(at).map(ToString::to_string).unwrap_or_default();
    let mut is_test = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                is_test |= at > 0 && text(at - 1) == "#" && group.stream().to_string() == "cfg (test)";
            }
            TokenTree::Group(group) => {
                if !is_test {
                    look_into(group.stream(), file, found);
                }
                is_test &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Ident(level) if text(at + 1) == "!" => {
                let level = level.to_string();
                let Some(TokenTree::Group(arguments)) = tokens.get(at + 2) else { continue };
                if LEVELS.contains(&level.as_str()) {
                    let is_plain = at >= 3 && text(at - 3) == "tracing";
                    assert!(is_plain, "{file} logs by another name than tracing::{level}!");
                    found.push(event(&level, arguments.stream(), file));
                }
                // metrics, at a level that no log has; by this door nothing else may come
                assert!(level != "event" || file == "shared/sync/src/metrics.rs", "{file} has an event!");
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {}
            TokenTree::Punct(punct) => is_test &= punct.as_char() != ';',
        }
    }
}

/// An event by the arguments of its macro: fields, then the message, then what is put into it.
fn event(level: &str, arguments: TokenStream, file: &str) -> LoggedEvent {
    let tokens: Vec<TokenTree> = arguments.into_iter().collect();
    let mut fields = BTreeSet::new();
    for argument in tokens.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',')) {
        match argument {
            [TokenTree::Literal(message)] => {
                let message = without_arguments(&message.to_string(), file);
                return LoggedEvent { level: level.to_uppercase(), message, fields, file: file.to_owned() };
            }
            [TokenTree::Punct(how), TokenTree::Ident(name), ..] if ['%', '?'].contains(&how.as_char()) => {
                fields.insert(name.to_string());
            }
            [TokenTree::Ident(name)] => {
                fields.insert(name.to_string());
            }
            [TokenTree::Ident(name), TokenTree::Punct(is), ..] if is.as_char() == '=' => {
                fields.insert(name.to_string());
            }
            other => panic!("{file}: an argument of {level}! that is not understood: {other:?}"),
        }
    }
    panic!("{file}: {level}! without a message");
}

fn without_arguments(literal: &str, file: &str) -> String {
    assert!(
        !literal.contains('\\') && !literal.contains("{{"),
        "{file}: a message with an escape: {literal}"
    );
    let mut message = String::new();
    let mut depth = 0;
    for letter in literal.trim_matches('"').chars() {
        match letter {
            '{' => {
                depth = 1;
                message.push('…');
            }
            '}' => depth = 0,
            _ if depth == 0 => message.push(letter),
            _ => {}
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found_in(source: &str) -> Vec<LoggedEvent> {
        let mut found = Vec::new();
        look_into(source.parse().unwrap(), "a.rs", &mut found);
        found
    }

    #[test]
    fn an_event_is_read_however_it_is_written() {
        let found = found_in(
            r#"fn a() {
                // tracing::error!("a comment");
                match x { _ => tracing::warn!(
                    run = run.0, %code, first = ?list.first(), attempt, // why
                    "the GMC gave {what:?} in {}: a, b", failure.reason,
                ), }
            }"#,
        );

        let fields = ["attempt", "code", "first", "run"].map(str::to_owned).into();
        let message = "the GMC gave … in …: a, b".to_owned();
        assert_eq!(
            found,
            [LoggedEvent { level: "WARN".to_owned(), message, fields, file: "a.rs".to_owned() }]
        );
    }

    #[test]
    fn what_is_compiled_for_tests_alone_is_not_read() {
        let found = found_in(
            r#"#[cfg(test)] use a::b; fn a() { tracing::info!("one"); }
               #[cfg(test)] mod tests { fn a() { tracing::info!("two"); } }
               fn b() { tracing::info!("three"); tracing::debug!("four"); }"#,
        );

        assert_eq!(found.iter().map(|event| &event.message[..]).collect::<Vec<_>>(), ["one", "three"]);
    }
}
