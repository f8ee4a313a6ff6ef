//! Index documents as the JSON that OpenSearch holds.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value as Json;

use super::{Field, IndexDoc, Value};

impl Value {
    /// The value that stands in a document; `None` for null, which is absent.
    pub fn from_json(json: Json) -> Option<Self> {
        match json {
            Json::Null => None,
            Json::String(text) => Some(Self::Text(text)),
            Json::Bool(flag) => Some(Self::Bool(flag)),
            other => Some(match other.as_i64() {
                Some(number) => Self::Number(number),
                None => Self::Json(Box::new(other)),
            }),
        }
    }

    /// The value as it stands in a document.
    pub fn into_json(self) -> Json {
        match self {
            Self::Text(text) => Json::String(text),
            Self::Number(number) => Json::from(number),
            Self::Bool(flag) => Json::Bool(flag),
            Self::Json(json) => *json,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Json(json) => json.serialize(serializer),
        }
    }
}

/// Its fields by their names; those without a value are left out.
impl Serialize for IndexDoc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(field, value)| (field.as_str(), value)))
    }
}

/// The fields that docs/domain.md §6 lists; all others are passed over.
impl<'de> Deserialize<'de> for IndexDoc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = IndexDoc;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a document of an index")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IndexDoc, A::Error> {
                let mut doc = IndexDoc::default();
                while let Some(Name(name)) = map.next_key()? {
                    match name {
                        Some(field) => doc.set(field, Value::from_json(map.next_value()?)),
                        None => _ = map.next_value::<IgnoredAny>()?,
                    }
                }
                Ok(doc)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// A name in a document, not copied.
struct Name(Option<Field>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(Field::named(name)))
            }
        }

        deserializer.deserialize_identifier(Text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &str) -> IndexDoc {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_field_is_found_by_its_name() {
        for field in Field::ALL {
            assert_eq!(Field::named(field.as_str()), Some(*field));
        }
        assert_eq!(Field::named("fieldOfTomorrow"), None);
    }

    #[test]
    fn a_document_is_the_same_when_it_is_read_again() {
        let written = json!({
            "tcsPersonId": 42,
            "existsInGmc": true,
            "doctorLastName": "O'Neill-Łuczak",
            "programmeName": ["Anaesthetics", null, 1],
            "programmeOwner": {"name": "Deanery", "since": {"year": 2020}},
            "placementGrade": 0.1,
            "tisStatus": u64::MAX,
            "admin": [],
        });

        let doc = read(&written.to_string());

        assert_eq!(doc.text(Field::DoctorLastName), Some("O'Neill-Łuczak"));
        assert_eq!(doc.get(Field::TcsPersonId), Some(&Value::Number(42)));
        assert_eq!(serde_json::to_value(&doc).unwrap(), written);
        assert_eq!(read(&serde_json::to_string(&doc).unwrap()), doc);
    }

    #[test]
    fn null_is_absent_and_what_is_not_ours_is_passed_over() {
        let doc =
            read(r#"{"designatedBody": null, "fieldOfTomorrow": {"a": [1.5, null]}, "gmcStatus": "x"}"#);
        assert_eq!(serde_json::to_value(&doc).unwrap(), json!({"gmcStatus": "x"}));
    }

    #[test]
    fn a_name_is_found_however_it_is_escaped() {
        assert_eq!(read(r#"{"gmc\u0053tatus": "x"}"#).text(Field::GmcStatus), Some("x"));
    }

    /// Else a copy would differ from its master for ever.
    #[test]
    fn a_fraction_is_the_same_when_it_is_written_and_read_again() {
        for text in ["0.1", "1.50", "2.2250738585072014e-308", "122.416294033786585", "1e23", "-0.0"] {
            let json = format!(r#"{{"placementGrade": {text}}}"#);
            let doc = read(&json);
            assert_eq!(read(&serde_json::to_string(&doc).unwrap()), doc, "{text}");
            let value = doc.get(Field::PlacementGrade).cloned().unwrap().into_json();
            assert_eq!(value.as_f64(), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn the_order_of_keys_and_the_space_between_them_are_no_difference() {
        assert_eq!(
            read(r#"{"programmeOwner": {"a": 1, "b": [2]}}"#),
            read(r#"{"programmeOwner":{"b":[ 2 ],"a":1}}"#)
        );
    }
}
