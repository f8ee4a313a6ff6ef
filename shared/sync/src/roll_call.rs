//! The ledger's lists of one run, brought together for whoever decides, carries out, or reports.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::apply::Before;
use domain::planted::{Bug, planted};
use domain::roll_call::{AnswerFacts, BodyFacts, Named, RollCall};
use domain::{BodyCode, BodyState, GmcNumber, Moment, Rejection, RunNumber};
use uuid::Uuid;

use crate::ledger::{Body, BodyDecision, Chunk, ChunkId, Decision, FetchDecision, Run};
use crate::ports::Ledger;
use crate::stage::StageResult;

/// Which of the recorded chunks there are now: those that count, if the sweep decides now.
pub fn recorded_fetches(run: &Run, chunks: &[Chunk]) -> Vec<FetchDecision> {
    let mut by_fetch: BTreeMap<(&BodyCode, Uuid), Vec<&Chunk>> = BTreeMap::new();
    for chunk in chunks {
        by_fetch.entry((&chunk.id.code, chunk.id.fetch)).or_default().push(chunk);
    }
    by_fetch
        .into_iter()
        .filter(|((code, _), _)| run.settings.bodies.contains(code))
        .filter(|(_, chunks)| {
            chunks.len() as u64 == u64::from(chunks[0].of) || !planted(Bug::CutOffFetchForgotten)
        })
        .map(|((code, fetch), chunks)| {
            let is_whole = chunks.len() as u64 == u64::from(chunks[0].of);
            let mut only: Vec<u32> = chunks.iter().map(|chunk| chunk.id.position).collect();
            only.sort_unstable();
            if is_whole {
                only.clear();
            }
            FetchDecision { code: code.clone(), fetch, asked_at: chunks[0].asked_at, only }
        })
        .collect()
}

/// The verdict on each body, from the lists as they are now.
pub async fn decide(ledger: &dyn Ledger, run: &Run, bodies: &[Body]) -> StageResult<Decision> {
    let chunks = ledger.chunks(run.number).await?;
    let fetches = recorded_fetches(run, &chunks);
    let mut named = load_named(ledger, run, &fetches).await?;
    let mut facts = Vec::with_capacity(run.settings.bodies.len());
    for (index, code) in run.settings.bodies.iter().enumerate() {
        let body = bodies.iter().find(|body| body.code == *code);
        let answer = body.filter(|body| body.state == BodyState::Answered).and_then(|body| body.answer);
        let answer = answer.map(|answer| AnswerFacts {
            asked_at: answer.asked_at,
            usable: usable(&named, &fetches, index, answer.fetch),
            unusable: unusable(&chunks, code, answer.fetch),
        });
        facts.push(BodyFacts { code: code.clone(), roll: roll(ledger, body).await?, answer });
    }
    let call = RollCall::new(facts, &named);
    named.clear();
    let verdicts = call.verdicts(&run.settings.safeguard);
    let decided = run.settings.bodies.iter().zip(verdicts).map(|(code, verdict)| BodyDecision {
        code: code.clone(),
        state: verdict.state,
        fetch: bodies
            .iter()
            .find(|body| body.code == *code)
            .and_then(|body| body.answer)
            .map(|answer| answer.fetch),
        loss: verdict.loss,
    });
    Ok(Decision { bodies: decided.collect(), fetches })
}

/// The lists of a run whose verdict is stored.
pub struct Lists {
    /// Everyone on a roll or named.
    pub call: RollCall,
    /// The verdicts, in the order of the settings' bodies.
    pub states: Vec<BodyState>,
    /// When each fetch of the run asked.
    pub asked_ats: Vec<Moment>,
}

impl Lists {
    /// Loads them. They are the same whenever they are loaded, but for rolls of a run that was given up while it was
    /// prepared: those can still appear, and only ever make doctors visible.
    pub async fn load(ledger: &dyn Ledger, run: &Run, decision: &Decision) -> StageResult<Self> {
        let bodies = ledger.bodies(run.number).await?;
        let named = load_named(ledger, run, &decision.fetches).await?;
        let mut facts = Vec::with_capacity(decision.bodies.len());
        for verdict in &decision.bodies {
            let body = bodies.iter().find(|body| body.code == verdict.code);
            let asked_at = |fetch: Uuid| {
                decision.fetches.iter().find(|known| known.fetch == fetch).map(|known| known.asked_at)
            };
            let answer = verdict.fetch.and_then(asked_at).map(|asked_at| AnswerFacts {
                asked_at,
                usable: 0,
                unusable: 0,
            });
            facts.push(BodyFacts { code: verdict.code.clone(), roll: roll(ledger, body).await?, answer });
        }
        Ok(Self {
            call: RollCall::new(facts, &named),
            states: decision.bodies.iter().map(|body| body.state).collect(),
            asked_ats: ledger.asked_ats(run.number).await?,
        })
    }

