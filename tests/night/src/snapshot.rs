//! Everything that is stored, at one moment, read from the file as anybody with an SQLite shell would.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::index::IndexName;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};

/// The tables of doctorsForDB, the audit and the indexes, with everything that tells a write: all columns, sequence
/// numbers included.
const WRITTEN_BY_NIGHTS: [&str; 7] = [
    "doctors",
    "connections",
    "masterDocuments",
    "connectedDocuments",
    "disconnectedDocuments",
    "exceptionDocuments",
    "indexSequence",
];

/// A document.
pub type Document = Map<String, Value>;

/// All documents by GMC number; those of an index by their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// `doctorsForDB`.
    pub doctors: BTreeMap<String, Document>,
    /// The four indexes, in the order of [`IndexName::ALL`].
    pub indexes: [BTreeMap<String, BTreeMap<String, Document>>; 4],
    /// `connectionLogs`, in the order of the moments that they tell.
    pub logs: Vec<Document>,
}

impl Snapshot {
    /// Reads it.
    pub fn of(file: &Path) -> Self {
        let connection = open(file);
        let doctors = rows(&connection, "doctorsForDB")
            .map(|mut row| {
                // the sync's own hint, on which nothing rests
                row.remove("gmcSyncRun");
                (text(&row, "_id"), row)
            })
            .collect();
        let indexes = IndexName::ALL.map(|index| {
            let mut by_number: BTreeMap<String, BTreeMap<String, Document>> = BTreeMap::new();
            for mut row in rows(&connection, index.as_str()) {
                row.remove("_seq_no");
                let id = text(&row, "_id");
                row.remove("_id");
                by_number.entry(text(&row, "gmcReferenceNumber")).or_default().insert(id, row);
            }
            by_number
        });
        let logs = rows(&connection, "connectionLogs").collect();
        Self { doctors, indexes, logs }
    }

    /// The documents of a doctor in an index, by their ids.
    pub fn index(&self, index: IndexName, doctor: &str) -> BTreeMap<String, Document> {
        self.indexes[index as usize].get(doctor).cloned().unwrap_or_default()
    }

    /// A doctor's stored code.
    pub fn code(&self, doctor: &str) -> Option<&str> {
        self.doctors.get(doctor)?.get("designatedBodyCode")?.as_str()
    }

    /// Everyone who has a document anywhere.
    pub fn numbers(&self) -> BTreeSet<String> {
        let indexed = self.indexes.iter().flat_map(BTreeMap::keys);
        self.doctors.keys().chain(indexed).cloned().collect()
    }

    /// The same is stored, in every field of every document.
    pub fn assert_same(&self, before: &Self) {
        let parts = |of: &Self| {
            let mut lines: BTreeSet<String> =
                of.doctors.values().map(|doctor| format!("{doctor:?}")).collect();
            lines.extend(of.indexes.iter().flatten().map(|index| format!("{index:?}")));
            lines.extend(of.logs.iter().map(|log| format!("{log:?}")));
            lines
        };
        let (was, is) = (parts(before), parts(self));
        let gone: Vec<_> = was.difference(&is).take(3).collect();
        let new: Vec<_> = is.difference(&was).take(3).collect();
        assert!(gone.is_empty() && new.is_empty(), "not the same; gone:\n{gone:#?}\nnew:\n{new:#?}");
    }

    /// Everyone whose stored code begins with the hiding prefix.
    pub fn hidden(&self) -> Vec<String> {
        let is_hidden = |doctor: &&String| self.code(doctor).is_some_and(|code| code.starts_with("last-"));
        self.doctors.keys().filter(is_hidden).cloned().collect()
    }
}

/// Every row of every table that a night writes beside the ledger, as text.
pub fn dump(file: &Path) -> Vec<String> {
    let connection = open(file);
    let mut lines = Vec::new();
    for table in WRITTEN_BY_NIGHTS {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<_> =
                (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap())).collect();
            lines.push(format!("{table}: {}", values.join(" | ")));
        }
    }
    lines
}

fn open(file: &Path) -> Connection {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn rows(connection: &Connection, view: &str) -> impl Iterator<Item = Document> + use<> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {view}")).unwrap();
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut documents = Vec::new();
    let mut found = statement.query([]).unwrap();
    while let Some(row) = found.next().unwrap() {
        let mut document = Map::new();
        for (place, column) in columns.iter().enumerate() {
            match row.get_ref(place).unwrap() {
                ValueRef::Null => {}
                ValueRef::Integer(value) => {
                    document.insert(column.clone(), value.into());
                }
                // what the sync does not know stands in the document like everything else
                value if column == "rest" => {
                    let rest: Document = serde_json::from_str(value.as_str().unwrap()).unwrap();
                    document.extend(rest);
                }
                value if column == "existsInGmc" => {
                    document.insert(column.clone(), (value.as_str() == Ok("true")).into());
                }
                value => {
                    document.insert(column.clone(), value.as_str().unwrap().into());
                }
            }
        }
        documents.push(document);
    }
    documents.into_iter()
}

fn text(document: &Document, field: &str) -> String {
    document.get(field).and_then(Value::as_str).expect("a text").to_owned()
}
