//! The nightly rule of EventBridge.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::RuleState as State;
use sync::ports::PortResult;

use crate::error::port_error;

/// One rule of the default event bus, where schedules are.
#[derive(Clone, Debug)]
pub struct NightlyRule {
    client: Client,
    name: String,
}

/// A rule as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleState {
    /// `cron(...)` or `rate(...)`; kept also while the rule is disabled.
    pub expression: Option<String>,
    /// Whether it fires.
    pub is_enabled: bool,
    /// For people.
    pub description: Option<String>,
    /// The pattern of events that it fires at as well.
    pub event_pattern: Option<String>,
    /// The ARN of the role with which it calls its targets.
    pub role: Option<String>,
    /// The bus that it is on.
    pub event_bus: Option<String>,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleChange {
    /// As it was.
    pub before: RuleState,
    /// As it is now.
    pub after: RuleState,
}

impl RuleChange {
    /// Whether it had to be written.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

impl NightlyRule {
    /// The rule of that name; nothing is sent yet.
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        Self { client: Client::new(config), name: name.into() }
    }

    /// The rule's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rule as it stands. That there is no such rule is a permanent error.
    pub async fn read(&self) -> PortResult<RuleState> {
        let output = self
            .client
            .describe_rule()
            .name(&self.name)
            .send()
            .await
            .map_err(|error| port_error(&format!("read rule {}", self.name), &error))?;
        Ok(RuleState {
            expression: output.schedule_expression,
            // the third state, which hears CloudTrail as well, means nothing to a schedule
            is_enabled: output.state.is_some_and(|state| state != State::Disabled),
            description: output.description,
            event_pattern: output.event_pattern,
            role: output.role_arn,
            event_bus: output.event_bus_name,
        })
    }

    /// Lets the rule fire by `expression`, or not at all; then it keeps the expression that it has. What is so already
    /// is not written.
    ///
    /// The rule is read first: `PutRule` replaces everything, so that what is not said again is lost. Targets and tags
    /// are not the rule's own and stay.
    pub async fn put(&self, expression: Option<&str>) -> PortResult<RuleChange> {
        let before = self.read().await?;
        let after = RuleState {
            expression: expression.map(str::to_owned).or_else(|| before.expression.clone()),
            is_enabled: expression.is_some(),
            ..before.clone()
        };
        let change = RuleChange { before, after };
        if change.is_change() {
            self.write(&change.after).await?;
        }
        Ok(change)
    }

    async fn write(&self, rule: &RuleState) -> PortResult<()> {
        self.client
            .put_rule()
            .name(&self.name)
            .set_schedule_expression(rule.expression.clone())
            .state(if rule.is_enabled { State::Enabled } else { State::Disabled })
            .set_description(rule.description.clone())
            .set_event_pattern(rule.event_pattern.clone())
            .set_role_arn(rule.role.clone())
            .set_event_bus_name(rule.event_bus.clone())
            .send()
            .await
            .map_err(|error| port_error(&format!("write rule {}", self.name), &error))?;
        Ok(())
    }
}
