//! The binaries of the functions, as cargo has built them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::failure::{Failure, Result, Told as _};
use crate::functions::Function;

/// What to do when a binary is missing or out of date.
const BUILD: &str = "run `cargo build --workspace --bins` first (with the profile of this program)";

/// A directory with the five binaries.
#[derive(Clone, Debug)]
pub struct Binaries(PathBuf);

impl Binaries {
    /// Those of the profile that the running program was built with: `target/debug` for a test of the dev profile.
    pub fn beside_this_program() -> Result<Self> {
        let program = std::env::current_exe().told("the path of this program")?;
        let mut directory = program.parent().unwrap_or(Path::new("."));
        // tests are one level deeper
        if directory.ends_with("deps") || directory.ends_with("examples") {
            directory = directory.parent().unwrap_or(directory);
        }
        Self::in_directory(directory)
    }

    /// Those of this directory. All five must be there, and none be older than the sources that it was built from.
    pub fn in_directory(directory: &Path) -> Result<Self> {
        let binaries = Self(directory.to_owned());
        for function in Function::ALL {
            check(&binaries.path(function))?;
        }
        Ok(binaries)
    }

    /// The command line, which is to be built with the feature `live`; it must be there, and up to date.
    pub fn program(&self) -> Result<PathBuf> {
        let program = self.0.join("gmc-sync");
        check(&program)?;
        Ok(program)
    }

    /// The binary of a function.
    pub fn path(&self, function: Function) -> PathBuf {
        self.0.join(function.as_str())
    }
}

fn check(binary: &Path) -> Result<()> {
    let name = binary.display();
    let Ok(built) = modified(binary) else {
        return Err(Failure::new(format!("{name} is missing"), BUILD));
    };
    // cargo lists the sources beside the binary; who has copied the binary elsewhere knows what it is
    let Ok(list) = std::fs::read_to_string(binary.with_extension("d")) else {
        return Ok(());
    };
    let newer =
        sources(&list).find(|source| modified(Path::new(source)).is_ok_and(|changed| changed > built));
    match newer {
        Some(source) => Err(Failure::new(format!("{name} is older than {source}"), BUILD)),
        None => Ok(()),
    }
}

fn modified(file: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(file)?.modified()
}

/// The prerequisites of a make rule; a space inside a path has a backslash before it.
fn sources(rule: &str) -> impl Iterator<Item = String> {
    const SPACE: char = '\u{0}';
    let list = rule.split_once(": ").map_or("", |(_, list)| list).replace("\\ ", &SPACE.to_string());
    let paths: Vec<String> = list.split_whitespace().map(|path| path.replace(SPACE, " ")).collect();
    paths.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_of_a_binary_are_read_from_what_cargo_writes_beside_it() {
        let rule = "/target/debug/gmc-fetch: /a/main.rs /with\\ space/lib.rs\n";

        let found: Vec<_> = sources(rule).collect();

        assert_eq!(found, ["/a/main.rs", "/with space/lib.rs"]);
    }

    #[test]
    fn a_missing_or_outdated_binary_is_told_with_the_command_that_builds_it() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let error = || Binaries::in_directory(directory.path()).unwrap_err().to_string();
        for function in &Function::ALL[..4] {
            std::fs::write(at(function.as_str()), "").unwrap();
        }
        assert!(error().contains("follow-schedule is missing: run `cargo build"), "{}", error());

        std::fs::write(at("follow-schedule"), "").unwrap();
        assert!(Binaries::in_directory(directory.path()).is_ok());

        let source = std::fs::File::create(at("main.rs")).unwrap();
        source.set_modified(SystemTime::now() + std::time::Duration::from_secs(9)).unwrap();
        std::fs::write(at("gmc-fetch.d"), format!("gmc-fetch: {}\n", at("main.rs").display())).unwrap();
        assert!(error().contains("main.rs: run `cargo build"), "{}", error());
    }
}
