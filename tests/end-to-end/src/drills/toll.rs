//! What a night has cost: everybody is looked at, and held against what the GMC truly answered.

use std::collections::BTreeMap;

use night_tests::Snapshot;
use serde_json::Value;
use simulator::Population;

use super::others::Others;

/// How many of a kind are told one by one.
const TOLD: usize = 3;

/// Whoever is not as the answers say, each with what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toll {
    /// In a complete answer and not visible in that body; or without a document, who had one.
    pub lost: Vec<String>,
    /// Hidden, and no complete answer has left them out.
    pub wrongly_hidden: Vec<String>,
    /// Left out by a complete answer, in nobody's answer, and visible.
    pub wrongly_visible: Vec<String>,
    /// With index documents that do not say what the database says.
    pub index_differs: Vec<String>,
    /// What another service wrote, and is gone.
    pub overwritten: Vec<String>,
    /// After a clean night alone: everything else that is not exactly as the GMC says.
    pub otherwise: Vec<String>,
}

impl Toll {
    /// Counts it. `report` is of the run that went on in between, if there was one: which bodies are done.
    pub(super) fn of(
        gmc: &Population,
        today: &str,
        before: &Snapshot,
        now: &Snapshot,
        report: Option<&Value>,
        others: &Others,
    ) -> Self {
        let bodies = report.and_then(|report| report["bodies"].as_array()).map_or(&[][..], Vec::as_slice);
        let states: BTreeMap<&str, &str> = bodies
            .iter()
            .filter_map(|body| Some((body["code"].as_str()?, body["state"].as_str()?)))
            .collect();
        let mut toll = Self {
            index_differs: night_tests::check::index_differs(today, now),
            overwritten: others.missing(now),
            ..Self::default()
        };
        for number in before.doctors.keys().filter(|number| !now.doctors.contains_key(*number)) {
            toll.lost.push(format!("{number} has no document any more"));
        }
        for doctor in gmc.doctors() {
            let Some(body) = doctor.body.filter(|body| states.get(body) == Some(&"DONE")) else { continue };
            let code = now.code(&doctor.number);
            if code != Some(body) {
                toll.lost.push(format!("{} was named by {body} and stands under {code:?}", doctor.number));
            }
        }
        for number in before.doctors.keys() {
            let Some(roll) = before.code(number).filter(|code| is_visible(code)) else { continue };
            let code = now.code(number);
            let is_hidden = !code.is_some_and(is_visible);
            let is_left_out = states.get(roll) == Some(&"DONE") && gmc.body_of(number) != Some(roll);
            // named by a body without an answer is named by nobody
            let truly = gmc.body_of(number).and_then(|body| states.get(body));
            if is_hidden && !(is_left_out && matches!(truly, None | Some(&"FAILED"))) {
                toll.wrongly_hidden.push(format!("{number} of {roll} stands under {code:?}"));
            }
            if !is_hidden && is_left_out && gmc.body_of(number).is_none() {
                toll.wrongly_visible.push(format!("{number} has left {roll} and stands under {code:?}"));
            }
        }
        toll
    }

    /// What must hold, and does not. The indexes must agree where every look was taken.
    pub fn broken(&self, are_looks_taken: bool) -> Vec<String> {
        let kinds = [
            ("lost", &self.lost, true),
            ("wrongly hidden", &self.wrongly_hidden, true),
            ("wrongly visible", &self.wrongly_visible, true),
            ("with other index documents than the database says", &self.index_differs, are_looks_taken),
            ("overwritten", &self.overwritten, true),
            ("not as the GMC says", &self.otherwise, true),
        ];
        let broken = kinds.into_iter().filter(|(_, who, must_be_none)| *must_be_none && !who.is_empty());
        broken
            .map(|(kind, who, _)| {
                let first: Vec<&str> = who.iter().take(TOLD).map(String::as_str).collect();
                format!("{} {kind}: {}", who.len(), first.join("; "))
            })
            .collect()
    }
}

