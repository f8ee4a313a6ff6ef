//! What every adapter of a port must do, as suites that each adapter's tests run.
