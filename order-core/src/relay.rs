//! Bringing events from the outbox to other services.
//!
//! A [`Relay`] holds one lane of the outbox at a time, publishes its events in order, and removes
//! each only after the publisher has confirmed it. An event the broker refuses parks the events of
//! its order, not the lane. Any number may run, in any process.

use crate::ports::{
    Clock, EventPublisher, Lane, Outbox, OutboxMessage, PublishError, StoreError, Worker,
};
use crate::time::{Timestamp, after, between};
use crate::value::OrderId;
use futures::future::{Either, select};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How many events are read at once.
const BATCH: u32 = 100;

/// Brings events to other services, lane by lane.
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    publisher: Arc<dyn EventPublisher>,
    clock: Arc<dyn Clock>,
    worker: Worker,
    lease: Duration,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

impl Relay {
    /// A relay from this outbox to this publisher, under this name.
    #[must_use]
    pub const fn new(
        outbox: Arc<dyn Outbox>,
        publisher: Arc<dyn EventPublisher>,
        clock: Arc<dyn Clock>,
        worker: Worker,
    ) -> Self {
        Self {
            outbox,
            publisher,
            clock,
            worker,
            lease: Duration::from_secs(30),
        }
    }

    /// Does one lane's worth of work. Answers how many events were confirmed.
    ///
    /// # Errors
    /// If the store failed. Events that were published and not confirmed are published again.
    pub async fn step(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let until = after(now, self.lease);
        let Some(lane) = self.outbox.claim(&self.worker, now, until).await? else {
            return Ok(0);
        };
        let outcome = self.empty(lane, until).await;
        self.outbox.release(&self.worker, lane).await?;
        outcome
    }

    async fn empty(&self, lane: Lane, until: Timestamp) -> Result<usize, StoreError> {
        let messages = self.outbox.fetch(lane, BATCH).await?;
        let (mut safe, mut parked) = (Vec::<OutboxMessage>::new(), BTreeSet::<OrderId>::new());
        let ends = after(self.clock.now(), self.lease / 2);
        for message in messages {
            if parked.contains(&message.order) {
                continue;
            }
            // A lease is never used up: who holds the lane next must not overtake us.
            if self.clock.now() >= ends {
                break;
            }
            match self.publish(&message, until).await {
                Ok(()) => safe.push(message),
                Err(PublishError::Poisoned(error)) => {
                    tracing::error!(order = %message.order, error, "the order's events are parked");
                    self.outbox.park(message.order, &error).await?;
                    parked.insert(message.order);
                }
                Err(PublishError::Unavailable(error)) => {
                    tracing::warn!(error, "the broker is away");
                    break;
                }
            }
        }
        if !safe.is_empty() {
            self.outbox.confirm(lane, &safe).await?;
        }
        Ok(safe.len())
    }

    /// Publishes while the lane is ours, and gives up when it may be somebody else's.
    async fn publish(&self, message: &OutboxMessage, until: Timestamp) -> Result<(), PublishError> {
        let rest = between(self.clock.now(), until);
        match select(self.publisher.publish(message), self.clock.sleep(rest)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => {
                Err(PublishError::Unavailable("no answer in time".to_owned()))
            }
        }
    }
}

#[cfg(feature = "tokio")]
impl Relay {
    /// Goes on lane by lane until `stop`, waiting for `pause` when there was nothing to do.
    pub async fn run(&self, pause: Duration, stop: tokio_util::sync::CancellationToken) {
        while !stop.is_cancelled() {
            let idle = match self.step().await {
                Ok(published) => published == 0,
                Err(error) => {
                    tracing::error!(error = %error, "events could not be relayed");
                    true
                }
            };
            if idle {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.clock.sleep(pause) => {}
                }
            }
        }
    }
}
