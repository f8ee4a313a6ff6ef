//! Nights from end to end, contract suites for every adapter.
