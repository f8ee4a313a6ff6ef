//! The committed inputs: samples of every kind, and what once broke something.

use std::path::{Path, PathBuf};

use fuzzing::{TARGETS, Target};

/// The inputs of one target with their files' names, in order of the names.
pub(crate) fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

/// Gives an input to a target; a failure tells the input, and how to have it again.
pub(crate) fn check(target: Target, input: &[u8], origin: &str) {
    if let Err(panic) = std::panic::catch_unwind(|| target(input)) {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        panic!("{words}\nof {origin}\nby the input b\"{}\"", input.escape_ascii());
    }
}

#[test]
fn every_input_of_the_corpus_keeps_what_must_hold() {
    for (name, target) in TARGETS {
        let inputs = of(name);
        assert!(inputs.len() > 10, "{name} has {} inputs", inputs.len());
        for (file, input) in inputs {
            check(target, &input, &format!("corpus/{name}/{file}"));
        }
    }
}

#[test]
fn every_target_of_the_fuzzer_is_one_of_these() {
    let manifest = include_str!("../../fuzz/Cargo.toml");
    let run = include_str!("../../run");
    let names = TARGETS.map(|(name, _)| name);

    assert!(run.contains(&format!("targets=({})", names.join(" "))), "tests/fuzzing/run");
    assert_eq!(manifest.matches("[[bin]]").count(), names.len());
    for name in names {
        assert!(
            manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
}
