//! What a caller of `POST v1/admin` asks for, as JSON.

use std::collections::BTreeMap;
use std::fmt;

use domain::BodyCode;
use domain::text::shortened;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// How much of what is wrong is told, in characters: it may quote a name of the caller's, of any length.
const MAX_QUOTED: usize = 200;

/// The largest body that is looked at, in bytes; a list of all codes has a few hundred.
const MAX_BYTES: usize = 64 * 1024;

/// A run that is asked for. The console's Test button sends nothing: that is the whole night. Written down, it has only
/// what is asked for besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StartRequest {
    /// Only these bodies; all there are when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bodies: Option<Vec<BodyCode>>,
    /// The loss that someone who has looked accepts, by body.
    #[serde(deserialize_with = "each_once", skip_serializing_if = "BTreeMap::is_empty")]
    pub accept: BTreeMap<BodyCode, u64>,
    /// Whether an empty answer is accepted for the bodies in `accept`.
    #[serde(skip_serializing_if = "is_false")]
    pub empty: bool,
    /// Whether nothing is to be written but the ledger.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
}

impl StartRequest {
    /// Reads a request's body, as it was sent; the error is for the caller.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        if body.len() > MAX_BYTES {
            return Err(format!("the body has {} bytes: at most {MAX_BYTES} are read", body.len()));
        }
        match body.trim_ascii() {
            b"" | b"null" => Ok(Self::default()),
            // a list would be taken for the fields in their order, and an empty one for the whole night
            #[expect(
                clippy::disallowed_methods,
                reason = "the error quotes an operator's request to that operator"
            )]
            [b'{', ..] => serde_json::from_slice(body)
                .map_err(|error| not_understood(&shortened(&error.to_string(), MAX_QUOTED))),
            _ => Err(not_understood("it is no object")),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

fn not_understood(reason: &str) -> String {
    format!(
        "the body is not understood: {reason}; expected is something like \
         {{\"bodies\": [\"1-1RUZUSF\"], \"accept\": {{\"1-1RUZUSF\": 812}}, \"empty\": false, \"dryRun\": false}}, \
         each of them optional"
    )
}

/// The losses by body. Of two for one body nobody knows which is meant, so that is refused.
fn each_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<BodyCode, u64>, D::Error> {
    struct Losses;
    impl<'de> Visitor<'de> for Losses {
        type Value = BTreeMap<BodyCode, u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of codes and numbers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut losses = BTreeMap::new();
            while let Some((code, loss)) = map.next_entry::<BodyCode, u64>()? {
                if losses.insert(code.clone(), loss).is_some() {
                    return Err(A::Error::custom(format!("two losses are accepted for {code}")));
                }
            }
            Ok(losses)
        }
    }
    deserializer.deserialize_map(Losses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_the_whole_night() {
        for nothing in ["", "  \n", "{}", "null"] {
            assert_eq!(
                StartRequest::read(nothing.as_bytes()).unwrap(),
                StartRequest::default(),
                "{nothing:?}"
            );
        }
    }

    #[test]
    fn a_request_is_read_whole() {
        let body = br#"{"bodies": ["1-X"], "accept": {"1-X": 812}, "empty": true, "dryRun": true}"#;

        let request = StartRequest::read(body).unwrap();

        let code = BodyCode::parse("1-X").unwrap();
        assert_eq!(request.bodies, Some(vec![code.clone()]));
        assert_eq!(request.accept, BTreeMap::from([(code, 812)]));
        assert!(request.empty && request.dry_run);
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_place() {
        for (body, told) in [
            ("{\"bodies\": \"1-X\"}", "line 1"),
            ("{\"bodys\": []}", "unknown field `bodys`"),
            ("{\"accept\": {\"1-X\": -1}}", "invalid value"),
            ("{\"bodies\": [\"last-1-X\"]}", "last-1-X"),
            ("{", "EOF"),
            ("[]", "it is no object"),
            ("[null, {}, true, false]", "it is no object"),
            ("{\"accept\": {\"1-X\": 1, \" 1-X \": 900}}", "two losses are accepted for 1-X"),
            ("{\"dryRun\": \"yes\"}", "invalid type"),
        ] {
            let error = StartRequest::read(body.as_bytes()).unwrap_err();
            assert!(error.contains(told), "{body}: {error}");
        }
    }

    #[test]
    fn a_reason_is_one_short_line_whatever_the_caller_wrote() {
        for name in [
            "a\nb",
            "a\u{0}b",
            "a\u{1b}[2Jb",
            "a\u{202e}b",
            "a\u{2028}b",
            &"b".repeat(9_000),
            &"\u{7f}".repeat(9_000),
        ] {
            let body = serde_json::json!({ name: 1 }).to_string();

            let reason = StartRequest::read(body.as_bytes()).unwrap_err();

            assert!(reason.starts_with("the body is not understood: unknown field `"), "{reason}");
            assert!(reason.chars().count() < 500, "{reason}");
            assert!(
                !reason.contains(|c: char| c.is_control() || "\u{202e}\u{2028}".contains(c)),
                "{reason:?}"
            );
        }
    }

    #[test]
    fn a_body_that_is_too_large_is_not_read() {
        let error = StartRequest::read(&vec![b' '; MAX_BYTES + 1]).unwrap_err();

        assert!(error.contains("at most 65536"), "{error}");
    }
}
