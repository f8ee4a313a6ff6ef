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

/// An event of SQS with messages of foreign shapes: none of them is anything on any queue.
pub fn foreign() -> Value {
    let (deep, long) = ("[".repeat(10_000), "x".repeat(200_000));
    let bodies = [
        "",
        " ",
        "null",
        "7",
        "[]",
        "{}",
        "a sentence",
        "<soap:Envelope/>",
        "\u{0}",
        &deep,
        &long,
        // the old system's
        r#"{"gmcReferenceNumber":"7000001","doctorLastName":"Doe","designatedBodyCode":"1-1RUZUSF"}"#,
        r#"{"designatedBodyCode":"1-1RUZUSF"}"#,
        // ours, and not quite
        r#"{"prepare":{"run":{"$gt":0}}}"#,
        r#"{"prepare":{"run":1},"sweep":{"run":1}}"#,
        r#"{"open":{"request":{"key":"k","trigger":"NOBODY"},"until":1}}"#,
        r#"{"fetchBody":{"run":1,"code":"$where","giveUp":1,"deadline":1,"isDry":false}}"#,
        r#"{"fetchBody":{"run":1,"code":"last-1-X","giveUp":1,"deadline":1,"isDry":false}}"#,
        r#"{"chunk":{"run":1,"code":"1-X","fetch":"no","askedAt":0,"position":0,"of":1,"doctors":[]}}"#,
        r#"{"chunk":{"run":1,"code":"1-X'","fetch":"00000000-0000-0000-0000-000000000000","askedAt":0,"position":0,"of":1,"doctors":[]}}"#,
        r#"{"bodyFailed":{"run":1,"code":"1-X\u0000","reason":""}}"#,
        r#"{"sweep":{"run":1e3}}"#,
        r#"{"sweep":{"run":1,"$where":"sleep(1000)"}}"#,
        r#"{"look":{"run":1,"position":0,"numbers":[{"$gt":""}]}}"#,
        r#"{"look":{"run":1,"position":-1,"numbers":["7000001"]}}"#,
        r#"{"look":{"run":1,"position":0,"numbers":["7000001 OR *"]}}"#,
    ];
    let record = |(place, body): (usize, &&str)| {
        let id = format!("foreign-{place}");
        json!({"messageId": id, "receiptHandle": id, "body": body, "attributes": {"ApproximateReceiveCount": "1"}})
    };
    let mut records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    records.push(json!({"messageId": "foreign-without-a-body", "receiptHandle": "r"}));
    json!({ "Records": records })
}

/// What a function answers that hands every record of an event of SQS back.
pub fn all_handed_back(event: &Value) -> Value {
    let places: Vec<usize> = (0..event["Records"].as_array().map_or(0, Vec::len)).collect();
    handed_back(event, &places)
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
