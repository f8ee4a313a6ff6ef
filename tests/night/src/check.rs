//! Every doctor, in the database and in all four indexes, against what was expected.

use std::collections::{BTreeMap, BTreeSet};

use domain::index::IndexName;
use serde_json::{Value, json};
use simulator::{Doctor, Population, Text};
use sync::ports::Host as _;

use crate::expected::{Expected, Wanted};
use crate::night::Night;
use crate::snapshot::{Document, Snapshot};

/// The fields of a master document that the sync writes.
const WRITTEN_IN_INDEX: [&str; 8] = [
    "doctorFirstName",
    "doctorLastName",
    "submissionDate",
    "underNotice",
    "designatedBody",
    "connectionStatus",
    "existsInGmc",
    "lastUpdatedDate",
];

/// The fields of a copy (docs/domain.md §6).
const OF_COPIES: [&str; 14] = [
    "tcsPersonId",
    "gmcReferenceNumber",
    "doctorFirstName",
    "doctorLastName",
    "submissionDate",
    "programmeName",
    "membershipType",
    "designatedBody",
    "tcsDesignatedBody",
    "programmeOwner",
    "connectionStatus",
    "membershipStartDate",
    "membershipEndDate",
    "exceptionReason",
];

/// How many wrong doctors are told.
const TOLD: usize = 8;

impl Night {
    /// Every doctor is where, and as, the night was to leave them, in the database and in the indexes. `before` is what
    /// was stored before it.
    pub fn assert_right(&self, before: &Snapshot, expected: &Expected) {
        let (after, today) = (self.snapshot(), self.clock().now().london_date().to_string());
        self.population(|gmc| assert_right(gmc, &today, before, &after, expected));
    }

    /// The index documents of these doctors say what the database says, whatever that is.
    pub fn assert_indexed<S: AsRef<str>>(&self, doctors: impl IntoIterator<Item = S>) {
        let now = self.snapshot();
        let today = self.clock().now().london_date().to_string();
        for doctor in doctors {
            let doctor = doctor.as_ref();
            let masters = now.index(IndexName::Master, doctor);
            let copies = IndexName::COPIES.map(|index| (index, now.index(index, doctor)));
            let agrees = index_agrees(now.doctors.get(doctor), &masters, &masters)
                .and_then(|()| copies_agree(&masters, &copies, &today));
            assert_eq!(agrees, Ok(()), "{doctor}: {:?} {masters:?} {copies:?}", now.doctors.get(doctor));
        }
    }
}

/// The same for a night that was run elsewhere, against this GMC; `today` is London's day of it.
pub fn assert_right(gmc: &Population, today: &str, before: &Snapshot, after: &Snapshot, expected: &Expected) {
    let wrong = wrong(gmc, today, before, after, expected);
    let told = wrong.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} doctors are wrong:\n{told}", wrong.len());
}

/// Everyone who is not as the night was to leave them, each with what is wrong.
pub fn wrong(
    gmc: &Population,
    today: &str,
    before: &Snapshot,
    after: &Snapshot,
    expected: &Expected,
) -> Vec<String> {
    let truth = Truth { gmc, today };
    let mut wrong = truth.wrong_documents(before, after, expected);
    wrong.extend(truth.wrong_index(before, after, expected));
    wrong
}

/// Everyone whose index documents do not say what the database says, each with the first difference.
pub fn index_differs(today: &str, now: &Snapshot) -> Vec<String> {
    let differs = |doctor: &String| {
        let masters = now.index(IndexName::Master, doctor);
        let copies = IndexName::COPIES.map(|index| (index, now.index(index, doctor)));
        index_agrees(now.doctors.get(doctor), &masters, &masters)
            .and_then(|()| copies_agree(&masters, &copies, today))
            .err()
            .map(|reason| format!("{doctor} in the index: {reason}"))
    };
    now.numbers().iter().filter_map(differs).collect()
}

/// What a night is held against.
struct Truth<'a> {
    gmc: &'a Population,
    today: &'a str,
}

