//! The world at the beginning: bodies with doctors, a database that is nearly right, and indexes as an old system may
//! have left them.

use std::collections::{BTreeMap, BTreeSet};

use domain::index::{Field, IndexDoc, IndexName, Value};
use domain::status::{Outcome, Recommendation};
use domain::{BodyCode, GmcNumber, Moment, StoredDoctor};
use jiff::civil::date;
use sync::ports::index::Version;

use crate::gmc::Said;
use crate::observed::Observed;
use crate::trouble::{Refuses, Trouble};
use crate::world::{Document, IndexEntry, World};

/// The designated bodies of every schedule.
pub const BODIES: [&str; 3] = ["1-A", "1-B", "1-C"];

/// When every schedule begins.
pub(crate) const BEGINNING: Moment = Moment(1_700_000_000_000);

/// A date that no schedule comes to, as another service stores one whose clock is wrong.
const YEARS_AHEAD: Moment = Moment(2_000_000_000_000);

/// The world of a seed.
pub(crate) fn world(seed: u64, is_traced: bool) -> World {
    let mut random = fastrand::Rng::with_seed(seed);
    let trouble = Trouble::any(&mut random);
    let others_know_later_schema = random.bool();
    let mut world = World {
        random,
        now: BEGINNING,
        turn: None,
        asleep_until: None,
        trouble,
        made: BTreeMap::new(),
        observed: Observed::default(),
        away_until: BTreeMap::new(),
        refusing: BTreeMap::new(),
        documents: BTreeMap::new(),
        recommendations: BTreeMap::new(),
        logs: BTreeMap::new(),
        lock: sync::ledger::Lock::default(),
        runs: BTreeMap::new(),
        bodies: BTreeMap::new(),
        rolls: BTreeMap::new(),
        chunks: BTreeMap::new(),
        looks: BTreeSet::new(),
        indexes: BTreeMap::new(),
        searchable: BTreeMap::new(),
        next_seq_no: 0,
        queues: BTreeMap::new(),
        next_message: 0,
        dead_letters: Vec::new(),
        truth: bodies().into_iter().map(|body| (body, BTreeSet::new())).collect(),
        says: BTreeMap::new(),
        gmc_away: BTreeMap::new(),
        answers: Vec::new(),
        foreign: BTreeMap::new(),
        others_know_later_schema,
        pending_saves: Vec::new(),
        hiding_underway: Vec::new(),
        trace: is_traced.then(Vec::new),
    };
    for value in 0..world.random.u32(6..22) {
        if let Some(number) = GmcNumber::from_value(7_000_000 + value) {
            world.add_doctor(number);
        }
    }
    world.refresh();
    world
}

/// The designated bodies.
pub(crate) fn bodies() -> Vec<BodyCode> {
    BODIES.iter().filter_map(|code| BodyCode::parse(code).ok()).collect()
}

impl World {
    /// Some doctors are hidden by an old night, some elsewhere, some unknown, some under a code that is no body.
    fn add_doctor(&mut self, number: GmcNumber) {
        let at_gmc = (self.random.u32(..10) > 0).then(|| self.any_body());
        let elsewhere = self.any_body();
        self.says.insert(number, Said { name: 0, under_notice: self.random.bool() });
        if let Some(doctors) = at_gmc.as_ref().and_then(|body| self.truth.get_mut(body)) {
            doctors.insert(number);
        }
        let code = match (self.random.u32(..12), at_gmc) {
            (0, _) => None,
            (1, _) => Some(Some("1-OLD".to_owned())),
            (2, _) => Some(None),
            (3, Some(body)) => Some(Some(body.hidden())),
            (4, _) => Some(Some(elsewhere.to_string())),
            (_, Some(body)) => Some(Some(body.to_string())),
            (_, None) => Some(Some(elsewhere.hidden())),
        };
        match self.random.u32(..80) {
            0 | 1 => self.refusing.insert(number, Refuses::AllButThePlace),
            2 => self.refusing.insert(number, Refuses::Everything),
            _ => None,
        };
        if let Some(code) = &code {
            self.add_document(number, code.clone());
        }
        if self.random.bool() {
            self.add_index_documents(number, code.flatten().as_deref());
        }
    }

    fn add_document(&mut self, number: GmcNumber, code: Option<String>) {
        let mut doctor = StoredDoctor::bare(number);
        doctor.code = code;
        doctor.gmc_last_updated = match self.random.u32(..16) {
            0 => Some(YEARS_AHEAD),
            1..8 => Some(Moment(1_600_000_000_000)),
            _ => None,
        };
        if doctor.gmc_last_updated == Some(YEARS_AHEAD) {
            self.count("another service: dated a document years ahead");
        }
        doctor.exists_in_gmc = [None, Some(true), Some(false)][self.random.usize(..3)];
        doctor.under_notice = self.random.bool().then(|| "YES".to_owned());
        doctor.last_name = self.random.bool().then(|| Said::default().last_name());
        self.documents.insert(number, Document { doctor, admin: 0 });
        self.observe_code(number);
        if self.random.u32(..3) == 0 {
            let outcome =
                [Outcome::Approved, Outcome::Rejected, Outcome::UnderReview][self.random.usize(..3)];
            let sent = if self.random.bool() { date(2023, 8, 1) } else { date(2023, 11, 10) };
            let latest = Recommendation { outcome: Some(outcome), actual_submission_date: Some(sent) };
            self.recommendations.insert(number, latest);
        }
    }

    /// One master document or two, with ids of their own, and copies that are right, wrong, or there twice.
    fn add_index_documents(&mut self, number: GmcNumber, code: Option<&str>) {
        let mut doc = IndexDoc::default();
        doc.set(Field::GmcReferenceNumber, Some(Value::Text(number.to_string())));
        doc.set(Field::DesignatedBody, code.map(Value::from));
        let membership = ["Visitor", "Substantive"][self.random.usize(..2)];
        doc.set(Field::MembershipType, Some(membership.into()));
        let end = ["2020-01-01", "2099-01-01"][self.random.usize(..2)];
        doc.set(Field::MembershipEndDate, Some(end.into()));
        for copy in 0..=self.random.u32(..4) / 3 {
            let mut doc = doc.clone();
            if self.random.bool() {
                doc.set(Field::TcsPersonId, Some(Value::Number(copy.into())));
            }
            let id = self.add_index_document(IndexName::Master, number, doc);
            self.observed.tis.insert(id, Some(membership.to_owned()));
        }
        for index in IndexName::COPIES {
            for _ in 0..self.random.u32(..6) / 3 {
                self.add_index_document(index, number, domain::routing::copy_of(&doc));
            }
        }
    }

    fn add_index_document(&mut self, index: IndexName, number: GmcNumber, doc: IndexDoc) -> String {
        self.next_seq_no += 1;
        let id = format!("old-{number}-{}", self.next_seq_no);
        let version = Version { seq_no: self.next_seq_no, primary_term: 1 };
        self.indexes.entry(index).or_default().insert(id.clone(), IndexEntry { number, version, doc });
        id
    }
}
