//! The data directory and the file in it: whose they are, what survives, and what is refused.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use domain::index::IndexName;
use domain::{BodyCode, GmcNumber, Moment, RunNumber, RunState};
use embedded::{DataDir, DataDirError, FILE_NAME, OpenError, Store};
use rusqlite::Connection;
use serde_json::json;
use sync::ports::{Doctors as _, Index, Ledger as _};
use uuid::Uuid;

/// Tells the test below that it is the process to be killed, and where its data is to be.
const CHILD: &str = "EMBEDDED_TEST_CHILD";

#[tokio::test]
async fn what_was_written_before_a_kill_is_there_after_it() {
    #[expect(clippy::disallowed_methods, reason = "a variable of this test alone")]
    let dir = std::env::var_os(CHILD);
    if let Some(dir) = dir {
        return write_and_wait_for_the_kill(Path::new(&dir)).await;
    }
    // given a process that has the directory, and has written
    let dir = tempfile::tempdir().unwrap();
    let mut child = child(dir.path(), "what_was_written_before_a_kill_is_there_after_it");
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines.map_while(Result::ok).any(|line| line.contains("written")),
        "the child did not get that far"
    );

    // then nobody else gets the directory, and is told who has it
    let refusal = DataDir::open(dir.path()).unwrap_err().to_string();
    assert!(refusal.contains(&format!("in use by process {}", child.id())), "{refusal}");
    assert!(refusal.contains("--data DIR"), "{refusal}");

    // when it is killed
    child.kill().unwrap();
    child.wait().unwrap();

    // then the directory can be had, and everything is there
    let store = open(dir.path());
    assert_eq!(store.visible_in(&body()).await.unwrap(), numbers());
    assert_eq!(store.roll(RunNumber(1), &body(), Uuid::nil()).await.unwrap(), numbers());
}

#[test]
fn a_directory_is_free_when_its_last_user_has_dropped_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("made/on/the/way");
    let first = DataDir::open(&path).unwrap();
    let store = Store::open(&first).unwrap();

    drop(first);
    assert!(
        matches!(DataDir::open(&path), Err(DataDirError::InUse { pid: Some(pid), .. }) if pid == std::process::id().to_string()),
        "the store needs the directory still"
    );

    drop(store);
    DataDir::open(&path).unwrap();
}

#[test]
fn a_directory_that_cannot_be_made_is_refused_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "not a directory").unwrap();

    let refusal = DataDir::open(file.join("data")).unwrap_err().to_string();

    assert!(refusal.contains(&*file.join("data").to_string_lossy()), "{refusal}");
}

#[tokio::test]
async fn a_store_is_what_it_was_when_it_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    write(&store).await;
    let lock = store.lock().await.unwrap();
    assert!(store.swap_lock(&lock).await.unwrap());
    drop(store);

    let store = open(dir.path());

    assert_eq!(store.hidden().await.unwrap(), []);
    assert_eq!(store.visible_in(&body()).await.unwrap(), numbers());
    assert_eq!(store.lock().await.unwrap().version, lock.version + 1);
}

#[tokio::test]
async fn a_file_of_the_first_schema_opens_with_all_that_stands_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = Connection::open(dir.path().join(FILE_NAME)).unwrap();
    file.execute_batch(include_str!("data/schema-1.sql")).unwrap();
    drop(file);

    let store = open(dir.path());

    let doctors = store.visible_in(&body()).await.unwrap();
    assert_eq!(doctors, ["2363297", "4121096", "8242192"].map(|number| GmcNumber::parse(number).unwrap()));
    let run = store.latest_runs(10).await.unwrap().remove(0);
    assert_eq!((run.number, run.state), (RunNumber(1), RunState::Succeeded));
    for index in [IndexName::Master, IndexName::Connected] {
        assert_eq!(Index::read(&store, index, &doctors).await.unwrap().len(), 3, "{index}");
    }
    write(&store).await;
    assert_eq!(store.visible_in(&body()).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_store_that_is_closed_is_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    write(&store).await;
    store.visible_in(&body()).await.unwrap();

    drop(store);

    let mut files: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, [FILE_NAME, "lock"]);
}

