//! Whole index documents, as other services save and read them (docs/domain.md §6).

use domain::GmcNumber;
use domain::index::{Field, IndexName, Value as FieldValue};
use rusqlite::params_from_iter;
use serde_json::Value;
use sync::ports::PortResult;

use crate::documents::{from_rest, object, rest, take_number, with};
use crate::index::{columns, loaded, loaded_id, reserve, stored, stored_fields, stored_id, table};
use crate::sql::{integer, key, text};
use crate::store::Store;

impl Store {
    /// Saves a whole document of an index under an id, as another service does: what was there is gone. It must have a
    /// `gmcReferenceNumber` that is one, and an id of seven characters must be that.
    pub async fn put_index_document(&self, index: IndexName, id: &str, document: Value) -> PortResult<()> {
        let id = id.to_owned();
        self.writing("save a document of an index", move |transaction| {
            let mut fields = object(document)?;
            let number = take_number(&mut fields, Field::GmcReferenceNumber.as_str())?;
            let known = stored_fields()
                .map(|field| (field, fields.remove(field.as_str()).and_then(FieldValue::from_json)))
                .collect::<Vec<_>>();
            let mut values = vec![
                integer(key(number)),
                text(Some(stored_id(&id, number)?)),
                integer(reserve(transaction, 1)?),
            ];
            for (field, value) in &known {
                values.push(stored(*field, value.as_ref())?);
            }
            values.push(rest(&fields)?);

            // A generated id that was another doctor's is replaced as well, by the index on ids.
            let places = vec!["?"; values.len()].join(", ");
            let sql = format!(
                "REPLACE INTO {} (gmc, id, seqNo, {}, rest) VALUES ({places})",
                table(index),
                columns()
            );
            transaction.prepare_cached(&sql)?.execute(params_from_iter(values))?;
            Ok(())
        })
        .await
    }

    /// The documents of a doctor in an index, each with its id, as another service reads them; in order of their ids.
    pub async fn index_documents(
        &self,
        index: IndexName,
        number: GmcNumber,
    ) -> PortResult<Vec<(String, Value)>> {
        self.reading("read documents of an index", move |transaction| {
            let sql =
                format!("SELECT id, rest, {} FROM {} WHERE gmc = ?1 ORDER BY id", columns(), table(index));
            let mut statement = transaction.prepare_cached(&sql)?;
            let mut rows = statement.query([key(number)])?;
            let mut documents = Vec::new();
            while let Some(row) = rows.next()? {
                let mut fields = from_rest(row.get_ref(1)?)?;
                for (column, field) in stored_fields().enumerate() {
                    if let Some(value) = loaded(field, row.get_ref(column + 2)?)? {
                        fields.insert(field.as_str().to_owned(), value.into_json());
                    }
                }
                let field = Field::GmcReferenceNumber.as_str();
                let id = loaded_id(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?, number);
                documents.push((id, with(field, number.to_string().into(), fields)));
            }
            Ok(documents)
        })
        .await
    }
}