fn is_visible(code: &str) -> bool {
    !code.is_empty() && !code.starts_with("last-")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use simulator::PopulationConfig;

    use super::*;

    const TODAY: &str = "2026-11-25";

    fn gmc() -> Population {
        let bodies = vec!["1-X".to_owned(), "1-Y".to_owned()];
        Population::new(PopulationConfig { doctors: 20, bodies, seed: 1 }).unwrap()
    }

    fn report(x: &str, y: &str) -> Value {
        json!({ "bodies": [{ "code": "1-X", "state": x }, { "code": "1-Y", "state": y }] })
    }

    /// Everybody where the GMC has them, and no index at all.
    fn stored(gmc: &Population) -> Snapshot {
        let document = |code: &str| json!({ "designatedBodyCode": code }).as_object().unwrap().clone();
        let doctors = gmc.doctors().map(|doctor| (doctor.number.clone(), document(doctor.body.unwrap())));
        Snapshot { doctors: doctors.collect(), ..Snapshot::default() }
    }

    fn hide(snapshot: &mut Snapshot, number: &str) {
        let hidden = json!(format!("last-{}", snapshot.code(number).unwrap()));
        snapshot.doctors.get_mut(number).unwrap().insert("designatedBodyCode".to_owned(), hidden);
    }

    fn count(gmc: &Population, before: &Snapshot, now: &Snapshot, report: &Value) -> [usize; 3] {
        let toll = Toll::of(gmc, TODAY, before, now, Some(report), &Others::default());
        [toll.lost.len(), toll.wrongly_hidden.len(), toll.wrongly_visible.len()]
    }

    #[test]
    fn nobody_is_lost_where_everybody_stands_as_the_answers_say() {
        let mut gmc = gmc();
        let before = stored(&gmc);
        let leaves = gmc.doctors_of("1-X").next().unwrap().number;
        gmc.disconnect(&leaves).unwrap();
        let mut now = before.clone();
        hide(&mut now, &leaves);

        assert_eq!(count(&gmc, &before, &now, &report("DONE", "DONE")), [0, 0, 0]);
    }

    #[test]
    fn who_was_named_and_is_hidden_is_lost_and_wrongly_hidden() {
        let gmc = gmc();
        let before = stored(&gmc);
        let mut now = before.clone();
        hide(&mut now, &gmc.doctors_of("1-X").next().unwrap().number);

        assert_eq!(count(&gmc, &before, &now, &report("DONE", "DONE")), [1, 1, 0]);
        assert_eq!(
            count(&gmc, &before, &now, &report("FAILED", "DONE")),
            [0, 1, 0],
            "no answer left them out"
        );
    }

    #[test]
    fn who_has_no_document_any_more_is_lost_and_who_has_left_must_not_be_visible() {
        let mut gmc = gmc();
        let before = stored(&gmc);
        let mut numbers = gmc.doctors_of("1-Y").map(|doctor| doctor.number).collect::<Vec<_>>().into_iter();
        let (gone, leaves) = (numbers.next().unwrap(), numbers.next().unwrap());
        gmc.disconnect(&leaves).unwrap();
        let mut now = before.clone();
        now.doctors.remove(&gone);

        assert_eq!(count(&gmc, &before, &now, &report("DONE", "FAILED")), [1, 1, 0]);
        assert_eq!(count(&gmc, &before, &now, &report("DONE", "DONE")), [2, 1, 1]);
    }

    #[test]
    fn the_indexes_must_agree_where_every_look_was_taken() {
        let gmc = gmc();
        let stored = stored(&gmc);
        let toll = Toll::of(&gmc, TODAY, &stored, &stored, None, &Others::default());

        assert_eq!(toll.index_differs.len(), 20, "there are none");
        assert!(toll.broken(false).is_empty());
        assert!(toll.broken(true)[0].starts_with("20 with other index documents"));
    }
}
