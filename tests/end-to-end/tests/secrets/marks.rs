//! What must not be found anywhere: every doctor's names, made so that they can be no other words, and every secret that
//! the stack has.

use simulator::{Edit, Population, Text};

/// What every first name and every family name holds, whatever becomes of its letters' case.
const FIRST_NAME: &str = "Vornamx";
const LAST_NAME: &str = "Nachnamx";

/// A secret of each kind.
pub(crate) const MONGODB_PASSWORD: &str = "mongodb-word-7c1f";
pub(crate) const OPENSEARCH_PASSWORD: &str = "opensearch-word-9d2e";
pub(crate) const AWS_SECRET_KEY: &str = "aws-word-4b8a";
pub(crate) const AWS_SESSION_TOKEN: &str = "aws-token-2f6d";

/// Pieces of an envelope, in either direction.
const OF_ENVELOPES: [&str; 6] =
    ["soap:envelope", "<password", "<username", "doctorfirstname>", "getdoctorsfordbresponse_doctor", "</"];

/// A message that nobody can read, with what must not be shown of it.
pub(crate) fn unreadable() -> String {
    format!(r#"{{"chunk":{{"doctors":[{{"doctorLastName":"{LAST_NAME}-unread"}}],"x":"<Password>"}}}}"#)
}

/// Gives every doctor at the GMC such names, with apostrophes and letters of other languages in some.
pub(crate) fn mark(gmc: &mut Population) {
    let numbers: Vec<String> = gmc.doctors().map(|doctor| doctor.number).collect();
    for (place, number) in numbers.iter().enumerate() {
        let (before, after) = [("", ""), ("O'", ""), ("", "-Łukasz"), ("d’", " & Søn")][place % 4];
        let first = format!("{FIRST_NAME}{place}");
        let last = format!("{before}{LAST_NAME}{place}{after}");
        let edit = Edit {
            first_name: Some(Text::Value(&first)),
            last_name: Some(Text::Value(&last)),
            ..Edit::default()
        };
        gmc.edit(number, edit).unwrap();
    }
}

/// The first thing in a text that must not be there, with what stands around it.
pub(crate) fn found_in(text: &str, gmc_password: &str) -> Option<String> {
    let text = text.to_lowercase();
    let secrets = [MONGODB_PASSWORD, OPENSEARCH_PASSWORD, AWS_SECRET_KEY, AWS_SESSION_TOKEN, gmc_password];
    let names = [FIRST_NAME, LAST_NAME].map(str::to_lowercase);
    let banned = secrets.into_iter().chain(OF_ENVELOPES).chain(names.iter().map(String::as_str));
    banned.into_iter().find_map(|banned| {
        let at = text.find(banned)?;
        let start = text[..at].char_indices().rev().nth(60).map_or(0, |(start, _)| start);
        let around: String = text[start..].chars().take(160).collect();
        Some(format!("{banned:?} in …{around}…"))
    })
}

#[test]
fn what_is_looked_for_is_found_in_whatever_case_and_company() {
    for leak in [
        "last: O'NACHNAMX7-łukasz",
        r#"{"message":"asked with mongodb-word-7c1f"}"#,
        "body=<soap:Envelope xmlns",
        "<Password>x",
        "Basic, gmc-word",
    ] {
        assert!(found_in(leak, "gmc-word").is_some(), "{leak}");
    }
    assert_eq!(found_in("run 7 is closed, 1234567 has left", "gmc-word"), None);
}
