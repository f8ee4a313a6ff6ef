//! What the ledger's documents hold.

use std::collections::BTreeMap;

use domain::apply::{Before, Change};
use domain::roll_call::{Loss, Safeguard};
use domain::{BodyCode, BodyState, GmcField, GmcNumber, Moment, Rejection, RunNumber, RunState};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The one lock: who runs, and which number the next run gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// Which version of the lock this is.
    pub version: i64,
    /// The number of the latest run.
    pub number: RunNumber,
    /// The run that has the lock: all that its document is made of, for whoever finds that document missing.
    pub holder: Option<Box<Run>>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Later runs have greater numbers.
    pub number: RunNumber,
    /// Which version of the document this is.
    pub version: i64,
    /// What began the run; the same event again resumes it.
    pub key: String,
    /// Who began it.
    pub trigger: Trigger,
    /// Where it stands.
    pub state: RunState,
    /// The settings in force.
    pub settings: RunSettings,
    /// When what happens, or happened.
    pub moments: Moments,
    /// How many doctors the run hides: at most everyone on a roll, or nobody.
    #[serde(default)]
    pub hidden: u64,
    /// Doctors stored under codes that are no body of the list, as they stand there: left alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_codes: Vec<(String, u64)>,
    /// Why the run is to be given up, once somebody has asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort: Option<String>,
    /// What the sweep decided; stored before any document is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What the sweep did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swept: Option<Swept>,
    /// What the second look did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_look: Option<Swept>,
    /// The looks whose acknowledgements the run waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<Looks>,
}

impl Run {
    /// Whether the watchdog has something to do with it: it is not closed, or its second look is still to come, which a
    /// dry run has none of.
    pub fn is_open(&self) -> bool {
        !self.state.is_closed() || self.awaits_second_look()
    }

    /// Whether its second look, at whatever time, is still to come.
    pub fn awaits_second_look(&self) -> bool {
        self.second_look.is_none() && !self.settings.is_dry
    }
}

/// Who began a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trigger {
    /// The nightly rule.
    Rule,
    /// `POST v1/admin`.
    Api,
    /// `gmc-sync night`.
    CommandLine,
}

/// The settings of a run, fixed when it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSettings {
    /// The bodies that are asked.
    pub bodies: Vec<BodyCode>,
    /// Whether these are all the bodies there are.
    pub is_whole: bool,
    /// Whether doctors are hidden while the run goes on.
    pub hides: bool,
    /// Whether nothing is written but the ledger.
    pub is_dry: bool,
    /// How large a loss goes through.
    pub safeguard: Safeguard,
}

/// The moments of a run. The first four are fixed when it is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moments {
    /// Opened.
    pub opened: Moment,
    /// From here on a fetch that fails is given up.
    pub give_up: Moment,
    /// From here on a body that has not answered has failed.
    pub deadline: Moment,
    /// From here on the run is closed whatever is still open, and another may begin.
    pub expires: Moment,
    /// The first doctor was about to be hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hiding: Option<Moment>,
    /// Everyone on a roll was hidden (or was to be left visible), and the GMC was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Moment>,
    /// The verdict was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweeping: Option<Moment>,
    /// The database was right, and the lock released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swept: Option<Moment>,
    /// The second look was begun; who finds this has no knowledge of what that attempt wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looking_again: Option<Moment>,
    /// Nothing more was to be waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Moment>,
}

/// The verdict of the sweep: everything that its writes follow from, beside the lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// In the order of the settings' bodies.
    pub bodies: Vec<BodyDecision>,
    /// The fetches whose recorded chunks count.
    pub fetches: Vec<FetchDecision>,
}

/// The verdict on one body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BodyDecision {
    /// Which.
    pub code: BodyCode,
    /// Done, held or failed.
    pub state: BodyState,
    /// The fetch that answered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<Uuid>,
    /// What the answer costs the body, or would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
}

/// One fetch, and which of its chunks were recorded when the sweep decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchDecision {
    /// Which body was asked.
    pub code: BodyCode,
    /// The fetch.
    pub fetch: Uuid,
    /// When it asked.
    pub asked_at: Moment,
    /// The positions of the chunks; empty where all of them count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<u32>,
}

/// What a sweep or a second look did to the documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Swept {
    /// When it ended.
    pub at: Moment,
    /// How many documents it wrote.
    pub written: u64,
    /// How many doctors had been connected or disconnected by hand since the GMC was asked, and were left alone.
    pub set_by_hand: u64,
    /// How many documents would not agree or could not be written.
    pub unsettled: u64,
    /// The first of these, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsettled_first: Vec<(GmcNumber, String)>,
    /// How many doctors more than one body named.
    pub named_by_several: u64,
}

/// One sending of looks. Two callers that sweep at once may count the hidden doctors differently, so a run waits for the
/// acknowledgements of the sending that was stored with it, and of no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Looks {
    /// Which sending.
    pub id: Uuid,
    /// How many messages it had.
    pub count: u32,
}

/// One body of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// Whose.
    pub run: RunNumber,
    /// Which.
    pub code: BodyCode,
    /// Which version of the document this is.
    pub version: i64,
    /// Where it stands.
    pub state: BodyState,
    /// *The* roll; absent for a body of a run that was given up before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll: Option<Uuid>,
    /// How many doctors are on it.
    #[serde(default)]
    pub roll_size: u64,
    /// The fetch that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
    /// Why it failed or is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The GMC's return code, where a failure had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_code: Option<String>,
    /// The GMC's own id of the request, for talking to them about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gmc_request_id: Option<String>,
    /// When it was answered or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Moment>,
    /// What became of its doctors, once swept; kept longer than the lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<BodyCounts>,
}

