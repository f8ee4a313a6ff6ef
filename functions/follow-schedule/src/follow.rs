//! What the parameter's text means for the rule: decided here, done elsewhere.

use aws::RuleState;
use domain::schedule::Schedule;

/// What is to be done to the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is as it should be.
    Leave,
    /// It is to fire by this expression.
    FireBy(String),
    /// It is not to fire.
    SwitchOff,
}

/// A schedule that can be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) action: Action,
    /// The second of the minute that EventBridge does not know.
    pub(crate) dropped_second: Option<u8>,
}

/// Decides what becomes of `rule`; `None` is a parameter that does not exist. An error is the reason why the rule stays
/// as it is: a night at the wrong time is worse than one at the old.
pub(crate) fn decide(text: Option<&str>, rule: &RuleState) -> Result<Decision, String> {
    let text = text.ok_or("there is no such parameter")?;
    let schedule = Schedule::parse(text).map_err(|error| error.to_string())?;
    let expression = schedule.expression().map(str::to_owned);
    let action = match expression {
        None if !rule.is_enabled => Action::Leave,
        None => Action::SwitchOff,
        Some(expression) if rule.is_enabled && rule.expression.as_ref() == Some(&expression) => Action::Leave,
        Some(expression) => Action::FireBy(expression),
    };
    Ok(Decision { action, dropped_second: schedule.dropped_second() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "cron(0 3 * * ? *)";

    #[test]
    fn springs_notation_becomes_eventbridges() {
        assert_eq!(action("0 5 0 * * MON-FRI", true), Action::FireBy("cron(5 0 ? * MON-FRI *)".to_owned()));
        assert_eq!(action(" cron(5 0 * * ? *)\n", true), Action::FireBy("cron(5 0 * * ? *)".to_owned()));
        assert_eq!(action("rate(1 day)", true), Action::FireBy("rate(1 day)".to_owned()));
    }

    #[test]
    fn a_rule_that_fires_so_already_is_left() {
        assert_eq!(action("0 0 3 * * *", true), Action::Leave);
        assert_eq!(action(OLD, true), Action::Leave);
    }

    #[test]
    fn a_rule_with_the_right_expression_that_is_off_is_switched_on() {
        assert_eq!(action("0 0 3 * * *", false), Action::FireBy(OLD.to_owned()));
    }

    #[test]
    fn a_hyphen_switches_off_what_is_on() {
        assert_eq!(action("-", true), Action::SwitchOff);
        assert_eq!(action("-", false), Action::Leave);
    }

    #[test]
    fn what_cannot_be_followed_is_refused_with_the_reason() {
        for (text, reason) in [
            (None, "there is no such parameter"),
            (Some(""), "is no schedule expression"),
            (Some("0 0 * * *"), "Spring has 6 fields"),
            (Some("*/5 0 0 * * *"), "EventBridge fires at most once a minute"),
            (Some("0 0 0 1 * MON"), "Spring fires when both match"),
            (Some("0 0 0 30 2 *"), "never fires"),
            (Some("daily(0)"), "is no schedule expression"),
        ] {
            let refused = decide(text, &rule(true)).unwrap_err();

            assert!(refused.contains(reason), "{text:?}: {refused}");
        }
    }

    #[test]
    fn a_second_that_is_lost_is_told() {
        let decided = |text| decide(Some(text), &rule(true)).unwrap().dropped_second;

        assert_eq!((decided("30 0 3 * * *"), decided("0 0 3 * * *")), (Some(30), None));
    }

    fn action(text: &str, is_enabled: bool) -> Action {
        decide(Some(text), &rule(is_enabled)).unwrap().action
    }

    fn rule(is_enabled: bool) -> RuleState {
        RuleState {
            expression: Some(OLD.to_owned()),
            is_enabled,
            description: None,
            event_pattern: None,
            role: None,
            event_bus: None,
        }
    }
}
