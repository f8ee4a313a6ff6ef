//! What the functions have written: lines that CloudWatch can read, and nothing that belongs in no log.

use std::collections::BTreeSet;

use end_to_end::stack::GMC_PASSWORD;
use serde_json::Value;

use crate::story::Story;

/// Every line is JSON; no credential, envelope, poisoned message or doctor's name is.
pub(crate) fn assert_tell_no_secrets(story: &Story) {
    let mut names: BTreeSet<String> =
        story.gmc(|gmc| gmc.doctors().map(|doctor| doctor.last_name.as_str().to_owned()).collect());
    // the simulator's shorter names are parts of words
    names.retain(|name| name.len() > 4);
    assert!(names.len() > 100, "{}", names.len());
    let secrets = [GMC_PASSWORD, "<soap", "GetDoctorsForDB_", "<Password", "Unreadable-Surname"];
    for (file, log) in story.stack.logs() {
        if file.ends_with("emulator.log") {
            continue;
        }
        for line in log.lines() {
            assert!(
                serde_json::from_str::<Value>(line).is_ok(),
                "{} has a line that is no json: {line}",
                file.display()
            );
            let found = secrets.iter().find(|secret| line.contains(**secret));
            assert_eq!(found, None, "in {}: {line}", file.display());
        }
        let words: BTreeSet<&str> =
            log.split(|letter: char| !letter.is_alphanumeric() && letter != '\'').collect();
        let name = names.iter().find(|name| words.contains(name.as_str()));
        assert_eq!(name, None, "a doctor's name in {}", file.display());
    }
}
