//! A stub of AWS, and what the function did to it.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::{NightlyRule, Parameters};
use aws_stub::{Answer, Call, Stub};
use lambda::metrics::{Metric, TARGET};
use lambda_runtime::Error;
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

use crate::handler::{self, FollowSchedule, NAME};

pub(super) const PARAMETER: &str = "/tis/revalidation/preprod/recommendation/cron/nightlysync";
pub(super) const RULE: &str = "gmc-sync-preprod-nightly";

/// What the rule has before anything is done.
pub(super) const OLD: &str = "cron(0 3 * * ? *)";

/// Longer than any test waits.
pub(super) const LONG: Duration = Duration::from_mins(1);

/// The function, the services that it calls, and what it logs.
pub(super) struct World {
    pub(super) function: FollowSchedule,
    pub(super) stub: Stub,
    logged: Arc<Mutex<Logged>>,
    _guard: DefaultGuard,
}

#[derive(Default)]
struct Logged {
    lines: Vec<String>,
    schedule_errors: Vec<String>,
}

impl World {
    /// Services that answer so.
    pub(super) async fn new(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let stub = Stub::start(answer).await.unwrap();
        let config = stub.config();
        let function = FollowSchedule {
            parameters: Parameters::new(&config),
            parameter: PARAMETER.to_owned(),
            rule: NightlyRule::new(&config, RULE),
        };
        let logged = Arc::<Mutex<Logged>>::default();
        let guard = tracing::subscriber::set_default(Registry::default().with(Listener(Arc::clone(&logged))));
        Self { function, stub, logged, _guard: guard }
    }

    /// A parameter with this text, and an enabled rule with the old expression.
    pub(super) async fn with_text(text: &'static str) -> Self {
        Self::new(move |call| usual(call, text)).await
    }

    /// A parameter with this text, and a rule with this expression and state.
    pub(super) async fn with_rule(text: &'static str, expression: &'static str, state: &'static str) -> Self {
        Self::new(move |call| match &*call.operation {
            "DescribeRule" => {
                Answer::of(&json!({"Name": RULE, "ScheduleExpression": expression, "State": state}))
            }
            _ => usual(call, text),
        })
        .await
    }

    /// Gives the function an event.
    pub(super) async fn invoke(&self, payload: Value) -> Result<Value, Error> {
        self.invoke_for(LONG, payload).await
    }

    /// The same, with this much time.
    pub(super) async fn invoke_for(&self, time: Duration, payload: Value) -> Result<Value, Error> {
        let event = lambda::event::read(NAME, &payload)?;
        let call = lambda::serve::Call::within(time, event, "request");
        let answer = handler::handle(&self.function, call).await;
        let told = format!("{answer:?} {:?}", self.lines());
        assert!(!told.contains(aws_stub::SECRET_KEY), "{told}");
        answer
    }

    /// What was written to the rule so far.
    pub(super) fn written(&self) -> Vec<(Value, Value)> {
        let requests = self.stub.requests("PutRule").into_iter();
        requests.map(|request| (request["ScheduleExpression"].clone(), request["State"].clone())).collect()
    }

    /// The values of the metric `ScheduleErrors` so far.
    pub(super) fn schedule_errors(&self) -> Vec<String> {
        self.logged.lock().unwrap().schedule_errors.clone()
    }

    /// The log so far, of this crate alone.
    pub(super) fn lines(&self) -> Vec<String> {
        self.logged.lock().unwrap().lines.clone()
    }
}

/// An event of the folder.
pub(super) fn event(name: &str) -> Value {
    let mut events = contract::events::of(NAME).into_iter();
    events.find(|(found, _)| found == name).unwrap().1
}

/// What the services answer when all is well.
pub(super) fn usual(call: &Call, text: &str) -> Answer {
    match &*call.operation {
        "GetParameter" => Answer::of(&json!({"Parameter": {"Name": PARAMETER, "Value": text}})),
        "DescribeRule" => Answer::of(&json!({
            "Name": RULE, "ScheduleExpression": OLD, "State": "ENABLED", "Description": "The nightly sync",
        })),
        "PutRule" => Answer::of(&json!({"RuleArn": "arn"})),
        _ => Answer::of(&Value::Null),
    }
}

/// Writes down what this crate logs, and one metric.
struct Listener(Arc<Mutex<Logged>>);

impl<S: tracing::Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let target = event.metadata().target();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut logged = self.0.lock().unwrap();
        if target == TARGET {
            assert_eq!(fields.name, Metric::ScheduleErrors.name());
            logged.schedule_errors.push(fields.value);
        } else if target.starts_with("follow_schedule") {
            logged.lines.push(format!("{}{}", event.metadata().level(), fields.text));
        }
    }
}

#[derive(Default)]
struct Fields {
    name: String,
    value: String,
    text: String,
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value = value.to_string();
        let _ = write!(self.text, " {field}={value}");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "name" {
            value.clone_into(&mut self.name);
        }
        let _ = write!(self.text, " {field}={value}");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.text, " {field}={value:?}");
    }
}
