//! Virtual time: a call is a point at which the scheduler may let somebody else go on.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use domain::Moment;
use sync::ports::Host;
use uuid::Uuid;

use crate::world::Sim;

/// Gives way once.
#[derive(Default)]
pub(crate) struct GiveWay {
    has_given: bool,
}

impl Future for GiveWay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.has_given, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

struct SleepUntil {
    sim: Sim,
    until: Moment,
}

impl Future for SleepUntil {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let mut world = self.sim.world();
        if world.now >= self.until {
            return Poll::Ready(());
        }
        world.asleep_until = Some(self.until);
        Poll::Pending
    }
}

#[async_trait]
impl Host for Sim {
    fn now(&self) -> Moment {
        self.world().now
    }

    async fn sleep(&self, span: Duration) {
        let until = self.world().now.plus(span);
        SleepUntil { sim: self.clone(), until }.await;
    }

    fn fresh_id(&self) -> Uuid {
        Uuid::from_u128(self.world().random.u128(..))
    }

    fn chance(&self) -> f64 {
        self.world().random.f64()
    }

    fn time_left(&self) -> Duration {
        let world = self.world();
        world.turn.and_then(|turn| turn.ends).map_or(Duration::MAX, |ends| ends.since(world.now))
    }
}
