//! Codes and texts of the oddest kind.

use std::collections::BTreeMap;

use sync::ledger::{Body, Run};
use uuid::Uuid;

use super::lists::chunk;
use super::{LedgerFixture, body, full_run};
use crate::hostile::{TEXTS, codes};
use crate::{done, own};

/// Each is a body of its own, in every list of the ledger.
pub async fn the_oddest_codes_are_codes_like_any_other(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let (number, mut codes, fetch, roll) = (own::run(), codes(), Uuid::new_v4(), Uuid::new_v4());
    let mut run = full_run(number);
    run.settings.bodies.clone_from(&codes);
    run.settings.safeguard.accept = codes.iter().cloned().zip(1..).collect::<BTreeMap<_, _>>();
    assert!(done(ledger.add_run(&run).await), "expected the run to be added");
    let doctors = own::numbers(codes.len());

    for (code, doctor) in codes.iter().zip(&doctors) {
        assert!(done(ledger.add_body(&body(number, code)).await), "expected {code} to be added");
        done(ledger.add_roll(number, code, roll, &[*doctor]).await);
        let chunk = chunk(number, code, fetch, 0);
        assert!(done(ledger.record_chunk(&chunk, &[*doctor]).await), "expected {code} to be recorded");
        done(ledger.mark_applied(&chunk.id).await);
    }

    assert_eq!(done(ledger.run(number).await), Some(run), "expected the run with all its codes");
    for (code, doctor) in codes.iter().zip(&doctors) {
        assert_eq!(done(ledger.body(number, code).await), Some(body(number, code)));
        assert_eq!(done(ledger.roll(number, code, roll).await), [*doctor], "expected one on {code}'s roll");
        let named = done(ledger.named(number, code, fetch).await);
        assert_eq!(named, [(0, vec![*doctor])], "expected one to be named for {code}");
        assert_eq!(done(ledger.applied_chunks(number, code, fetch).await), 1);
    }
    codes.sort();
    let found: Vec<_> = done(ledger.bodies(number).await).into_iter().map(|body| body.code).collect();
    assert_eq!(found, codes, "expected every body once, in the order of the codes");
}

/// What the GMC and the engines are quoted with, and the key that a caller chose.
pub async fn texts_that_look_like_more_are_texts(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    for text in TEXTS {
        let key = format!("{text}{}", Uuid::new_v4());
        let run = Run { key, abort: Some(text.to_owned()), ..full_run(own::run()) };
        let own = || Some(text.to_owned());
        let body = Body {
            reason: own(),
            return_code: own(),
            gmc_request_id: own(),
            ..body(run.number, &own::body())
        };

        assert!(done(ledger.add_run(&run).await), "expected a run with the key {:?}", run.key);
        assert!(done(ledger.add_body(&body).await), "expected a body with the reason {text:?}");

        assert_eq!(done(ledger.run_by_key(&run.key).await).as_ref(), Some(&run));
        assert_eq!(done(ledger.run_by_key(text).await), None, "expected no run of another key");
        assert_eq!(done(ledger.body(run.number, &body.code).await).as_ref(), Some(&body));
    }
}
