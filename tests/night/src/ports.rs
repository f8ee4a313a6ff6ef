//! The ports with hooks in them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::index::IndexName;
use domain::status::Recommendation;
use domain::{BodyCode, DoctorWrite, GmcNumber, Hiding, StoredDoctor};
use embedded::{Queues, Store};
use gmc::GmcClient;
use sync::ports::doctors::{ConnectionLog, Doctors, Refused};
use sync::ports::gmc::{AnswerEnd, FailureKind, Gmc, GmcFailure, RecordSink};
use sync::ports::index::{Index, IndexWrite, Indexed, WriteOutcome};
use sync::ports::queue::{Outbox, Outgoing, QueueName};
use sync::ports::{PortError, PortResult};
use uuid::Uuid;

use crate::hooks::{Call, Hooks};

/// An adapter, and what a test has planned around its calls.
pub struct Hooked<P> {
    /// The adapter.
    pub inner: P,
    /// What is planned.
    pub hooks: Arc<Hooks>,
}

#[async_trait]
impl Doctors for Hooked<Store> {
    async fn visible_in(&self, body: &BodyCode) -> PortResult<Vec<GmcNumber>> {
        self.hooks.around(Call::VisibleIn, self.inner.visible_in(body)).await
    }

    async fn hidden(&self) -> PortResult<Vec<GmcNumber>> {
        self.inner.hidden().await
    }

    async fn count_by_code(&self) -> PortResult<Vec<(String, u64)>> {
        self.inner.count_by_code().await
    }

    async fn hide(&self, hiding: &Hiding, numbers: &[GmcNumber]) -> PortResult<u64> {
        self.hooks.around(Call::Hide, self.inner.hide(hiding, numbers)).await
    }

    async fn read(&self, numbers: &[GmcNumber]) -> PortResult<Vec<StoredDoctor>> {
        self.hooks.around(Call::ReadDoctors, Doctors::read(&self.inner, numbers)).await
    }

    async fn write(&self, writes: &[DoctorWrite]) -> PortResult<Vec<Refused>> {
        self.hooks.around(Call::WriteDoctors, Doctors::write(&self.inner, writes)).await
    }

    async fn latest_recommendations(
        &self,
        numbers: &[GmcNumber],
    ) -> PortResult<Vec<(GmcNumber, Recommendation)>> {
        self.inner.latest_recommendations(numbers).await
    }

    async fn log_connections(&self, entries: &[ConnectionLog]) -> PortResult<()> {
        self.hooks.around(Call::LogConnections, self.inner.log_connections(entries)).await
    }

    async fn connection_logs(&self, number: GmcNumber) -> PortResult<Vec<ConnectionLog>> {
        self.inner.connection_logs(number).await
    }
}

#[async_trait]
impl Index for Hooked<Store> {
    async fn read(&self, index: IndexName, numbers: &[GmcNumber]) -> PortResult<Vec<Indexed>> {
        self.hooks.around(Call::ReadIndex, Index::read(&self.inner, index, numbers)).await
    }

    async fn write(&self, writes: Vec<IndexWrite>) -> PortResult<Vec<WriteOutcome>> {
        self.hooks.around(Call::WriteIndex, Index::write(&self.inner, writes)).await
    }
}

#[async_trait]
impl Gmc for Hooked<GmcClient> {
    async fn doctors(
        &self,
        body: &BodyCode,
        request_id: Uuid,
        within: Duration,
        records: &mut dyn RecordSink,
    ) -> Result<AnswerEnd, GmcFailure> {
        let call = Call::Ask(body.to_string());
        let number = self.hooks.enter(&call).await.map_err(no_answer)?;
        let end = self.inner.doctors(body, request_id, within, records).await?;
        self.hooks.leave(&call, number).await.map_err(no_answer)?;
        Ok(end)
    }
}

#[async_trait]
impl Outbox for Hooked<Queues> {
    async fn send(&self, queue: QueueName, messages: Vec<Outgoing>) -> PortResult<()> {
        let is_sweep = messages.iter().any(|message| message.body.starts_with("{\"sweep\""));
        let sending = self.inner.send(queue, messages);
        if is_sweep { self.hooks.around(Call::SendSweep, sending).await } else { sending.await }
    }
}

fn no_answer(error: PortError) -> GmcFailure {
    GmcFailure {
        kind: FailureKind::Transport,
        message: error.message,
        return_code: None,
        gmc_request_id: None,
        retry_after: None,
    }
}
