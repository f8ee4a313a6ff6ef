//! Keeps the nightly rule equal to the expression in Parameter Store.

fn main() {}
