//! The outbox: committed events that wait to be published to other services.

use super::{StoreError, Worker};
use crate::event::Event;
use crate::time::Timestamp;
use crate::value::{OrderId, StorefrontId};
use async_trait::async_trait;

/// The number of partitions. An order always belongs to the same one.
pub const PARTITIONS: u16 = 16;

/// A partition of the outbox, leased to one relay at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(u16);

impl Partition {
    /// Returns the partition of an order.
    #[must_use]
    pub fn of(order: OrderId) -> Self {
        let bytes = order.as_uuid().as_bytes();
        Self(u16::from(bytes[15]) % PARTITIONS)
    }

    /// Returns the partition of this number; `None` from [`PARTITIONS`] on.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number < PARTITIONS {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Returns the number, which is below [`PARTITIONS`].
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// An event to publish. It carries no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutboxMessage {
    /// The storefront of the order.
    pub storefront: StorefrontId,
    /// The order.
    pub order: OrderId,
    /// The event.
    pub event: Event,
}

impl OutboxMessage {
    /// Creates a message.
    #[must_use]
    pub const fn new(storefront: StorefrontId, order: OrderId, event: Event) -> Self {
        Self {
            storefront,
            order,
            event,
        }
    }
}

/// An order whose messages are parked, because the broker rejects one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParkedOrder {
    /// The order.
    pub order: OrderId,
    /// The error of the broker.
    pub error: String,
}

impl ParkedOrder {
    /// Creates a parked order.
    #[must_use]
    pub const fn new(order: OrderId, error: String) -> Self {
        Self { order, error }
    }
}

/// The messages that the publisher has not confirmed yet.
///
/// Messages are added by [`OrderStore::commit`](super::OrderStore::commit) if
/// [`publish`](super::Change::publish) is set.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Leases up to `limit` partitions with messages to this worker until `until`: those whose last turn
    /// is the longest ago first.
    ///
    /// An adapter MUST NOT lease a partition while the lease of another worker has not expired. It may
    /// return partitions that this worker holds already, and extends their leases.
    ///
    /// # Errors
    /// If the store failed.
    async fn claim_partitions(
        &self,
        worker: &Worker,
        limit: u16,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Partition>, StoreError>;

    /// Returns up to `limit` messages of a partition, sorted by order and version.
    ///
    /// For each order an adapter MUST return the oldest unconfirmed message first, without gaps. It
    /// MUST leave parked orders out.
    ///
    /// # Errors
    /// If the store failed.
    async fn fetch(
        &self,
        partition: Partition,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError>;

    /// Removes messages that the publisher confirmed, of any partitions. Of each order these are its
    /// oldest unconfirmed messages, without gaps.
    ///
    /// # Errors
    /// If the store failed.
    async fn confirm(&self, messages: &[OutboxMessage]) -> Result<(), StoreError>;

    /// Parks the messages of an order until they are [resumed](Self::resume_order).
    ///
    /// # Errors
    /// If the store failed.
    async fn park_order(&self, order: OrderId, error: &str) -> Result<(), StoreError>;

    /// Returns up to `limit` parked orders.
    ///
    /// # Errors
    /// If the store failed.
    async fn parked_orders(&self, limit: u32) -> Result<Vec<ParkedOrder>, StoreError>;

    /// Unparks the messages of an order. Returns whether they were parked.
    ///
    /// # Errors
    /// If the store failed.
    async fn resume_order(&self, order: OrderId) -> Result<bool, StoreError>;

    /// Releases the leases of those of these partitions that this worker holds.
    ///
    /// # Errors
    /// If the store failed.
    async fn release_partitions(
        &self,
        worker: &Worker,
        partitions: &[Partition],
    ) -> Result<(), StoreError>;
}

/// A failed publication.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The broker is unavailable: the message has to be retried later, before those that follow.
    #[error("the broker is unavailable: {0}")]
    Unavailable(String),
    /// The broker rejects this message; another attempt gets the same answer.
    #[error("the broker rejects the event: {0}")]
    Rejected(String),
}

/// Publishes events to other services, such as through a message broker.
#[async_trait]
pub trait EventPublisher: Send + Sync {
    /// Publishes a batch of events. Returns an answer for each, in the order of the batch; those without
    /// an answer count as not published.
    ///
    /// In the batch the events of each order are sorted by version. An adapter MUST publish them in this
    /// order, and MUST NOT publish an event of an order after it has failed to publish an earlier one;
    /// events of different orders may be published side by side. It MUST answer `Ok` only after the
    /// broker has confirmed that it stored the event.
    ///
    /// Delivery is at least once: the same event may be published again, and consumers deduplicate by
    /// order and version. A call that takes longer than the relay's lease is dropped, and the relay goes
    /// on with smaller batches.
    async fn publish(&self, batch: &[OutboxMessage]) -> Vec<Result<(), PublishError>>;
}