#[tokio::test]
async fn a_store_is_read_beside_the_process_that_has_it() {
    // given a store that somebody has and writes to
    let dir = tempfile::tempdir().unwrap();
    let owner = open(dir.path());
    write(&owner).await;

    // when another looks on
    let reader = Store::open_to_read(dir.path()).unwrap();
    assert_eq!(reader.visible_in(&body()).await.unwrap(), numbers());

    // then it sees what is written since, and can write nothing itself
    owner.put_document(json!({"_id": "7000003", "designatedBodyCode": body()})).await.unwrap();
    assert_eq!(reader.visible_in(&body()).await.unwrap().len(), 4);
    let refusal = reader.swap_lock(&reader.lock().await.unwrap()).await.unwrap_err();
    assert!(!refusal.is_transient && refusal.message.contains("opened for reading only"), "{refusal}");
    assert!(reader.put_document(json!({"_id": "7000004"})).await.is_err());

    // and whoever is the last to close it leaves one file
    drop(owner);
    assert_eq!(reader.visible_in(&body()).await.unwrap().len(), 4);
    drop(reader);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn who_only_reads_makes_nothing_and_brings_no_schema_up_to_date() {
    // nothing is there
    let dir = tempfile::tempdir().unwrap();
    let error = Store::open_to_read(dir.path()).unwrap_err();
    assert!(matches!(error, OpenError::Unusable { .. }), "{error:?}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

    // a file that is only just being made
    Connection::open(dir.path().join(FILE_NAME)).unwrap().pragma_update(None, "journal_mode", "WAL").unwrap();
    let error = Store::open_to_read(dir.path()).unwrap_err();
    assert!(matches!(error, OpenError::Older { found: 0, .. }), "{error:?}");
}

#[test]
fn what_is_no_database_is_refused_and_left_as_it_is() {
    for content in [&b"x"[..], b"SQLite format 2\0 and more", &[0; 8192]] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE_NAME);
        fs::write(&file, content).unwrap();

        let error = Store::open(&DataDir::open(dir.path()).unwrap()).unwrap_err();

        assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
        assert!(error.to_string().contains(&*file.to_string_lossy()), "{error}");
        assert_eq!(fs::read(&file).unwrap(), content);
    }
}

