//! The ports on one SQLite file and an in-process queue with SQS's rules.
