//! What `gmc-sync setup` does, for the stack's own database and indexes.

use index_opensearch::{Auth, OpenSearchIndex, OpenSearchSettings};
use secrecy::SecretString;
use store_mongodb::{MongoSettings, MongoStore};
use url::Url;

use crate::failure::{Result, Told as _};
use crate::stack::Stack;

impl Stack {
    /// Makes the lock and the indexes of the database, and the search indexes; says what it made, found and found to
    /// differ, one a line.
    pub async fn set_up(&self) -> Result<String> {
        let what = "setting up";
        let settings = MongoSettings::new(SecretString::from(self.mongodb_uri()), self.database.name());
        let store = MongoStore::connect(&settings).await.told(what)?;
        let database = store.setup().await.told(what)?;
        let index = OpenSearchIndex::new(&OpenSearchSettings {
            url: Url::parse(self.indexes.address()).told(what)?,
            auth: Auth::None,
            index_prefix: self.name().to_owned(),
        });
        let indexes = index.told(what)?.setup().await.told(what)?;
        Ok(format!("{database}\n{indexes}\n"))
    }
}