impl Truth<'_> {
    fn wrong_documents(&self, before: &Snapshot, after: &Snapshot, expected: &Expected) -> Vec<String> {
        let mut numbers: BTreeSet<String> = after.numbers();
        numbers.extend(before.numbers());
        numbers.extend(self.gmc.doctors().map(|doctor| doctor.number));
        numbers.retain(|doctor| !expected.is_excepted(doctor));
        let wrong = |doctor: &String| {
            let (was, is) = (before.doctors.get(doctor), after.doctors.get(doctor));
            let wanted = expected.wanted(doctor, before);
            let result = match &wanted {
                Wanted::AsBefore => is_as_before(was, is, expected),
                Wanted::Left(body) => is_left(was, is, body, expected),
                Wanted::Named(body) => self.is_named(doctor, was, is, body, expected),
            };
            result.err().map(|reason| {
                format!("{doctor}, who was to be {wanted:?}: {reason}\n  before {was:?}\n  after  {is:?}")
            })
        };
        numbers.iter().filter_map(wrong).collect()
    }

    fn is_named(
        &self,
        number: &str,
        was: Option<&Document>,
        is: Option<&Document>,
        body: &str,
        expected: &Expected,
    ) -> Result<(), String> {
        let is = is.ok_or("has no document")?;
        let stored = |field: &str| was.and_then(|was| was.get(field)).cloned();
        let left = expected.left_as_stored.get(number).cloned().unwrap_or_default();
        let mut wanted =
            self.gmc.doctor(number).map(|doctor| gmc_fields(&doctor)).ok_or("is nobody's at the GMC")?;
        let is_not_under_notice =
            wanted["underNotice"] == Said::Value(json!("NO")) && !left.contains("underNotice");
        // what is absent or cannot be read leaves what is stored; a name or UnderNotice that is empty as well
        for (field, value) in &mut wanted {
            let leaves = left.contains(field) || (*value == Said::Empty && !EMPTIED.contains(field));
            if leaves || *value == Said::Nothing {
                *value = stored(field).map_or(Said::Empty, Said::Value);
            }
        }
        for (field, value) in &wanted {
            let wanted = match value {
                Said::Value(value) => Some(value),
                Said::Empty | Said::Nothing => None,
            };
            equal(field, is.get(*field), wanted)?;
        }

        equal("designatedBodyCode", is.get("designatedBodyCode"), Some(&json!(body)))?;
        equal("existsInGmc", is.get("existsInGmc"), Some(&json!(true)))?;
        let was_here = stored("designatedBodyCode")
            .is_some_and(|code| code.as_str().is_some_and(|code| code.trim_start_matches("last-") == body));
        let (known_before, known) = (stored("gmcLastUpdatedDateTime"), is.get("gmcLastUpdatedDateTime"));
        if was_here {
            equal("gmcLastUpdatedDateTime", known, known_before.as_ref())?;
        } else if known.is_none() || known == known_before.as_ref() {
            return Err("gmcLastUpdatedDateTime does not tell the change".to_owned());
        }

        match was {
            None => {
                equal("doctorStatus", is.get("doctorStatus"), Some(&json!("NOT_STARTED")))?;
                let class = json!("uk.nhs.hee.tis.revalidation.entity.DoctorsForDB");
                equal("_class", is.get("_class"), Some(&class))?;
            }
            Some(was) => {
                if is_not_under_notice {
                    equal("doctorStatus", is.get("doctorStatus"), Some(&json!("COMPLETED")))?;
                }
                let ours = |field: &str| OURS.contains(&field) || wanted.contains_key(field);
                for field in was.keys().chain(is.keys()).filter(|field| !ours(field)) {
                    equal(field, is.get(field), was.get(field))?;
                }
            }
        }
        let gmcs_own: Vec<&str> =
            wanted.keys().copied().chain(["designatedBodyCode", "doctorStatus"]).collect();
        let plain = |field: &str, value: Option<Value>| match value {
            Some(Value::String(code)) if field == "designatedBodyCode" => {
                Some(json!(code.trim_start_matches("last-")))
            }
            value => value,
        };
        let is_changed = gmcs_own.iter().any(|field| is.get(*field).cloned() != plain(field, stored(field)));
        let today = json!(self.today);
        if was.is_none() || is_changed {
            equal("lastUpdatedDate", is.get("lastUpdatedDate"), Some(&today))?;
        } else if stored("existsInGmc") != Some(json!(false)) {
            equal("lastUpdatedDate", is.get("lastUpdatedDate"), stored("lastUpdatedDate").as_ref())?;
        }
        Ok(())
    }

    fn wrong_index(&self, before: &Snapshot, after: &Snapshot, expected: &Expected) -> Vec<String> {
        let mut numbers = before.numbers();
        numbers.extend(after.numbers());
        let wrong = |doctor: &String| {
            let masters = after.index(IndexName::Master, doctor);
            let copies = IndexName::COPIES.map(|index| (index, after.index(index, doctor)));
            // of everyone on a roll or named, and in a whole night of everyone hidden
            let is_concerned = expected.wanted(doctor, before) != Wanted::AsBefore
                || expected.is_on_a_roll(doctor, before)
                || (expected.is_whole && after.code(doctor).is_some_and(|code| code.starts_with("last-")));
            let result = if is_concerned {
                index_agrees(after.doctors.get(doctor), &before.index(IndexName::Master, doctor), &masters)
                    .and_then(|()| copies_agree(&masters, &copies, self.today))
            } else {
                Ok(())
            };
            result.err().map(|reason| {
                let stored = after.doctors.get(doctor);
                format!(
                    "{doctor} in the index: {reason}\n  stored {stored:?}\n  master {masters:?}\n  {copies:?}"
                )
            })
        };
        numbers.iter().filter(|doctor| !expected.is_excepted(doctor)).filter_map(wrong).collect()
    }
}

