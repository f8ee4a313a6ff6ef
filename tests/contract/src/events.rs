//! The sample events of `events/`, for the tests of the functions that get them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The sample events of one function, by their files' names without the ending, in order of the names.
#[track_caller]
pub fn of(function: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(function);
    let files = match std::fs::read_dir(&folder) {
        Ok(files) => files,
        Err(error) => panic!("expected events in {}: {error}", folder.display()),
    };
    let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.sort();
    paths.iter().map(|path| (name(path), read(path))).collect()
}

/// What a function answers that hands these records of an event of SQS back.
pub fn handed_back(event: &Value, places: &[usize]) -> Value {
    let failures: Vec<Value> =
        places.iter().map(|place| json!({"itemIdentifier": event["Records"][place]["messageId"]})).collect();
    json!({ "batchItemFailures": failures })
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[track_caller]
fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    match serde_json::from_str(&text) {
        Ok(event) => event,
        Err(error) => panic!("{} is no JSON: {error}", path.display()),
    }
}
