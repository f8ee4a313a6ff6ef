//! How fast doctors are read and written: figures, not checks.
//!
//! `cargo test -p index-opensearch --test speed -- --ignored --nocapture`; for figures that mean something, against an
//! OpenSearch with its full compiler and with `--release`.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[expect(dead_code, reason = "what is there for the other tests")]
mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::GmcNumber;
use domain::index::{Changes, Field, IndexDoc, IndexName, Value};
use domain::routing::copy_of;
use sync::ports::Index as _;
use sync::ports::index::{Action, IndexWrite, Indexed, WriteOutcome};

use crate::support::Cluster;

/// A chunk of the night.
const CHUNK: u32 = 500;
const CHUNKS: u32 = 20;

#[tokio::test]
#[ignore = "a figure, not a check"]
async fn chunks_of_doctors_are_read_and_written() {
    let cluster = Cluster::made().await;
    for (night, body) in [("new", "1-OLD"), ("moved", "1-NEW"), ("unchanged", "1-NEW")] {
        let mut spent = BTreeMap::new();
        let start = Instant::now();
        for chunk in 0..CHUNKS {
            one_chunk(&cluster, 7_000_000 + chunk * CHUNK, body, &mut spent).await;
        }
        let doctors = f64::from(CHUNK * CHUNKS);
        println!("{night}: {:.0} doctors/s", doctors / start.elapsed().as_secs_f64());
        for (what, (count, span)) in spent {
            let each = span.as_secs_f64() * 1000.0 / f64::from(CHUNKS);
            println!("  {what}: {count} documents, {each:.1} ms a chunk");
        }
    }
    cluster.remove().await;
}

type Spent = BTreeMap<&'static str, (usize, Duration)>;

/// As connection-index does it: the master, then the three copies that follow from it.
async fn one_chunk(cluster: &Cluster, first: u32, body: &str, spent: &mut Spent) {
    let numbers: Vec<GmcNumber> =
        (first..first + CHUNK).map(|it| GmcNumber::from_value(it).unwrap()).collect();
    let masters = read(cluster, IndexName::Master, &numbers, spent).await;
    let wanted: BTreeMap<GmcNumber, IndexDoc> =
        numbers.iter().map(|number| (*number, doc(*number, body))).collect();
    write(cluster, IndexName::Master, &wanted, &masters, spent).await;
    let copies: BTreeMap<GmcNumber, IndexDoc> =
        wanted.iter().map(|(number, doc)| (*number, copy_of(doc))).collect();
    for index in IndexName::COPIES {
        let found = read(cluster, index, &numbers, spent).await;
        if index != IndexName::Disconnected {
            write(cluster, index, &copies, &found, spent).await;
        }
    }
}

async fn read(cluster: &Cluster, index: IndexName, numbers: &[GmcNumber], spent: &mut Spent) -> Vec<Indexed> {
    let start = Instant::now();
    let found = cluster.index.read(index, numbers).await.unwrap();
    add(spent, if index == IndexName::Master { "master read" } else { "copies read" }, found.len(), start);
    found
}

async fn write(
    cluster: &Cluster,
    index: IndexName,
    wanted: &BTreeMap<GmcNumber, IndexDoc>,
    found: &[Indexed],
    spent: &mut Spent,
) {
    let found: BTreeMap<GmcNumber, &Indexed> = found.iter().map(|found| (found.number, found)).collect();
    let writes: Vec<IndexWrite> = wanted
        .iter()
        .filter_map(|(number, doc)| {
            let action = match found.get(number) {
                None => Action::Create(doc.clone()),
                Some(found) => {
                    let changes: Changes = found.doc.changes_to(doc, Field::ALL);
                    (!changes.is_empty()).then_some(Action::Update(found.version, changes))?
                }
            };
            Some(IndexWrite { index, id: number.to_string(), number: *number, action })
        })
        .collect();
    let (count, start) = (writes.len(), Instant::now());
    let outcomes = cluster.index.write(writes).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == WriteOutcome::Done));
    add(spent, if index == IndexName::Master { "master write" } else { "copies write" }, count, start);
}

fn add(spent: &mut Spent, what: &'static str, count: usize, start: Instant) {
    let so_far = spent.entry(what).or_default();
    so_far.0 += count;
    so_far.1 += start.elapsed();
}

fn doc(number: GmcNumber, body: &str) -> IndexDoc {
    let mut doc = IndexDoc::default();
    for (field, value) in [
        (Field::GmcReferenceNumber, number.to_string().as_str()),
        (Field::DoctorFirstName, "Siân"),
        (Field::DoctorLastName, "O'Neill"),
        (Field::SubmissionDate, "2027-02-28"),
        (Field::ProgrammeName, "Anaesthetics"),
        (Field::MembershipType, "Visitor"),
        (Field::DesignatedBody, body),
        (Field::ConnectionStatus, "Yes"),
        (Field::UnderNotice, "YES"),
        (Field::LastUpdatedDate, "2026-11-23"),
    ] {
        doc.set(field, Some(value.into()));
    }
    doc.set(Field::TcsPersonId, Some(Value::Number(i64::from(number.value()))));
    doc
}
