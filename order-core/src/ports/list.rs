//! Lists of orders: filters, keyset cursors and pages.

use crate::order::{FulfillmentStatus, Order, OrderStatus, PaymentStatus};
use crate::time::Timestamp;
use crate::value::{CustomerId, OrderId, Sku, StorefrontId};

/// A position in a list, which is sorted newest first: the sort key of the last order before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cursor {
    /// When that order was placed.
    pub placed_at: Timestamp,
    /// The id of that order, which breaks ties.
    pub id: OrderId,
}

impl Cursor {
    /// Creates a cursor.
    #[must_use]
    pub const fn new(placed_at: Timestamp, id: OrderId) -> Self {
        Self { placed_at, id }
    }
}

/// The filters of a list. An absent filter matches every order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListQuery {
    /// The storefront whose orders are listed.
    pub storefront: StorefrontId,
    /// Matches orders of this status.
    pub status: Option<OrderStatus>,
    /// Matches orders of this payment status.
    pub payment_status: Option<PaymentStatus>,
    /// Matches orders of this fulfillment status.
    pub fulfillment_status: Option<FulfillmentStatus>,
    /// Matches orders of this customer.
    pub customer_id: Option<CustomerId>,
    /// Matches orders with a line of this SKU.
    pub sku: Option<Sku>,
    /// Matches orders placed at this instant or later.
    pub placed_after: Option<Timestamp>,
    /// Matches orders placed before this instant.
    pub placed_before: Option<Timestamp>,
    /// Whether deleted orders are listed too.
    pub include_deleted: bool,
    /// The maximum number of orders of a page; at least 1.
    pub limit: u16,
    /// Where the page starts; absent: at the newest order.
    pub after: Option<Cursor>,
}

impl ListQuery {
    /// Creates a query for the newest orders of a storefront, without filters or deleted orders.
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

    /// Returns whether an order belongs into the list, from the start of the page on: the meaning of
    /// every filter, for stores that filter in memory and for tests of those that do not.
    #[must_use]
    pub fn matches(&self, order: &Order) -> bool {
        let position = (order.placed_at(), order.id());
        self.storefront == *order.storefront()
            && self.status.is_none_or(|status| order.status() == status)
            && self
                .payment_status
                .is_none_or(|status| order.payment_status() == status)
            && self
                .fulfillment_status
                .is_none_or(|status| order.fulfillment_status() == status)
            && self
                .customer_id
                .as_ref()
                .is_none_or(|customer| order.customer_id() == customer)
            && self
                .sku
                .as_ref()
                .is_none_or(|sku| order.lines().iter().any(|line| line.sku == *sku))
            && self
                .placed_after
                .is_none_or(|instant| order.placed_at() >= instant)
            && self
                .placed_before
                .is_none_or(|instant| order.placed_at() < instant)
            && (self.include_deleted || order.deleted_at().is_none())
            && self
                .after
                .is_none_or(|after| position < (after.placed_at, after.id))
    }
}

/// A page of orders, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The orders.
    pub orders: Vec<Order>,
    /// Where the next page starts; absent on the last page.
    pub next: Option<Cursor>,
}

impl Page {
    /// Creates a page.
    #[must_use]
    pub const fn new(orders: Vec<Order>, next: Option<Cursor>) -> Self {
        Self { orders, next }
    }
}
