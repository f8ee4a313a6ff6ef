//! What somebody hostile would write, as far as the types let it through: codes of bodies that are as odd as
//! [`BodyCode`] takes, and texts of other services and of the GMC that a query, a statement, a script or a line could
//! take for more than a text. A GMC number is held as a number: there is nothing odd that it could hold.

use domain::BodyCode;
use uuid::Uuid;

/// Texts that must stay texts, wherever they are stored or compared.
pub const TEXTS: [&str; 14] = [
    "$where",
    "{\"$gt\": \"\"}",
    "$doctorLastName",
    "a.b.$[].c",
    "' OR 1=1; DROP TABLE doctors; --",
    "%_*?[a-z]",
    "\"}}\n{\"delete\":{\"_index\":\"masterdoctorindex\",\"_id\":\"7000001\"}}\n",
    "doc['designatedBody'].value; ctx._source.clear()",
    "gmcReferenceNumber:* OR _exists_:\"x\" AND /.*/",
    "one\r\ntwo\u{2028}three\u{85}",
    "\u{202e}4321\u{2066}",
    "\u{1b}[2J\u{7}",
    "a\u{0}b",
    "<script>alert(1)</script>&lt;",
];

/// Codes of bodies that nobody else has doctors in, no two of them alike: with dots, hyphens and underscores wherever
/// they can be, with what other languages have for keywords and numbers, as long as can be, in capitals and not.
pub fn codes() -> Vec<BodyCode> {
    let id = Uuid::new_v4().simple().to_string();
    let shapes = [
        id.clone(),
        id.to_uppercase(),
        format!(".{id}"),
        format!("..{id}.."),
        format!("-{id}"),
        format!("--{id}"),
        format!("_{id}"),
        format!("_id.{id}"),
        format!("_all.{id}"),
        format!("__proto__.{id}"),
        format!("x.{id}"),
        format!("xx{id}"),
        format!("LAST-{id}"),
        format!("last.{id}"),
        format!("last_{id}"),
        format!("1e9.{id}"),
        format!("0x{id}"),
        format!("null.{id}"),
        format!("{id}{id}"),
    ];
    shapes
        .iter()
        .map(|shape| match BodyCode::parse(shape) {
            Ok(code) => code,
            Err(error) => panic!("expected a code: {error}"),
        })
        .collect()
}