/// What the GMC's answer says in a field.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Value(Value),
    Empty,
    Nothing,
}

/// The fields that an empty element empties; of the others it says nothing.
const EMPTIED: [&str; 3] = ["submissionDate", "dateAdded", "sanction"];

/// The fields that the sync sets beside the GMC's.
const OURS: [&str; 6] = [
    "designatedBodyCode",
    "doctorStatus",
    "existsInGmc",
    "gmcLastUpdatedDateTime",
    "gmcSyncRun",
    "lastUpdatedDate",
];

/// Who is hidden in a body and named by nobody is in no body's answer, which only a whole good night knows.
fn is_as_before(was: Option<&Document>, is: Option<&Document>, expected: &Expected) -> Result<(), String> {
    let code = was.and_then(|was| was.get("designatedBodyCode")).and_then(Value::as_str).unwrap_or_default();
    let mut wanted = was.cloned();
    if let Some(wanted) = wanted.as_mut().filter(|_| code.starts_with("last-"))
        && expected.marks_gone()
        && expected.asks(code.trim_start_matches("last-"))
    {
        wanted.insert("existsInGmc".to_owned(), json!(false));
    }
    same(wanted.as_ref(), is)
}

fn is_left(
    was: Option<&Document>,
    is: Option<&Document>,
    body: &str,
    expected: &Expected,
) -> Result<(), String> {
    let mut wanted = was.ok_or("was not there")?.clone();
    wanted.insert("designatedBodyCode".to_owned(), json!(format!("last-{body}")));
    if expected.marks_gone() {
        wanted.insert("existsInGmc".to_owned(), json!(false));
    }
    same(Some(&wanted), is)
}

fn gmc_fields(doctor: &Doctor<'_>) -> BTreeMap<&'static str, Said> {
    let text = |text: Text<'_>, stored: &dyn Fn(&str) -> String| match text {
        Text::Value(value) if value.trim().is_empty() => Said::Empty,
        Text::Value(value) => Said::Value(json!(stored(value.trim()))),
        Text::Empty => Said::Empty,
        Text::Nil | Text::Absent => Said::Nothing,
    };
    let as_is = |value: &str| value.to_owned();
    let day = |value: &str| jiff::civil::Date::strptime("%d/%m/%Y", value).unwrap().to_string();
    let notice = |value: &str| value.to_uppercase().replace(' ', "_");
    BTreeMap::from([
        ("doctorFirstName", text(doctor.first_name, &as_is)),
        ("doctorLastName", text(doctor.last_name, &as_is)),
        ("submissionDate", text(doctor.submission_date, &day)),
        ("dateAdded", text(doctor.date_added, &day)),
        ("underNotice", text(doctor.under_notice, &notice)),
        ("sanction", text(doctor.sanction, &as_is)),
    ])
}

