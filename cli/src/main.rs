//! `gmc-sync`: the nightly sync on one machine, and the operator's commands.

fn main() {}
