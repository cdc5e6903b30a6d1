//! The store of orders.

use super::{
    Change, CommitOutcome, IdempotencyRecord, IdempotencyScope, ListQuery, Page, StoreError,
};
use crate::event::Event;
use crate::order::Order;
use crate::time::Timestamp;
use crate::value::{OrderId, StorefrontId};
use async_trait::async_trait;

/// Stores orders with their events.
///
/// [`commit`](Self::commit) is the only way to write an order. An adapter MUST show a reader all of a
/// commit or nothing of it, and MUST keep across a crash what it answered as applied.
#[async_trait]
pub trait OrderStore: Send + Sync {
    /// Stores a change atomically: order, events, effects, completed effects, idempotency record,
    /// inbox entry and outbox messages.
    ///
    /// An adapter MUST check in this order, and store nothing if a check fails:
    ///
    /// 1. the idempotency key ([`CommitOutcome::IdempotencyKeyTaken`]),
    /// 2. the external event ([`CommitOutcome::DuplicateExternalEvent`]),
    /// 3. the version ([`CommitOutcome::VersionConflict`]),
    /// 4. the stock to [reserve](Change::reserve) ([`CommitOutcome::ReservationIdTaken`],
    ///    [`CommitOutcome::OutOfStock`]).
    ///
    /// Of several changes with the same expected version it MUST apply exactly one. If the change
    /// [erases personal data](Change::erases_personal_data), it MUST remove the personal data of all
    /// earlier events in the same commit.
    ///
    /// # Errors
    /// If the change cannot be stored, or it is not known whether it is stored.
    async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError>;

    /// Returns whether a change may [reserve stock](Change::reserve): the stock is in the same database,
    /// and reserved by the commit of the change.
    ///
    /// An adapter that says so MUST reserve all units or none, never more than there are, and none
    /// unless the change is stored. A reservation under the same id that holds the same lines, as of the
    /// order's [`updated_at`](Order::updated_at), counts as made; it MUST NOT expire before
    /// [`expires_at`](super::StockReservation::expires_at). An adapter that does not say so MUST fail
    /// with [`StoreError::Failed`] for a change that asks for stock.
    ///
    /// Let changes reserve stock only if the [`Inventory`](super::Inventory) in use is that of this
    /// store: it is asked for everything else about the reservation.
    fn reserves_stock(&self) -> bool {
        false
    }

    /// Returns the order with this id at this storefront, also if it is deleted; `None` if there is
    /// none.
    ///
    /// # Errors
    /// If the store failed.
    async fn find(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError>;

    /// Returns the orders with these ids at these storefronts, also if they are deleted: as many as
    /// were asked for and in the same order, `None` for one that does not exist.
    ///
    /// An adapter MUST read them in one go, not one by one. The caller bounds their number.
    ///
    /// # Errors
    /// If the store failed, or one of the orders cannot be decoded.
    async fn find_many(
        &self,
        orders: &[(StorefrontId, OrderId)],
    ) -> Result<Vec<Option<Order>>, StoreError>;

    /// Returns the events of an order, oldest first, with their personal data; empty if there is no
    /// such order.
    ///
    /// # Errors
    /// If the store failed.
    async fn events(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Vec<Event>, StoreError>;

    /// Returns a page of orders, sorted by `placed_at` and then by id, both descending.
    ///
    /// Following [`Page::next`] MUST visit every order that matches throughout exactly once.
    ///
    /// # Errors
    /// If the store failed.
    async fn list(&self, query: &ListQuery) -> Result<Page, StoreError>;

    /// Returns the record of an idempotency key; `None` if there is none or it has expired.
    ///
    /// # Errors
    /// If the store failed.
    async fn find_idempotency_record(
        &self,
        key: &IdempotencyScope,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;

    /// Marks an idempotency key as answered at the version its record has. Does nothing if there is
    /// no record.
    ///
    /// # Errors
    /// If the store failed.
    async fn mark_answered(&self, key: &IdempotencyScope) -> Result<(), StoreError>;

    /// Returns how many pending orders of a storefront wait for an external service. An adapter MAY
    /// stop counting at `at_most`, and MUST NOT return more.
    ///
    /// # Errors
    /// If the store failed.
    async fn count_deferred(
        &self,
        storefront: &StorefrontId,
        at_most: u32,
    ) -> Result<u32, StoreError>;

    /// Returns up to `limit` orders whose `wake_at` is not later than `now`, longest due first.
    ///
    /// # Errors
    /// If the store failed.
    async fn find_due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(StorefrontId, OrderId)>, StoreError>;

    /// Checks that the store answers.
    ///
    /// # Errors
    /// If it does not.
    async fn ping(&self) -> Result<(), StoreError>;
}
