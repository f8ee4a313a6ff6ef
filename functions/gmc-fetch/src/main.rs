//! Asks the GMC for a body and sends its doctors on.

fn main() {}
