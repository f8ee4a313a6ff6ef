//! The four indexes agree with the database, and other services' fields in them are kept.

use domain::GmcNumber;
use domain::body::is_hidden;
use domain::index::{Field, IndexDoc, IndexName};
use domain::routing::{copy_of, is_in};

use super::night::Night;
use super::{Violation, was_written_since};
use crate::world::{IndexEntry, World};

/// After the last night, if all its looks were taken: everyone whom it knows, but for those whom another service wrote
/// to since the verdict, or of whom a message went to the dead letters. Also returns how many documents are left to the
/// next night, because a stage wrote them that died when its message was done with.
pub(super) fn check_night(world: &World, night: &Night<'_>) -> (Vec<Violation>, u64) {
    if !night.is_looked_over(world) {
        return (Vec::new(), 0);
    }
    let since = night.run.moments.sweeping.unwrap_or(night.run.moments.opened);
    let is_excused = |number: &GmcNumber| {
        let text = number.to_string();
        was_written_since(world, *number, since)
            || world.observed.foreign_index.get(number).is_some_and(|at| *at >= since)
            // a search finds it a refresh late
            || world.observed.foreign_index_added.get(number).is_some_and(|at| *at >= night.run.moments.opened)
            || world.dead_letters.iter().any(|(_, _, body)| body.contains(&text))
    };
    let orphans = world.index_orphans();
    let (mut violations, mut left) = (Vec::new(), 0);
    for number in night.everyone().into_iter().filter(|number| !is_excused(number)) {
        match check(world, number) {
            Some(_) if orphans.contains(&number) => left += 1,
            found => violations.extend(found),
        }
    }
    (violations, left)
}

/// Whether the four indexes say of a doctor what the database says.
pub(super) fn check(world: &World, number: GmcNumber) -> Option<Violation> {
    let document = world.documents.get(&number)?;
    let code = document.doctor.code.as_deref().filter(|code| !code.is_empty() && !is_hidden(Some(code)));
    let wrong = |text: String| Some(Violation::new("index", text));
    let masters = documents_of(world, IndexName::Master, number);
    let authoritative = masters.iter().min_by_key(|(id, doc)| (doc.get(Field::TcsPersonId).is_none(), *id));
    let Some((_, authoritative)) = authoritative else {
        return wrong(format!("{number} has no master document"));
    };
    for (id, master) in &masters {
        let found = master.text(Field::DesignatedBody);
        if found != code {
            return wrong(format!(
                "{number} is {code:?} in the database and {found:?} in master document {id}"
            ));
        }
        let status = master.text(Field::ConnectionStatus);
        if status != Some(if code.is_some() { "Yes" } else { "No" }) {
            return wrong(format!("{number} is {code:?} and connectionStatus is {status:?}"));
        }
    }
    for index in IndexName::COPIES {
        let copies = documents_of(world, index, number);
        let belongs = is_in(index, authoritative, world.now.london_date());
        if belongs == copies.is_empty() {
            return wrong(format!("{number} is {code:?} and has {} copies in {index}", copies.len()));
        }
        if copies.iter().any(|(_, copy)| **copy != copy_of(authoritative)) {
            return wrong(format!("{number} has a copy in {index} that is not its master's"));
        }
    }
    None
}

fn documents_of(world: &World, index: IndexName, number: GmcNumber) -> Vec<(&String, &IndexDoc)> {
    let entries = world.indexes.get(&index).into_iter().flatten();
    let of_doctor = |(_, entry): &(&String, &IndexEntry)| entry.number == number;
    entries.filter(of_doctor).map(|(id, entry)| (id, &entry.doc)).collect()
}

/// Whether the membership types are as other services wrote them last.
pub(super) fn kept(world: &World) -> Vec<Violation> {
    let masters = world.indexes.get(&IndexName::Master);
    let found = |id: &String| {
        let entry = masters.and_then(|masters| masters.get(id));
        entry.and_then(|entry| entry.doc.text(Field::MembershipType)).map(str::to_owned)
    };
    let wrong = world.observed.tis.iter().filter(|(id, written)| found(id) != **written);
    wrong
        .map(|(id, written)| {
            let text = format!("membershipType of {id} was set to {written:?}, and is {:?}", found(id));
            Violation::new("others' fields", text)
        })
        .collect()
}
