//! Other services: they write single fields, connect and disconnect doctors by hand, save whole documents as they read
//! them some time ago, without the fields that they do not know, and write their own fields to the index.

use domain::index::{Field, IndexName, Value};
use domain::status::{Outcome, Recommendation};
use domain::{BodyCode, GmcNumber, Moment};
use jiff::ToSpan as _;
use sync::ports::index::Version;

use crate::world::{Document, ForeignWrite, IndexEntry, World};

/// A whole document on its way back into the database.
#[derive(Clone, Debug)]
pub(crate) struct Save {
    read_at: Moment,
    pub(crate) due: Moment,
    document: Document,
    /// The body that it connects the doctor to, or none; `None` where it changes something else.
    by_hand: Option<Option<BodyCode>>,
}

impl World {
    /// One write, or the reading of a document that is saved later.
    pub(crate) fn another_service_writes(&mut self) {
        let Some(number) = self.any_doctor() else { return };
        match self.random.u32(..10) {
            0 => self.set_admin(number),
            1 => self.connect_by_hand(number),
            2 => self.disconnect_by_hand(number),
            3 => self.set_outcome(number),
            4 => self.read_for_a_save(number, 0),
            5 => self.read_for_a_save(number, 3_000),
            6 | 7 => self.read_for_a_save(number, 90_000),
            8 => self.hide_as_the_old_system(number),
            _ => self.read_for_a_save(number, 40 * 60_000),
        }
    }

    /// Saves what is due.
    pub(crate) fn save_whole_documents(&mut self) {
        while let Some(place) = self.pending_saves.iter().position(|save| save.due <= self.now) {
            let save = self.pending_saves.swap_remove(place);
            self.save(save);
        }
    }

    fn save(&mut self, save: Save) {
        let Save { read_at, mut document, by_hand, .. } = save;
        let number = document.doctor.number;
        document.doctor.sync_run = None; // a field that no other service knows
        if !self.others_know_later_schema {
            document.doctor.exists_in_gmc = None;
        }
        if let Some(body) = &by_hand {
            document.doctor.code = body.as_ref().map(ToString::to_string);
            document.doctor.gmc_last_updated = Some(self.now);
        } else {
            document.admin = self.random.u64(1..1_000);
        }
        self.observed.admins.insert(number, document.admin);
        self.note(|| format!("another service saves {number}, read at {}", read_at.0));
        self.documents.insert(number, document);
        self.wrote(number, by_hand, Some(read_at));
    }

    fn set_admin(&mut self, number: GmcNumber) {
        self.count("another service: set the admin");
        let admin = self.random.u64(1..1_000);
        if let Some(document) = self.documents.get_mut(&number) {
            document.admin = admin;
            self.observed.admins.insert(number, admin);
        }
        self.wrote(number, None, None);
    }

    fn connect_by_hand(&mut self, number: GmcNumber) {
        let mut body = self.any_body();
        let stored = self.documents.get(&number).and_then(|document| document.doctor.plain_code());
        if let Some(own) =
            stored.and_then(|code| BodyCode::parse(code).ok()).filter(|_| self.random.u32(..3) == 0)
        {
            body = own;
        }
        self.count(if stored == Some(body.as_str()) {
            "another service: connected to the same body"
        } else {
            "another service: connected to another body"
        });
        self.set_by_hand(number, Some(body));
    }

    /// The worst moment for a statement that hides doctors to land: an admin has just connected one of them, who had left
    /// or moved, to that body.
    pub(crate) fn connect_before_hidden(&mut self, body: &BodyCode, numbers: &[GmcNumber]) {
        let is_gone = |number: &&GmcNumber| {
            let document = self.documents.get(number);
            document.is_some_and(|document| document.doctor.code.as_deref() != Some(body.as_str()))
        };
        let Some(number) = numbers.iter().find(is_gone).copied() else { return };
        self.count("another service: connected to the body that is about to be hidden");
        self.set_by_hand(number, Some(body.clone()));
    }

    fn disconnect_by_hand(&mut self, number: GmcNumber) {
        self.count("another service: disconnected");
        self.set_by_hand(number, None);
    }

    fn set_by_hand(&mut self, number: GmcNumber, body: Option<BodyCode>) {
        let now = self.now;
        if let Some(document) = self.documents.get_mut(&number) {
            document.doctor.code = body.as_ref().map(ToString::to_string);
            document.doctor.gmc_last_updated = Some(now);
        }
        self.wrote(number, Some(body), None);
    }

