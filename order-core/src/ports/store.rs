//! The store of orders.

use super::{Idempotency, NewEffect, Receipt};
use crate::effect::EffectId;
use crate::event::{Event, Happening};
use crate::order::{FulfillmentStatus, Order, OrderStatus, PaymentStatus};
use crate::time::Timestamp;
use crate::value::{CustomerId, IdempotencyKey, OrderId, Sku, StorefrontId, Version};
use async_trait::async_trait;
use std::error::Error;

/// An idempotency key with its scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct ScopedKey {
    /// The storefront.
    pub storefront: StorefrontId,
    /// The operation, as the adapter names it: at most 64 characters.
    pub operation: String,
    /// The key.
    pub key: IdempotencyKey,
}

impl ScopedKey {
    /// The key of an operation at a storefront.
    #[must_use]
    pub fn new(storefront: StorefrontId, idempotency: &Idempotency) -> Self {
        Self {
            storefront,
            operation: idempotency.operation.clone(),
            key: idempotency.key.clone(),
        }
    }
}

/// What is stored under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyRecord {
    /// The order it made or changed.
    pub order: OrderId,
    /// A hash of the request.
    pub fingerprint: [u8; 32],
    /// The order's version before.
    pub before: Version,
    /// The order's version as it was answered.
    pub version: Version,
    /// While the request is being worked on: until when that is believed. None once answered.
    pub in_flight_until: Option<Timestamp>,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

impl KeyRecord {
    /// A record as it is stored.
    #[must_use]
    pub const fn new(
        order: OrderId,
        fingerprint: [u8; 32],
        before: Version,
        version: Version,
        in_flight_until: Option<Timestamp>,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            order,
            fingerprint,
            before,
            version,
            in_flight_until,
            expires_at,
        }
    }
}

/// What a commit does about an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyChange {
    /// Take the key, or fail with [`CommitOutcome::KeyTaken`]. An expired record counts as none.
    Claim {
        /// The key.
        key: ScopedKey,
        /// What is stored under it.
        record: KeyRecord,
        /// The present instant, by which expiry is told.
        now: Timestamp,
    },
    /// Set the answered version to this commit's.
    Advance {
        /// The key.
        key: ScopedKey,
        /// Whether the answer is complete; else the request is still being worked on.
        answered: bool,
    },
    /// Remove the record: the request may be made again.
    Forget {
        /// The key.
        key: ScopedKey,
    },
}

/// Everything one step of one order writes, as one atomic unit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The version the order must have; [`Version::NONE`]: it must not exist.
    pub expected: Version,
    /// The order afterwards.
    pub order: Order,
    /// The events that lead there, at least one, versions without a gap.
    pub events: Vec<Event>,
    /// What must be done outside.
    pub effects: Vec<NewEffect>,
    /// What was done, to be removed from the queue.
    pub finished: Vec<EffectId>,
    /// Whether waiting effects of this order, parked ones among them, are to be due at once.
    pub hurry: bool,
    /// What happens to an idempotency key.
    pub key: Option<KeyChange>,
    /// The outside event this records, which must not have been recorded before.
    pub receipt: Option<Receipt>,
    /// Whether the events go to the outbox.
    pub publish: bool,
    /// When time alone will move the order, if it will.
    pub wake_at: Option<Timestamp>,
}

impl Change {
    /// A change that brings an order from `expected` to `order` by `events`, and nothing else yet.
    #[must_use]
    pub const fn new(expected: Version, order: Order, events: Vec<Event>) -> Self {
        Self {
            expected,
            order,
            events,
            effects: Vec::new(),
            finished: Vec::new(),
            hurry: false,
            key: None,
            receipt: None,
            publish: false,
            wake_at: None,
        }
    }

    /// Whether the personal data stored beside earlier events MUST be removed.
    #[must_use]
    pub fn erases_personal_data(&self) -> bool {
        self.events
            .iter()
            .any(|event| event.happening == Happening::PersonalDataErased)
    }
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitOutcome {
    /// All of it is stored.
    Applied,
    /// Nothing is stored: the order has another version.
    Stale {
        /// The version it has.
        found: Version,
    },
    /// Nothing is stored: the key is taken.
    KeyTaken(KeyRecord),
    /// Nothing is stored: the outside event was recorded before.
    AlreadyReceived,
}

/// A place in a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cursor {
    /// When the order there was placed.
    pub placed_at: Timestamp,
    /// The order there.
    pub id: OrderId,
}

