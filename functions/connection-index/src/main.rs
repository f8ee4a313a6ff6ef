//! Brings the search indexes in line.

fn main() {}
