//! Doctors who are hidden and should not be.

use end_to_end::stack::SCHEDULE_PARAMETER;
use night_tests::Snapshot;

use crate::X;
use crate::operator::Operator;

const BY_HAND: &str = "Restoring by hand";
const WORST: &str = "The worst case";

pub(crate) async fn one_doctor(operator: &mut Operator) {
    let everybody = operator.visible_in(X).await;
    let doctor = everybody.first().unwrap().clone();
    operator.set("DOCTOR", &doctor);
    let one = [doctor.clone()].into();

    // by the program
    operator.hide(X).await;
    let known = operator.run(BY_HAND, 0, 0).await;
    operator.run(BY_HAND, 1, 0).await;
    assert!(known.stdout.contains(&format!("last-{X}")), "{}", known.stdout);
    assert_eq!(operator.visible_in(X).await, one);
    is_connected(operator, &doctor).await;

    // and by a statement
    operator.hide(X).await;
    let before = operator.stack.snapshot().await.unwrap();
    assert_eq!(operator.carry_out(BY_HAND, 3).await, 1);
    assert_eq!(operator.visible_in(X).await, one);
    assert_dated(&before, &operator.stack.snapshot().await.unwrap(), &doctor);
}

pub(crate) async fn one_body(operator: &mut Operator) {
    let everybody = operator.doctors_of(X);
    for place in [2, 4] {
        operator.hide(X).await;
        assert!(operator.visible_in(X).await.is_empty());
        let others = operator.hidden().await - everybody.len();
        let before = operator.stack.snapshot().await.unwrap();

        if place == 2 {
            operator.run(BY_HAND, place, 0).await;
        } else {
            operator.carry_out(BY_HAND, place).await;
        }

        assert!(operator.visible_in(X).await.is_superset(&everybody));
        assert!(operator.hidden().await <= others, "nobody else is hidden");
        let after = operator.stack.snapshot().await.unwrap();
        for doctor in &everybody {
            assert_dated(&before, &after, doctor);
        }
    }
}

pub(crate) async fn the_worst_case(operator: &mut Operator) {
    // given that nobody is visible anywhere, and some under a code of before 2023
    let bodies = operator.gmc(|gmc| gmc.bodies().to_vec());
    for body in &bodies {
        operator.hide(body).await;
    }
    let all = operator.hidden().await;
    let rule = operator.schedule_changed().await;
    assert_eq!(rule["State"], "ENABLED", "{rule}");

    operator.run(WORST, 0, 0).await;
    assert_eq!(operator.schedule_changed().await["State"], "DISABLED");
    let refused = operator.run(WORST, 1, 1).await;
    assert!(refused.stderr.contains("is over"), "nothing goes on: {}", refused.stderr);
    let counted = operator.run(WORST, 2, 0).await;
    let total = counted.stdout.lines().find(|line| line.starts_with("total")).unwrap();
    assert_eq!(
        total.split_whitespace().nth(1).unwrap().replace(',', ""),
        all.to_string(),
        "{}",
        counted.stdout
    );
    assert_eq!(operator.hidden().await, all, "it was only looked at");

    operator.run(WORST, 3, 0).await;

    assert_eq!(operator.hidden().await, 0);
    for body in &bodies {
        assert!(operator.visible_in(body).await.is_superset(&operator.doctors_of(body)), "{body}");
    }
    for doctor in operator.doctors_of(X) {
        is_connected(operator, &doctor).await;
    }

    // and when the sync is on again, the lists are as the GMC has them, or the bodies held
    operator.stack.cloud.put_parameter(SCHEDULE_PARAMETER, "0 0 0 * * *");
    let report = operator.night().await;
    for body in report["bodies"].as_array().unwrap() {
        assert!(["DONE", "HELD"].contains(&body["state"].as_str().unwrap()), "{body}");
    }
}

/// The indexes have followed.
async fn is_connected(operator: &Operator, doctor: &str) {
    operator.stack.indexes.refresh().await.unwrap();
    let query = serde_json::json!({ "query": { "term": { "gmcReferenceNumber": doctor } } });
    for (index, expected) in [("connectedindex", 1), ("disconnectedindex", 0)] {
        let hits = operator.stack.indexes.search(index, &query).await.unwrap();
        assert_eq!(hits["hits"].as_array().unwrap().len(), expected, "{doctor} in {index}: {hits}");
    }
}

/// The date says that somebody did it by hand.
fn assert_dated(before: &Snapshot, after: &Snapshot, doctor: &str) {
    let date = |of: &Snapshot| of.doctors[doctor].get("gmcLastUpdatedDateTime").cloned();
    assert!(date(after).is_some() && date(after) != date(before), "{doctor}: {:?}", date(after));
}
