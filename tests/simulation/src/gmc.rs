//! The GMC: it may fail, lie, and change its mind between two questions.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use domain::{BodyCode, GmcNumber, GmcRecord, Moment};
use sync::ports::Gmc;
use sync::ports::gmc::{AnswerEnd, FailureKind, GmcFailure, RecordSink};
use uuid::Uuid;

use crate::clock::GiveWay;
use crate::world::{GmcAnswer, Sim, World};

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
        let answer = self.world().answer(body)?;
        for (place, number) in answer.iter().enumerate() {
            records.record(&GmcRecord {
                gmc_reference_number: Some(number.to_string().into()),
                doctor_first_name: Some("Ann".into()),
                doctor_last_name: Some("Smith".into()),
                under_notice: Some(if number.value() % 2 == 0 { "Yes" } else { "No" }.into()),
                ..GmcRecord::default()
            });
            if place == answer.len() / 2 {
                GiveWay::default().await;
            }
        }
        Ok(AnswerEnd { gmc_request_id: None })
    }
}

impl World {
    fn answer(&mut self, body: &BodyCode) -> Result<BTreeSet<GmcNumber>, GmcFailure> {
        if self.gmc_away.get(body).is_some_and(|until| self.now < *until) {
            return Err(failure(FailureKind::Transport, "connection reset"));
        }
        if self.strikes(|trouble| &mut trouble.gmc_failures, 8, "the GMC failed") {
            if self.random.u32(..4) == 0 {
                return Err(failure(FailureKind::Refused, "no access to this body"));
            }
            let away = [1_000, 60_000, 30 * 60_000, 200 * 60_000][self.random.usize(..4)];
            self.gmc_away.insert(body.clone(), Moment(self.now.0 + away));
            return Err(failure(FailureKind::Transport, "timeout"));
        }
        let mut numbers = self.truth.get(body).cloned().unwrap_or_default();
        if self.strikes(|trouble| &mut trouble.gmc_lies, 8, "the GMC lied") {
            let kept = if self.random.bool() { 0 } else { numbers.len() / 2 };
            numbers = numbers.into_iter().take(kept).collect();
        }
        self.note(|| format!("the GMC answers {body}: {numbers:?}"));
        self.answers.push(GmcAnswer { code: body.clone(), at: self.now, numbers: numbers.clone() });
        Ok(numbers)
    }

    /// A doctor moves, leaves, comes back, or is new.
    pub(crate) fn gmc_changes_its_mind(&mut self) {
        let number = match self.any_doctor() {
            Some(number) if self.random.u32(..5) > 0 => number,
            _ => GmcNumber::from_value(7_900_000 + self.random.u32(..20))
                .unwrap_or_else(|| unreachable!("seven digits")),
        };
        for doctors in self.truth.values_mut() {
            doctors.remove(&number);
        }
        if self.random.u32(..4) > 0 {
            let body = self.any_body();
            self.note(|| format!("at the GMC, {number} is in {body}"));
            self.truth.entry(body).or_default().insert(number);
        } else {
            self.note(|| format!("at the GMC, {number} is in no body"));
        }
    }
}

fn failure(kind: FailureKind, message: &str) -> GmcFailure {
    GmcFailure {
        kind,
        message: message.to_owned(),
        return_code: None,
        gmc_request_id: None,
        retry_after: None,
    }
}
