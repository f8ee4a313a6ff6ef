//! The night: one module a stage, written against ports, and the messages between them.
