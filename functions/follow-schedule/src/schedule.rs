//! The parameter and the rule, and bringing one in line with the other.

use aws::{NightlyRule, Parameters, RuleState, SdkConfig};
use serde::Serialize;
use sync::ports::PortResult;

use crate::follow::{Action, decide};

/// The schedule: the parameter says what it should be, the rule what it is.
pub(crate) struct ScheduleInForce {
    parameters: Parameters,
    parameter: String,
    rule: NightlyRule,
}

/// What came of bringing them in line; the function's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    #[serde(rename = "outcome")]
    pub(crate) kind: Kind,
    /// Whose text it is about.
    pub(crate) parameter: String,
    /// The expression that the rule has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expression: Option<String>,
    /// Whether it fires by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_enabled: Option<bool>,
    /// Why the parameter was not followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The second of the minute that EventBridge does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dropped_second: Option<u8>,
}

/// In one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    /// The rule was in line already.
    Unchanged,
    /// It is now.
    Changed,
    /// The parameter's text cannot be followed; the rule is as it was.
    Refused,
    /// AWS refused, or did not answer; the rule may be as it was.
    Failed,
    /// The event was about something else.
    Ignored,
}

impl ScheduleInForce {
    /// A parameter and a rule of these names; nothing is sent yet.
    pub(crate) fn new(config: &SdkConfig, parameter: String, rule: String) -> Self {
        Self { parameters: Parameters::new(config), parameter, rule: NightlyRule::new(config, rule) }
    }

    /// The parameter's name.
    pub(crate) fn parameter(&self) -> &str {
        &self.parameter
    }

    /// Brings the rule in line with the parameter. An error is AWS's: what the parameter says is never one.
    pub(crate) async fn bring_in_line(&self) -> PortResult<Outcome> {
        let text = self.parameters.get_text(&self.parameter).await?;
        let rule = self.rule.read().await?;
        let decision = match decide(text.as_deref(), &rule) {
            Ok(decision) => decision,
            Err(reason) => return Ok(self.refused(&rule, reason)),
        };
        let change = match &decision.action {
            Action::Leave => None,
            Action::FireBy(expression) => Some(self.rule.put(Some(expression)).await?),
            Action::SwitchOff => Some(self.rule.put(None).await?),
        };
        let is_change = change.as_ref().is_some_and(aws::RuleChange::is_change);
        let rule = change.map_or(rule, |change| change.after);
        Ok(Outcome {
            kind: if is_change { Kind::Changed } else { Kind::Unchanged },
            dropped_second: decision.dropped_second,
            ..self.with(&rule)
        })
    }

    /// For an event about another parameter.
    pub(crate) fn ignored(&self, other: &str) -> Outcome {
        let reason = format!("another parameter than {}", self.parameter);
        Outcome::without_rule(Kind::Ignored, other, reason)
    }

    /// For a failure of AWS.
    pub(crate) fn failed(&self, reason: String) -> Outcome {
        Outcome::without_rule(Kind::Failed, &self.parameter, reason)
    }

    fn refused(&self, rule: &RuleState, reason: String) -> Outcome {
        Outcome { kind: Kind::Refused, reason: Some(reason), ..self.with(rule) }
    }

    fn with(&self, rule: &RuleState) -> Outcome {
        Outcome {
            kind: Kind::Unchanged,
            parameter: self.parameter.clone(),
            expression: rule.expression.clone(),
            is_enabled: Some(rule.is_enabled),
            reason: None,
            dropped_second: None,
        }
    }
}

impl Outcome {
    fn without_rule(kind: Kind, parameter: &str, reason: String) -> Self {
        Self {
            kind,
            parameter: parameter.to_owned(),
            expression: None,
            is_enabled: None,
            reason: Some(reason),
            dropped_second: None,
        }
    }
}

impl Kind {
    /// The word, as the answer has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
        }
    }
}
