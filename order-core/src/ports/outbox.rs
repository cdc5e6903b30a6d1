//! The outbox: events on their way to other services.

use super::{StoreError, Worker};
use crate::event::Event;
use crate::time::Timestamp;
use crate::value::{OrderId, StorefrontId};
use async_trait::async_trait;

/// How many lanes there are. An order is always in the same one.
pub const LANES: u16 = 16;

/// A lane of the outbox. One relay holds it at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(u16);

impl Lane {
    /// The lane of this order.
    #[must_use]
    pub fn of(order: OrderId) -> Self {
        let bytes = order.as_uuid().as_bytes();
        Self(u16::from(bytes[15]) % LANES)
    }

    /// The lane of this number, if there is one.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number < LANES {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number, below [`LANES`].
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// An event to be published. It carries no personal data.
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
    /// An event of this order.
    #[must_use]
    pub const fn new(storefront: StorefrontId, order: OrderId, event: Event) -> Self {
        Self {
            storefront,
            order,
            event,
        }
    }
}

/// An order whose events cannot be published.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParkedOrder {
    /// The order.
    pub order: OrderId,
    /// Why.
    pub error: String,
}

impl ParkedOrder {
    /// An order parked for this reason.
    #[must_use]
    pub const fn new(order: OrderId, error: String) -> Self {
        Self { order, error }
    }
}

/// Events that were committed and are not yet confirmed by the publisher.
///
/// Messages enter by [`OrderStore::commit`](super::OrderStore::commit) with `publish` set.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Gives this worker a lane that has messages and that nobody else holds, until `until`; none
    /// if there is none. A lane the worker holds already may be given again, which prolongs it.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn claim(
        &self,
        worker: &Worker,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lane>, StoreError>;

    /// The next messages of a lane, ordered by order and version. For every order in it there MUST
    /// be no older unconfirmed message than the first one given. Parked orders are left out.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn fetch(&self, lane: Lane, limit: u32) -> Result<Vec<OutboxMessage>, StoreError>;

    /// Removes messages that the publisher has confirmed.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn confirm(&self, lane: Lane, messages: &[OutboxMessage]) -> Result<(), StoreError>;

    /// Sets the messages of one order aside until they are [resumed](Self::resume).
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn park(&self, order: OrderId, error: &str) -> Result<(), StoreError>;

    /// The orders whose messages are set aside.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn parked(&self, limit: u32) -> Result<Vec<ParkedOrder>, StoreError>;

    /// Lets the messages of an order go on. Answers whether they were set aside.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn resume(&self, order: OrderId) -> Result<bool, StoreError>;

    /// Gives a lane back.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn release(&self, worker: &Worker, lane: Lane) -> Result<(), StoreError>;
}

/// Why an event was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The broker is away: try again later, in the same order.
    #[error("the broker is away: {0}")]
    Unavailable(String),
    /// The broker refuses this event, and will again.
    #[error("the broker refuses the event: {0}")]
    Poisoned(String),
}

/// Brings events to other services.
#[async_trait]
pub trait EventPublisher: Send + Sync {
    /// Publishes an event. It MUST return `Ok` only once the event is safe with the broker. It may
    /// be called again with an event that is safe already: receivers tell by order and version.
    ///
    /// # Errors
    /// If the event is not known to be safe.
    async fn publish(&self, message: &OutboxMessage) -> Result<(), PublishError>;
}
