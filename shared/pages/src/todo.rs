//! What somebody has to do about a night: the bodies that are held or failed, and what goes on from there.

use std::collections::BTreeMap;

use domain::{BodyCode, BodyState};
use serde_json::json;
use sync::report::{BodyReport, Report};
use sync::start_request::StartRequest;

use crate::text::{LONG, SHORT, grouped, listed, name, shown};

/// How whoever reads the page begins another night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// With `gmc-sync night` on this machine.
    CommandLine {
        /// What its commands repeat to find the same data, such as ` --data DIR`; quoted for a shell.
        options: String,
    },
    /// With `POST v1/admin`.
    Api,
}

/// One thing to do.
pub(crate) struct Todo {
    /// "held" or "failed".
    pub(crate) state: BodyState,
    /// What it is about, for people.
    pub(crate) title: String,
    /// The codes.
    pub(crate) codes: String,
    /// Why.
    pub(crate) reason: String,
    /// Figures, as "what" and "how many".
    pub(crate) figures: Vec<(&'static str, String)>,
    /// What to do.
    pub(crate) advice: &'static str,
    /// What does it: where, and what is to be said there.
    pub(crate) commands: Vec<(&'static str, String)>,
}

/// Everything that is to be done about a night; nothing while it goes on, since it may yet be settled.
pub(crate) fn todos(report: &Report, reach: &Reach) -> Vec<Todo> {
    if !report.state.is_closed() {
        return Vec::new();
    }
    let held = report.bodies.iter().filter(|body| body.state == BodyState::Held);
    let mut todos: Vec<Todo> = held.map(|body| accept(body, report.is_dry, reach)).collect();

    let mut failed: BTreeMap<&str, Vec<&BodyReport>> = BTreeMap::new();
    for body in report.bodies.iter().filter(|body| body.state == BodyState::Failed) {
        failed.entry(body.reason.as_deref().unwrap_or("no reason is known")).or_default().push(body);
    }
    todos.extend(failed.into_iter().map(|(reason, bodies)| ask_again(report, reason, &bodies, reach)));
    todos
}

fn accept(body: &BodyReport, is_dry: bool, reach: &Reach) -> Todo {
    let loss = body.loss.unwrap_or(domain::roll_call::Loss { left: 0, unusable: 0, is_empty: false });
    let most = loss.possible();
    let code = &body.code;
    let (empty, dry) =
        (if loss.is_empty { " --accept-empty" } else { "" }, if is_dry { " --dry-run" } else { "" });
    let request = StartRequest {
        bodies: Some(vec![code.clone()]),
        accept: BTreeMap::from([(code.clone(), most)]),
        empty: loss.is_empty,
        dry_run: is_dry,
    };
    let said = format!("--bodies {code} --accept {code}={most}{empty}{dry}");
    Todo {
        state: BodyState::Held,
        title: name(code).to_owned(),
        codes: code.to_string(),
        reason: shown(body.reason.as_deref().unwrap_or("too many would leave"), LONG),
        figures: vec![
            ("connected before", grouped(body.roll)),
            ("in the answer", grouped(body.counts.returned)),
            ("would leave", grouped(loss.left)),
            ("records without a usable number", grouped(loss.unusable)),
        ],
        advice: "Nobody has left. Ask the GMC whether the answer is right. If it is, accept it: a larger loss is held again.",
        commands: commands(reach, &said, &json!(request).to_string()),
    }
}

fn ask_again(report: &Report, reason: &str, bodies: &[&BodyReport], reach: &Reach) -> Todo {
    let codes: Vec<&BodyCode> = bodies.iter().map(|body| &body.code).collect();
    let names: Vec<&str> = codes.iter().map(|code| name(code)).collect();
    let joined = codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(",");
    let is_all = bodies.len() == report.bodies.len() && report.is_whole;
    let request = StartRequest {
        bodies: (!is_all).then(|| codes.iter().map(|code| (*code).clone()).collect()),
        dry_run: report.is_dry,
        ..StartRequest::default()
    };
    let asked = if is_all { String::new() } else { format!("--bodies {joined}") };
    let said = if report.is_dry { format!("{asked} --dry-run") } else { asked };
    let mut figures = Vec::new();
    let return_codes: Vec<&str> = each(bodies, |body| body.return_code.as_deref());
    if !return_codes.is_empty() {
        figures.push(("the GMC's return code", shown(&return_codes.join(", "), SHORT)));
    }
    let ids: Vec<&str> = each(bodies, |body| body.gmc_request_id.as_deref());
    if let Some(first) = ids.first() {
        let others = if ids.len() > 1 { format!(" and {} more", ids.len() - 1) } else { String::new() };
        figures.push(("the GMC's request", format!("{}{others}", shown(first, SHORT))));
    }
    Todo {
        state: BodyState::Failed,
        title: if bodies.len() == report.bodies.len() && bodies.len() > 1 {
            "All bodies".to_owned()
        } else {
            listed(&names)
        },
        codes: if is_all { String::new() } else { joined.replace(',', ", ") },
        reason: shown(reason, LONG),
        figures,
        advice: "Everyone there is as visible as before. When the reason is out of the way, ask again.",
        commands: commands(reach, &said, &json!(request).to_string()),
    }
}

/// Different values, in order of the bodies.
fn each<'a>(bodies: &[&'a BodyReport], value: impl Fn(&'a BodyReport) -> Option<&'a str>) -> Vec<&'a str> {
    let mut values: Vec<&str> = Vec::new();
    for value in bodies.iter().filter_map(|body| value(body)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

fn commands(reach: &Reach, said: &str, request: &str) -> Vec<(&'static str, String)> {
    let with = |command: &str, rest: &str| {
        format!("{command} {said}{rest}").replace("  ", " ").trim_end().to_owned()
    };
    match reach {
        Reach::CommandLine { options } => {
            vec![("Command", with("gmc-sync night", options)), ("Body of POST v1/admin", request.to_owned())]
        }
        Reach::Api => {
            vec![
                ("Body of POST v1/admin", request.to_owned()),
                ("Command", with("gmc-sync start", " --api URL")),
            ]
        }
    }
}