    /// The system before this one saves the whole document with the prefix and leaves the date. It hides everybody; the
    /// worst is that it hides a doctor whom an admin has just connected.
    fn hide_as_the_old_system(&mut self, number: GmcNumber) {
        let mut connected = self
            .foreign
            .iter()
            .filter(|(_, writes)| writes.last().is_some_and(|last| matches!(last.by_hand, Some(Some(_)))));
        let number = connected.next().map_or(number, |(connected, _)| *connected);
        let Some(document) = self.documents.get_mut(&number) else { return };
        let Some(body) = document.doctor.code.as_deref().and_then(|code| BodyCode::parse(code).ok()) else {
            return;
        };
        document.doctor.code = Some(body.hidden());
        self.count("another service: hid a doctor");
        let write = ForeignWrite { at: self.now, by_hand: None, read_at: Some(self.now), hides: true };
        self.foreign.entry(number).or_default().push(write);
        self.observe_code(number);
    }

    fn set_outcome(&mut self, number: GmcNumber) {
        self.count("another service: recommendation outcome");
        let outcome = [None, Some(Outcome::Approved), Some(Outcome::Rejected), Some(Outcome::UnderReview)]
            [self.random.usize(..4)];
        let sent = self.now.london_date().saturating_sub(self.random.i64(0..80).days());
        let latest = Recommendation { outcome, actual_submission_date: Some(sent) };
        self.recommendations.insert(number, latest);
        self.wrote(number, None, None);
    }

    fn read_for_a_save(&mut self, number: GmcNumber, at_most_after: i64) {
        let after = if at_most_after == 0 { 0 } else { self.random.i64(0..at_most_after) };
        let body = self.any_body();
        let by_hand = match self.random.u32(..5) {
            0 => Some(Some(body)),
            1 => Some(None),
            _ => None,
        };
        self.count(match (after, &by_hand) {
            (0, None) => "another service: saved a document just read",
            (_, None) => "another service: saved a document read before",
            (_, Some(_)) => "another service: connected or disconnected by a whole save",
        });
        if let Some(document) = self.documents.get(&number) {
            let (read_at, due) = (self.now, Moment(self.now.0 + after));
            self.pending_saves.push(Save { read_at, due, document: document.clone(), by_hand });
        }
        self.save_whole_documents();
    }

    fn wrote(&mut self, number: GmcNumber, by_hand: Option<Option<BodyCode>>, read_at: Option<Moment>) {
        let write = ForeignWrite { at: self.now, by_hand, read_at, hides: false };
        self.foreign.entry(number).or_default().push(write);
        self.observe_code(number);
    }

    /// Another service writes its own fields to a master document, or adds one with an id of its own.
    pub(crate) fn another_service_indexes(&mut self) {
        let Some(number) = self.any_doctor() else { return };
        let membership = if self.random.bool() { "Visitor" } else { "Substantive" };
        self.next_seq_no += 1;
        let version = Version { seq_no: self.next_seq_no, primary_term: 1 };
        let masters = self.indexes.entry(IndexName::Master).or_default();
        let mut of_doctor: Vec<(&String, &mut IndexEntry)> =
            masters.iter_mut().filter(|(_, entry)| entry.number == number).collect();
        let id = if of_doctor.is_empty() || self.random.u32(..3) == 0 {
            let id = format!("tis-{number}-{}", version.seq_no);
            let mut doc = domain::index::IndexDoc::default();
            doc.set(Field::GmcReferenceNumber, Some(Value::Text(number.to_string())));
            doc.set(Field::TcsPersonId, Some(Value::Number(version.seq_no)));
            doc.set(Field::MembershipType, Some(membership.into()));
            masters.insert(id.clone(), IndexEntry { number, version, doc });
            self.count("another service: new index document");
            self.observed.foreign_index_added.insert(number, self.now);
            id
        } else {
            let place = self.random.usize(..of_doctor.len());
            let (id, entry) = &mut of_doctor[place];
            entry.doc.set(Field::MembershipType, Some(membership.into()));
            entry.version = version;
            let id = id.clone();
            self.count("another service: own field of an index document");
            id
        };
        self.note(|| format!("another service writes index document {id}"));
        self.observed.tis.insert(id, Some(membership.to_owned()));
        self.observed.foreign_index.insert(number, self.now);
    }
}
