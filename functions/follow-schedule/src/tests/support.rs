//! A stub of AWS and CloudFormation, and what the function did to it.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_stub::{Answer, Call, Stub};
use lambda::host::Invocation;
use lambda::metrics::{Metric, TARGET};
use lambda::settings::Env;
use lambda_runtime::Error;
use serde_json::{Value, json};
use sync::ports::Host as _;
use sync::ports::host::Machine;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

use crate::handler::{self, FollowSchedule};
use crate::responder::Responder;
use crate::schedule::ScheduleInForce;

pub(super) const PARAMETER: &str = "/tis/revalidation/preprod/recommendation/cron/nightlysync";
pub(super) const RULE: &str = "gmc-sync-preprod-nightly";

/// What the rule has before anything is done.
pub(super) const OLD: &str = "cron(0 3 * * ? *)";

/// A secret of the address at which CloudFormation wants its answer.
pub(super) const KEY: &str = "the-key-of-the-address";

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
    /// Services that answer so; the operation without a name is CloudFormation's.
    pub(super) async fn new(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let stub = Stub::start(answer).await.unwrap();
        let schedule = Ok(ScheduleInForce::new(&stub.config(), PARAMETER.to_owned(), RULE.to_owned()));
        let logged = Arc::<Mutex<Logged>>::default();
        let guard = tracing::subscriber::set_default(Registry::default().with(Listener(Arc::clone(&logged))));
        let function = FollowSchedule { schedule, responder: Responder::for_a_stub() };
        Self { function, stub, logged, _guard: guard }
    }

    /// A parameter with this text, and an enabled rule with the old expression.
    pub(super) async fn with_text(text: &'static str) -> Self {
        Self::new(move |call| usual(call, text)).await
    }

    /// The same world for a function whose settings are missing.
    pub(super) fn without_settings(self) -> Self {
        let missing = Env::of([("", "")]).required("SCHEDULE_RULE", "the name of the nightly rule");
        let schedule = Err(missing.unwrap_err());
        Self { function: FollowSchedule { schedule, ..self.function }, ..self }
    }

    /// The same world with another parameter.
    pub(super) fn with_parameter(self, name: &str) -> Self {
        let schedule = Ok(ScheduleInForce::new(&self.stub.config(), name.to_owned(), RULE.to_owned()));
        Self { function: FollowSchedule { schedule, ..self.function }, ..self }
    }

    /// Gives the function an event.
    pub(super) async fn invoke(&self, payload: Value) -> Result<Value, Error> {
        self.invoke_for(LONG, payload).await
    }

    /// The same, with this much time.
    pub(super) async fn invoke_for(&self, time: Duration, payload: Value) -> Result<Value, Error> {
        let now = u64::try_from(Machine.now().0).unwrap();
        let host = Invocation::until(now + u64::try_from(time.as_millis()).unwrap());
        let call = lambda::serve::Call { payload, request_id: "request".to_owned(), host };
        let answer = handler::handle(&self.function, call).await;
        let told = format!("{answer:?} {:?}", self.lines());
        assert!(!told.contains(KEY) && !told.contains(aws_stub::SECRET_KEY), "{told}");
        answer
    }

    /// Asks as CloudFormation does; what it was answered.
    pub(super) async fn deploy(&self, request_type: &str) -> Value {
        self.invoke(self.deployment(request_type)).await.unwrap();
        let answers = self.answers();
        assert_eq!(answers.len(), 1, "one answer");
        answers[0].clone()
    }

    /// What CloudFormation asks.
    pub(super) fn deployment(&self, request_type: &str) -> Value {
        json!({
            "RequestType": request_type,
            "ResponseURL": self.response_url(),
            "StackId": "the-stack",
            "RequestId": "the-request",
            "LogicalResourceId": "ScheduleAtDeployment",
            "ResourceType": "Custom::FollowSchedule",
            "ResourceProperties": {},
        })
    }

    /// Where this world's CloudFormation wants its answer.
    pub(super) fn response_url(&self) -> String {
        format!("{}/stack?signature={KEY}", self.stub.url())
    }

    /// What CloudFormation was answered so far.
    pub(super) fn answers(&self) -> Vec<Value> {
        self.stub.requests("")
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
