//! Nights through the real binaries of the functions and real engines.