fn index_agrees(
    stored: Option<&Document>,
    before: &BTreeMap<String, Document>,
    masters: &BTreeMap<String, Document>,
) -> Result<(), String> {
    if masters.is_empty() {
        return if stored.is_none() { Ok(()) } else { Err("no master document".to_owned()) };
    }
    if !before.is_empty() && before.keys().ne(masters.keys()) {
        return Err("master documents appeared or went".to_owned());
    }
    let visible = stored
        .and_then(|stored| stored.get("designatedBodyCode"))
        .filter(|code| code.as_str().is_some_and(|code| !code.is_empty() && !code.starts_with("last-")));
    for (id, master) in masters {
        equal("designatedBody", master.get("designatedBody"), visible)?;
        let status = json!(if visible.is_some() { "Yes" } else { "No" });
        equal("connectionStatus", master.get("connectionStatus"), Some(&status))?;
        for field in WRITTEN_IN_INDEX {
            if let Some(stored) = stored
                && !matches!(field, "designatedBody" | "connectionStatus")
            {
                equal(field, master.get(field), stored.get(field))?;
            }
        }
        let Some(was) = before.get(id) else { continue };
        let foreign = |field: &&String| !WRITTEN_IN_INDEX.contains(&field.as_str());
        for field in was.keys().chain(master.keys()).filter(foreign) {
            equal(field, master.get(field), was.get(field))?;
        }
    }
    Ok(())
}

fn copies_agree(
    masters: &BTreeMap<String, Document>,
    copies: &[(IndexName, BTreeMap<String, Document>)],
    today: &str,
) -> Result<(), String> {
    // of several, the one that TIS knows
    let Some(master) =
        masters.values().find(|master| master.contains_key("tcsPersonId")).or(masters.values().next())
    else {
        return if copies.iter().all(|(_, found)| found.is_empty()) {
            Ok(())
        } else {
            Err("copies without a master".to_owned())
        };
    };
    let text = |field: &str| master.get(field).and_then(Value::as_str).unwrap_or_default();
    let is_connected = text("connectionStatus") == "Yes";
    // dates are written so that their order is that of their texts
    let has_ended =
        is_connected && !text("membershipEndDate").is_empty() && text("membershipEndDate") < today;
    let is_exception = text("membershipType").eq_ignore_ascii_case("visitor")
        || has_ended
        || !text("exceptionReason").trim().is_empty();
    for (index, found) in copies {
        let belongs = match index {
            IndexName::Master => true,
            IndexName::Connected => is_connected,
            IndexName::Disconnected => !is_connected,
            IndexName::Exception => is_exception,
        };
        if found.is_empty() == belongs {
            return Err(format!("belongs in {index}: {belongs}, and has {} documents there", found.len()));
        }
        for copy in found.values() {
            for field in OF_COPIES {
                equal(field, copy.get(field), master.get(field))
                    .map_err(|reason| format!("{index}: {reason}"))?;
            }
        }
    }
    Ok(())
}

fn same(wanted: Option<&Document>, found: Option<&Document>) -> Result<(), String> {
    if wanted == found {
        return Ok(());
    }
    let (Some(wanted), Some(found)) = (wanted, found) else {
        return Err("a document appeared or went".to_owned());
    };
    for field in wanted.keys().chain(found.keys()) {
        equal(field, found.get(field), wanted.get(field))?;
    }
    Ok(())
}

fn equal(field: &str, found: Option<&Value>, wanted: Option<&Value>) -> Result<(), String> {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{field} is {found:?} and was to be {wanted:?}"))
}
