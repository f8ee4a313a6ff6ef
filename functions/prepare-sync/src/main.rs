//! Opens runs for the rule and for POST v1/admin, prepares them, and tells how they went.

fn main() {}
