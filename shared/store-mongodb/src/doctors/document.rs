//! Documents of `doctorsForDB` and `recommendation`, and the statements that change the former.

use domain::status::{Outcome, Recommendation};
use domain::{DoctorPatch, DoctorWrite, GmcNumber, Moment, RunNumber, Seen, StoredDoctor};
use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, doc};

use crate::dates::{day_of, midnight, stored_moment};

/// What a new document has beside its fields, so that the services that share the collection can read it
/// (docs/domain.md §5).
const CLASS: &str = "uk.nhs.hee.tis.revalidation.entity.DoctorsForDB";

/// The fields of a [`StoredDoctor`]: what is read of a document.
pub(crate) const FIELDS: [&str; 13] = [
    "_id",
    "designatedBodyCode",
    "doctorFirstName",
    "doctorLastName",
    "submissionDate",
    "dateAdded",
    "underNotice",
    "sanction",
    "doctorStatus",
    "lastUpdatedDate",
    "existsInGmc",
    "gmcLastUpdatedDateTime",
    "gmcSyncRun",
];

/// The number that is the document's `_id`; `None` for one that the GMC cannot name. An `_id` with a space around it is
/// such a one: a write to the seven digits would be to another document.
pub(crate) fn number_of(document: &RawDocument) -> Option<GmcNumber> {
    let id = value(document, "_id")?.as_str()?;
    GmcNumber::parse(id).ok().filter(|number| number.to_string() == id)
}

/// A document of `doctorsForDB`.
///
/// A value of another type than docs/domain.md §5 says, perhaps stored by hand, counts as absent: the run then writes
/// over it, because [`statement`] lets absent match it. So a spoilt document loses no doctor.
pub(crate) fn stored_doctor(document: &RawDocument) -> Option<StoredDoctor> {
    let text = |field| Some(value(document, field)?.as_str()?.to_owned());
    let date = |field| day_of(value(document, field)?.as_datetime()?);
    let gmc_last_updated = value(document, "gmcLastUpdatedDateTime").and_then(RawBsonRef::as_datetime);
    Some(StoredDoctor {
        number: number_of(document)?,
        code: text("designatedBodyCode"),
        first_name: text("doctorFirstName"),
        last_name: text("doctorLastName"),
        submission_date: date("submissionDate"),
        date_added: date("dateAdded"),
        under_notice: text("underNotice"),
        sanction: text("sanction"),
        status: text("doctorStatus"),
        last_updated_date: date("lastUpdatedDate"),
        exists_in_gmc: value(document, "existsInGmc").and_then(RawBsonRef::as_bool),
        gmc_last_updated: gmc_last_updated.map(|at| Moment(at.timestamp_millis())),
        sync_run: value(document, "gmcSyncRun").and_then(whole).map(RunNumber),
    })
}

/// A code as it stands there, and how many doctors are stored under it; `None` for an absent or empty one.
pub(crate) fn code_and_count(group: &RawDocument) -> Option<(String, u64)> {
    let code = value(group, "_id")?.as_str().filter(|code| !code.is_empty())?;
    let doctors = value(group, "doctors").and_then(whole)?;
    Some((code.to_owned(), u64::try_from(doctors).ok()?))
}

/// Whose recommendation a document of `recommendation` is, and what matters of it.
pub(crate) fn recommendation(document: &RawDocument) -> Option<(GmcNumber, Recommendation)> {
    let number = GmcNumber::parse(value(document, "gmcNumber")?.as_str()?).ok()?;
    let outcome = value(document, "outcome").and_then(RawBsonRef::as_str).and_then(Outcome::parse);
    let date = value(document, "actualSubmissionDate").and_then(RawBsonRef::as_datetime).and_then(day_of);
    Some((number, Recommendation { outcome, actual_submission_date: date }))
}

