//! What a package installs beside the program, and the version that a bug report names.
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod support;

use std::collections::BTreeSet;
use std::process::Command;

use support::{end, program};
use tempfile::TempDir;

#[test]
fn the_script_of_each_shell_names_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = completions(shell);
        for command in commands() {
            let is_named =
                script.split(|character: char| !is_of_a_name(character)).any(|word| word == command);
            assert!(is_named, "{shell}: {command}");
        }
        for option in ["accept-empty", "log-format", "unsigned"] {
            assert!(script.contains(option), "{shell}: {option}");
        }
    }
}

#[test]
fn bash_completes_commands_options_values_and_paths() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("night.html"), "").unwrap();
    std::fs::write(dir.path().join("gmc-sync.bash"), completions("bash")).unwrap();
    for (typed, completed) in [
        (&["ni"][..], "night"),
        (&["gmc"], "gmc-simulator"),
        (&["night", "--accept-e"], "--accept-empty"),
        (&["gmc-simulator", "--lat"], "--latency-ms"),
        (&["serve", "--log-format", ""], "text json"),
        (&["completions", "z"], "zsh"),
        (&["report", "--html", "nig"], "night.html"),
    ] {
        let ended = end(bash_after(&dir, typed));
        assert_eq!((ended.status, ended.stdout.trim_end()), (0, completed), "{typed:?}: {}", ended.stderr);
        assert_eq!(ended.stderr, "", "{typed:?}");
    }
}

#[test]
fn the_manual_page_names_every_command_and_each_has_a_page_of_its_own() {
    let commands = commands();
    let dir = TempDir::new().unwrap();
    let pages = dir.path().join("share/man/man1");

    // when the program's page is printed, and all are written into a directory that is not there yet
    let printed = end(program(&["man"]));
    let written = end(program(&["man", pages.to_str().unwrap()]));

    // then the first has every command
    assert_eq!((printed.status, written.status), (0, 0), "{printed:#?} {written:#?}");
    assert_eq!(written.stdout, "");
    let page = without_escapes(&printed.stdout);
    for command in &commands {
        assert!(page.contains(&format!("gmc-sync-{command}(1)")), "{command}: {page}");
    }
    assert!(page.contains(".SH \"EXIT STATUS\"\n.nf\n  0  done"), "{page}");

    // and each command has its page, with its options
    let mut expected: BTreeSet<String> =
        commands.iter().map(|command| format!("gmc-sync-{command}.1")).collect();
    expected.insert("gmc-sync.1".to_owned());
    let names = std::fs::read_dir(&pages).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(names.map(|name| name.into_string().unwrap()).collect::<BTreeSet<_>>(), expected);
    let night = without_escapes(&std::fs::read_to_string(pages.join("gmc-sync-night.1")).unwrap());
    for expected in ["--dry-run", "--data", "MAX_DISCONNECTED_PERCENT", ".nf\n  gmc-sync night\n"] {
        assert!(night.contains(expected), "{expected}: {night}");
    }
}

#[test]
fn the_version_is_printed_with_the_features_that_a_bug_report_needs() {
    let (short, long) = (end(program(&["-V"])), end(program(&["--version"])));
    let version = concat!("gmc-sync ", env!("CARGO_PKG_VERSION"), "\n");
    let features = if cfg!(feature = "live") { "features: live\n" } else { "features: none\n" };
    assert_eq!((short.status, short.stdout.as_str()), (0, version));
    assert_eq!((long.status, long.stdout), (0, format!("{version}{features}")));
}

#[test]
fn what_cannot_be_printed_or_written_is_refused() {
    for args in [&["completions", "bash", "--json"][..], &["man", "--json"], &["completions"]] {
        let ended = end(program(args));
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{args:?}: {}", ended.stderr);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let unwritable = end(program(&["man", path]));
    assert_eq!((unwritable.status, unwritable.stdout.as_str()), (1, ""));
    assert!(unwritable.stderr.starts_with(&format!("error: {path} cannot be written: ")), "{unwritable:#?}");
}

fn completions(shell: &str) -> String {
    let ended = end(program(&["completions", shell]));
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{shell}");
    ended.stdout
}

/// The commands that the help lists, but for `help`.
fn commands() -> BTreeSet<String> {
    let help = end(program(&["--help"])).stdout;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands: BTreeSet<String> =
        names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect();
    assert!(commands.len() > 10 && commands.contains("man"), "{commands:?}");
    commands
}

/// What bash would offer for the last of these words.
fn bash_after(dir: &TempDir, typed: &[&str]) -> Command {
    let mut bash = Command::new("bash");
    bash.args([
        "--norc",
        "-euo",
        "pipefail",
        "-c",
        r#"
            source ./gmc-sync.bash
            function=$(complete -p gmc-sync | sed 's/.* -F \([^ ]*\) .*/\1/')
            COMP_WORDS=(gmc-sync "$@") COMP_CWORD=$#
            "$function" gmc-sync "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "${COMPREPLY[@]}"
        "#,
        "bash",
    ]);
    bash.args(typed).current_dir(dir.path());
    bash
}

fn without_escapes(page: &str) -> String {
    page.replace(r"\-", "-").replace(r"\fB", "").replace(r"\fI", "").replace(r"\fR", "")
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_lowercase() || character == '-'
}
