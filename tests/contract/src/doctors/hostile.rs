//! Codes and texts of the oddest kind.

use domain::{DoctorPatch, StoredDoctor};
use serde_json::json;

use super::writes::{read, update};
use super::{DoctorsFixture, code_of, hiding, put_with_codes};
use crate::hostile::{TEXTS, codes};
use crate::{done, own};

/// Each is a body of its own: nobody is visible in another, and nobody is hidden with another.
pub async fn the_oddest_codes_are_codes_like_any_other(fixture: &impl DoctorsFixture) {
    let codes = codes();
    let stored: Vec<_> = codes.iter().map(|code| Some(code.to_string())).collect();
    let numbers = put_with_codes(fixture, &stored).await;

    for (code, number) in codes.iter().zip(&numbers) {
        assert_eq!(done(fixture.doctors().visible_in(code).await), [*number], "expected one in {code}");
    }
    for (code, number) in codes.iter().zip(&numbers) {
        let hidden = done(fixture.doctors().hide(&hiding(code), &numbers).await);
        assert_eq!(hidden, 1, "expected one to be hidden with {code}");
        assert_eq!(code_of(fixture, *number).await, Some(code.hidden()));
    }
    let counts = done(fixture.doctors().count_by_code().await);
    for code in &codes {
        let count = counts.iter().find(|(found, _)| *found == code.hidden());
        assert_eq!(count.map(|(_, count)| *count), Some(1), "expected one with {}", code.hidden());
        assert_eq!(done(fixture.doctors().visible_in(code).await), [], "expected nobody in {code}");
    }
}

/// Whoever wrote them: they are read as they stand, and a write that has seen one matches that one alone.
pub async fn texts_that_look_like_more_are_texts(fixture: &impl DoctorsFixture) {
    let numbers = own::numbers(TEXTS.len());
    for (number, text) in numbers.iter().zip(TEXTS) {
        let fields = json!({
            "_id": number, "doctorFirstName": text, "doctorLastName": text, "designatedBodyCode": text,
            "doctorStatus": text, "underNotice": text, "sanction": text, "admin": text,
        });
        fixture.put_document(fields).await;
    }

    for (place, number) in numbers.iter().enumerate() {
        let (text, other) = (TEXTS[place], TEXTS[(place + 1) % TEXTS.len()]);
        let own = |text: &str| Some(text.to_owned());
        let expected = StoredDoctor {
            first_name: own(text),
            last_name: own(text),
            code: own(text),
            status: own(text),
            under_notice: own(text),
            sanction: own(text),
            ..StoredDoctor::bare(*number)
        };
        assert_eq!(read(fixture, *number).await, expected, "expected the text as it stands");

        let set = DoctorPatch { last_name: own(other), ..DoctorPatch::default() };
        update(fixture, &StoredDoctor { code: own(other), ..expected.clone() }, set.clone()).await;
        assert_eq!(read(fixture, *number).await, expected, "expected another text not to match");
        update(fixture, &expected, set).await;
        let expected = StoredDoctor { last_name: own(other), ..expected };
        assert_eq!(read(fixture, *number).await, expected, "expected the same text to match");
    }
}
