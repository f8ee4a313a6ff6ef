//! The ledger's lists: they are only ever added to.

use domain::doctor::Rejection;
use domain::{BodyCode, GmcNumber, Moment, RunNumber};
use sync::ledger::{Chunk, ChunkId, Findings};
use uuid::Uuid;

use super::{LedgerFixture, set};
use crate::{done, own};

/// A run prepared twice has two; larger than one document may be.
pub async fn a_roll_is_read_by_its_id_only(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let (run, code, one, other) = (own::run(), own::body(), Uuid::new_v4(), Uuid::new_v4());
    let numbers = own::numbers(12_003);

    done(ledger.add_roll(run, &code, one, &numbers).await);
    done(ledger.add_roll(run, &code, other, &numbers[..2]).await);

    let mut found = done(ledger.roll(run, &code, one).await);
    found.sort_unstable();
    assert_eq!(found, numbers, "expected every number of the roll, once");
    assert_eq!(set(done(ledger.roll(run, &code, other).await)), set(numbers[..2].iter().copied()));
    for (run, code, roll) in
        [(own::run(), &code, one), (run, &own::body(), one), (run, &code, Uuid::new_v4())]
    {
        assert_eq!(done(ledger.roll(run, code, roll).await), [], "expected nobody on any other roll");
    }
}

/// A body that nobody is in.
pub async fn an_empty_roll_is_empty(fixture: &impl LedgerFixture) {
    let (run, code, roll) = (own::run(), own::body(), Uuid::new_v4());

    done(fixture.ledger().add_roll(run, &code, roll, &[]).await);

    assert_eq!(done(fixture.ledger().roll(run, &code, roll).await), [], "expected nobody");
}

/// As a caller does who did not hear that it went through.
pub async fn a_roll_stored_twice_is_not_doubled(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let (run, code, roll, numbers) = (own::run(), own::body(), Uuid::new_v4(), own::numbers(10));

    done(ledger.add_roll(run, &code, roll, &numbers).await);
    done(ledger.add_roll(run, &code, roll, &numbers).await);

    let mut found = done(ledger.roll(run, &code, roll).await);
    found.sort_unstable();
    assert_eq!(found, numbers, "expected every number once");
}

/// A redelivered chunk finds other things: the first findings count.
pub async fn a_chunk_is_recorded_once(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let numbers = own::numbers(500);
    let first = chunk(own::run(), &own::body(), Uuid::new_v4(), 3);
    let again = Chunk { findings: Findings::default(), of: 9, ..first.clone() };

    assert!(done(ledger.record_chunk(&first, &numbers).await), "expected the chunk to be recorded");
    done(ledger.mark_applied(&first.id).await);
    assert!(!done(ledger.record_chunk(&again, &numbers[..1]).await), "expected it not to be recorded again");

    let kept = Chunk { applied: true, ..first.clone() };
    assert_eq!(
        done(ledger.chunks(first.id.run).await),
        [kept],
        "expected the first recording, still applied"
    );
    let named = done(ledger.named(first.id.run, &first.id.code, first.id.fetch).await);
    assert_eq!(named, [(3, numbers)], "expected whom the first recording named");
}

/// One redelivery too early.
pub async fn a_chunk_recorded_by_two_at_once_is_recorded_by_one(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let numbers = own::numbers(3);
    let chunk = chunk(own::run(), &own::body(), Uuid::new_v4(), 0);

    let (first, second) =
        tokio::join!(ledger.record_chunk(&chunk, &numbers), ledger.record_chunk(&chunk, &numbers));

    assert!(done(first) != done(second), "expected one of two to record it");
    assert_eq!(done(ledger.chunks(chunk.id.run).await).len(), 1, "expected it once");
}

/// Not for another fetch of the body, however often it is said, and nothing that was only recorded.
pub async fn applied_chunks_are_counted_for_one_fetch(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let (run, code, fetch, other) = (own::run(), own::body(), Uuid::new_v4(), Uuid::new_v4());
    for position in 0..4 {
        let chunk = chunk(run, &code, fetch, position);
        done(ledger.record_chunk(&chunk, &own::numbers(1)).await);
        if position > 0 {
            done(ledger.mark_applied(&chunk.id).await);
            done(ledger.mark_applied(&chunk.id).await);
        }
    }
    let elsewhere = chunk(run, &code, other, 0);
    done(ledger.record_chunk(&elsewhere, &own::numbers(1)).await);
    done(ledger.mark_applied(&elsewhere.id).await);

    assert_eq!(done(ledger.applied_chunks(run, &code, fetch).await), 3, "expected three of four");
    assert_eq!(done(ledger.applied_chunks(run, &code, other).await), 1, "expected the other fetch's own");
    assert_eq!(
        done(ledger.applied_chunks(run, &own::body(), fetch).await),
        0,
        "expected none of another body"
    );
    assert_eq!(
        done(ledger.applied_chunks(own::run(), &code, fetch).await),
        0,
        "expected none of another run"
    );
}