impl Cursor {
    /// The place of an order placed then.
    #[must_use]
    pub const fn new(placed_at: Timestamp, id: OrderId) -> Self {
        Self { placed_at, id }
    }
}

/// Which orders are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListQuery {
    /// Of this storefront.
    pub storefront: StorefrontId,
    /// Of this status.
    pub status: Option<OrderStatus>,
    /// Of this payment status.
    pub payment_status: Option<PaymentStatus>,
    /// Of this fulfillment status.
    pub fulfillment_status: Option<FulfillmentStatus>,
    /// Of this customer.
    pub customer_id: Option<CustomerId>,
    /// With this SKU on a line.
    pub sku: Option<Sku>,
    /// Placed at this instant or later.
    pub placed_after: Option<Timestamp>,
    /// Placed before this instant.
    pub placed_before: Option<Timestamp>,
    /// Deleted ones among them.
    pub include_deleted: bool,
    /// At most so many, at least one.
    pub limit: u16,
    /// From behind this place.
    pub after: Option<Cursor>,
}

impl ListQuery {
    /// The newest orders of a storefront.
    #[must_use]
    pub const fn new(storefront: StorefrontId, limit: u16) -> Self {
        Self {
            storefront,
            status: None,
            payment_status: None,
            fulfillment_status: None,
            customer_id: None,
            sku: None,
            placed_after: None,
            placed_before: None,
            include_deleted: false,
            limit,
            after: None,
        }
    }
}

/// Some orders, newest first, and where the next ones begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The orders.
    pub orders: Vec<Order>,
    /// The place of the last of them, if there are more.
    pub next: Option<Cursor>,
}

impl Page {
    /// A page of orders.
    #[must_use]
    pub const fn new(orders: Vec<Order>, next: Option<Cursor>) -> Self {
        Self { orders, next }
    }
}

/// A store that gave no useful answer. Whether a commit was applied is then not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached, or is too busy: try again.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Something stored makes no sense.
    #[error("{table}.{column} of {id} makes no sense")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store refused what it should not have.
    #[error("the store failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// Keeps orders.
///
/// [`commit`](Self::commit) is the only way to write. A reader MUST see all of a commit or nothing
/// of it, and what was answered as applied MUST survive a crash.
#[async_trait]
pub trait OrderStore: Send + Sync {
    /// Stores a change: order, events, effects, finished effects, idempotency key, receipt and
    /// outbox, all or nothing.
    ///
    /// It MUST check in this order: the key ([`CommitOutcome::KeyTaken`]), the receipt
    /// ([`CommitOutcome::AlreadyReceived`]), the version ([`CommitOutcome::Stale`]). Of two changes
    /// with the same expected version exactly one is applied. Where
    /// [`erases_personal_data`](Change::erases_personal_data), the personal data of all earlier
    /// events MUST be gone afterwards.
    ///
    /// # Errors
    /// If it is not known whether the change is stored, or it cannot be.
    async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError>;

    /// The order with this id at this storefront, a deleted one too.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn find(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError>;

    /// The events of an order, oldest first; none if there is no such order.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn events(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Vec<Event>, StoreError>;

    /// Orders, newest first: by `placed_at`, then by id, both falling.
    ///
    /// Following [`Page::next`] visits every order that is there all the while exactly once.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn list(&self, query: &ListQuery) -> Result<Page, StoreError>;

    /// What is stored under a key and has not expired.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn find_key(
        &self,
        key: &ScopedKey,
        now: Timestamp,
    ) -> Result<Option<KeyRecord>, StoreError>;

    /// Marks a key as answered, at the version it has.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn answer_key(&self, key: &ScopedKey) -> Result<(), StoreError>;

    /// How many pending orders of a storefront wait for an outside service, counted up to `at_most`.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn count_deferred(
        &self,
        storefront: &StorefrontId,
        at_most: u32,
    ) -> Result<u32, StoreError>;

    /// Orders whose `wake_at` is not later than `now`, the longest due first.
    ///
    /// # Errors
    /// If the store gave no answer.
    async fn due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(StorefrontId, OrderId)>, StoreError>;

    /// Whether the store answers.
    ///
    /// # Errors
    /// If it does not.
    async fn ping(&self) -> Result<(), StoreError>;
}
