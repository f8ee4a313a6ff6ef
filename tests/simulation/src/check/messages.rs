//! Every message is consumed or in the dead-letter queue.

use std::collections::BTreeSet;

use super::Violation;
use crate::world::World;

pub(super) fn check(world: &World) -> Vec<Violation> {
    let dead: BTreeSet<u64> = world.dead_letters.iter().map(|(_, id, _)| *id).collect();
    let is_lost = |id: &u64| !dead.contains(id) && !world.observed.finished.contains(id);
    let waiting: usize = world.queues.values().map(Vec::len).sum();
    let mut violations: Vec<Violation> = (1..=world.next_message)
        .filter(is_lost)
        .map(|id| Violation::new("messages", format!("message {id} is neither worked on nor a dead letter")))
        .collect();
    if waiting > 0 {
        violations.push(Violation::new("messages", format!("{waiting} messages are still on the queues")));
    }
    violations
}
