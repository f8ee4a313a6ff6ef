//! The first night on a database that the system before has left.

use domain::RunState;
use domain::index::IndexName;
use night_tests::night::of;
use night_tests::{EAST_MIDLANDS, Expected, Night, Setup, YORKSHIRE};
use serde_json::{Value, json};

const X: &str = YORKSHIRE;
const Y: &str = EAST_MIDLANDS;
const OLD: &str = "1-AIIDHJ";

/// In order of [`Left::ALL`], everyone of whom the old system left something, at the GMC or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Visible where the GMC has the doctor.
    Right,
    /// Hidden by a night that did not finish, in the body where the GMC has the doctor.
    HiddenHere,
    /// The same, in another body.
    HiddenElsewhere,
    /// Hidden twice over.
    HiddenTwice,
    /// Under a code that was replaced.
    OldCode,
    /// Without a body.
    NoBody,
    /// With an empty one.
    EmptyBody,
}

impl Left {
    const ALL: [Self; 7] = [
        Self::Right,
        Self::HiddenHere,
        Self::HiddenElsewhere,
        Self::HiddenTwice,
        Self::OldCode,
        Self::NoBody,
        Self::EmptyBody,
    ];

    fn code(self) -> Option<String> {
        match self {
            Self::Right => Some(X.to_owned()),
            Self::HiddenHere => Some(format!("last-{X}")),
            Self::HiddenElsewhere => Some(format!("last-{Y}")),
            Self::HiddenTwice => Some(format!("last-last-{X}")),
            Self::OldCode => Some(OLD.to_owned()),
            Self::NoBody => None,
            Self::EmptyBody => Some(String::new()),
        }
    }
}

/// How the old index has a doctor.
const INDEXED: usize = 4;

#[tokio::test]
async fn the_first_night_mends_what_the_old_system_left_behind() {
    let night = Setup::default().start().await;
    let at_the_gmc = night.doctors_of(X);
    let named: Vec<(usize, &String)> =
        at_the_gmc.iter().enumerate().take(Left::ALL.len() * INDEXED).collect();
    assert_eq!(named.len(), 28, "the test needs more doctors");
    for (place, doctor) in &named {
        store(&night, doctor, Left::ALL[place % 7]).await;
        index(&night, doctor, place / 7).await;
    }
    // nobody's at the GMC any more
    let gone = |place: usize| format!("00000{place:02}");
    for place in 0..28 {
        let left = Left::ALL[place % 7];
        if left != Left::Right {
            store(&night, &gone(place), left).await;
            index(&night, &gone(place), place / 7).await;
        }
    }
    let before = night.snapshot();

    let report = night.whole_night().await;

    assert_eq!(report.state, RunState::Succeeded);
    night.assert_right(&before, &Expected::of(&night));
    let after = night.snapshot();
    assert!(at_the_gmc.iter().all(|doctor| after.code(doctor) == Some(X)));
    for place in 0..28 {
        let left = Left::ALL[place % 7];
        let doctor = gone(place);
        if left == Left::Right {
            continue;
        }
        // everyone whom the database hides, the index has as connected to nobody
        if matches!(left, Left::HiddenHere | Left::HiddenElsewhere | Left::HiddenTwice) {
            night.assert_indexed([&doctor]);
        }
        assert_eq!(after.code(&doctor).map(str::to_owned), left.code(), "{left:?}");
    }
    // 4 at the GMC and 4 that are not
    assert_eq!(report.unknown_codes, [(OLD.to_owned(), 8)]);
    let counts = &of(&report, X).counts;
    assert_eq!(counts.joined, 8, "without a body before");
    assert_eq!(counts.restored, 8, "hidden in this very body before");
    assert_eq!(counts.moved_in, 8, "from another body, or an old code");
    assert_eq!(counts.new, at_the_gmc.len() as u64 - 28);

    // the second night completes who is not under notice, and from then on nothing is left to do
    night.whole_night().await;
    let settled = night.snapshot();
    let report = night.whole_night().await;
    night.snapshot().assert_same(&settled);
    assert_eq!(report.totals.changed, 0);
}

#[tokio::test]
async fn an_index_that_is_empty_is_filled_and_one_without_its_database_is_emptied_of_connections() {
    let night = Setup::default().start().await;
    let doctors = night.doctors_of(X);
    for doctor in &doctors[..10] {
        store(&night, doctor, Left::Right).await;
    }
    for doctor in &doctors[10..20] {
        index(&night, doctor, 1).await;
    }
    let before = night.snapshot();

    night.whole_night().await;

    night.assert_right(&before, &Expected::of(&night));
}

/// A document as the old system wrote it: none of the later fields.
async fn store(night: &Night, doctor: &str, left: Left) {
    let mut document = json!({
        "_id": doctor, "doctorFirstName": "Old", "doctorLastName": "Name", "submissionDate": "2020-01-01",
        "dateAdded": "2015-08-05", "underNotice": "YES", "sanction": "No", "doctorStatus": "STARTED",
        "lastUpdatedDate": "2023-10-01", "admin": "admin@example.org",
        "_class": "uk.nhs.hee.tis.revalidation.entity.DoctorsForDB",
    });
    if let Some(code) = left.code() {
        document["designatedBodyCode"] = json!(code);
    }
    night.others().save(document).await.unwrap();
}

/// 0: not at all; 1: with generated ids; 2: with generated ids, twice; 3: in the wrong index.
async fn index(night: &Night, doctor: &str, how: usize) {
    let document = json!({
        "gmcReferenceNumber": doctor, "doctorFirstName": "Old", "doctorLastName": "Name", "tcsPersonId": 47,
        "designatedBody": format!("last-{X}"), "connectionStatus": "Yes", "programmeName": "General Practice",
        "membershipType": "Substantive", "membershipEndDate": "2030-08-01",
    });
    let save = async |index: IndexName, id: String, document: &Value| {
        night.others().index(index, &id, document.clone()).await.unwrap();
    };
    if how > 0 {
        save(IndexName::Master, format!("gen-1-{doctor}"), &document).await;
    }
    match how {
        1 => save(IndexName::Connected, format!("gen-1-{doctor}"), &document).await,
        2 => {
            save(IndexName::Master, format!("gen-2-{doctor}"), &document).await;
            save(IndexName::Connected, format!("gen-1-{doctor}"), &document).await;
            save(IndexName::Connected, format!("gen-2-{doctor}"), &document).await;
        }
        3 => {
            save(IndexName::Disconnected, format!("gen-1-{doctor}"), &document).await;
            save(IndexName::Exception, format!("gen-2-{doctor}"), &document).await;
        }
        _ => {}
    }
}
