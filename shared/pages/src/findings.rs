//! What else a night found: records and fields that could not be used, codes that are no body, documents that would not
//! agree, and what a dry run would have changed.

use std::collections::BTreeMap;

use sync::ledger::Swept;
use sync::report::Report;

use crate::text::{LONG, SHORT, counted, doctors, grouped, name, shown};

/// How many entries of a list are shown; the JSON report has all.
const MOST: usize = 1_000;

/// A table of findings.
pub(crate) struct Finding {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    /// What it means.
    pub(crate) meaning: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    /// How many are left out.
    pub(crate) left_out: Option<String>,
    /// Whether it is folded up at first.
    pub(crate) is_long: bool,
}

/// Everything that was found.
pub(crate) fn findings(report: &Report) -> Vec<Finding> {
    [
        rejected(report),
        fields(report),
        unreadable(report),
        unknown_codes(report),
        unsettled(report),
        changes(report),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What the sweep and the second look did, in sentences.
pub(crate) fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    let counts = &report.totals;
    let swept = report.swept.clone().unwrap_or_default();
    let told = [
        (counts.status_changed, "given another status by the rule"),
        (swept.named_by_several, "named by several bodies"),
        (counts.set_by_hand.max(swept.set_by_hand), "set by hand during the night, and left alone"),
    ];
    notes.extend(
        told.into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}.", doctors(count))),
    );
    if let Some(swept) = &report.swept {
        notes.push(format!("The sweep wrote {}.", documents(swept)));
    }
    match &report.second_look {
        Some(look) => notes.push(format!(
            "The second look, {}, wrote {}{}.",
            crate::time::when(look.at),
            documents(look),
            if look.unsettled > 0 {
                format!(", and {} would not agree", grouped(look.unsettled))
            } else {
                String::new()
            }
        )),
        None if report.state.is_closed() && !report.is_dry => {
            notes.push("The second look, a quarter of an hour after the sweep, is still to come.".to_owned());
        }
        None => {}
    }
    let (looks, taken) = report.looks;
    if looks > 0 {
        notes.push(format!("Looks at the search indexes: {taken} of {looks} taken."));
    }
    notes
}

fn documents(swept: &Swept) -> String {
    counted(swept.written, "document", "documents")
}

fn rejected(report: &Report) -> Option<Finding> {
    let rows: Vec<_> = by_body(report, |body| {
        body.counts
            .rejected_by_reason
            .iter()
            .map(|(reason, count)| vec![reason.to_string(), grouped(*count)])
            .collect()
    });
    some(rows, |rows| Finding {
        id: "rejected",
        title: format!("Rejected records: {}", grouped(report.totals.rejected)),
        meaning: "Records of the GMC’s answer that could not be used, by reason. One without a usable number may be a doctor whom \
                  the body then seems to lose, so it counts as a possible loss; of a number that comes twice the first record is used.",
        columns: vec!["Body", "Reason", "Records"],
        rows,
        left_out: None,
        is_long: false,
    })
}

fn fields(report: &Report) -> Option<Finding> {
    let rows: Vec<_> = by_body(report, |body| {
        let counts = &body.counts;
        let mut fields: BTreeMap<_, (u64, u64)> = BTreeMap::new();
        for (field, count) in &counts.missing_fields {
            fields.entry(*field).or_default().0 = *count;
        }
        for (field, count) in &counts.unreadable_fields {
            fields.entry(*field).or_default().1 = *count;
        }
        fields
            .into_iter()
            .map(|(field, (missing, unreadable))| {
                vec![field_name(&field), grouped(missing), grouped(unreadable)]
            })
            .collect()
    });
    some(rows, |rows| Finding {
        id: "fields",
        title: "Fields that were missing or could not be read".to_owned(),
        meaning: "What is stored of such a field is left as it is; the rest of the record is used.",
        columns: vec!["Body", "Field", "Absent or empty", "Not readable"],
        is_long: rows.len() > 15,
        rows,
        left_out: None,
    })
}

fn unreadable(report: &Report) -> Option<Finding> {
    let rows =
        report.unreadable.iter().map(|(number, field)| vec![number.to_string(), field_name(field)]).collect();
    some(rows, |rows| Finding {
        id: "unreadable",
        title: "Whose fields could not be read".to_owned(),
        meaning: "The first of them. What stands there is in no report, since it may be anything.",
        columns: vec!["GMC number", "Field"],
        is_long: rows.len() > 15,
        rows,
        left_out: None,
    })
}

fn unknown_codes(report: &Report) -> Option<Finding> {
    let rows = report
        .unknown_codes
        .iter()
        .take(MOST)
        .map(|(code, count)| vec![shown(code, SHORT), grouped(*count)])
        .collect();
    some(rows, |rows| Finding {
        id: "codes",
        title: "Doctors under codes that are no body of the list".to_owned(),
        meaning: "They are left alone. If the code is a designated body, it is missing from the setting GMC_SYNC_BODIES.",
        columns: vec!["Code, as it is stored", "Doctors"],
        is_long: rows.len() > 15,
        rows,
        left_out: left_out(report.unknown_codes.len()),
    })
}

fn unsettled(report: &Report) -> Option<Finding> {
    let swept = report.second_look.as_ref().or(report.swept.as_ref())?;
    let rows = swept
        .unsettled_first
        .iter()
        .map(|(number, reason)| vec![number.to_string(), shown(reason, LONG)])
        .collect();
    some(rows, |rows| Finding {
        id: "unsettled",
        title: format!("Documents that would not agree: {}", grouped(swept.unsettled)),
        meaning: "The first of them, with the reason. The second look and the next night try again.",
        columns: vec!["GMC number", "Reason"],
        is_long: rows.len() > 15,
        rows,
        left_out: None,
    })
}

fn changes(report: &Report) -> Option<Finding> {
    let rows = report
        .changes
        .iter()
        .take(MOST)
        .map(|(number, changes)| {
            let fields: Vec<String> = changes.iter().map(field_name).collect();
            vec![number.to_string(), fields.join(", ")]
        })
        .collect();
    some(rows, |rows| Finding {
        id: "changes",
        title: format!("What would change: {}", doctors(report.changes.len() as u64)),
        meaning: "Of a dry run: whose document would differ, and in which fields. Nothing was written.",
        columns: vec!["GMC number", "Fields"],
        is_long: true,
        rows,
        left_out: left_out(report.changes.len()),
    })
}

fn left_out(all: usize) -> Option<String> {
    (all > MOST)
        .then(|| format!("{} more are left out here; the JSON report has all.", grouped((all - MOST) as u64)))
}

fn some(rows: Vec<Vec<String>>, finding: impl FnOnce(Vec<Vec<String>>) -> Finding) -> Option<Finding> {
    (!rows.is_empty()).then(|| finding(rows))
}

/// The rows of every body, each with the body's name before it.
fn by_body(
    report: &Report,
    rows: impl Fn(&sync::report::BodyReport) -> Vec<Vec<String>>,
) -> Vec<Vec<String>> {
    let of_body = |body: &sync::report::BodyReport| {
        let name = name(&body.code).to_owned();
        rows(body).into_iter().map(move |row| [vec![name.clone()], row].concat()).collect::<Vec<_>>()
    };
    report.bodies.iter().flat_map(of_body).collect()
}

/// As the JSON report calls it.
fn field_name(field: &impl serde::Serialize) -> String {
    serde_json::to_value(field).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
