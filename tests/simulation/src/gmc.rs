//! The GMC: it may fail, lie, and change its mind between two questions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use domain::{BodyCode, GmcNumber, GmcRecord, Moment};
use sync::ports::Gmc;
use sync::ports::gmc::{AnswerEnd, FailureKind, GmcFailure, RecordSink};
use uuid::Uuid;

use crate::clock::GiveWay;
use crate::world::{Sim, World};

/// What the GMC says of a doctor, beside the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Stands for every field that changes now and then: the last name's end.
    pub(crate) name: u32,
    pub(crate) under_notice: bool,
}

/// A complete answer of the GMC.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Which body was asked.
    pub(crate) code: BodyCode,
    /// When it answered: at or after the moment the stage noted.
    pub(crate) at: Moment,
    /// Whom it named, and what it said of them.
    pub(crate) doctors: BTreeMap<GmcNumber, Said>,
    /// How many records had no usable number, and how many had a number that stood there before.
    pub(crate) without_number: u64,
    pub(crate) twice: u64,
}

impl Said {
    pub(crate) fn last_name(self) -> String {
        format!("Smith-{}", self.name)
    }
}

#[async_trait]
impl Gmc for Sim {
    async fn doctors(
        &self,
        body: &BodyCode,
        _: Uuid,
        _: Duration,
        records: &mut dyn RecordSink,
    ) -> Result<AnswerEnd, GmcFailure> {
        GiveWay::default().await;
        let (answer, failure) = self.world().answer(body);
        let most = if failure.is_some() { answer.doctors.len() / 2 } else { usize::MAX };
        for (place, (number, said)) in answer.doctors.iter().enumerate().take(most) {
            let record = GmcRecord {
                gmc_reference_number: Some(number.to_string().into()),
                doctor_first_name: Some("Ann".into()),
                doctor_last_name: Some(said.last_name().into()),
                under_notice: Some(if said.under_notice { "Yes" } else { "No" }.into()),
                ..GmcRecord::default()
            };
            records.record(&record);
            if (place as u64) < answer.twice {
                records.record(&record);
            }
            if place == answer.doctors.len() / 2 {
                GiveWay::default().await;
            }
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        for _ in 0..answer.without_number {
            records
                .record(&GmcRecord { gmc_reference_number: Some("UNKNOWN".into()), ..GmcRecord::default() });
        }
        let id = self.world().completed(answer);
        GiveWay::default().await;
        Ok(AnswerEnd { gmc_request_id: Some(id.to_string()) })
    }
}

impl World {
    /// Keeps a complete answer; returns the GMC's id of the request.
    fn completed(&mut self, answer: Answer) -> usize {
        let id = self.answers.len();
        self.answers.push(answer);
        self.note(|| format!("the GMC's answer {id} is complete"));
        id
    }

    /// What it says, and, if it fails on the way, how.
    fn answer(&mut self, body: &BodyCode) -> (Answer, Option<GmcFailure>) {
        let of_truth = self.truth.get(body).into_iter().flatten();
        let doctors = of_truth.map(|number| (*number, self.says.get(number).copied().unwrap_or_default()));
        let mut answer = Answer {
            code: body.clone(),
            at: self.now,
            doctors: doctors.collect(),
            without_number: 0,
            twice: 0,
        };
        if let Some(failure) = self.failure(body) {
            self.note(|| format!("the GMC fails for {body}: {failure}"));
            return (answer, Some(failure));
        }
        if self.strikes(|trouble| &mut trouble.gmc_lies, 6, "the GMC lied") {
            self.lie(&mut answer);
        }
        self.note(|| format!("the GMC answers {body}: {:?}", answer.doctors.keys().collect::<Vec<_>>()));
        (answer, None)
    }

