//! What a test does, or lets fail, at a chosen call of a port.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Mutex;

use sync::ports::PortResult;

/// A call of a port at which a test can step in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// The GMC is asked for this body.
    Ask(String),
    /// The roll of a body is read.
    VisibleIn,
    /// Doctors are hidden.
    Hide,
    /// Documents of doctorsForDB are read.
    ReadDoctors,
    /// Documents of doctorsForDB are written.
    WriteDoctors,
    /// The audit of connections is written.
    LogConnections,
    /// Documents of an index are read.
    ReadIndex,
    /// Documents of an index are written.
    WriteIndex,
    /// The message that every body is settled is sent: everything is applied, and nothing decided.
    SendSweep,
}

/// Before the call or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

type Acting = Pin<Box<dyn Future<Output = PortResult<()>> + Send>>;

struct Planned {
    side: Side,
    call: Call,
    /// Which such call it is meant for, of all since the start.
    number: u64,
    act: Box<dyn FnOnce() -> Acting + Send>,
}

/// The calls so far, and what is to be done at those to come.
#[derive(Default)]
pub struct Hooks {
    calls: Mutex<HashMap<Call, u64>>,
    planned: Mutex<Vec<Planned>>,
}

impl Hooks {
    /// Does something before the n-th such call from now on (from 1); an error is what the call answers.
    pub fn before<F>(&self, call: Call, nth: u32, act: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = PortResult<()>> + Send + 'static,
    {
        self.plan(Side::Before, call, nth, act);
    }

    /// Does something after the n-th such call from now on, before its caller hears of it; an error is what the caller
    /// hears instead.
    pub fn after<F>(&self, call: Call, nth: u32, act: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = PortResult<()>> + Send + 'static,
    {
        self.plan(Side::After, call, nth, act);
    }

    /// How many such calls there were.
    pub fn calls(&self, call: &Call) -> u64 {
        self.calls.lock().unwrap().get(call).copied().unwrap_or(0)
    }

    /// Whether everything that was planned has happened: else a test has not tested what it says.
    pub fn are_done(&self) -> bool {
        self.planned.lock().unwrap().is_empty()
    }

    /// Carries out a call with what is planned around it.
    pub(crate) async fn around<T>(
        &self,
        call: Call,
        carry_out: impl Future<Output = PortResult<T>>,
    ) -> PortResult<T> {
        let number = self.enter(&call).await?;
        let answer = carry_out.await?;
        self.leave(&call, number).await?;
        Ok(answer)
    }

    /// What is planned before a call; returns which such call it is.
    pub(crate) async fn enter(&self, call: &Call) -> PortResult<u64> {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            let number = calls.entry(call.clone()).or_default();
            *number += 1;
            *number
        };
        self.act(Side::Before, call, number).await?;
        Ok(number)
    }

    /// What is planned after a call.
    pub(crate) async fn leave(&self, call: &Call, number: u64) -> PortResult<()> {
        self.act(Side::After, call, number).await
    }

    fn plan<F>(&self, side: Side, call: Call, nth: u32, act: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = PortResult<()>> + Send + 'static,
    {
        let act = Box::new(move || -> Acting { Box::pin(act()) });
        let number = self.calls(&call) + u64::from(nth);
        self.planned.lock().unwrap().push(Planned { side, call, number, act });
    }

    async fn act(&self, side: Side, call: &Call, number: u64) -> PortResult<()> {
        for act in self.due(side, call, number) {
            act().await?;
        }
        Ok(())
    }

    fn due(&self, side: Side, call: &Call, number: u64) -> Vec<Box<dyn FnOnce() -> Acting + Send>> {
        let mut planned = self.planned.lock().unwrap();
        let is_due = |plan: &mut Planned| plan.side == side && plan.call == *call && plan.number == number;
        planned.extract_if(.., is_due).map(|plan| plan.act).collect()
    }
}
