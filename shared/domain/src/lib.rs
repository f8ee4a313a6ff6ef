//! The rules of the nightly sync: pure, without I/O, async or a clock.
