//! Writes the doctors of the answers to the database, sweeps, and watches over every run.

fn main() {}
