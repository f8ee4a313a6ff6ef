//! What the database and the indexes hold before the first night: the old system's, and other services'.

use std::collections::BTreeSet;

use end_to_end::stack::Stack;
use mongodb::Collection;
use mongodb::bson::{DateTime, Document, doc};
use serde_json::{Value, json};
use simulator::Population;

use crate::{OLD_CODE, X, Y};

/// Of how many doctors of [`X`] something is stored.
const NAMED: usize = 60;

/// How many are stored who are nobody's at the GMC any more: they leave, or were hidden before.
const GONE: usize = 12;

/// A day in the past, at midnight UTC.
const DAY: DateTime = DateTime::from_millis(1_735_776_000_000);

/// How the old system has a doctor, in turn.
const KINDS: usize = 6;

/// Stores it. Returns the GMC numbers of those who are exceptions for good, because TIS has them as visitors.
pub(crate) async fn seed(stack: &Stack, gmc: &Population) -> BTreeSet<String> {
    let mut numbers: Vec<String> = gmc.doctors_of(X).map(|doctor| doctor.number).take(NAMED).collect();
    assert_eq!(numbers.len(), NAMED, "the story needs more doctors");
    numbers.extend((0..GONE).map(|place| format!("00000{place:02}")));

    let stored = numbers.iter().enumerate().filter_map(|(place, number)| stored(place, number));
    let doctors: Collection<Document> = stack.database.collection("doctorsForDB");
    doctors.insert_many(stored).await.unwrap();
    let recommendations: Collection<Document> = stack.database.collection("recommendation");
    recommendations
        .insert_many(numbers.iter().step_by(KINDS).map(|number| {
            doc! {
                "gmcNumber": number, "outcome": "UNDER_REVIEW", "recommendationType": "DEFER",
                "actualSubmissionDate": DAY,
            }
        }))
        .await
        .unwrap();

    let indexed = || numbers.iter().enumerate().filter(|(place, _)| place % 4 != 3);
    let masters: Vec<_> = indexed().map(|(place, number)| master(place, number)).collect();
    stack.indexes.save("masterdoctorindex", &masters).await.unwrap();
    // copies that are right and copies that nobody ever took away, all with ids that nobody can know
    for (index, from) in [("connectedindex", 0), ("disconnectedindex", 1), ("exceptionindex", 2)] {
        let copies: Vec<_> = masters.iter().skip(from).step_by(3).cloned().collect();
        stack.indexes.save(index, &copies).await.unwrap();
    }
    indexed().filter(|(place, _)| is_visitor(*place)).map(|(_, number)| number.clone()).collect()
}

fn stored(place: usize, number: &str) -> Option<Document> {
    let code = match place % KINDS {
        1 => Some(format!("last-{X}")),
        2 if place < NAMED => Some(Y.to_owned()),
        3 if place < NAMED => None,
        4 if place < NAMED => Some(OLD_CODE.to_owned()),
        // TIS knows the doctor, and nobody else
        5 if place < NAMED => return None,
        _ => Some(X.to_owned()),
    };
    let mut document = doc! {
        "_id": number,
        "doctorFirstName": "Stored",
        "doctorLastName": "Before",
        "submissionDate": DAY,
        "underNotice": "YES",
        "doctorStatus": "DRAFT",
        "lastUpdatedDate": DAY,
        "admin": "somebody@example.org",
        "notes": "of another service",
        "_class": "uk.nhs.hee.tis.revalidation.entity.DoctorsForDB",
    };
    if let Some(code) = code {
        document.insert("designatedBodyCode", code);
    }
    Some(document)
}

fn is_visitor(place: usize) -> bool {
    place.is_multiple_of(2)
}

fn master(place: usize, number: &str) -> (String, Value) {
    let document = json!({
        "gmcReferenceNumber": number,
        "tcsPersonId": 1_000 + place,
        "doctorFirstName": "Indexed",
        "doctorLastName": "Before",
        "submissionDate": "2025-01-02",
        "designatedBody": if place.is_multiple_of(3) { Some(Y) } else { None },
        "connectionStatus": if place.is_multiple_of(3) { "Yes" } else { "No" },
        "programmeName": "General practice",
        "membershipType": if is_visitor(place) { "Visitor" } else { "Substantive" },
        "membershipEndDate": "2999-12-31",
        "placementGrade": "ST3",
    });
    (format!("generated-{place}"), document)
}
