//! The admins' screens after a night, against who is to be on them.

use std::collections::{BTreeMap, BTreeSet};

use end_to_end::consumers::ConnectionsPage;
use end_to_end::stack::Stack;
use night_tests::Snapshot;
use serde_json::Value;

use crate::{X, Y};

type Numbers = BTreeSet<String>;

/// Every page of every body shows those doctors who are to be there, and nobody else; the pages of doctors without a
/// body and of exceptions as well. `stored` has been held against the GMC before.
pub(crate) async fn assert_pages(stack: &Stack, bodies: &[String], stored: &Snapshot, exceptions: &Numbers) {
    let mut visible: BTreeMap<&str, Numbers> = BTreeMap::new();
    let mut disconnected = Numbers::new();
    for number in stored.doctors.keys() {
        match stored.code(number) {
            Some(code) if !code.is_empty() && !code.starts_with("last-") => {
                visible.entry(code).or_default().insert(number.clone());
            }
            _ => {
                disconnected.insert(number.clone());
            }
        }
    }
    for body in bodies {
        let code = body.as_str();
        let here = visible.remove(code).unwrap_or_default();
        let is_under_notice =
            |number: &&String| stored.doctors[*number].get("underNotice") == Some(&"YES".into());
        let under_notice: Numbers = here.iter().filter(is_under_notice).cloned().collect();

        assert_eq!(stack.summary(&[code], false).await.unwrap(), here, "the summary of {code}");
        assert_eq!(stack.summary(&[code], true).await.unwrap(), under_notice, "under notice in {code}");
        let rows = stack.connections(ConnectionsPage::Connected, Some(&[code])).await.unwrap();
        assert!(rows.iter().all(|row| row["connectionStatus"] == "Yes"), "connected in {code}");
        assert_eq!(numbers(&rows), here, "connected in {code}");
        assert_eq!(rows.len(), here.len(), "somebody is connected twice in {code}");
    }
    assert!(visible.is_empty(), "doctors under other codes: {visible:?}");

    let of_two = stack.summary(&[X, Y], false).await.unwrap().len();
    let (of_x, of_y) = (stack.summary(&[X], false).await.unwrap(), stack.summary(&[Y], false).await.unwrap());
    assert_eq!(of_two, of_x.len() + of_y.len(), "an admin of two bodies sees both");

    let rows = stack.connections(ConnectionsPage::Disconnected, None).await.unwrap();
    assert_eq!(numbers(&rows), disconnected, "disconnected");
    let rows = stack.connections(ConnectionsPage::Exceptions, None).await.unwrap();
    assert_eq!(numbers(&rows), *exceptions, "exceptions");
    assert!(rows.iter().all(|row| row["programmeName"] == "General practice"), "what TIS knows is there");
}

fn numbers(rows: &[Value]) -> Numbers {
    rows.iter().map(|row| row["gmcReferenceNumber"].as_str().unwrap().to_owned()).collect()
}