#[test]
fn another_programs_database_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(FILE_NAME);
    Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        .unwrap();
    let before = fs::read(&file).unwrap();

    let error = Store::open(&DataDir::open(dir.path()).unwrap()).unwrap_err();

    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_newer_schema_is_refused_and_both_versions_are_told() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let file = dir.path().join(FILE_NAME);
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();

    let error = Store::open(&DataDir::open(dir.path()).unwrap()).unwrap_err();

    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error:?}");
    assert!(error.to_string().contains("schema 99 is newer than this program's 1"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_told_with_its_path_and_stays() {
    // given a file whose schema is spoilt, and one whose data are
    for (spoilt, is_schema) in [(100..4_096, true), (4_096..usize::MAX, false)] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        write(&store).await;
        drop(store);
        let file = dir.path().join(FILE_NAME);
        let mut content = fs::read(&file).unwrap();
        let end = spoilt.end.min(content.len());
        content[spoilt.start..end].fill(0xA5);
        fs::write(&file, &content).unwrap();

        // when it is used
        let message = match Store::open(&DataDir::open(dir.path()).unwrap()) {
            Err(error) => {
                assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
                error.to_string()
            }
            Ok(store) => {
                assert!(!is_schema, "expected a spoilt schema to be seen on opening");
                let error = store.visible_in(&body()).await.unwrap_err();
                assert!(!error.is_transient, "{error}");
                error.message
            }
        };

        // then it is told, and nothing of the file is gone
        assert!(message.contains(&*file.to_string_lossy()), "{message}");
        assert!(message.contains("malformed"), "{message}");
        assert_eq!(fs::read(&file).unwrap(), content);
    }
}

#[tokio::test]
async fn a_document_of_a_wrong_shape_is_refused_and_told_why() {
    let store = Store::in_memory().unwrap();
    for (document, reason) in [
        (json!([]), "a document is a JSON object"),
        (json!({}), "_id must be a GMC number"),
        (json!({"_id": "UNKNOWN"}), "not a GMC number of seven digits"),
        (json!({"_id": "7000001", "submissionDate": "23/11/2026"}), "submissionDate must be a date"),
        (json!({"_id": "7000001", "existsInGmc": "yes"}), "existsInGmc must be true or false"),
        (json!({"_id": "7000001", "gmcLastUpdatedDateTime": 5}), "gmcLastUpdatedDateTime must be a moment"),
    ] {
        let error = store.put_document(document).await.unwrap_err();
        assert!(!error.is_transient && error.message.contains(reason), "{error}");
    }
    assert_eq!(store.document(numbers()[0]).await.unwrap(), None);
}

#[tokio::test]
async fn a_name_is_never_told_in_an_error() {
    let store = Store::in_memory().unwrap();
    for field in ["doctorFirstName", "doctorLastName"] {
        let error = store.put_document(json!({"_id": "7000001", (field): ["Siân"]})).await.unwrap_err();
        assert!(!error.message.contains("Siân"), "{error}");
    }
}

#[tokio::test]
async fn what_is_out_of_date_in_the_ledger_is_taken_away() {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    let store = Store::in_memory().unwrap();
    let lists =
        async |store: &Store, run| store.roll(RunNumber(run), &body(), Uuid::nil()).await.unwrap().len();
    for (run, state) in [(1, "SUCCEEDED"), (2, "SWEPT")] {
        let opened: sync::ledger::Run = serde_json::from_value(json!({
            "number": run, "version": 0, "key": run.to_string(), "trigger": "rule", "state": state,
            "settings": {
                "bodies": [], "isWhole": true, "hides": true, "isDry": true,
                "safeguard": {"maxDisconnectedPercent": 20, "maxDisconnectedMin": 50, "accept": {}, "acceptEmpty": false},
            },
            "moments": {"opened": 0, "giveUp": 0, "deadline": 0, "expires": 0},
        }))
        .unwrap();
        assert!(store.add_run(&opened).await.unwrap());
        store.add_roll(RunNumber(run), &body(), Uuid::nil(), &numbers()).await.unwrap();
    }

    store.expire(Moment(14 * DAY)).await.unwrap();
    assert_eq!(lists(&store, 1).await, 3, "the lists stay for fourteen days");

    store.expire(Moment(14 * DAY + 1)).await.unwrap();
    assert_eq!(lists(&store, 1).await, 0);
    assert!(store.run(RunNumber(1)).await.unwrap().is_some(), "the run stays for ninety");

    store.expire(Moment(90 * DAY + 1)).await.unwrap();
    assert_eq!(store.run(RunNumber(1)).await.unwrap(), None);
    assert_eq!(lists(&store, 2).await, 3, "a run that is open keeps everything");
    assert!(store.run(RunNumber(2)).await.unwrap().is_some());
}

fn open(dir: &Path) -> Store {
    Store::open(&DataDir::open(dir).unwrap()).unwrap()
}

async fn write(store: &Store) {
    for number in numbers() {
        store.put_document(json!({"_id": number, "designatedBodyCode": body()})).await.unwrap();
    }
    store.add_roll(RunNumber(1), &body(), Uuid::nil(), &numbers()).await.unwrap();
}

fn numbers() -> Vec<GmcNumber> {
    ["0700001", "7000001", "7000002"].map(|number| GmcNumber::parse(number).unwrap()).to_vec()
}

fn body() -> BodyCode {
    BodyCode::parse("1-1RUZUSF").unwrap()
}

/// This test once more, in a process of its own.
fn child(dir: &Path, test: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[expect(clippy::print_stdout, reason = "the test in the other process waits for it")]
async fn write_and_wait_for_the_kill(dir: &Path) {
    let store = open(dir);
    write(&store).await;
    println!("written");
    std::future::pending::<()>().await;
}
