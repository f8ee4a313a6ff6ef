//! Runs, and the states that a run and its bodies go through.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A run's number; a later run has a greater one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunNumber(pub i64);

impl fmt::Display for RunNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a run stands: `Preparing → Running → Sweeping → Swept`, then one of the last three. A run that is given up
/// while it is prepared goes to `Sweeping` at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunState {
    /// Rolls are read and doctors hidden.
    Preparing,
    /// The GMC is asked, and its answers are applied.
    Running,
    /// The verdict is stored, and is being carried out.
    Sweeping,
    /// The database is right; the index is being looked over.
    Swept,
    /// Every body done and every look acknowledged.
    Succeeded,
    /// Some body failed or held, or some look not acknowledged in time.
    Partial,
    /// No body done.
    Failed,
}

impl RunState {
    /// Whether doctors may still be hidden by the run.
    pub fn is_before_swept(self) -> bool {
        matches!(self, Self::Preparing | Self::Running | Self::Sweeping)
    }

    /// Whether nothing is to happen any more, but for the second look.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Succeeded | Self::Partial | Self::Failed)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preparing => "preparing",
            Self::Running => "running",
            Self::Sweeping => "sweeping",
            Self::Swept => "swept",
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
        })
    }
}

/// Where a body of a run stands: `Pending → Answered | Failed`, and by the verdict `Done | Held | Failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BodyState {
    /// No fetch has ended yet.
    Pending,
    /// One fetch has all its chunks recorded and applied.
    Answered,
    /// The GMC did not answer, or the run was given up.
    Failed,
    /// Answered, and whoever was not named by anybody has left.
    Done,
    /// Answered, but so many would have left that nobody does until someone has looked.
    Held,
}

impl BodyState {
    /// Whether the body waits for nothing more before the sweep.
    pub fn is_settled(self) -> bool {
        self != Self::Pending
    }
}

impl fmt::Display for BodyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Done => "done",
            Self::Held => "held",
        })
    }
}
