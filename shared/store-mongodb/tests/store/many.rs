//! More than one command's worth.

use std::time::Instant;

use domain::{BodyCode, DoctorPatch, DoctorWrite, GmcNumber, Hiding, Moment, RunNumber, UnderNotice};
use jiff::civil::date;
use mongodb::bson::doc;
use store_mongodb::MongoSettings;
use sync::ports::Doctors as _;

use crate::support::{Own, number};

fn patch(code: &str) -> DoctorPatch {
    DoctorPatch {
        code: Some(code.to_owned()),
        first_name: Some("Siân".into()),
        last_name: Some("O'Neill-Łuczak".into()),
        submission_date: Some(Some(date(2027, 8, 1))),
        date_added: Some(Some(date(2021, 8, 4))),
        under_notice: Some(UnderNotice::Yes),
        sanction: Some(Some("No".into())),
        status: Some("NOT_STARTED"),
        last_updated_date: Some(date(2026, 11, 23)),
        exists_in_gmc: Some(true),
        gmc_last_updated: Some(Moment(1_795_395_723_456)),
        sync_run: Some(RunNumber(1)),
    }
}

fn inserts(numbers: &[GmcNumber], code: &str) -> Vec<DoctorWrite> {
    numbers.iter().map(|number| DoctorWrite { number: *number, seen: None, set: patch(code) }).collect()
}

#[tokio::test]
async fn writes_over_several_commands_are_all_carried_out() {
    // given a store that has 7 statements a command, and 20 doctors of whom every third has been changed by somebody
    let own = Own::with(|settings| MongoSettings { statements_per_command: 7, ..settings }).await;
    let numbers: Vec<GmcNumber> = (1..=50).map(number).collect();
    let (known, new) = numbers.split_at(20);
    own.store.write(&inserts(known, "1-OLD")).await.unwrap();
    let seen = own.store.read(known).await.unwrap();
    for doctor in seen.iter().step_by(3) {
        let id = doc! {"_id": doctor.number.to_string()};
        own.collection("doctorsForDB")
            .update_one(id, doc! {"$set": {"doctorStatus": "DRAFT"}})
            .await
            .unwrap();
    }

    // when they are moved, and 30 others inserted, in one call
    let moved = seen.iter().map(|doctor| DoctorWrite {
        number: doctor.number,
        seen: Some(doctor.seen()),
        set: DoctorPatch { code: Some("1-NEW".into()), ..DoctorPatch::default() },
    });
    let writes: Vec<DoctorWrite> = moved.chain(inserts(new, "1-NEW")).collect();
    let refused = own.store.write(&writes).await.unwrap();

    // then those who were as seen are moved, and everyone new is there
    assert_eq!(refused, []);
    let mut counts = own.store.count_by_code().await.unwrap();
    counts.sort();
    assert_eq!(counts, [("1-NEW".to_owned(), 13 + 30), ("1-OLD".to_owned(), 7)]);
    let visible = own.store.visible_in(&BodyCode::parse("1-OLD").unwrap()).await.unwrap();
    let missed: Vec<GmcNumber> = seen.iter().step_by(3).map(|doctor| doctor.number).collect();
    let (mut visible, mut missed) = (visible, missed);
    visible.sort_unstable();
    missed.sort_unstable();
    assert_eq!(visible, missed);
    own.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_doctors_are_inserted_read_hidden_and_shown_again() {
    let own = Own::new().await;
    own.store.setup().await.unwrap();
    let numbers: Vec<GmcNumber> = (1_000_000..1_010_000).map(number).collect();
    let body = BodyCode::parse("1-1RUZUSF").unwrap();
    let told = |what: &str, began: Instant| {
        let each = f64::from(10_000_u32) / began.elapsed().as_secs_f64();
        println!("{what}: {each:.0} doctors/s");
    };

    let began = Instant::now();
    for chunk in numbers.chunks(500) {
        assert_eq!(own.store.write(&inserts(chunk, body.as_str())).await.unwrap(), []);
    }
    told("inserted by 500", began);

    let began = Instant::now();
    let mut visible = own.store.visible_in(&body).await.unwrap();
    told("visible", began);
    visible.sort_unstable();
    assert_eq!(visible, numbers, "expected everyone to be visible");

    let began = Instant::now();
    let hiding = Hiding { body: body.clone(), opened: Moment(1_795_395_723_456) };
    let mut hidden = 0;
    for chunk in numbers.chunks(1_000) {
        hidden += own.store.hide(&hiding, chunk).await.unwrap();
    }
    told("hidden by 1000", began);
    assert_eq!(hidden, 10_000);
    assert_eq!(own.store.hidden().await.unwrap().len(), 10_000, "expected everyone to be hidden");

    let began = Instant::now();
    for chunk in numbers.chunks(500) {
        let seen = own.store.read(chunk).await.unwrap();
        assert_eq!(seen.len(), chunk.len());
        let shown: Vec<DoctorWrite> = seen
            .iter()
            .map(|doctor| DoctorWrite {
                number: doctor.number,
                seen: Some(doctor.seen()),
                set: DoctorPatch { code: Some(body.to_string()), ..DoctorPatch::default() },
            })
            .collect();
        assert_eq!(own.store.write(&shown).await.unwrap(), []);
    }
    told("read and updated by 500", began);
    assert_eq!(own.store.count_by_code().await.unwrap(), [(body.to_string(), 10_000)]);

    // and a call of more numbers than one query names finds everyone
    assert_eq!(own.store.read(&numbers).await.unwrap().len(), 10_000);
    own.drop().await;
}
