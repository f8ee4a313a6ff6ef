//! How many doctors a second the reader reads, on one core: `cargo bench -p gmc --bench reader`.
//!
//! The answer is that of a large body, every field present, in pieces of the size that a connection delivers.

#![expect(clippy::expect_used, reason = "a bench that reads nothing must not give a figure")]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use domain::GmcRecord;
use gmc::{AnswerReader, Asked};
use uuid::Uuid;

const DOCTORS: u32 = 8_000;
const PIECE: usize = 16 * 1024;
const REQUEST_ID: Uuid = Uuid::from_u128(0x3f0c_6f0e_6d1c_4c55_8d0e_1f6f_3f7b_9a10);

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("reader");
    group.throughput(Throughput::Elements(DOCTORS.into()));
    for (name, answer) in [("8000 doctors", answer("")), ("8000 doctors, indented", answer("\r\n        "))] {
        assert_eq!(read(&answer), u64::from(DOCTORS));
        group.bench_function(name, |bencher| bencher.iter(|| read(black_box(&answer))));
    }
    group.finish();
}

fn read(answer: &[u8]) -> u64 {
    let mut reader = AnswerReader::new(Asked::new(REQUEST_ID));
    let mut numbers = 0;
    let mut sink =
        |record: &GmcRecord<'_>| numbers += u64::from(black_box(record).gmc_reference_number.is_some());
    for piece in answer.chunks(PIECE) {
        reader.push(piece, &mut sink).expect("the answer is well-formed");
    }
    reader.finish().expect("the answer is complete");
    numbers
}

fn answer(gap: &str) -> Vec<u8> {
    const FIRST: [&str; 6] = ["Ann", "Siân", "Mohammed", "Oluwaseun", "Katarzyna", "Jean-Luc"];
    const LAST: [&str; 6] = ["O'Neill-Smith", "Jones &amp; Price", "Khan", "Adébáyọ̀", "Nowak", "Brown"];
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
         xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\
         <soap:Body><GetDoctorsForDBResponse xmlns=\"https://webcache.gmc-uk.org/GMCWebServices/\">\
         <GetDoctorsForDBResult><Doctors>",
    );
    for doctor in 0..DOCTORS {
        let pick = |names: [&'static str; 6], step: usize| names[(doctor as usize / step) % 6];
        let (day, month) = (doctor % 28 + 1, doctor % 12 + 1);
        write!(
            xml,
            "{gap}<GetDoctorsForDBResponse_Doctor>{gap}<GMCReferenceNumber>{number:07}</GMCReferenceNumber>\
             {gap}<DoctorFirstName>{first}</DoctorFirstName>{gap}<DoctorLastName>{last}</DoctorLastName>\
             {gap}<SubmissionDate>{day:02}/{month:02}/2027</SubmissionDate>\
             {gap}<DoctorStatus>Under Review</DoctorStatus>{gap}<Breach>No</Breach>\
             {gap}<DateAdded>{day:02}/{month:02}/2021</DateAdded>{gap}<UnderNotice>{notice}</UnderNotice>\
             {gap}<Investigation>No</Investigation>{gap}<PreliminaryInvestigation>No</PreliminaryInvestigation>\
             {gap}<Sanction>No</Sanction>{gap}</GetDoctorsForDBResponse_Doctor>",
            number = 7_000_000 + doctor,
            first = pick(FIRST, 1),
            last = pick(LAST, 5),
            notice = ["Yes", "No", "On Hold"][doctor as usize % 3],
        )
        .expect("a string takes everything");
    }
    write!(
        xml,
        "</Doctors><ClientRequestID>{REQUEST_ID}</ClientRequestID><GMCRequestID>20261123000501</GMCRequestID>\
         <ReturnCode>0</ReturnCode></GetDoctorsForDBResult></GetDoctorsForDBResponse></soap:Body></soap:Envelope>"
    )
    .expect("a string takes everything");
    xml.into_bytes()
}

criterion_group!(benches, reading);
criterion_main!(benches);
