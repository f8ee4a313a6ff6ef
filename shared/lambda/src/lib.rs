//! What every function needs: settings from the environment, telemetry, batches of messages.
