//! `gmc-sync doctor`: what is known of one doctor.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::index::{IndexName, Value};
use domain::{GmcNumber, StoredDoctor};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use sync::ports::Doctors as _;
use sync::ports::doctors::ConnectionLog;

use crate::DONE;
use crate::args::{Common, DoctorArgs};
use crate::engine::Engine;
use crate::error::Error;
use crate::output::{Screen, print, print_json};

/// All that is known of one doctor.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    gmc_number: GmcNumber,
    /// The fields of doctorsForDB that the sync knows; null where there is no document.
    stored: Option<Map<String, Json>>,
    /// The documents in each index.
    indexes: BTreeMap<&'static str, Vec<Map<String, Json>>>,
    /// Oldest first.
    connections: Vec<ConnectionLog>,
}

/// Shows what is stored and indexed of one doctor, and the history of the connections.
pub(crate) async fn run(args: &DoctorArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let engine = Engine::open_existing(&common.data, screen).await?;
    let known = look_up(&engine, args.number).await?;
    let is_unknown =
        known.stored.is_none() && known.connections.is_empty() && known.indexes.values().all(Vec::is_empty);
    if is_unknown {
        return Err(Error::Told(format!(
            "doctor {} is unknown in data directory {}: neither stored nor indexed",
            args.number,
            common.data.display()
        )));
    }
    if common.json {
        print_json(&known)?;
    } else {
        print(&shown(&known))?;
    }
    Ok(DONE)
}

async fn look_up(engine: &Engine, number: GmcNumber) -> Result<Known, Error> {
    let store = engine.store();
    let stored = sync::ports::Doctors::read(store, &[number]).await?;
    let mut indexes = BTreeMap::new();
    for index in IndexName::ALL {
        let documents = sync::ports::Index::read(store, index, &[number]).await?;
        let shown = documents.iter().map(|found| {
            let mut fields = Map::new();
            fields.insert("_id".to_owned(), found.id.clone().into());
            fields.extend(found.doc.iter().map(|(field, value)| (field.as_str().to_owned(), json(value))));
            fields
        });
        indexes.insert(index.as_str(), shown.collect());
    }
    let connections = store.connection_logs(number).await?;
    Ok(Known { gmc_number: number, stored: stored.first().map(fields), indexes, connections })
}

/// By the collection's names; absent values are absent.
fn fields(doctor: &StoredDoctor) -> Map<String, Json> {
    let date = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string().into());
    let text = |text: &Option<String>| text.clone().map(Json::from);
    let fields: [(&str, Option<Json>); 12] = [
        ("doctorFirstName", text(&doctor.first_name)),
        ("doctorLastName", text(&doctor.last_name)),
        ("submissionDate", date(doctor.submission_date)),
        ("dateAdded", date(doctor.date_added)),
        ("underNotice", text(&doctor.under_notice)),
        ("sanction", text(&doctor.sanction)),
        ("doctorStatus", text(&doctor.status)),
        ("designatedBodyCode", text(&doctor.code)),
        ("lastUpdatedDate", date(doctor.last_updated_date)),
        ("existsInGmc", doctor.exists_in_gmc.map(Json::from)),
        ("gmcLastUpdatedDateTime", doctor.gmc_last_updated.map(|moment| moment.to_string().into())),
        ("gmcSyncRun", doctor.sync_run.map(|run| run.0.into())),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Number(number) => (*number).into(),
        Value::Bool(flag) => (*flag).into(),
    }
}

fn shown(known: &Known) -> String {
    let mut text = format!("doctor {}\n\ndoctorsForDB\n", known.gmc_number);
    match &known.stored {
        Some(fields) => text += &listed(fields),
        None => text += "  no document\n",
    }
    for index in IndexName::ALL {
        let documents = known.indexes.get(index.as_str()).map_or(&[][..], Vec::as_slice);
        let _ = writeln!(text, "\n{index}");
        if documents.is_empty() {
            text += "  no document\n";
        }
        for fields in documents {
            text += &listed(fields);
        }
    }
    text += "\nconnections, oldest first\n";
    if known.connections.is_empty() {
        text += "  none\n";
    }
    for entry in &known.connections {
        let body = |code: &Option<String>| code.clone().unwrap_or_else(|| "no body".to_owned());
        let _ = writeln!(
            text,
            "  {}  {} → {}  ({})",
            entry.request_time,
            body(&entry.previous_designated_body_code),
            body(&entry.new_designated_body_code),
            entry.updated_by
        );
    }
    text
}

fn listed(fields: &Map<String, Json>) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(text, "  {name:<24}{value}");
    }
    text
}
