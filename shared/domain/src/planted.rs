//! Deliberate bugs, for proving that the simulation notices them (docs/testing.md, "The suite has teeth").
//!
//! Each is one short expression at the place where a programmer could really make it. In an ordinary build [`planted`]
//! is a constant `false` and leaves nothing behind. `tests/simulation/planted` compiles with `--cfg planted_bugs`: then a
//! bug is there only for the thread that has chosen it. It is no cargo feature, because cargo gives every package of one
//! build the features that any of them asks for; the program and the functions refuse to be compiled with it.

macro_rules! bugs {
    ($($bug:ident $what:literal),+ $(,)?) => {
        /// A bug that can be planted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Bug { $(#[doc = $what] $bug),+ }

        #[cfg(planted_bugs)]
        impl Bug {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$bug),+];

            /// What is done wrongly, in a sentence.
            pub fn what(self) -> &'static str {
                match self { $(Self::$bug => $what),+ }
            }
        }
    };
}

bugs! {
    RollReadAfterHiding "the roll is read after its doctors have been hidden",
    RollHoldsTheHidden "who was hidden before the night is on the roll, and shown again",
    TwoRollsForOneBody "two callers that prepare a run write their rolls over each other",
    EarlierRunNotSettled "a run begins while an earlier one still hides doctors",
    LockIgnored "a run is opened while another one goes on",
    HidingRepeated "a repeated prepare hides again, whatever the run has come to",
    SetByHandIgnored "what was set by hand since the question is overwritten",
    HiddenTakenForSetByHand "a hidden doctor dated after the question is taken for set by hand",
    SetByHandHidden "a doctor whom another service has connected since the run was opened is hidden",
    DateAheadBelieved "a date later than now is taken for the moment of a setting by hand",
    AskedAtAfterTheAnswer "an answer is dated by its arrival and not by the question",
    FailureTakenForAnswer "what a failed answer of the GMC had named is taken for a whole answer",
    HalfAnswerTakenForWhole "a body is answered with the first part of its answer",
    FetchesTakenTogether "the parts of two fetches are taken for one whole answer",
    AppliedBeforeTheWrite "a part of an answer counts as applied before its doctors are written",
    AcknowledgedBeforeTheWork "a message is deleted when it is received, before it is worked on",
    LateChunkApplied "a part of an answer is applied although its run is over",
    FilterWithoutWhatWasRead "a write's filter has the number and not what was read",
    StatusMovedByRedelivery "a redelivered part moves doctorStatus on by a night",
    RefusedDoctorGivenUp "a document that was refused as a whole is not written at all",
    DecisionNotStored "a second sweep decides again, and its verdict replaces the first",
    SweptPerBody "only what the own body named keeps a doctor from leaving",
    CutOffFetchForgotten "what a fetch named before it was cut off does not count",
    SafeguardOffByOne "one more doctor than the safeguard allows may leave",
    EmptyAnswerAccepted "an empty answer is judged like any other",
    NobodyMarkedGone "who has left is not marked as unknown to the GMC",
    LookBeforeTheWrite "connection-index is told to look before the documents are right",
    LooksNotAwaited "a run succeeds before every look was taken",
    DatabaseNotReadAgain "the database is not read when a run has ended while an answer went into the index",
    ConflictIgnored "an item of a bulk request that failed with 409 counts as written",
    BusyIgnored "an item of a bulk request that failed with 429 or 503 counts as written",
    OnlyFirstDocument "of several index documents of a doctor only one is brought in line",
    CopiesNotFollowed "the copies are not made to follow a master document that was right already",
    WatchdogIgnored "the watchdog does nothing",
    NoSecondLook "the second look writes nothing",
    FetchesCountedTogether "the report adds up what every fetch of a body returned",
}

#[cfg(planted_bugs)]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Chooses the bug of this thread, or none.
#[cfg(planted_bugs)]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether this thread has chosen the bug.
#[cfg(planted_bugs)]
#[must_use]
pub fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Never: this is an ordinary build.
#[cfg(not(planted_bugs))]
#[must_use]
#[inline]
pub const fn planted(_: Bug) -> bool {
    false
}