/// The fetch that answered a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// The fetch.
    pub fetch: Uuid,
    /// When it asked the GMC.
    pub asked_at: Moment,
}

/// What a night came to for one body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BodyCounts {
    /// Different usable GMC numbers in the answer.
    pub returned: u64,
    /// Of these: nobody knew them before.
    pub new: u64,
    /// Something that the GMC says of them differs from what was stored.
    pub changed: u64,
    /// Nothing that the GMC says of them differs.
    pub unchanged: u64,
    /// The rule gives them another doctorStatus, whether or not anything else differs.
    pub status_changed: u64,
    /// Came without a body: known before, connected to none.
    pub joined: u64,
    /// Came from another body.
    pub moved_in: u64,
    /// Went to another body.
    pub moved_out: u64,
    /// On the roll, and in nobody's answer.
    pub left: u64,
    /// Hidden in this body before the night, and visible again.
    pub restored: u64,
    /// Connected or disconnected by hand since the GMC was asked: left alone.
    pub set_by_hand: u64,
    /// Records that could not be used.
    pub rejected: u64,
    /// The same, by reason.
    pub rejected_by_reason: BTreeMap<Rejection, u64>,
    /// Fields that were absent or empty, by name.
    pub missing_fields: BTreeMap<GmcField, u64>,
    /// Fields that could not be read, by name.
    pub unreadable_fields: BTreeMap<GmcField, u64>,
}

impl BodyCounts {
    /// Adds what was found when a chunk of the body was recorded.
    pub fn add_findings(&mut self, findings: &Findings) {
        self.returned += findings.returned;
        self.new += findings.new;
        self.changed += findings.changed;
        self.unchanged += findings.unchanged;
        self.status_changed += findings.status_changed;
        self.set_by_hand += findings.set_by_hand;
        self.rejected += findings.rejected.values().sum::<u64>();
        add_each(&mut self.rejected_by_reason, &findings.rejected);
        add_each(&mut self.missing_fields, &findings.missing_fields);
        add_each(&mut self.unreadable_fields, &findings.unreadable_fields);
    }

    /// Adds the counts of another body.
    pub fn add(&mut self, other: &Self) {
        self.returned += other.returned;
        self.new += other.new;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.status_changed += other.status_changed;
        self.joined += other.joined;
        self.moved_in += other.moved_in;
        self.moved_out += other.moved_out;
        self.left += other.left;
        self.restored += other.restored;
        self.set_by_hand += other.set_by_hand;
        self.rejected += other.rejected;
        add_each(&mut self.rejected_by_reason, &other.rejected_by_reason);
        add_each(&mut self.missing_fields, &other.missing_fields);
        add_each(&mut self.unreadable_fields, &other.unreadable_fields);
    }
}

fn add_each<K: Ord + Copy>(totals: &mut BTreeMap<K, u64>, counts: &BTreeMap<K, u64>) {
    for (key, count) in counts {
        *totals.entry(*key).or_default() += count;
    }
}

/// Which chunk of which fetch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChunkId {
    /// Whose.
    pub run: RunNumber,
    /// Of which body.
    pub code: BodyCode,
    /// Of which fetch.
    pub fetch: Uuid,
    /// Its position, from 0.
    pub position: u32,
}

/// A recorded chunk, without the numbers that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chunk {
    /// Which.
    pub id: ChunkId,
    /// How many chunks the fetch has.
    pub of: u32,
    /// When the fetch asked the GMC.
    pub asked_at: Moment,
    /// Whether its doctors have been written.
    pub applied: bool,
    /// What was found when it was recorded, before its first write: a redelivery finds something else.
    pub findings: Findings,
}

/// What a chunk says and how that compares with what was stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Findings {
    /// Doctors with a usable number.
    pub returned: u64,
    /// Without a document.
    pub new: u64,
    /// Of whom the GMC says something else than what was stored.
    pub changed: u64,
    /// Not differing.
    pub unchanged: u64,
    /// With another doctorStatus by the rule.
    pub status_changed: u64,
    /// Left alone, because set by hand since the GMC was asked.
    pub set_by_hand: u64,
    /// Records that could not be used, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rejected: BTreeMap<Rejection, u64>,
    /// Fields that were absent or empty, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub missing_fields: BTreeMap<GmcField, u64>,
    /// Fields that could not be read, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unreadable_fields: BTreeMap<GmcField, u64>,
    /// The first of these: whose, which, and what stands there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable_first: Vec<(GmcNumber, GmcField, String)>,
    /// Without a document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<GmcNumber>,
    /// With a document and without a body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nowhere: Vec<GmcNumber>,
    /// Under another body's code, plain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<(GmcNumber, String)>,
    /// Who differs in what; of a dry run only, whose whole result this is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<(GmcNumber, Vec<Change>)>,
}

impl Findings {
    /// Where each doctor stood who was not under the body that named them.
    pub fn before(&self) -> impl Iterator<Item = (GmcNumber, Before)> {
        let unknown = self.unknown.iter().map(|number| (*number, Before::Unknown));
        let nowhere = self.nowhere.iter().map(|number| (*number, Before::Nowhere));
        let elsewhere =
            self.elsewhere.iter().map(|(number, code)| (*number, Before::Elsewhere(code.clone())));
        unknown.chain(nowhere).chain(elsewhere)
    }
}
