//! recommendation-update: the stage that owns the ledger.

use crate::apply::{apply_chunk, fail_body};
use crate::close::looked;
use crate::messages::{ToRecommendationUpdate, read};
use crate::stage::{Desk, Outcome, StageError, StageResult};
use crate::sweep::sweep;

/// Handles a message of the recommendation-update queue.
pub async fn handle(desk: Desk<'_>, message: &str) -> StageResult<Outcome> {
    match read(message)? {
        ToRecommendationUpdate::Chunk(chunk) => match apply_chunk(desk, &chunk).await {
            Err(StageError::Port(error)) if !error.is_transient => {
                // trying again cannot help: the body fails now, with the reason, and not at the deadline without one
                tracing::error!(run = chunk.run.0, body = %chunk.code, chunk = chunk.position, "a chunk cannot be applied: {error}");
                let reason = format!("an answer could not be written: {error}");
                fail_body(desk, chunk.run, &chunk.code, &reason, None, chunk.gmc_request_id.as_deref())
                    .await?;
            }
            applied => applied?,
        },
        ToRecommendationUpdate::BodyFailed { run, code, reason, return_code, gmc_request_id } => {
            fail_body(desk, run, &code, &reason, return_code.as_deref(), gmc_request_id.as_deref()).await?;
        }
        ToRecommendationUpdate::Sweep { run } => return sweep(desk, run).await,
        ToRecommendationUpdate::Looked { run, look, position } => looked(desk, run, look, position).await?,
    }
    Ok(Outcome::Done)
}
