//! Other services: they write single fields, connect and disconnect doctors by hand, and save whole documents as they
//! read them some time ago, without the fields that they do not know.

use domain::{BodyCode, GmcNumber, Moment};

use crate::world::{ForeignWrite, World};

impl World {
    /// One write, or the reading of a document that is saved later.
    pub(crate) fn another_service_writes(&mut self) {
        let Some(number) = self.any_doctor() else { return };
        match self.random.u32(..6) {
            0 => self.set_admin(number),
            1 => self.connect_by_hand(number),
            2 => self.disconnect_by_hand(number),
            3 => self.read_for_a_save(number, 0),
            4 => self.read_for_a_save(number, 3_000),
            _ => self.read_for_a_save(number, 90_000),
        }
    }

    /// Saves what is due.
    pub(crate) fn save_whole_documents(&mut self) {
        let now = self.now;
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.pending_saves).into_iter().partition(|save| save.1 <= now);
        self.pending_saves = later;
        for (read_at, _, mut document) in due {
            let number = document.doctor.number;
            document.doctor.sync_run = None; // a field that the other service does not know
            document.admin = self.random.u64(1..1_000);
            self.note(|| {
                format!("another service saves {number} as {:?}, read at {}", document.doctor.code, read_at.0)
            });
            self.documents.insert(number, document);
            self.wrote(number, None, Some(read_at));
        }
    }

    fn set_admin(&mut self, number: GmcNumber) {
        let admin = self.random.u64(1..1_000);
        if let Some(document) = self.documents.get_mut(&number) {
            document.admin = admin;
        }
        self.wrote(number, None, None);
    }

    fn connect_by_hand(&mut self, number: GmcNumber) {
        let (body, now) = (self.any_body(), self.now);
        self.note(|| format!("another service connects {number} to {body}"));
        if let Some(document) = self.documents.get_mut(&number) {
            document.doctor.code = Some(body.to_string());
            document.doctor.gmc_last_updated = Some(now);
        }
        self.wrote(number, Some(Some(body)), None);
    }

    fn disconnect_by_hand(&mut self, number: GmcNumber) {
        let now = self.now;
        self.note(|| format!("another service disconnects {number}"));
        if let Some(document) = self.documents.get_mut(&number) {
            document.doctor.code = None;
            document.doctor.gmc_last_updated = Some(now);
        }
        self.wrote(number, Some(None), None);
    }

    fn read_for_a_save(&mut self, number: GmcNumber, at_most_after: i64) {
        let after = if at_most_after == 0 { 0 } else { self.random.i64(0..at_most_after) };
        if let Some(document) = self.documents.get(&number) {
            self.pending_saves.push((self.now, Moment(self.now.0 + after), document.clone()));
        }
        self.save_whole_documents();
    }

    fn wrote(&mut self, number: GmcNumber, by_hand: Option<Option<BodyCode>>, read_at: Option<Moment>) {
        let write = ForeignWrite { at: self.now, by_hand, read_at };
        self.foreign.entry(number).or_default().push(write);
    }
}
