//! The five functions, and how the stack runs them.

use std::fmt;
use std::time::Duration;

/// A function, named as its package and its binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// Opens runs, prepares them, and tells of them.
    PrepareSync,
    /// Asks the GMC.
    GmcFetch,
    /// Writes the database, and sweeps.
    RecommendationUpdate,
    /// Writes the indexes.
    ConnectionIndex,
    /// Keeps the rule equal to the parameter.
    FollowSchedule,
}

impl Function {
    /// All five.
    pub const ALL: [Self; 5] = [
        Self::PrepareSync,
        Self::GmcFetch,
        Self::RecommendationUpdate,
        Self::ConnectionIndex,
        Self::FollowSchedule,
    ];

    /// Those that read a queue of their own.
    pub const WITH_QUEUE: [Self; 4] =
        [Self::PrepareSync, Self::GmcFetch, Self::RecommendationUpdate, Self::ConnectionIndex];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrepareSync => "prepare-sync",
            Self::GmcFetch => "gmc-fetch",
            Self::RecommendationUpdate => "recommendation-update",
            Self::ConnectionIndex => "connection-index",
            Self::FollowSchedule => "follow-schedule",
        }
    }

    /// The variable in which the others find the URL of its queue.
    pub fn queue_variable(self) -> String {
        format!("{}_QUEUE_URL", self.as_str().to_uppercase().replace('-', "_"))
    }

    /// How many messages one invocation gets at most.
    pub fn batch_size(self) -> usize {
        if self == Self::GmcFetch { 1 } else { 10 }
    }

    /// How many processes serve it, which is how many invocations there are at once.
    pub fn processes(self) -> usize {
        match self {
            Self::GmcFetch => 3,
            Self::PrepareSync | Self::RecommendationUpdate | Self::ConnectionIndex => 2,
            Self::FollowSchedule => 1,
        }
    }

    /// How long an invocation may take, as in the template.
    pub fn timeout(self) -> Duration {
        Duration::from_secs(match self {
            Self::GmcFetch => 300,
            Self::PrepareSync | Self::RecommendationUpdate | Self::ConnectionIndex => 90,
            Self::FollowSchedule => 30,
        })
    }

    /// How much memory it has, in MiB, as in the template.
    pub fn memory(self) -> u32 {
        if self == Self::FollowSchedule { 128 } else { 512 }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
