//! `gmc-sync doctor`: what is known of one doctor.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::GmcNumber;
use domain::index::IndexName;
use serde::Serialize;
use serde_json::{Map, Value as Json};
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
    /// The whole document of doctorsForDB, other services' fields as well; null where there is none.
    stored: Option<Map<String, Json>>,
    /// The documents in each index.
    indexes: BTreeMap<&'static str, Vec<Map<String, Json>>>,
    /// Oldest first.
    connections: Vec<ConnectionLog>,
}

/// Shows what is stored and indexed of one doctor, and the history of the connections.
pub(crate) async fn run(args: &DoctorArgs, common: &Common, screen: &Screen) -> Result<u8, Error> {
    let engine = Engine::open_existing(common, screen).await?;
    let known = look_up(&engine, args.number).await?;
    let is_unknown =
        known.stored.is_none() && known.connections.is_empty() && known.indexes.values().all(Vec::is_empty);
    if is_unknown {
        return Err(Error::Told(format!(
            "doctor {} is unknown in {}: neither stored nor indexed",
            args.number,
            engine.stores().named(&common.data)
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
    let stores = engine.stores();
    let mut indexes = BTreeMap::new();
    for index in IndexName::ALL {
        let documents = stores.index_documents(index, number).await?.into_iter().map(|(id, document)| {
            let mut fields = Map::from_iter([("_id".to_owned(), Json::from(id))]);
            fields.extend(object(document));
            fields
        });
        indexes.insert(index.as_str(), documents.collect());
    }
    Ok(Known {
        gmc_number: number,
        stored: stores.document(number).await?.map(object),
        indexes,
        connections: stores.doctors.connection_logs(number).await?,
    })
}

fn object(document: Json) -> Map<String, Json> {
    match document {
        Json::Object(fields) => fields,
        _ => Map::new(),
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