/// The statement that carries out a write; `None` when there is nothing to be written.
pub(crate) fn statement(write: &DoctorWrite) -> Option<Document> {
    let number = write.number.to_string();
    let Fields { mut set, unset } = fields(&write.set);
    let Some(seen) = &write.seen else {
        // the key alone decides: any other condition would try to insert a second document under it
        set.insert("_class", CLASS);
        return Some(doc! {"q": {"_id": number}, "u": {"$setOnInsert": set}, "upsert": true});
    };
    let mut change = Document::new();
    if !set.is_empty() {
        change.insert("$set", set);
    }
    if !unset.is_empty() {
        change.insert("$unset", unset);
    }
    (!change.is_empty()).then(|| doc! {"q": filter(number, seen), "u": change})
}

/// The document as it was read.
fn filter(number: String, seen: &Seen) -> Document {
    doc! {
        "_id": number,
        "designatedBodyCode": text_or_absent(seen.code.as_deref()),
        "gmcLastUpdatedDateTime": seen.gmc_last_updated.map_or_else(|| none_of("date"), |at| stored_moment(at).into()),
        "doctorStatus": text_or_absent(seen.status.as_deref()),
        "underNotice": text_or_absent(seen.under_notice.as_deref()),
    }
}

fn text_or_absent(text: Option<&str>) -> Bson {
    text.map_or_else(|| none_of("string"), Bson::from)
}

/// Matches what [`stored_doctor`] reads as absent: no such field, null, or something of another type.
fn none_of(kind: &str) -> Bson {
    doc! {"$not": {"$type": kind}}.into()
}

struct Fields {
    set: Document,
    unset: Document,
}

/// What a patch sets, and what it removes: an absent value is absent, not null.
fn fields(patch: &DoctorPatch) -> Fields {
    let text = |value: &str| Bson::String(value.to_owned());
    let date = |value: Option<jiff::civil::Date>| value.map(|date| Bson::DateTime(midnight(date)));
    // the outer None leaves a field, the inner one removes it
    let fields = [
        ("designatedBodyCode", patch.code.as_deref().map(|code| Some(text(code)))),
        ("doctorFirstName", patch.first_name.as_deref().map(|name| Some(text(name)))),
        ("doctorLastName", patch.last_name.as_deref().map(|name| Some(text(name)))),
        ("submissionDate", patch.submission_date.map(date)),
        ("dateAdded", patch.date_added.map(date)),
        ("underNotice", patch.under_notice.map(|value| Some(text(value.stored())))),
        ("sanction", patch.sanction.as_ref().map(|value| value.as_deref().map(text))),
        ("doctorStatus", patch.status.map(|status| Some(text(status)))),
        ("lastUpdatedDate", patch.last_updated_date.map(|value| date(Some(value)))),
        ("existsInGmc", patch.exists_in_gmc.map(|exists| Some(Bson::Boolean(exists)))),
        ("gmcLastUpdatedDateTime", patch.gmc_last_updated.map(|at| Some(stored_moment(at).into()))),
        ("gmcSyncRun", patch.sync_run.map(|run| Some(Bson::Int64(run.0)))),
    ];
    let mut parts = Fields { set: Document::new(), unset: Document::new() };
    for (field, value) in fields {
        match value {
            None => {}
            Some(Some(value)) => {
                parts.set.insert(field, value);
            }
            Some(None) => {
                parts.unset.insert(field, "");
            }
        }
    }
    parts
}

/// A field that is there and can be read.
fn value<'d>(document: &'d RawDocument, field: &str) -> Option<RawBsonRef<'d>> {
    document.get(field).ok().flatten()
}

/// A whole number, also as the MongoDB shell stores one that somebody types in.
fn whole(value: RawBsonRef<'_>) -> Option<i64> {
    match value {
        RawBsonRef::Int64(value) => Some(value),
        RawBsonRef::Int32(value) => Some(i64::from(value)),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be whole, and a number of a run is small"
        )]
        RawBsonRef::Double(value) if value.fract() == 0.0 => Some(value as i64),
        _ => None,
    }
}
