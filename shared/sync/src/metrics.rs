//! What is measured of a night. A metric is an event of `tracing` under a target of its own: whoever wants it listens
//! there (the functions write it in CloudWatch's embedded format), and for everybody else it costs nothing.

use domain::BodyCode;
use tracing::Level;

/// The target of the events; their fields are `name`, `unit`, `value` and, of a designated body, `body`.
pub const TARGET: &str = "gmc_sync::metric";

macro_rules! metrics {
    ($($(#[$doc:meta])+ $variant:ident $unit:literal $scope:ident),+ $(,)?) => {
        /// A metric. Its name in CloudWatch is the variant's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Metric { $($(#[$doc])+ $variant),+ }

        impl Metric {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }

            /// The unit, in CloudWatch's words.
            pub fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit),+ }
            }

            /// What it is told of.
            pub fn scope(self) -> Scope {
                match self { $(Self::$variant => Scope::$scope),+ }
            }
        }
    };
}

metrics! {
    /// Messages of a batch that are done with.
    MessagesHandled "Count" Function,
    /// Messages of a batch that failed and come again.
    MessagesFailed "Count" Function,
    /// Messages of a batch that are to come again later, because there was no time or the GMC is to be asked later.
    MessagesHandedBack "Count" Function,
    /// How long a batch took.
    BatchMilliseconds "Milliseconds" Function,
    /// Bodies whose verdict is *done*.
    BodiesDone "Count" Body,
    /// Bodies whose verdict is *held*: somebody must look.
    BodiesHeld "Count" Body,
    /// Bodies whose verdict is *failed*.
    BodiesFailed "Count" Body,
    /// Doctors who left a body.
    DoctorsLeft "Count" Body,
    /// Documents that would not agree with the verdict.
    DoctorsUnsettled "Count" Night,
    /// Runs that closed with every body done and every look taken.
    RunsSucceeded "Count" Night,
    /// Runs that closed with some body not done, or some look not taken.
    RunsPartial "Count" Night,
    /// Runs that closed with no body done.
    RunsFailed "Count" Night,
    /// For how long at most doctors were hidden in a run.
    HiddenSeconds "Seconds" Night,
    /// From the opening of a run to its closing.
    RunSeconds "Seconds" Night,
    /// Since the last due time without a finished run; 0 when there was one.
    MinutesOverdue "Count" Night,
    /// Since the last whole run that succeeded closed.
    MinutesSinceSuccess "Count" Night,
    /// 1 when the schedule in Parameter Store cannot be followed, else 0.
    ScheduleErrors "Count" Night,
}

/// What a metric is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A function's work, whatever it is about.
    Function,
    /// A night, or the watch over the nights.
    Night,
    /// A designated body in a night.
    Body,
}

/// Tells a value.
pub fn emit(metric: Metric, value: f64) {
    tracing::event!(target: TARGET, Level::TRACE, name = metric.name(), unit = metric.unit(), value);
}

/// Tells a number of things.
pub fn emit_count(metric: Metric, count: u64) {
    emit(metric, as_value(count));
}

/// Tells a number of things of one designated body, by a metric of the scope [`Scope::Body`].
pub fn emit_count_of(metric: Metric, body: &BodyCode, count: u64) {
    let (name, unit, value, body) = (metric.name(), metric.unit(), as_value(count), body.as_str());
    tracing::event!(target: TARGET, Level::TRACE, name, unit, value, body);
}

/// A count as a figure: no night counts four thousand million of anything.
pub(crate) fn as_value(count: u64) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
