//! Answers to read, and the reading of them.

use domain::GmcRecord;
use gmc::{AnswerReader, Asked, ReadError};
use sync::ports::gmc::AnswerEnd;
use uuid::Uuid;

/// An answer as the service writes it: three doctors, the last of them nil.
pub(crate) const ANSWER: &str = include_str!("../data/answer.xml");

/// The `ClientRequestID` of [`ANSWER`] and of [`envelope`].
pub(crate) const REQUEST_ID: Uuid = Uuid::from_u128(0x3f0c_6f0e_6d1c_4c55_8d0e_1f6f_3f7b_9a10);

/// What reading gave: the doctors, and the end.
pub(crate) type Read = (Vec<GmcRecord<'static>>, Result<AnswerEnd, ReadError>);

/// An envelope whose doctors are `doctors`, return code 0.
pub(crate) fn envelope(doctors: &str) -> String {
    result(&format!(
        "<Doctors>{doctors}</Doctors><ClientRequestID>{REQUEST_ID}</ClientRequestID>\
         <GMCRequestID>20261124000317</GMCRequestID><ReturnCode>0</ReturnCode>"
    ))
}

/// An envelope whose `GetDoctorsForDBResult` holds `content`.
pub(crate) fn result(content: &str) -> String {
    body(&format!(
        "<GetDoctorsForDBResponse xmlns=\"{}\"><GetDoctorsForDBResult>{content}</GetDoctorsForDBResult>\
         </GetDoctorsForDBResponse>",
        gmc::GMC_NAMESPACE
    ))
}

/// An envelope whose body holds `content`.
pub(crate) fn body(content: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soap:Body>{content}</soap:Body></soap:Envelope>"
    )
}

/// A doctor with these fields' elements.
pub(crate) fn doctor(fields: &str) -> String {
    format!("<GetDoctorsForDBResponse_Doctor>{fields}</GetDoctorsForDBResponse_Doctor>")
}

/// Reads an answer that comes at once.
pub(crate) fn read(answer: impl AsRef<[u8]>) -> Read {
    read_pieces([answer.as_ref()], Asked::new(REQUEST_ID))
}

/// Reads an answer that comes in pieces.
pub(crate) fn read_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, asked: Asked) -> Read {
    let mut records = Vec::new();
    let mut sink = |record: &GmcRecord<'_>| records.push(owned(record));
    let mut reader = AnswerReader::new(asked);
    for piece in pieces {
        if reader.push(piece, &mut sink).is_err() {
            // whoever overlooks an error is told again
            assert!(reader.push(b"</x>", &mut sink).is_err());
            break;
        }
    }
    let end = reader.finish();
    (records, end)
}

/// The doctors of an answer that must be good.
pub(crate) fn doctors(answer: impl AsRef<[u8]>) -> Vec<GmcRecord<'static>> {
    let (records, end) = read(answer);
    assert_eq!(end.map(|_| ()), Ok(()));
    records
}

/// The first doctor's last name, in an answer that must be good.
pub(crate) fn last_name(answer: impl AsRef<[u8]>) -> Option<String> {
    let name = doctors(answer).swap_remove(0).doctor_last_name;
    name.map(std::borrow::Cow::into_owned)
}

/// Why an answer is not one to go by.
pub(crate) fn error(answer: impl AsRef<[u8]>) -> ReadError {
    read(answer).1.expect_err("an answer that must not be good")
}

/// A record with these values, `None` where there is none, in the contract's order.
pub(crate) fn record(values: [Option<&str>; 11]) -> GmcRecord<'static> {
    let [
        number,
        first,
        last,
        submission,
        status,
        breach,
        added,
        notice,
        investigation,
        preliminary,
        sanction,
    ] = values.map(|value| value.map(|value| value.to_owned().into()));
    GmcRecord {
        gmc_reference_number: number,
        doctor_first_name: first,
        doctor_last_name: last,
        submission_date: submission,
        doctor_status: status,
        breach,
        date_added: added,
        under_notice: notice,
        investigation,
        preliminary_investigation: preliminary,
        sanction,
    }
}

fn owned(record: &GmcRecord<'_>) -> GmcRecord<'static> {
    self::record([
        record.gmc_reference_number.as_deref(),
        record.doctor_first_name.as_deref(),
        record.doctor_last_name.as_deref(),
        record.submission_date.as_deref(),
        record.doctor_status.as_deref(),
        record.breach.as_deref(),
        record.date_added.as_deref(),
        record.under_notice.as_deref(),
        record.investigation.as_deref(),
        record.preliminary_investigation.as_deref(),
        record.sanction.as_deref(),
    ])
}
