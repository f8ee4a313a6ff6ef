//! What a caller of `POST v1/admin` asks for.

use std::collections::BTreeMap;

use domain::BodyCode;
use serde::Deserialize;

/// The largest body that is looked at, in bytes; a list of all codes has a few hundred.
const MAX_BYTES: usize = 64 * 1024;

/// A run that is asked for. The console's Test button sends nothing: that is the whole night.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct StartRequest {
    /// Only these bodies; all there are when absent.
    pub(crate) bodies: Option<Vec<BodyCode>>,
    /// The loss that someone who has looked accepts, by body.
    pub(crate) accept: BTreeMap<BodyCode, u64>,
    /// Whether an empty answer is accepted for the bodies in `accept`.
    pub(crate) empty: bool,
    /// Whether nothing is to be written but the ledger.
    pub(crate) dry_run: bool,
}

impl StartRequest {
    /// Reads a request's body, as it was sent; the error is for the caller.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        if body.len() > MAX_BYTES {
            return Err(format!("the body has {} bytes: at most {MAX_BYTES} are read", body.len()));
        }
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let read: Option<Self> = serde_json::from_slice(body).map_err(|error| {
            format!(
                "the body is not understood: {error}; expected is something like \
                 {{\"bodies\": [\"1-1RUZUSF\"], \"accept\": {{\"1-1RUZUSF\": 812}}, \"empty\": false, \"dryRun\": false}}, \
                 each of them optional"
            )
        })?;
        Ok(read.unwrap_or_default())
    }
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
            ("[", "EOF"),
            ("{\"dryRun\": \"yes\"}", "invalid type"),
        ] {
            let error = StartRequest::read(body.as_bytes()).unwrap_err();
            assert!(error.contains(told), "{body}: {error}");
        }
    }

    #[test]
    fn a_body_that_is_too_large_is_not_read() {
        let error = StartRequest::read(&vec![b' '; MAX_BYTES + 1]).unwrap_err();

        assert!(error.contains("at most 65536"), "{error}");
    }
}
