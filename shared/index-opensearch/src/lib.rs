//! The port of the search indexes on OpenSearch.
