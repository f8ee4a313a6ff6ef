//! The commands `update` and `insert` with many statements, and their answers: failures of single statements come
//! inside `ok: 1`.

use mongodb::bson::{Bson, Document, doc};
use sync::ports::PortResult;

use crate::failure::{
    code_text, failure, is_about_the_server, is_duplicate_key, is_passing, write_concern_may_pass,
};
use crate::store::MongoStore;

/// What came of statements.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// How many documents they matched or inserted.
    pub(crate) matched: u64,
    /// The positions of the statements that were refused for what they say, each with the reason.
    pub(crate) refused: Vec<(usize, String)>,
}

impl MongoStore {
    /// Carries out update statements (`{q, u, upsert, multi}`), unordered, so that one does not stop another.
    ///
    /// A statement that met a duplicate key is not among the refused: somebody else was first. When the server fails in
    /// the middle, what was written is written.
    pub(crate) async fn update(
        &self,
        what: &str,
        collection: &str,
        statements: Vec<Document>,
    ) -> PortResult<Written> {
        self.in_commands(what, "update", "updates", collection, statements).await
    }

    /// Inserts documents, unordered; one whose key is there already is left out.
    pub(crate) async fn insert(
        &self,
        what: &str,
        collection: &str,
        documents: Vec<Document>,
    ) -> PortResult<Written> {
        self.in_commands(what, "insert", "documents", collection, documents).await
    }

    async fn in_commands(
        &self,
        what: &str,
        command: &str,
        list: &str,
        collection: &str,
        statements: Vec<Document>,
    ) -> PortResult<Written> {
        let mut written = Written::default();
        let mut statements = statements.into_iter().map(Bson::Document);
        let mut done = 0;
        loop {
            let batch: Vec<Bson> = statements.by_ref().take(self.statements_per_command).collect();
            if batch.is_empty() {
                return Ok(written);
            }
            let sent = batch.len();
            let command = doc! {
                command: collection,
                list: batch,
                "ordered": false,
                "writeConcern": self.write_concern.clone(),
            };
            let answer = self.timed(what, async { self.database.run_command(command).await }).await?;
            let of_batch = read_answer(what, &answer)?;
            written.matched += of_batch.matched;
            written
                .refused
                .extend(of_batch.refused.into_iter().map(|(place, reason)| (done + place, reason)));
            done += sent;
        }
    }
}

/// Reads the answer to a command of many writes.
fn read_answer(what: &str, answer: &Document) -> PortResult<Written> {
    let mut written = Written { matched: whole(answer.get("n")).unwrap_or(0), refused: Vec::new() };
    for refusal in documents(answer.get("writeErrors")) {
        let code = whole(refusal.get("code")).unwrap_or(0);
        let place = whole(refusal.get("index"));
        if is_duplicate_key(code) {
            continue;
        }
        if is_passing(code) || is_about_the_server(code) {
            return Err(failure(what, &code_text(code), is_passing(code)));
        }
        let Some(place) = place else {
            return Err(failure(what, "the server's answer cannot be read", false));
        };
        written.refused.push((place, format!("the database refused it with {}", code_text(code))));
    }
    if let Some(unmet) = answer.get("writeConcernError").and_then(Bson::as_document) {
        let code = whole(unmet.get("code")).unwrap_or(0);
        let reason = format!("the write concern was not met, {}", code_text(code));
        return Err(failure(what, &reason, write_concern_may_pass(code)));
    }
    Ok(written)
}

fn documents(list: Option<&Bson>) -> impl Iterator<Item = &Document> {
    list.and_then(Bson::as_array).into_iter().flatten().filter_map(Bson::as_document)
}

/// A whole number, of whatever type a server sends it.
fn whole<T: TryFrom<i64>>(value: Option<&Bson>) -> Option<T> {
    let value = match value? {
        Bson::Int32(value) => i64::from(*value),
        Bson::Int64(value) => *value,
        #[expect(clippy::cast_possible_truncation, reason = "counts and codes are small, and whole")]
        Bson::Double(value) => *value as i64,
        _ => return None,
    };
    T::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use sync::ports::PortError;

    use super::*;

    fn read(answer: &Document) -> PortResult<Written> {
        read_answer("write documents of doctorsForDB", answer)
    }

    #[test]
    fn failures_of_single_statements_are_read_inside_an_answer_that_is_ok() {
        let answer = doc! {
            "ok": 1.0,
            "n": 998_i64,
            "writeErrors": [
                {"index": 3, "code": 11_000, "errmsg": "E11000 duplicate key error ... dup key: { : \"7000001\" }"},
                {"index": 7.0, "code": 121, "errmsg": "Document failed validation: { lastName: \"Smith\" }"},
                {"index": 9_i64, "code": 4_242, "errmsg": "who knows, Smith"},
            ],
        };

        let written = read(&answer).unwrap();

        let refused = vec![
            (7, "the database refused it with error 121 (DocumentValidationFailure)".to_owned()),
            (9, "the database refused it with error 4242".to_owned()),
        ];
        assert_eq!(
            written,
            Written { matched: 998, refused },
            "expected the duplicate to be a miss, and no word of the server's, which quotes the document"
        );
    }

    #[test]
    fn a_server_that_steps_down_in_the_middle_is_no_refusal_of_documents() {
        for code in [91, 189, 10_107, 11_600, 11_602] {
            let answer = doc! {"ok": 1, "n": 5, "writeErrors": [{"index": 6, "code": code, "errmsg": "x"}]};
            let error = read(&answer).unwrap_err();
            assert!(error.is_transient, "{code}: {error}");
        }
    }

    #[test]
    fn a_missing_right_is_no_refusal_of_documents_and_permanent() {
        let answer =
            doc! {"ok": 1, "n": 0, "writeErrors": [{"index": 0, "code": 13, "errmsg": "not allowed"}]};

        let expected = PortError::permanent(
            "could not write documents of doctorsForDB in MongoDB: error 13 (Unauthorized)",
        );
        assert_eq!(read(&answer), Err(expected));
    }

    #[test]
    fn a_write_concern_that_is_not_met_is_told() {
        let timeout =
            doc! {"ok": 1, "n": 2, "writeConcernError": {"code": 64, "errmsg": "waiting timed out"}};
        let error = read(&timeout).unwrap_err();
        assert!(error.is_transient && error.message.contains("write concern"), "{error}");

        let impossible = doc! {"ok": 1, "n": 2, "writeConcernError": {"code": 79, "errmsg": "unknown mode"}};
        assert!(!read(&impossible).unwrap_err().is_transient);
    }
}
