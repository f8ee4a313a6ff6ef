//! A doctor as the GMC names one, read field by field.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::date::parse_gmc_date;
use crate::gmc_number::InvalidGmcNumber;
use crate::text::shortened;
use crate::{GmcNumber, GmcRecord, UnderNotice};

/// How many characters of a field that cannot be read stand in a report.
const MOST_SHOWN: usize = 40;

/// What the GMC says in one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<T> {
    /// A value.
    Value(T),
    /// The field is there and empty.
    Empty,
    /// The field is not there, or nil.
    Absent,
    /// Something is there that the field cannot hold; this is the text, shortened for a report.
    Unreadable(String),
}

impl<T> Said<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }
}

/// A doctor with a usable number; a field that cannot be read never costs the doctor the place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the contract's, explained in docs/domain.md §4")]
pub struct GmcDoctor {
    pub number: GmcNumber,
    pub first_name: Said<String>,
    pub last_name: Said<String>,
    pub submission_date: Said<Date>,
    pub date_added: Said<Date>,
    pub under_notice: Said<UnderNotice>,
    pub sanction: Said<String>,
}

/// A field of the GMC's record that the sync stores, by its name in doctorsForDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are the contract's, explained in docs/domain.md §4")]
pub enum GmcField {
    DoctorFirstName,
    DoctorLastName,
    SubmissionDate,
    DateAdded,
    UnderNotice,
    Sanction,
}

/// Why a record of an answer is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rejection {
    /// It has no GMC number.
    MissingNumber,
    /// What stands there is no GMC number.
    MalformedNumber,
    /// The same answer had this number before; the first one is used.
    DuplicateNumber,
}

impl Rejection {
    /// Whether the record may be a doctor whom the body then seems to have lost.
    pub fn is_possible_loss(self) -> bool {
        self != Self::DuplicateNumber
    }
}

impl From<InvalidGmcNumber> for Rejection {
    fn from(invalid: InvalidGmcNumber) -> Self {
        match invalid {
            InvalidGmcNumber::Missing => Self::MissingNumber,
            InvalidGmcNumber::Malformed => Self::MalformedNumber,
        }
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MissingNumber => "no GMC number",
            Self::MalformedNumber => "not a GMC number of seven digits",
            Self::DuplicateNumber => "the same GMC number again",
        })
    }
}

impl GmcDoctor {
    /// Reads a record of an answer; an error says why its GMC number is not usable.
    pub fn read(record: &GmcRecord<'_>) -> Result<Self, InvalidGmcNumber> {
        let number = GmcNumber::parse(record.gmc_reference_number.as_deref().unwrap_or_default())?;
        Ok(Self {
            number,
            first_name: said(record.doctor_first_name.as_ref(), |text| Some(text.to_owned())),
            last_name: said(record.doctor_last_name.as_ref(), |text| Some(text.to_owned())),
            submission_date: said(record.submission_date.as_ref(), parse_gmc_date),
            date_added: said(record.date_added.as_ref(), parse_gmc_date),
            under_notice: said(record.under_notice.as_ref(), UnderNotice::parse_gmc),
            sanction: said(record.sanction.as_ref(), |text| Some(text.to_owned())),
        })
    }

    /// The fields that are absent or empty although every doctor should have them: names and UnderNotice.
    pub fn missing(&self) -> impl Iterator<Item = GmcField> {
        let is_missing = |absent: bool, field| absent.then_some(field);
        [
            is_missing(matches!(self.first_name, Said::Absent | Said::Empty), GmcField::DoctorFirstName),
            is_missing(matches!(self.last_name, Said::Absent | Said::Empty), GmcField::DoctorLastName),
            is_missing(matches!(self.under_notice, Said::Absent | Said::Empty), GmcField::UnderNotice),
        ]
        .into_iter()
        .flatten()
    }

    /// The fields that could not be read, with what stands there (shortened; never a name).
    pub fn unreadable(&self) -> impl Iterator<Item = (GmcField, &str)> {
        fn text<T>(said: &Said<T>, field: GmcField) -> Option<(GmcField, &str)> {
            match said {
                Said::Unreadable(text) => Some((field, text)),
                _ => None,
            }
        }
        [
            text(&self.submission_date, GmcField::SubmissionDate),
            text(&self.date_added, GmcField::DateAdded),
            text(&self.under_notice, GmcField::UnderNotice),
        ]
        .into_iter()
        .flatten()
    }
}

fn said<T>(text: Option<&Cow<'_, str>>, read: impl Fn(&str) -> Option<T>) -> Said<T> {
    let Some(text) = text else {
        return Said::Absent;
    };
    let text = text.trim();
    if text.is_empty() {
        return Said::Empty;
    }
    read(text).map_or_else(|| Said::Unreadable(shortened(text, MOST_SHOWN)), Said::Value)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn record<'a>() -> GmcRecord<'a> {
        GmcRecord {
            gmc_reference_number: Some(" 0700002 ".into()),
            doctor_first_name: Some("Siân".into()),
            doctor_last_name: Some("Jones".into()),
            submission_date: Some("01/08/2027".into()),
            date_added: Some("".into()),
            under_notice: Some("on hold".into()),
            ..GmcRecord::default()
        }
    }

    #[test]
    fn a_record_is_read_field_by_field() {
        let doctor = GmcDoctor::read(&record()).unwrap();

        assert_eq!(doctor.number.to_string(), "0700002");
        assert_eq!(doctor.submission_date, Said::Value(date(2027, 8, 1)));
        assert_eq!(doctor.date_added, Said::Empty);
        assert_eq!(doctor.sanction, Said::Absent);
        assert_eq!(doctor.under_notice, Said::Value(UnderNotice::OnHold));
    }

    #[test]
    fn a_field_that_cannot_be_read_does_not_cost_the_doctor_the_place() {
        // given a date that no calendar has and an UnderNotice that nobody knows
        let odd = GmcRecord {
            submission_date: Some("31/02/2025".into()),
            under_notice: Some("May\u{9b}\nbe".into()),
            ..record()
        };

        // when it is read
        let doctor = GmcDoctor::read(&odd).unwrap();

        // then the doctor is there, and both fields are told, each in one line
        let told: Vec<_> = doctor.unreadable().collect();
        assert_eq!(
            told,
            [(GmcField::SubmissionDate, "31/02/2025"), (GmcField::UnderNotice, "May\u{FFFD}\u{FFFD}be")]
        );
    }

    #[test]
    fn absent_and_empty_names_and_under_notice_are_told_as_missing() {
        let bare = GmcRecord {
            doctor_first_name: Some("  ".into()),
            doctor_last_name: None,
            under_notice: Some("".into()),
            ..record()
        };

        let missing: Vec<_> = GmcDoctor::read(&bare).unwrap().missing().collect();

        assert_eq!(missing, [GmcField::DoctorFirstName, GmcField::DoctorLastName, GmcField::UnderNotice]);
    }

    #[test]
    fn a_record_without_a_usable_number_is_refused_with_the_reason() {
        let unknown = GmcRecord { gmc_reference_number: Some("UNKNOWN".into()), ..record() };
        let null = GmcRecord { gmc_reference_number: None, ..record() };

        assert_eq!(GmcDoctor::read(&unknown), Err(InvalidGmcNumber::Malformed));
        assert_eq!(GmcDoctor::read(&null), Err(InvalidGmcNumber::Missing));
    }
}