    /// Whether who has left may be marked as unknown to the GMC: only a whole night of which every body is done knows.
    pub fn marks_gone(&self, run: &Run) -> bool {
        run.settings.is_whole
            && !planted(Bug::NobodyMarkedGone)
            && self.states.iter().all(|state| *state == BodyState::Done)
    }
}

/// The doctors of chunks that nobody applied while the run was running. A caller may have written them since.
pub async fn named_in_unapplied_chunks(ledger: &dyn Ledger, run: RunNumber) -> StageResult<Vec<GmcNumber>> {
    let chunks = ledger.chunks(run).await?;
    let unapplied: BTreeSet<&ChunkId> =
        chunks.iter().filter(|chunk| !chunk.applied).map(|chunk| &chunk.id).collect();
    let fetches: BTreeSet<(&BodyCode, Uuid)> = unapplied.iter().map(|id| (&id.code, id.fetch)).collect();
    let mut numbers = Vec::new();
    for (code, fetch) in fetches {
        for (position, named) in ledger.named(run, code, fetch).await? {
            if unapplied.contains(&ChunkId { run, code: code.clone(), fetch, position }) {
                numbers.extend(named);
            }
        }
    }
    Ok(numbers)
}

/// Where each doctor stood who was not under the body that first named them.
pub fn stood_before(chunks: &[Chunk], decision: &Decision) -> HashMap<GmcNumber, Before> {
    let mut before = HashMap::new();
    for chunk in chunks {
        if !decision.fetches.iter().any(|fetch| fetch.fetch == chunk.id.fetch) {
            continue;
        }
        for (number, stood) in chunk.findings.before() {
            // of two fetches that named the same doctor, the one that found less came first
            let rank = |before: &Before| match before {
                Before::Unknown => 0,
                Before::Nowhere => 1,
                Before::Elsewhere(_) => 2,
                Before::Here => 3,
            };
            let known = before.entry(number).or_insert(Before::Here);
            if rank(&stood) < rank(known) {
                *known = stood;
            }
        }
    }
    before
}

async fn roll(ledger: &dyn Ledger, body: Option<&Body>) -> StageResult<Vec<GmcNumber>> {
    let Some((body, roll)) = body.and_then(|body| body.roll.map(|roll| (body, roll))) else {
        return Ok(Vec::new());
    };
    Ok(ledger.roll(body.run, &body.code, roll).await?)
}

/// Whom each fetch named, by its chunks that count.
async fn load_named(ledger: &dyn Ledger, run: &Run, fetches: &[FetchDecision]) -> StageResult<Vec<Named>> {
    let mut named = Vec::with_capacity(fetches.len());
    for fetch in fetches {
        let Some(body) = run.settings.bodies.iter().position(|code| *code == fetch.code) else {
            continue;
        };
        let chunks = ledger.named(run.number, &fetch.code, fetch.fetch).await?;
        let counts = |position: &u32| fetch.only.is_empty() || fetch.only.contains(position);
        let numbers = chunks
            .into_iter()
            .filter(|(position, _)| counts(position))
            .flat_map(|(_, numbers)| numbers)
            .collect();
        named.push(Named { body, asked_at: fetch.asked_at, numbers });
    }
    Ok(named)
}

/// How many usable numbers a fetch had; within one fetch every number stands once.
fn usable(named: &[Named], fetches: &[FetchDecision], body: usize, fetch: Uuid) -> u64 {
    fetches
        .iter()
        .zip(named)
        .filter(|(known, named)| known.fetch == fetch && named.body == body)
        .map(|(_, named)| named.numbers.len() as u64)
        .sum()
}

fn unusable(chunks: &[Chunk], code: &BodyCode, fetch: Uuid) -> u64 {
    let possible_loss =
        |(reason, count): (&Rejection, &u64)| if reason.is_possible_loss() { *count } else { 0 };
    chunks
        .iter()
        .filter(|chunk| chunk.id.code == *code && chunk.id.fetch == fetch)
        .flat_map(|chunk| chunk.findings.rejected.iter().map(possible_loss))
        .sum()
}