/// All that was found is kept.
pub async fn recorded_chunks_are_read_without_their_numbers(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let run = own::run();
    let mut expected = Vec::new();
    for code in [own::body(), own::body()] {
        for position in 0..2 {
            let chunk = chunk(run, &code, Uuid::new_v4(), position);
            done(ledger.record_chunk(&chunk, &own::numbers(2)).await);
            expected.push(chunk);
        }
    }
    done(ledger.record_chunk(&chunk(own::run(), &own::body(), Uuid::new_v4(), 0), &[]).await);

    let mut found = done(ledger.chunks(run).await);

    found.sort_by(|one, next| one.id.cmp(&next.id));
    expected.sort_by(|one, next| one.id.cmp(&next.id));
    assert_eq!(found, expected, "expected the run's chunks, with what was found, none of them applied");
}

/// The moments are the versions of what the GMC says.
pub async fn each_moment_of_asking_is_read_once(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let run = own::run();
    for (at, fetch) in [(5, Uuid::new_v4()), (7, Uuid::new_v4()), (5, Uuid::new_v4())] {
        for position in 0..3 {
            let chunk = Chunk { asked_at: Moment(at), ..chunk(run, &own::body(), fetch, position) };
            done(ledger.record_chunk(&chunk, &own::numbers(1)).await);
        }
    }

    let mut moments = done(ledger.asked_ats(run).await);

    moments.sort_unstable();
    assert_eq!(moments, [Moment(5), Moment(7)], "expected each moment once");
    assert_eq!(done(ledger.asked_ats(own::run()).await), [], "expected none of a run without answers");
}

/// An empty answer is one chunk that names nobody.
pub async fn whom_a_fetch_named_is_read_by_position(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let (run, code, fetch) = (own::run(), own::body(), Uuid::new_v4());
    let numbers = own::numbers(5);
    done(ledger.record_chunk(&chunk(run, &code, fetch, 1), &numbers[..2]).await);
    done(ledger.record_chunk(&chunk(run, &code, fetch, 0), &numbers[2..]).await);
    done(ledger.record_chunk(&chunk(run, &code, fetch, 2), &[]).await);
    done(ledger.record_chunk(&chunk(run, &code, Uuid::new_v4(), 3), &own::numbers(1)).await);

    let mut named: Vec<(u32, Vec<GmcNumber>)> = done(ledger.named(run, &code, fetch).await);

    named.sort();
    let expected = [(0, numbers[2..].to_vec()), (1, numbers[..2].to_vec()), (2, vec![])];
    assert_eq!(named, expected, "expected the numbers of each chunk of this fetch");
}

/// However often it is said; and for its sending only.
pub async fn a_look_is_acknowledged_once(fixture: &impl LedgerFixture) {
    let ledger = fixture.ledger();
    let (run, look) = (own::run(), Uuid::new_v4());
    for position in [0, 1, 1, 0, 1] {
        done(ledger.acknowledge_look(run, look, position).await);
    }
    done(ledger.acknowledge_look(run, Uuid::new_v4(), 0).await);

    assert_eq!(done(ledger.acknowledged_looks(run, look).await), 2, "expected two looks");
    assert_eq!(
        done(ledger.acknowledged_looks(run, Uuid::new_v4()).await),
        0,
        "expected none of another sending"
    );
    assert_eq!(done(ledger.acknowledged_looks(own::run(), look).await), 0, "expected none of another run");
}

pub(super) fn chunk(run: RunNumber, code: &BodyCode, fetch: Uuid, position: u32) -> Chunk {
    let findings = Findings {
        returned: 499,
        new: 1,
        rejected: [(Rejection::MalformedNumber, 2)].into(),
        unknown: own::numbers(1),
        elsewhere: vec![(own::number(), "1-ÖLD".to_owned())],
        ..Findings::default()
    };
    Chunk {
        id: ChunkId { run, code: code.clone(), fetch, position },
        of: 4,
        asked_at: Moment(1_767_229_323_004),
        applied: false,
        findings,
    }
}
