//! The store: one client, one database, and calls that end in time.

use std::time::Duration;

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf};
use mongodb::options::FindOptions;
use mongodb::{Client, Collection, Cursor, Database};
use sync::ports::{PortError, PortResult};

use crate::failure::{failure, port_error};
use crate::settings::{MongoError, MongoSettings};

/// The shared database and the ledger, on MongoDB or DocumentDB. Clones are the same store, and share its connections.
#[derive(Clone, Debug)]
pub struct MongoStore {
    pub(crate) database: Database,
    pub(crate) statements_per_command: usize,
    command_timeout: Duration,
    /// For the commands that the driver sends as they are.
    pub(crate) write_concern: Bson,
}

impl MongoStore {
    /// Makes the client; the first call connects. So a function can start while the database is away.
    pub async fn connect(settings: &MongoSettings) -> Result<Self, MongoError> {
        let options = settings.client_options().await?;
        let write_concern = mongodb::bson::serialize_to_bson(&options.write_concern)
            .map_err(|error| MongoError::Uri(format!("its write concern: {error}")))?;
        // what is wrong now is a certificate that cannot be read or an option: all from the URI, none of it the password
        let client = Client::with_options(options)
            .map_err(|error| MongoError::Uri(port_error("make a client", &error).message))?;
        Ok(Self {
            database: client.database(&settings.database),
            statements_per_command: settings.statements_per_command,
            command_timeout: settings.command_timeout,
            write_concern,
        })
    }

    /// A collection, document by document as it stands there.
    pub(crate) fn raw(&self, name: &str) -> Collection<RawDocumentBuf> {
        self.database.collection(name)
    }

    /// A collection.
    pub(crate) fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }

    /// Waits for one call of the driver, but not for ever. `what` completes the sentence "could not …".
    pub(crate) async fn timed<T>(
        &self,
        what: &str,
        call: impl Future<Output = mongodb::error::Result<T>> + Send,
    ) -> PortResult<T> {
        self.timed_raw(what, call).await?.map_err(|error| port_error(what, &error))
    }

    /// The same for who looks at the driver's error.
    pub(crate) async fn timed_raw<T>(
        &self,
        what: &str,
        call: impl Future<Output = mongodb::error::Result<T>> + Send,
    ) -> PortResult<mongodb::error::Result<T>> {
        tokio::time::timeout(self.command_timeout, call).await.map_err(|_elapsed| {
            failure(what, &format!("no answer within {} s", self.command_timeout.as_secs_f32()), true)
        })
    }

    /// Every document that a query finds, as `read` makes it; what `read` makes nothing of is left out.
    pub(crate) async fn find<T>(
        &self,
        what: &str,
        collection: &str,
        filter: Document,
        options: FindOptions,
        read: impl FnMut(&RawDocument) -> Option<T> + Send,
    ) -> PortResult<Vec<T>> {
        let collection = self.raw(collection);
        let cursor = self.timed(what, async { collection.find(filter).with_options(options).await }).await?;
        self.drain(what, cursor, read).await
    }

    /// The same for a query that has been made already.
    pub(crate) async fn drain<T, D: Send>(
        &self,
        what: &str,
        mut cursor: Cursor<D>,
        mut read: impl FnMut(&RawDocument) -> Option<T> + Send,
    ) -> PortResult<Vec<T>> {
        let mut found = Vec::new();
        while self.timed(what, cursor.advance()).await? {
            found.extend(read(cursor.current()));
        }
        Ok(found)
    }
}

/// What an operator reads of a document of the ledger that is not as the sync writes it.
pub(crate) fn unreadable(what: &str, reason: impl std::fmt::Display) -> PortError {
    failure(what, &format!("a document cannot be read: {reason}"), false)
}
