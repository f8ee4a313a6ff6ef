//! What nights write into the log, down to debug and from every library: no credential, no envelope, no doctor's name.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test, in helpers as well")]

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use night_tests::night::PASSWORD;
use night_tests::{Call, Setup};
use sync::ports::PortError;
use sync::ports::queue::QueueName;
use tracing_subscriber::fmt::MakeWriter;

/// One test alone in its program: what is written to the log is for the whole process.
#[tokio::test]
async fn a_night_with_every_failure_logs_no_password_no_envelope_and_no_doctors_name() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(log.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    let night = Setup { idle_timeout: Duration::from_millis(500), ..Setup::default() }.start().await;
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut remember = || {
        night
            .population(|gmc| names.extend(gmc.doctors().map(|doctor| doctor.last_name.as_str().to_owned())));
    };
    remember();
    night.whole_night().await;
    let bodies: Vec<String> = night.population(|gmc| gmc.bodies().to_vec());
    let faults: Vec<String> = simulator::Fault::all().map(|fault| fault.to_string()).collect();
    let codes = ["code-80", "code-81", "code-99", "code-110", "code-7"].map(str::to_owned);
    for faults in [faults, codes.to_vec()].concat().chunks(bodies.len()) {
        night.next_day();
        night.gmc.faults().clear();
        for (body, fault) in bodies.iter().zip(faults) {
            night.fault(&format!("{body}={fault}"));
        }
        for queue in QueueName::ALL {
            night
                .send(queue, "{\"chunk\":{\"doctors\":[{\"doctorLastName\":\"Unreadable-Surname\"}]}}")
                .await;
        }
        night.hooks().before(Call::WriteDoctors, 1, || async { Err(PortError::transient("away")) });
        night.hooks().before(Call::WriteIndex, 1, || async { Err(PortError::transient("away")) });
        night.whole_night().await;
        night.second_look().await;
        remember();
    }
    drop(night);

    let text = log.text();
    let debug = text.lines().filter(|line| line.contains("DEBUG")).count();
    assert!(text.contains("the GMC answered") && debug > 100, "the log must be one: {debug} lines of debug");
    for secret in [PASSWORD, "<soap", "GetDoctorsForDB_", "<Password", "Unreadable-Surname"] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    assert!(names.len() > 150, "{}", names.len());
    for name in names {
        // the name itself, and not a part of another word
        let line = text.lines().find(|line| has_word(line, &name));
        assert_eq!(line, None, "{name}");
    }
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    line.match_indices(word).any(|(at, _)| {
        !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next())
    })
}

/// Keeps what is written.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
