//! Relays events from the outbox to other services (transactional outbox).
//!
//! A [`Relay`] leases one partition of the outbox at a time, publishes its events in order, and removes
//! each only after the publisher has confirmed it. An event that the broker rejects parks the events of
//! its order, not the partition. Any number of relays may run, in any number of processes.
//!
//! The relay never reorders the events of an order and never drops one.

use crate::ports::{
    Clock, EventPublisher, Outbox, OutboxMessage, Partition, PublishError, StoreError, Worker,
};
use crate::time::{Timestamp, after, between};
use crate::value::OrderId;
use futures::future::{Either, select};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The number of events fetched per batch.
const BATCH_SIZE: u32 = 100;

/// Publishes the events of the outbox, one partition at a time.
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
    /// Creates a relay. `worker` has to be unique among the relays that are running.
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

    /// Relays one batch of one partition. Returns the number of confirmed events.
    ///
    /// # Errors
    /// If the store failed. Events that were published but not confirmed are published again.
    pub async fn step(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let until = after(now, self.lease);
        let Some(partition) = self
            .outbox
            .claim_partition(&self.worker, now, until)
            .await?
        else {
            return Ok(0);
        };
        let outcome = self.relay(partition, until).await;
        self.outbox
            .release_partition(&self.worker, partition)
            .await?;
        outcome
    }

    async fn relay(&self, partition: Partition, until: Timestamp) -> Result<usize, StoreError> {
        let messages = self.outbox.fetch(partition, BATCH_SIZE).await?;
        let (mut published, mut parked) = (Vec::<OutboxMessage>::new(), BTreeSet::<OrderId>::new());
        let stop_at = after(self.clock.now(), self.lease / 2);
        for message in messages {
            if parked.contains(&message.order) {
                continue;
            }
            // Stop well before the lease expires: the next holder must not overtake this relay.
            if self.clock.now() >= stop_at {
                break;
            }
            match self.publish(&message, until).await {
                Ok(()) => published.push(message),
                Err(PublishError::Rejected(error)) => {
                    tracing::error!(order = %message.order, error, "the order's events are parked");
                    self.outbox.park_order(message.order, &error).await?;
                    parked.insert(message.order);
                }
                Err(PublishError::Unavailable(error)) => {
                    tracing::warn!(error, "the broker is unavailable");
                    break;
                }
            }
        }
        if !published.is_empty() {
            self.outbox.confirm(partition, &published).await?;
        }
        Ok(published.len())
    }

    /// Publishes an event; times out when the lease expires.
    async fn publish(&self, message: &OutboxMessage, until: Timestamp) -> Result<(), PublishError> {
        let remaining = between(self.clock.now(), until);
        match select(self.publisher.publish(message), self.clock.sleep(remaining)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => {
                Err(PublishError::Unavailable("no answer in time".to_owned()))
            }
        }
    }
}

#[cfg(feature = "tokio")]
impl Relay {
    /// Runs [`step`](Self::step) until `stop` is cancelled, with a `pause` after a step that published
    /// nothing.
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
