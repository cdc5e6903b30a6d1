//! Relays events from the outbox to other services (transactional outbox).
//!
//! A [`Relay`] leases some partitions of the outbox at a time, publishes batches of their events, and
//! removes events only after the publisher has confirmed them. An event that the broker rejects parks the
//! events of its order, not the partition. Any number of relays may run, in any number of processes.
//!
//! The relay never reorders the events of an order and never drops one.

use crate::ports::{
    Clock, EventPublisher, Outbox, OutboxMessage, Partition, PublishError, StoreError, Worker,
};
use crate::time::{Timestamp, after, between};
use crate::value::OrderId;
use futures::future::{Either, select, try_join_all};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The greatest number of events in a batch.
const MAX_BATCH: usize = 1_024;
/// The number of partitions leased at a time: as many relays as share the partitions out work side by
/// side.
const PARTITIONS_AT_ONCE: u16 = 4;

/// Publishes the events of the outbox, some partitions at a time.
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    publisher: Arc<dyn EventPublisher>,
    clock: Arc<dyn Clock>,
    worker: Worker,
    lease: Duration,
    /// The number of events in the next batch: halved when the publisher was too slow for one, and
    /// doubled when it was not.
    batch: AtomicUsize,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

/// The outcome of publishing a batch.
#[derive(Default)]
struct Published {
    /// The events that the broker has stored; of each order the first ones.
    confirmed: Vec<OutboxMessage>,
    /// The orders one of whose events the broker rejects, with its error.
    rejected: BTreeMap<OrderId, String>,
    /// The error of a broker that is unavailable.
    unavailable: Option<String>,
}

impl Published {
    /// Sorts the messages of a batch by their answers. What follows an event that was not published is
    /// not confirmed, whatever its answer.
    fn new(batch: Vec<OutboxMessage>, answers: Vec<Result<(), PublishError>>) -> Self {
        let mut published = Self::default();
        let mut interrupted = None;
        let answers = answers
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat_with(|| None));
        for (message, answer) in batch.into_iter().zip(answers) {
            if interrupted == Some(message.order) {
                continue;
            }
            match answer {
                Some(Ok(())) => published.confirmed.push(message),
                Some(Err(PublishError::Rejected(error))) => {
                    interrupted = Some(message.order);
                    published.rejected.insert(message.order, error);
                }
                Some(Err(PublishError::Unavailable(error))) => {
                    interrupted = Some(message.order);
                    published.unavailable.get_or_insert(error);
                }
                None => {
                    interrupted = Some(message.order);
                    let error = || "no answer for an event of the batch".to_owned();
                    published.unavailable.get_or_insert_with(error);
                }
            }
        }
        published
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
            batch: AtomicUsize::new(MAX_BATCH),
        }
    }

    /// Leases some partitions, and relays their events until none is left or half the lease is over.
    /// Returns the number of confirmed events.
    ///
    /// # Errors
    /// If the store failed. Events that were published but not confirmed are published again.
    pub async fn step(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let until = after(now, self.lease);
        let partitions = self
            .outbox
            .claim_partitions(&self.worker, PARTITIONS_AT_ONCE, now, until)
            .await?;
        if partitions.is_empty() {
            return Ok(0);
        }
        let outcome = self.relay(&partitions, until).await;
        self.outbox
            .release_partitions(&self.worker, &partitions)
            .await?;
        outcome
    }

    async fn relay(&self, partitions: &[Partition], until: Timestamp) -> Result<usize, StoreError> {
        // Stop well before the lease expires: the next holder must not overtake this relay.
        let stop_at = after(self.clock.now(), self.lease / 2);
        let mut total = 0;
        loop {
            let size = self.batch.load(Ordering::Relaxed);
            let batch = self.fetch(partitions, size).await?;
            let is_last = batch.len() < size;
            if batch.is_empty() || self.clock.now() >= stop_at {
                return Ok(total);
            }
            let published = self.publish(batch, until).await;
            self.outbox.confirm(&published.confirmed).await?;
            total += published.confirmed.len();
            for (order, error) in &published.rejected {
                tracing::error!(%order, error, "the order's events are parked");
                self.outbox.park_order(*order, error).await?;
            }
            if let Some(error) = published.unavailable {
                tracing::warn!(error, "the broker is unavailable");
                return Ok(total);
            }
            if is_last {
                return Ok(total);
            }
        }
    }

    /// Returns the first events of each partition, `size` in all.
    async fn fetch(
        &self,
        partitions: &[Partition],
        size: usize,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        let of_each = size.div_ceil(partitions.len().max(1));
        let limit = u32::try_from(of_each).unwrap_or(u32::MAX);
        let fetched = partitions.iter().map(|one| self.outbox.fetch(*one, limit));
        let mut batch = try_join_all(fetched).await?.concat();
        batch.truncate(size);
        Ok(batch)
    }

    /// Publishes a batch; times out when the lease expires.
    async fn publish(&self, batch: Vec<OutboxMessage>, until: Timestamp) -> Published {
        let time_left = self.clock.sleep(between(self.clock.now(), until));
        let answers = match select(self.publisher.publish(&batch), time_left).await {
            Either::Left((answers, _)) => Some(answers),
            Either::Right(((), _)) => None,
        };
        let size = match answers {
            Some(_) => MAX_BATCH.min(2 * self.batch.load(Ordering::Relaxed)),
            None => 1.max(batch.len() / 2),
        };
        self.batch.store(size, Ordering::Relaxed);
        match answers {
            Some(answers) => Published::new(batch, answers),
            None => Published {
                unavailable: Some("no answer in time".to_owned()),
                ..Published::default()
            },
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