    fn lie(&mut self, answer: &mut Answer) {
        match self.random.u32(..5) {
            0 => {
                self.count("the GMC lied: an empty list");
                answer.doctors.clear();
            }
            1 => {
                self.count("the GMC lied: half the list");
                let kept = answer.doctors.len() / 2;
                answer.doctors = std::mem::take(&mut answer.doctors).into_iter().take(kept).collect();
            }
            2 => {
                self.count("the GMC lied: records without a number");
                answer.without_number = self.random.u64(1..4);
            }
            3 => {
                self.count("the GMC lied: records twice");
                answer.twice = self.random.u64(1..3);
            }
            _ => {
                self.count("the GMC lied: a doctor in two bodies");
                if let Some(number) = self.any_doctor() {
                    answer.doctors.insert(number, self.says.get(&number).copied().unwrap_or_default());
                }
            }
        }
    }

    fn failure(&mut self, body: &BodyCode) -> Option<GmcFailure> {
        if self.gmc_away.get(body).is_some_and(|until| self.now < *until) {
            return Some(failure(FailureKind::Transport, "connection reset", None));
        }
        if !self.strikes(|trouble| &mut trouble.gmc_failures, 7, "the GMC failed") {
            return None;
        }
        Some(match self.random.u32(..6) {
            0 => {
                self.count("the GMC failed: return code 81");
                failure(FailureKind::Refused, "no access to this body", Some("81"))
            }
            1 => {
                self.count("the GMC failed: return code 98");
                failure(FailureKind::Internal, "internal error", Some("98"))
            }
            2 => {
                self.count("the GMC failed: an unknown return code");
                failure(FailureKind::UnknownCode, "return code 7", Some("7"))
            }
            3 => {
                self.count("the GMC failed: an answer not to be read");
                failure(FailureKind::Unacceptable, "a DTD", None)
            }
            4 => {
                self.count("the GMC failed: an answer cut off");
                failure(FailureKind::Transport, "the answer is cut off", None)
            }
            _ => {
                self.count("the GMC failed: away for a while");
                let away = [1_000, 60_000, 30 * 60_000, 200 * 60_000][self.random.usize(..4)];
                self.gmc_away.insert(body.clone(), Moment(self.now.0 + away));
                failure(FailureKind::Transport, "timeout", None)
            }
        })
    }

    /// A doctor moves, leaves, comes back, is new, or has another name and notice.
    pub(crate) fn gmc_changes_its_mind(&mut self) {
        let number = match self.any_doctor() {
            Some(number) if self.random.u32(..5) > 0 => number,
            _ => GmcNumber::from_value(7_900_000 + self.random.u32(..20))
                .unwrap_or_else(|| unreachable!("seven digits")),
        };
        if self.random.u32(..3) == 0 {
            self.count("the GMC changed its mind: what it says of a doctor");
            let said = Said { name: self.random.u32(..1_000), under_notice: self.random.bool() };
            self.says.insert(number, said);
            return;
        }
        let old =
            self.truth.iter().find(|(_, doctors)| doctors.contains(&number)).map(|(body, _)| body.clone());
        for doctors in self.truth.values_mut() {
            doctors.remove(&number);
        }
        if self.random.u32(..4) == 0 {
            self.count("the GMC changed its mind: a doctor left");
            self.note(|| format!("at the GMC, {number} is in no body"));
            return;
        }
        let body = self.any_body();
        self.count(match &old {
            None => "the GMC changed its mind: a doctor joined",
            Some(_) => "the GMC changed its mind: a doctor moved",
        });
        self.note(|| format!("at the GMC, {number} is in {body}"));
        self.truth.entry(body).or_default().insert(number);
    }

    /// Everyone in a body at the GMC.
    pub(crate) fn at_gmc(&self) -> BTreeMap<GmcNumber, BodyCode> {
        let of = |(body, doctors): (&BodyCode, &BTreeSet<GmcNumber>)| {
            doctors.iter().map(|number| (*number, body.clone())).collect::<Vec<_>>()
        };
        self.truth.iter().flat_map(of).collect()
    }
}

fn failure(kind: FailureKind, message: &str, return_code: Option<&str>) -> GmcFailure {
    GmcFailure {
        kind,
        message: message.to_owned(),
        return_code: return_code.map(str::to_owned),
        gmc_request_id: None,
        retry_after: None,
    }
}
