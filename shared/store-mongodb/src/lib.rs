//! The ports of the database and the ledger on MongoDB or DocumentDB.
