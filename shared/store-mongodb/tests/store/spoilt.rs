//! Documents that others have stored, not always as they should.

use domain::{BodyCode, DoctorPatch, DoctorWrite, Moment, RunNumber, StoredDoctor};
use jiff::Timestamp;
use jiff::civil::date;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use sync::ports::Doctors as _;
use sync::ports::doctors::ConnectionLog;

use crate::support::{Own, number, put};

fn at(text: &str) -> DateTime {
    DateTime::from_millis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

async fn put_doctor(own: &Own, document: Document) {
    put(&own.collection("doctorsForDB"), document).await;
}

async fn document(own: &Own, id: &str) -> Document {
    own.collection("doctorsForDB").find_one(doc! {"_id": id}).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_value_of_another_type_counts_as_absent_and_is_written_over() {
    // given a document with a number for a code, a flag for UnderNotice, and texts for moments and dates
    let own = Own::new().await;
    let number = number(7_000_001);
    put_doctor(
        &own,
        doc! {
            "_id": "7000001",
            "designatedBodyCode": 42,
            "doctorFirstName": 1.5,
            "submissionDate": "2027-08-01",
            "underNotice": true,
            "doctorStatus": {"was": "DRAFT"},
            "existsInGmc": "yes",
            "gmcLastUpdatedDateTime": "2026-11-23T01:02:03Z",
            "gmcSyncRun": "seven",
            "admin": "admin@example.com",
        },
    )
    .await;

    // when it is read, and the GMC names the doctor
    let read = own.store.read(&[number]).await.unwrap().remove(0);
    let set = DoctorPatch { code: Some("1-X".into()), status: Some("DRAFT"), ..DoctorPatch::default() };
    own.store.write(&[DoctorWrite { number, seen: Some(read.seen()), set }]).await.unwrap();

    // then nothing of it was taken for a value, and the doctor has the place
    assert_eq!(read, StoredDoctor::bare(number));
    let stored = document(&own, "7000001").await;
    assert_eq!(stored.get_str("designatedBodyCode").unwrap(), "1-X", "expected the doctor not to be lost");
    assert_eq!(stored.get_str("admin").unwrap(), "admin@example.com");
    own.drop().await;
}

#[tokio::test]
async fn what_was_absent_does_not_match_what_is_there_now() {
    // given a document that was read without a code, and has one since
    let own = Own::new().await;
    let number = number(7_000_001);
    put_doctor(&own, doc! {"_id": "7000001", "designatedBodyCode": 42}).await;
    let read = own.store.read(&[number]).await.unwrap().remove(0);
    put_doctor(&own, doc! {"_id": "7000001", "designatedBodyCode": "1-BY-HAND"}).await;

    let set = DoctorPatch { code: Some("1-X".into()), ..DoctorPatch::default() };
    own.store.write(&[DoctorWrite { number, seen: Some(read.seen()), set }]).await.unwrap();

    assert_eq!(document(&own, "7000001").await.get_str("designatedBodyCode").unwrap(), "1-BY-HAND");
    own.drop().await;
}

#[tokio::test]
async fn dates_of_services_in_londons_time_are_the_days_they_mean() {
    let own = Own::new().await;
    put_doctor(
        &own,
        doc! {
            "_id": "7000001",
            "submissionDate": at("2027-07-31T23:00:00Z"),
            "dateAdded": at("2021-01-04T09:30:00Z"),
            "lastUpdatedDate": at("2026-07-01T00:00:00Z"),
            // the shell's numbers
            "gmcSyncRun": 12.0,
        },
    )
    .await;

    let read = own.store.read(&[number(7_000_001)]).await.unwrap().remove(0);

    assert_eq!(read.submission_date, Some(date(2027, 8, 1)), "expected London's midnight to begin its day");
    assert_eq!(read.date_added, Some(date(2021, 1, 4)));
    assert_eq!(read.last_updated_date, Some(date(2026, 7, 1)));
    assert_eq!(read.sync_run, Some(RunNumber(12)));
    own.drop().await;
}

#[tokio::test]
async fn what_is_written_has_the_types_of_the_collection() {
    let own = Own::new().await;
    let set = DoctorPatch {
        submission_date: Some(Some(date(9999, 12, 31))),
        last_updated_date: Some(date(2026, 7, 1)),
        gmc_last_updated: Some(Moment(1_767_229_323_999)),
        sync_run: Some(RunNumber(3)),
        exists_in_gmc: Some(true),
        ..DoctorPatch::default()
    };

    own.store.write(&[DoctorWrite { number: number(700_002), seen: None, set }]).await.unwrap();

    let expected = doc! {
        "_id": "0700002",
        "submissionDate": DateTime::from_millis(253_402_214_400_000),
        "lastUpdatedDate": at("2026-07-01T00:00:00Z"),
        "existsInGmc": true,
        "gmcLastUpdatedDateTime": DateTime::from_millis(1_767_229_323_999),
        "gmcSyncRun": Bson::Int64(3),
        "_class": "uk.nhs.hee.tis.revalidation.entity.DoctorsForDB",
    };
    assert_eq!(document(&own, "0700002").await, expected);
    own.drop().await;
}

#[tokio::test]
async fn a_document_whose_id_is_not_exactly_a_number_is_left_alone() {
    let own = Own::new().await;
    let body = BodyCode::parse("1-X").unwrap();
    let odd = [
        Bson::from(" 7000001"),
        Bson::from("UNKNOWN"),
        Bson::from(""),
        Bson::from(7_000_001),
        Bson::from(ObjectId::new()),
    ];
    for (place, id) in odd.into_iter().enumerate() {
        let code = if place % 2 == 0 { body.to_string() } else { body.hidden() };
        put_doctor(&own, doc! {"_id": id, "designatedBodyCode": code}).await;
    }
    put_doctor(&own, doc! {"_id": "7000002", "designatedBodyCode": body.as_str()}).await;

    let visible = own.store.visible_in(&body).await.unwrap();
    let hidden = own.store.hidden().await.unwrap();
    let read = own.store.read(&[number(7_000_001)]).await.unwrap();

    assert_eq!(visible, [number(7_000_002)]);
    assert_eq!(hidden, []);
    assert_eq!(read, [], "expected no other document to be taken for the doctor's");
    own.drop().await;
}

#[tokio::test]
async fn the_audit_of_other_services_is_read_with_what_it_has() {
    // given an entry that another service wrote, with null and without a moment, and one of ours
    let own = Own::new().await;
    let id = ObjectId::new();
    let logs = own.collection("connectionLogs");
    let old = doc! {"_id": id, "gmcId": "7000001", "newDesignatedBodyCode": "1-A", "previousDesignatedBodyCode": Bson::Null};
    logs.insert_one(old).await.unwrap();
    let ours = ConnectionLog {
        id: "5f0d8c3e-0000-4000-8000-000000000001".into(),
        gmc_id: number(7_000_001),
        new_designated_body_code: None,
        previous_designated_body_code: Some("1-A".into()),
        updated_by: "Updated by GMC".into(),
        request_time: Moment(1_767_229_323_004),
    };
    own.store.log_connections(std::slice::from_ref(&ours)).await.unwrap();

    let read = own.store.connection_logs(number(7_000_001)).await.unwrap();

    let theirs = ConnectionLog {
        id: id.to_hex(),
        new_designated_body_code: Some("1-A".into()),
        previous_designated_body_code: None,
        updated_by: String::new(),
        request_time: Moment(0),
        ..ours.clone()
    };
    assert_eq!(read, [theirs, ours.clone()]);
    let stored = logs.find_one(doc! {"_id": &ours.id}).await.unwrap().unwrap();
    let expected = doc! {
        "_id": &ours.id,
        "gmcId": "7000001",
        "updatedBy": "Updated by GMC",
        "requestTime": DateTime::from_millis(1_767_229_323_004),
        "previousDesignatedBodyCode": "1-A",
    };
    assert_eq!(stored, expected);
    own.drop().await;
}
