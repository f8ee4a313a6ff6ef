//! How the ledger is stored: an operator reads it in a shell.

use std::collections::BTreeMap;

use domain::roll_call::Safeguard;
use domain::{BodyCode, BodyState, GmcNumber, Moment, RunNumber, RunState};
use mongodb::bson::spec::ElementType;
use mongodb::bson::{Bson, Document, doc};
use sync::ledger::{
    Answered, Body, Chunk, ChunkId, Findings, Lock, Moments, Run, RunSettings, Swept, Trigger,
};
use sync::ports::Ledger as _;
use uuid::Uuid;

use crate::support::{Own, number};

pub(crate) fn run(number: RunNumber) -> Run {
    Run {
        number,
        version: 1,
        key: format!("key of {number}"),
        trigger: Trigger::Rule,
        state: RunState::Preparing,
        settings: RunSettings {
            bodies: vec![code("1-A.B")],
            is_whole: true,
            hides: true,
            is_dry: false,
            safeguard: Safeguard {
                max_disconnected_percent: 20,
                max_disconnected_min: 50,
                accept: BTreeMap::from([(code("1-A.B"), 812), (code("1-C"), 7)]),
                accept_empty: false,
            },
        },
        moments: Moments {
            opened: Moment(1_767_229_323_004),
            give_up: Moment(1_767_229_324_004),
            deadline: Moment(1_767_229_325_004),
            expires: Moment(1_767_229_326_004),
            hiding: Some(Moment(1_767_229_323_005)),
            swept: Some(Moment(1_767_229_323_999)),
            ..Moments::default()
        },
        hidden: 3,
        unknown_codes: vec![("last-1-OLD".into(), 2)],
        abort: None,
        decision: None,
        swept: Some(Swept { at: Moment(1_767_229_323_998), written: 4, ..Swept::default() }),
        second_look: None,
        looks: None,
    }
}

fn code(text: &str) -> BodyCode {
    BodyCode::parse(text).unwrap()
}

fn types(document: &Document, path: &str) -> ElementType {
    let mut value = Bson::from(document.clone());
    for field in path.split('.') {
        value = value.as_document().unwrap().get(field).unwrap_or_else(|| panic!("no {path}")).clone();
    }
    value.element_type()
}

#[tokio::test]
async fn a_run_has_real_fields_dates_and_whole_numbers() {
    let own = Own::new().await;
    let run = run(RunNumber(7));

    own.store.add_run(&run).await.unwrap();

    let stored = own.collection("gmcSyncRuns").find_one(doc! {"_id": 7_i64}).await.unwrap().unwrap();
    for date in ["writtenAt", "moments.opened", "moments.hiding", "moments.swept", "swept.at"] {
        assert_eq!(types(&stored, date), ElementType::DateTime, "{date}");
    }
    for whole in
        ["_id", "number", "version", "hidden", "swept.written", "settings.safeguard.maxDisconnectedMin"]
    {
        assert_eq!(types(&stored, whole), ElementType::Int64, "{whole}");
    }
    assert_eq!(stored.get("isOpen"), Some(&Bson::Boolean(true)));
    let settings = stored.get_document("settings").unwrap();
    let accept = settings.get_document("safeguard").unwrap().get_array("accept").unwrap();
    let expected: Vec<Bson> = vec![
        doc! {"code": "1-A.B", "doctors": 812_i64}.into(),
        doc! {"code": "1-C", "doctors": 7_i64}.into(),
    ];
    assert_eq!(*accept, expected, "expected no code to be a field's name");
    assert_eq!(own.store.run(RunNumber(7)).await.unwrap(), Some(run));
    own.drop().await;
}

#[tokio::test]
async fn the_holder_in_the_lock_is_a_run_like_any() {
    let own = Own::new().await;
    own.store.setup().await.unwrap();
    let lock = Lock { version: 0, number: RunNumber(7), holder: Some(Box::new(run(RunNumber(7)))) };

    assert!(own.store.swap_lock(&lock).await.unwrap());

    let stored = own.collection("gmcSyncLock").find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(types(&stored, "holder.moments.opened"), ElementType::DateTime);
    assert_eq!(types(&stored, "holder.settings.safeguard.accept"), ElementType::Array);
    assert_eq!(own.store.lock().await.unwrap(), Lock { version: 1, ..lock });
    own.drop().await;
}

#[tokio::test]
async fn the_lists_of_runs_and_bodies_whose_names_begin_alike_are_apart() {
    // given runs 1 and 12, and bodies 1-A and 1-A.B, each with a roll, an answer and a look
    let own = Own::new().await;
    let (roll, fetch, look) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    let mut expected = Vec::new();
    for (place, run) in [1, 12].into_iter().map(RunNumber).enumerate() {
        for (body, code) in [code("1-A"), code("1-A.B"), code("1-A-B")].into_iter().enumerate() {
            let named: Vec<GmcNumber> =
                (0..=place * 3 + body).map(|value| number(u32::try_from(value).unwrap())).collect();
            own.store.add_roll(run, &code, roll, &named).await.unwrap();
            own.store.record_chunk(&chunk(run, &code, fetch), &named).await.unwrap();
            own.store.add_body(&pending(run, &code)).await.unwrap();
            expected.push((run, code, named));
        }
        own.store.acknowledge_look(run, look, 3).await.unwrap();
    }

    for (run, code, named) in expected {
        assert_eq!(own.store.roll(run, &code, roll).await.unwrap(), named, "roll of {run}/{code}");
        assert_eq!(own.store.named(run, &code, fetch).await.unwrap(), [(0, named)], "answer of {run}/{code}");
        assert_eq!(own.store.chunks(run).await.unwrap().len(), 3, "chunks of {run}");
        let bodies = own.store.bodies(run).await.unwrap();
        let codes: Vec<String> = bodies.iter().map(|body| body.code.to_string()).collect();
        assert_eq!(codes, ["1-A", "1-A-B", "1-A.B"], "bodies of {run}");
        assert_eq!(own.store.acknowledged_looks(run, look).await.unwrap(), 1, "looks of {run}");
    }
    own.drop().await;
}

