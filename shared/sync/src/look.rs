//! Telling connection-index to look again (step 5 of the roll call).

use std::collections::BTreeSet;

use domain::{GmcNumber, RunNumber};

use crate::ledger::{Looks, Run};
use crate::messages::{ToConnectionIndex, outgoing};
use crate::ports::Outbox;
use crate::ports::queue::QueueName;
use crate::roll_call::Lists;
use crate::stage::{Desk, StageResult};

/// How many doctors one message names.
pub(crate) const AT_ONCE: usize = 500;

/// How many messages are handed to the queue in one call.
const MESSAGES_AT_ONCE: usize = 100;

/// Sends looks at everyone on a roll or named, and in a whole night also at everyone stored with a prefix: what an
/// outage lost is mended the next night, and the old system's leftovers by the first. A dry run sends none.
pub async fn send_looks(desk: Desk<'_>, run: &Run, lists: &Lists) -> StageResult<Looks> {
    let id = desk.host.fresh_id();
    if run.settings.is_dry {
        return Ok(Looks { id, count: 0 });
    }
    let mut whom: BTreeSet<GmcNumber> = lists.call.numbers().collect();
    if run.settings.is_whole {
        whom.extend(desk.doctors.hidden().await?);
    }
    let whom: Vec<GmcNumber> = whom.into_iter().collect();
    let mut count = 0;
    let mut messages = Vec::new();
    for numbers in whom.chunks(AT_ONCE) {
        let look = ToConnectionIndex::Look {
            run: run.number,
            look: Some(id),
            position: count,
            numbers: numbers.to_vec(),
        };
        messages.push(outgoing(&look)?);
        count += 1;
        if messages.len() == MESSAGES_AT_ONCE {
            desk.outbox.send(QueueName::ConnectionIndex, std::mem::take(&mut messages)).await?;
        }
    }
    if !messages.is_empty() {
        desk.outbox.send(QueueName::ConnectionIndex, messages).await?;
    }
    Ok(Looks { id, count })
}

/// Sends a look at these doctors for which nobody waits.
pub async fn send_look(outbox: &dyn Outbox, run: RunNumber, numbers: &[GmcNumber]) -> StageResult<()> {
    let messages = numbers
        .chunks(AT_ONCE)
        .map(|numbers| {
            outgoing(&ToConnectionIndex::Look { run, look: None, position: 0, numbers: numbers.to_vec() })
        })
        .collect::<Result<Vec<_>, _>>()?;
    if messages.is_empty() {
        return Ok(());
    }
    Ok(outbox.send(QueueName::ConnectionIndex, messages).await?)
}
