//! What can go wrong, as the user is told.

use std::io;

/// Why a command could not do what it was asked. The messages say what to do next, where there is something to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The data directory cannot be had.
    #[error(transparent)]
    DataDir(#[from] embedded::DataDirError),
    /// The data file cannot be opened.
    #[error(transparent)]
    Store(#[from] embedded::OpenError),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] sync::ports::PortError),
    /// The environment has something that cannot be used.
    #[error(transparent)]
    Setting(#[from] settings::SettingError),
    /// A stage failed.
    #[error(transparent)]
    Stage(#[from] sync::stage::StageError),
    /// The run cannot be what it was asked to be.
    #[error(transparent)]
    Open(#[from] sync::open::OpenError),
    /// The simulated GMC does not start.
    #[error(transparent)]
    Simulator(#[from] simulator::SimulatorError),
    /// The simulated doctors cannot be made.
    #[error(transparent)]
    Population(#[from] simulator::PopulationError),
    /// The API refuses.
    #[error("{0}")]
    Refused(Box<crate::api::Refusal>),
    /// Standard output cannot be written.
    #[error("standard output cannot be written: {0}")]
    Output(io::Error),
    /// The answer to a question cannot be read.
    #[error("standard input cannot be read: {0}")]
    Input(io::Error),
    /// No threads.
    #[error("the program cannot start its threads: {0}")]
    Runtime(io::Error),
    /// No signal handlers.
    #[error("the program cannot listen for signals: {0}")]
    Signals(io::Error),
    /// Something is no JSON that should be.
    #[error("a document cannot be written as json: {0}")]
    Json(#[from] serde_json::Error),
    /// Anything else, as a whole sentence.
    #[error("{0}")]
    Told(String),
}

impl Error {
    /// Whether the same may go through later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Port(error) => error.is_transient,
            Self::Stage(error) => error.is_transient(),
            _ => false,
        }
    }
}
