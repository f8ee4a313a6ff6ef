//! `gmc-sync` on live engines: MongoDB's protocol and OpenSearch.
#![cfg(all(unix, feature = "live"))]
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use domain::RunNumber;
use domain::index::IndexName;
use rustix::process::Signal;
use serde_json::Value;
use store_mongodb::{MongoSettings, MongoStore};
use support::{BODY, Ended, Place, body, end, left, program, send};
use sync::ledger::{Run, Trigger};
use sync::ports::Ledger as _;
use uuid::Uuid;

/// A database and indexes that nobody else has.
struct Live {
    place: Place,
    name: String,
}

impl Live {
    fn new() -> Self {
        let id = Uuid::new_v4().simple().to_string();
        Self { place: Place::new(), name: format!("cli-test-{}", &id[..12]) }
    }

    /// One that is set up, and has seen a first night with so many doctors.
    fn after_a_night(doctors: &str) -> Self {
        let live = Self::new();
        assert_eq!(live.run(&["setup"]).status, 0);
        let night = live.run(&["night", "--simulated", "--doctors", doctors, "--json"]);
        assert_eq!(night.status, 0, "{night:#?}");
        live
    }

    fn command(&self, args: &[&str]) -> Command {
        let engines = engines::addresses().unwrap();
        let mut command = self.place.command(args);
        command
            .env("MONGODB_URI", &engines.mongodb)
            .env("MONGODB_DATABASE", &self.name)
            .env("OPENSEARCH_URL", &engines.opensearch)
            .env("OPENSEARCH_INDEX_PREFIX", format!("{}-", self.name));
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        end(self.command(args))
    }

    fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).json()
    }

    /// As if an hour had gone by since the run was opened.
    fn let_the_deadline_pass(&self, run: RunNumber) {
        self.change_run(run, |run| run.moments.deadline = run.moments.opened);
    }

    /// Changes a run in the ledger.
    fn change_run(&self, run: RunNumber, change: impl FnOnce(&mut Run)) {
        let uri = engines::addresses().unwrap().mongodb.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = MongoStore::connect(&MongoSettings::new(uri.into(), &self.name)).await.unwrap();
            let mut run = store.run(run).await.unwrap().unwrap();
            change(&mut run);
            assert!(store.swap_run(&run).await.unwrap());
        });
    }

    /// Looks a doctor up when the indexes have caught up: a search sees a write after the next refresh.
    fn doctor(&self, number: &str) -> Value {
        #[expect(clippy::disallowed_methods, reason = "nothing else runs on this thread")]
        std::thread::sleep(std::time::Duration::from_millis(1_200));
        self.json(&["doctor", number])
    }

    /// A night that does not end by itself, because one body's answer never comes; all others have answered.
    fn hanging_night(&self) -> std::process::Child {
        let fault = format!("{BODY}=hang");
        let args = ["night", "--simulated", "--fault", &fault, "--json"];
        let mut child = self.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = String::new();
        let stderr = child.stderr.as_mut().unwrap();
        while told.matches("answered").count() < 12 {
            let mut byte = [0];
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "the night ended: {told}");
            told.push(char::from(byte[0]));
        }
        child
    }
}

impl Drop for Live {
    /// Takes the indexes away; the database has no shell here, and ends with the engines.
    fn drop(&mut self) {
        let Ok(engines) = engines::addresses() else { return };
        let names: Vec<String> =
            IndexName::ALL.iter().map(|index| format!("{}-{index}", self.name)).collect();
        let address = engines.opensearch.trim_start_matches("http://");
        let Ok(mut stream) = TcpStream::connect(address) else { return };
        let request = format!(
            "DELETE /{}?ignore_unavailable=true HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n",
            names.join(",")
        );
        // whoever is left behind is only in the way of nobody
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.read_to_string(&mut String::new());
    }
}