#[tokio::test]
async fn the_lists_are_in_pieces_of_five_thousand_numbers_as_they_stand_in_the_doctors_ids() {
    let own = Own::new().await;
    let numbers: Vec<GmcNumber> = (0..12_001).map(number).collect();

    own.store.add_roll(RunNumber(3), &code("1-A"), Uuid::nil(), &numbers).await.unwrap();

    let rolls = own.collection("gmcSyncRolls");
    assert_eq!(rolls.count_documents(doc! {}).await.unwrap(), 3);
    let id = format!("3/1-A/{}/2", Uuid::nil());
    let last = rolls.find_one(doc! {"_id": id}).await.unwrap().unwrap();
    assert_eq!(last.get_array("numbers").unwrap().len(), 2_001);
    assert_eq!(types(&last, "writtenAt"), ElementType::DateTime);
    // and an operator finds a doctor's lists
    assert_eq!(rolls.count_documents(doc! {"numbers": "0005000"}).await.unwrap(), 1);
    own.drop().await;
}

#[tokio::test]
async fn a_list_with_something_else_in_it_is_told_and_nobody_left_out() {
    let own = Own::new().await;
    let (run, code, fetch) = (RunNumber(3), code("1-A"), Uuid::new_v4());
    own.store.add_roll(run, &code, fetch, &[number(1), number(2)]).await.unwrap();
    own.store.record_chunk(&chunk(run, &code, fetch), &[number(1), number(2)]).await.unwrap();
    for collection in ["gmcSyncRolls", "gmcSyncAnswers"] {
        let spoil = doc! {"$set": {"numbers.1": 2}};
        own.collection(collection).update_one(doc! {}, spoil).await.unwrap();
    }

    let roll = own.store.roll(run, &code, fetch).await.unwrap_err();
    let named = own.store.named(run, &code, fetch).await.unwrap_err();

    for error in [roll, named] {
        assert!(!error.is_transient && error.message.contains("cannot be read"), "{error}");
    }
    own.drop().await;
}

#[tokio::test]
async fn a_document_of_the_ledger_that_cannot_be_read_is_named() {
    let own = Own::new().await;
    own.store.add_run(&run(RunNumber(5))).await.unwrap();
    own.collection("gmcSyncRuns").update_one(doc! {}, doc! {"$set": {"state": "WHATEVER"}}).await.unwrap();

    let error = own.store.run(RunNumber(5)).await.unwrap_err();

    assert!(!error.is_transient, "{error}");
    assert!(error.message.contains("could not read a run") && error.message.contains("WHATEVER"), "{error}");
    assert!(error.message.contains('5'), "expected the document to be named: {error}");
    own.drop().await;
}

#[tokio::test]
async fn a_body_has_dates_and_keeps_them() {
    let own = Own::new().await;
    let body = Body {
        state: BodyState::Answered,
        answer: Some(Answered { fetch: Uuid::new_v4(), asked_at: Moment(1_767_229_323_004) }),
        settled_at: Some(Moment(1_767_229_323_005)),
        ..pending(RunNumber(3), &code("1-A"))
    };

    own.store.add_body(&body).await.unwrap();
    assert!(own.store.swap_body(&body).await.unwrap());

    let stored = own.collection("gmcSyncBodies").find_one(doc! {"_id": "3/1-A"}).await.unwrap().unwrap();
    for date in ["writtenAt", "answer.askedAt", "settledAt"] {
        assert_eq!(types(&stored, date), ElementType::DateTime, "{date}");
    }
    let expected = Body { version: body.version + 1, ..body };
    assert_eq!(own.store.body(RunNumber(3), &code("1-A")).await.unwrap(), Some(expected));
    own.drop().await;
}

fn chunk(run: RunNumber, code: &BodyCode, fetch: Uuid) -> Chunk {
    Chunk {
        id: ChunkId { run, code: code.clone(), fetch, position: 0 },
        of: 1,
        asked_at: Moment(9),
        applied: false,
        findings: Findings::default(),
    }
}

fn pending(run: RunNumber, code: &BodyCode) -> Body {
    Body {
        run,
        code: code.clone(),
        version: 1,
        state: BodyState::Pending,
        roll: None,
        roll_size: 0,
        answer: None,
        reason: None,
        return_code: None,
        gmc_request_id: None,
        settled_at: None,
        counts: None,
    }
}
