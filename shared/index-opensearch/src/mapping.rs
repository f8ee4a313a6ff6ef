//! How the fields of the four indexes are mapped (docs/domain.md §6).

use domain::index::{Field, IndexName};
use serde_json::{Map, Value, json};

/// Dates as all services write them.
const DATE: &str = "uuuu-MM-dd";
/// Moments as the services that connect doctors by hand write them, and as their libraries could.
const MOMENT: &str = "uuuu-MM-dd'T'HH:mm:ss||strict_date_optional_time||epoch_millis";

/// A longer keyword is not indexed, but the document is: Lucene takes 32,766 bytes, four a character at most.
const LONGEST_KEYWORD: u32 = 8_191;
/// How much of a name counts when names are sorted.
const LONGEST_SORTED: u32 = 256;

/// What an index is made of. One shard is enough for 1,000,000 doctors, and a copy of it is kept where there is a second
/// node. Other services may add fields of their own; what looks like a date in the first document need not be one in the
/// second, so their dates stay texts.
pub(crate) fn definition(index: IndexName) -> Value {
    json!({
        "settings": {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",
            "analysis": {"normalizer": {"sortable": {"type": "custom", "filter": ["lowercase", "asciifolding"]}}},
        },
        "mappings": {"date_detection": false, "properties": properties(index)},
    })
}

/// The mapping of each field that an index has.
pub(crate) fn properties(index: IndexName) -> Map<String, Value> {
    let fields = if index == IndexName::Master { Field::ALL } else { &Field::OF_COPIES[..] };
    fields.iter().map(|field| (field.as_str().to_owned(), property(*field))).collect()
}

fn property(field: Field) -> Value {
    match field {
        Field::TcsPersonId => json!({"type": "long"}),
        Field::ExistsInGmc => json!({"type": "boolean"}),
        Field::SubmissionDate
        | Field::CurriculumEndDate
        | Field::MembershipStartDate
        | Field::MembershipEndDate
        | Field::LastUpdatedDate => json!({"type": "date", "format": DATE}),
        Field::LastConnectionDateTime => json!({"type": "date", "format": MOMENT}),
        Field::DoctorFirstName | Field::DoctorLastName | Field::ProgrammeName | Field::ExceptionReason => {
            json!({
                "type": "text",
                "fields": {
                    "keyword": {"type": "keyword", "normalizer": "sortable", "ignore_above": LONGEST_SORTED},
                },
            })
        }
        Field::GmcReferenceNumber
        | Field::MembershipType
        | Field::DesignatedBody
        | Field::TcsDesignatedBody
        | Field::ProgrammeOwner
        | Field::ConnectionStatus
        | Field::GmcStatus
        | Field::TisStatus
        | Field::Admin
        | Field::UnderNotice
        | Field::PlacementGrade
        | Field::UpdatedBy => json!({"type": "keyword", "ignore_above": LONGEST_KEYWORD}),
    }
}

/// In what the mapping that an index has differs from ours, in words; of what it has besides, nothing.
pub(crate) fn differences(index: IndexName, found: &Map<String, Value>) -> Vec<String> {
    let mut differences = Vec::new();
    let ours = properties(index);
    // in the order of docs/domain.md §6
    for field in Field::ALL {
        let Some(wanted) = ours.get(field.as_str()) else { continue };
        match found.get(field.as_str()) {
            None => differences.push(format!("{field} is not mapped, {} expected", kind(wanted))),
            Some(found) => compare(field.as_str(), wanted, found, &mut differences),
        }
    }
    differences
}

fn compare(name: &str, wanted: &Value, found: &Value, differences: &mut Vec<String>) {
    if kind(found) != kind(wanted) {
        differences.push(format!("{name} is {}, {} expected", kind(found), kind(wanted)));
        return;
    }
    if let Some(format) = wanted.get("format")
        && found.get("format") != Some(format)
    {
        // what OpenSearch takes when a mapping does not say
        let has =
            found.get("format").and_then(Value::as_str).unwrap_or("strict_date_optional_time||epoch_millis");
        differences
            .push(format!("{name} has the format {has}, {} expected", format.as_str().unwrap_or_default()));
    }
    for (sub, wanted) in wanted.get("fields").and_then(Value::as_object).into_iter().flatten() {
        let name = format!("{name}.{sub}");
        match found.get("fields").and_then(|fields| fields.get(sub)) {
            None => differences.push(format!("{name} is not mapped, {} expected", kind(wanted))),
            Some(found) => compare(&name, wanted, found, differences),
        }
    }
    if let Some(normalizer) = wanted.get("normalizer")
        && found.get("normalizer") != Some(normalizer)
    {
        differences.push(format!("{name} sorts capitals and accents apart"));
    }
}

/// A property without a type has properties of its own.
fn kind(property: &Value) -> &str {
    property.get("type").and_then(Value::as_str).unwrap_or("object")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_mapping_does_not_differ() {
        for index in IndexName::ALL {
            assert_eq!(differences(index, &properties(index)), Vec::<String>::new());
        }
    }

    #[test]
    fn what_differs_is_told_field_by_field() {
        let mut found = properties(IndexName::Connected);
        // as OpenSearch guesses
        let text = json!({"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}});
        found.insert("gmcReferenceNumber".into(), text.clone());
        found.insert("doctorLastName".into(), text);
        found.insert("submissionDate".into(), json!({"type": "date"}));
        found.insert("programmeOwner".into(), json!({"properties": {"name": {"type": "text"}}}));
        found.insert("fieldOfTomorrow".into(), json!({"type": "text"}));
        found.remove("membershipType");

        assert_eq!(
            differences(IndexName::Connected, &found),
            [
                "gmcReferenceNumber is text, keyword expected",
                "doctorLastName.keyword sorts capitals and accents apart",
                "submissionDate has the format strict_date_optional_time||epoch_millis, uuuu-MM-dd expected",
                "membershipType is not mapped, keyword expected",
                "programmeOwner is object, keyword expected",
            ]
        );
    }

    #[test]
    fn copies_have_the_fields_of_copies() {
        assert_eq!(properties(IndexName::Master).len(), Field::ALL.len());
        assert_eq!(properties(IndexName::Exception).len(), Field::OF_COPIES.len());
    }
}