#[test]
fn what_is_missing_is_set_up_and_the_second_time_nothing() {
    // given engines where nothing was set up, where a night says what to do
    let live = Live::new();
    let night = live.run(&["night", "--simulated", "--doctors", "100"]);
    assert_eq!(night.status, 1, "{night:#?}");
    assert!(night.stderr.contains("gmc-sync setup"), "{}", night.stderr);

    // when they are set up twice
    let first = live.run(&["setup"]);
    let second = live.json(&["setup"]);

    // then the first time made everything, and the second found it
    assert_eq!(first.status, 0, "{first:#?}");
    assert!(first.stdout.contains("made     lock in gmcSyncLock"), "{}", first.stdout);
    assert!(first.stdout.contains(&format!("{}-masterdoctorindex: made", live.name)), "{}", first.stdout);
    let states: Vec<&Value> = ["database", "indexes"]
        .iter()
        .flat_map(|part| second[part].as_array().unwrap())
        .map(|item| &item["state"])
        .collect();
    assert_eq!(states.len(), 10 + 4);
    assert!(states.iter().all(|state| **state == "present"), "{second}");
    assert!(!live.place.path().exists(), "expected no data directory");
}

#[test]
fn something_that_differs_is_told_by_the_exit_status() {
    // given an index that OpenSearch made by itself, with a mapping that it guessed
    let live = Live::new();
    let address = engines::addresses().unwrap().opensearch.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    let document = r#"{"gmcReferenceNumber": "7000001"}"#;
    let request = format!(
        "PUT /{}-connectedindex/_doc/1 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{document}",
        live.name,
        document.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");

    let setup = live.run(&["setup", "--json"]);

    assert_eq!(setup.status, 3, "{setup:#?}");
    let indexes = setup.json()["indexes"].clone();
    let connected = indexes.as_array().unwrap().iter().find(|index| index["state"] == "differs").unwrap();
    assert_eq!(connected["what"], format!("{}-connectedindex", live.name));
    assert!(!connected["differences"].as_array().unwrap().is_empty());
}

#[test]
fn nights_reports_and_doctors_are_as_they_are_in_a_file() {
    // given a first night of 2,000 doctors
    let live = Live::after_a_night("2000");
    let first = live.json(&["report"]);
    assert_eq!((&first["run"], &first["state"]), (&1.into(), &"SUCCEEDED".into()));
    assert_eq!((&first["totals"]["returned"], &first["totals"]["new"]), (&2000.into(), &2000.into()));

    // when the GMC is asked again on the same day
    let quiet = live.json(&["night", "--simulated", "--accept", &format!("{BODY}=0")]);

    // then nothing has changed, although everybody was hidden in between
    assert_eq!(quiet["state"], "SUCCEEDED", "{quiet}");
    assert_eq!((&quiet["hidden"], &quiet["totals"]["unchanged"]), (&2000.into(), &2000.into()));
    for what in ["new", "changed", "left", "movedIn", "joined", "restored", "setByHand"] {
        assert_eq!(quiet["totals"][what], 0, "{what}: {}", quiet["totals"]);
    }

    // and a day later some have left, moved and come
    let later = live.json(&["night", "--simulated"]);
    assert_eq!(later["state"], "SUCCEEDED", "{later}");
    for what in ["new", "left", "movedIn"] {
        assert!(later["totals"][what].as_u64().unwrap() > 0, "{what}: {}", later["totals"]);
    }
    assert_eq!(live.json(&["report", "3"]), later);
    let runs = live.json(&["runs"]);
    let numbers: Vec<i64> = runs.as_array().unwrap().iter().map(|run| run["run"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [3, 2, 1]);

    // and who left is in the database and the indexes as one who left
    let gone = left(&later).into_iter().next().unwrap();
    let known = live.doctor(&gone);
    assert_eq!(known["stored"]["existsInGmc"], false, "{known}");
    assert!(known["stored"]["designatedBodyCode"].as_str().unwrap().starts_with("last-"), "{known}");
    assert_eq!(known["indexes"]["connectedindex"], Value::Array(Vec::new()));
    assert_eq!(known["indexes"]["disconnectedindex"][0]["connectionStatus"], "No");

    // and who moved has the new body everywhere, and a history
    let doctors = later["doctors"].as_array().unwrap();
    let moved = doctors.iter().find(|doctor| doctor["what"] == "moved").unwrap();
    let known = live.doctor(moved["gmcNumber"].as_str().unwrap());
    assert_eq!(known["stored"]["designatedBodyCode"], moved["to"]);
    assert_eq!(known["stored"]["_class"], "uk.nhs.hee.tis.revalidation.entity.DoctorsForDB");
    assert_eq!(known["indexes"]["masterdoctorindex"][0]["designatedBody"], moved["to"]);
    let history = known["connections"].as_array().unwrap();
    assert_eq!(history.last().unwrap()["newDesignatedBodyCode"], moved["to"]);

    // and a night is shown with where it is
    let shown = live.run(&["report"]).stdout;
    assert!(shown.contains(&format!("data    MongoDB {} on ", live.name)), "{shown}");
}

#[test]
fn a_run_that_is_going_on_is_left_alone_and_another_night_is_refused() {
    // given a night that goes on in another process
    let live = Live::after_a_night("400");
    let mut night = live.hanging_night();

    // when other commands look
    let report = live.json(&["report"]);
    let runs = live.json(&["runs"]);
    let status = live.json(&["status"]);

    // then they see how far it is, and change nothing
    assert_eq!((&status["state"], &status["waiting"]["bodies"]), (&"RUNNING".into(), &1.into()), "{status}");
    assert_eq!(report["state"], "RUNNING", "{report}");
    assert_eq!(runs[0]["state"], "RUNNING", "{runs}");

    // when another night is to begin, also after the program of the first one was killed
    let meanwhile = live.run(&["night", "--simulated"]);
    night.kill().unwrap();
    night.wait().unwrap();
    let after = live.run(&["night", "--simulated"]);

    // then it is refused, with the moment when it will not be any more, and the run is as it was
    for refused in [meanwhile, after] {
        assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused:#?}");
        assert!(refused.stderr.contains("run 2 is still going on, since "), "{}", refused.stderr);
        assert!(refused.stderr.contains("from then on the next night settles it"), "{}", refused.stderr);
    }
    assert_eq!(live.json(&["report", "2"])["state"], "RUNNING");

    // when its deadline has passed
    live.let_the_deadline_pass(RunNumber(2));
    let next = live.run(&["night", "--simulated", "--json"]);

    // then the next night settles it first, and shows again whom it had hidden
    assert_eq!(next.status, 0, "{next:#?}");
    let settled = live.json(&["report", "2"]);
    assert_eq!(settled["state"], "PARTIAL", "{settled}");
    assert_eq!(body(&settled, BODY)["reason"], "no answer before the run's deadline");
    assert_eq!(next.json()["state"], "SUCCEEDED");
    assert_eq!(next.json()["totals"]["restored"], 0, "expected nobody to be hidden any more");
}

#[test]
fn a_night_whose_program_was_killed_is_given_up_at_once() {
    // given a night that was killed while everybody of a body was hidden
    let live = Live::after_a_night("400");
    let mut night = live.hanging_night();
    night.kill().unwrap();
    night.wait().unwrap();
    let refused = live.run(&["unhide", "--yes"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused:#?}");
    assert!(refused.stderr.contains("gmc-sync abort 2"), "{}", refused.stderr);

    // when it is given up
    let aborted = live.run(&["abort", "2", "--json"]);

    // then it is settled, long before its deadline, and the next night can begin
    assert_eq!(aborted.status, 0, "{aborted:#?}");
    let report = aborted.json();
    assert_eq!(
        (&report["state"], &report["aborted"]),
        (&"PARTIAL".into(), &"given up by an operator".into())
    );
    assert_eq!(body(&report, BODY)["state"], "FAILED");
    let again = live.run(&["abort", "2"]);
    assert!(again.status == 1 && again.stderr.contains("run 2 is over"), "{again:#?}");
    let next = live.json(&["night", "--simulated"]);
    assert_eq!(next["state"], "SUCCEEDED", "{next}");
    assert_eq!(next["totals"]["restored"], 0, "expected nobody to be hidden any more");
}

#[test]
fn a_run_of_the_functions_is_left_to_them_until_somebody_insists() {
    // given a run that the functions have begun, of which nobody knows whether they are at it
    let live = Live::after_a_night("400");
    let mut night = live.hanging_night();
    night.kill().unwrap();
    night.wait().unwrap();
    live.change_run(RunNumber(2), |run| run.trigger = Trigger::Rule);

    let refused = live.run(&["abort", "2"]);
    let insisted = live.run(&["abort", "2", "--here", "--json"]);

    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused:#?}");
    assert!(refused.stderr.contains("gmc-sync abort 2 --api URL"), "{}", refused.stderr);
    assert_eq!(insisted.status, 0, "{insisted:#?}");
    assert_eq!(insisted.json()["state"], "PARTIAL");
}

#[test]
fn everybody_is_shown_again_on_live_engines() {
    // given a night after which some are hidden
    let live = Live::after_a_night("400");
    let gone = left(&live.json(&["night", "--simulated"]));
    let before = live.json(&["unhide", "--dry-run"]);
    let counts: Vec<u64> =
        before["hidden"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), gone.len() as u64);
    assert!(!gone.is_empty(), "the test shows nothing");

    let shown = live.run(&["unhide", "--yes", "--json"]);

    assert_eq!(shown.status, 0, "{shown:#?}");
    assert_eq!(shown.json()["shown"], before["hidden"]);
    assert_eq!(live.json(&["unhide", "--dry-run"])["hidden"], serde_json::json!({}));
    let known = live.doctor(gone.first().unwrap());
    assert!(!known["stored"]["designatedBodyCode"].as_str().unwrap().starts_with("last-"), "{known}");
    assert_eq!(known["indexes"]["connectedindex"][0]["connectionStatus"], "Yes", "{known}");
    assert_eq!(known["indexes"]["disconnectedindex"], Value::Array(Vec::new()), "{known}");
}

#[test]
fn an_interrupt_settles_the_night() {
    let live = Live::after_a_night("400");
    let mut night = live.hanging_night();
    send(&night, Signal::INT);
    let mut told = String::new();
    night.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(night.wait().unwrap().code(), Some(3));

    let report: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(report["state"], "PARTIAL");
    assert_eq!(body(&report, BODY)["state"], "FAILED");
    assert_eq!(live.json(&["night", "--simulated"])["state"], "SUCCEEDED", "expected the lock to be free");
}

#[test]
fn made_up_doctors_come_only_to_who_asks_for_them_and_not_among_others() {
    // given engines that hold doctors of whom this data directory knows nothing
    let live = Live::after_a_night("400");
    let unsaid = live.run(&["night"]);
    let mut elsewhere = live.command(&["night", "--simulated"]);
    let other = Place::new();
    elsewhere.env("GMC_SYNC_DATA", other.path());
    let among_others = end(elsewhere);

    assert_eq!((unsaid.status, unsaid.stdout.as_str()), (1, ""));
    assert!(unsaid.stderr.contains("--gmc-url URL, or say --simulated"), "{}", unsaid.stderr);
    assert_eq!((among_others.status, among_others.stdout.as_str()), (1, ""));
    assert!(
        among_others.stderr.contains("made-up ones are for an empty database"),
        "{}",
        among_others.stderr
    );
    assert_eq!(live.json(&["runs"]).as_array().unwrap().len(), 1, "expected no other run");
}

#[test]
fn settings_that_cannot_be_are_told_by_name_and_no_password_with_them() {
    let uri = ("MONGODB_URI", "mongodb://user:s3cr3t@127.0.0.1:1/?serverSelectionTimeoutMS=200");
    let url = ("OPENSEARCH_URL", "http://127.0.0.1:1");
    let cases: [(&[(&str, &str)], &str); 10] = [
        (&[uri], "OPENSEARCH_URL is not set"),
        (&[url], "MONGODB_URI is not set"),
        (&[("MONGODB_URI", "ssm:/mongodb/uri"), url], "MONGODB_URI names a parameter"),
        (&[("MONGODB_URI", "mongodb://user:s3cr3t/x@host"), url], "must be percent-encoded"),
        (&[uri, url, ("GMC_SYNC_STATEMENTS_PER_COMMAND", "many")], "\"many\": a whole number is expected"),
        (&[uri, url, ("STATEMENTS_PER_COMMAND", "50")], "is called GMC_SYNC_STATEMENTS_PER_COMMAND now"),
        (&[uri, ("OPENSEARCH_URL", "https://user:s3cr3t@host:port")], "OPENSEARCH_URL cannot be read"),
        (&[uri, url, ("OPENSEARCH_AUTH", "magic")], "none, basic or aws is expected"),
        (&[uri, url, ("OPENSEARCH_AUTH", "basic")], "OPENSEARCH_USERNAME is not set"),
        (&[uri, url], "127.0.0.1:1"),
    ];
    for (variables, expected) in cases {
        let mut command = program(&["setup"]);
        command.envs(variables.iter().copied());
        let ended = end(command);
        assert_eq!(ended.status, 1, "{variables:?}: {ended:#?}");
        assert!(ended.stderr.contains(expected), "{variables:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("s3cr3t"), "{}", ended.stderr);
    }
}
