//! How nights are run here, from the environment.

use std::time::Duration;

use domain::BodyCode;
use lambda::settings::{Env, SettingError};
use sync::open::NightSettings;

const BODIES: &str = "GMC_SYNC_BODIES";

/// Reads it; an error names the variable.
pub(crate) fn night(env: &Env) -> Result<NightSettings, SettingError> {
    let expected = "designated body codes with commas between them, such as 1-1RSSQ05,1-1RSSQ1B";
    let Some(bodies) = env.read(BODIES, expected, bodies)? else {
        return Err(SettingError::Missing { name: BODIES.to_owned(), expected });
    };
    // the GMC is not asked in the last quarter of an hour, and SQS delays a message by no more than that
    let deadline = env.number("RUN_DEADLINE_MINUTES", 60, 20..=720)?;
    Ok(NightSettings {
        hides: env.parse("HIDE_DURING_RUN", true, "true or false")?,
        max_disconnected_percent: env.number("GMC_SYNC_MAX_DISCONNECTED_PERCENT", 20, 0..=100)?,
        max_disconnected_min: env.number("GMC_SYNC_MAX_DISCONNECTED_MIN", 50, 0..=1_000_000)?,
        deadline: Duration::from_mins(deadline),
        ..NightSettings::new(bodies)
    })
}

fn bodies(text: &str) -> Result<Vec<BodyCode>, String> {
    let codes = text.split(',').map(|code| BodyCode::parse(code.trim()));
    let mut codes = codes.collect::<Result<Vec<_>, _>>().map_err(|error| format!(" ({error})"))?;
    let given = codes.len();
    codes.sort();
    codes.dedup();
    if codes.len() < given { Err(" (a code stands there twice)".to_owned()) } else { Ok(codes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_bodies_is_a_setting() {
        let night = night(&Env::of([(BODIES, "1-X, 1-Y"), ("HIDE_DURING_RUN", "false")])).unwrap();

        assert_eq!(night.bodies.iter().map(BodyCode::as_str).collect::<Vec<_>>(), ["1-X", "1-Y"]);
        assert!(!night.hides);
        assert_eq!((night.max_disconnected_percent, night.max_disconnected_min), (20, 50));
        assert_eq!(night.deadline, Duration::from_hours(1));
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_name() {
        for (variables, named) in [
            (vec![], "GMC_SYNC_BODIES is not set"),
            (vec![(BODIES, "1-X,,1-Y")], "GMC_SYNC_BODIES is \"1-X,,1-Y\""),
            (vec![(BODIES, "1-X,1-X")], "twice"),
            (vec![(BODIES, "last-1-X")], "BODIES"),
            (vec![(BODIES, "1-X"), ("HIDE_DURING_RUN", "yes")], "HIDE_DURING_RUN is \"yes\": true or false"),
            (vec![(BODIES, "1-X"), ("GMC_SYNC_MAX_DISCONNECTED_PERCENT", "120")], "from 0 to 100"),
            (vec![(BODIES, "1-X"), ("RUN_DEADLINE_MINUTES", "5")], "RUN_DEADLINE_MINUTES"),
        ] {
            let error = night(&Env::of(variables)).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
