//! The port of the inventory service: prices, and the reservation of stock.

use super::{CallContext, ServiceError};
use crate::money::Money;
use crate::order::{Shortage, SkuQuantity};
use crate::reference::Reference;
use crate::time::Timestamp;
use crate::value::{ProductName, Sku};
use async_trait::async_trait;
use std::time::Duration;

/// A product as it is sold at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Product {
    /// The SKU.
    pub sku: Sku,
    /// The display name, if there is one.
    pub name: Option<ProductName>,
    /// The price of one unit.
    pub unit_price: Money,
    /// Units that can be reserved at the moment.
    pub available: u32,
}

impl Product {
    /// Creates a product.
    #[must_use]
    pub const fn new(
        sku: Sku,
        name: Option<ProductName>,
        unit_price: Money,
        available: u32,
    ) -> Self {
        Self {
            sku,
            name,
            unit_price,
            available,
        }
    }
}

/// A request to reserve units, all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReserveRequest {
    /// The id of the reservation, chosen by the caller.
    pub id: Reference,
    /// The units, with each SKU at most once.
    pub lines: Vec<SkuQuantity>,
    /// How long the reservation lasts.
    pub ttl: Duration,
}

impl ReserveRequest {
    /// Creates a request.
    #[must_use]
    pub const fn new(id: Reference, lines: Vec<SkuQuantity>, ttl: Duration) -> Self {
        Self { id, lines, ttl }
    }
}

/// The outcome of [`Inventory::reserve`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReserveOutcome {
    /// All units are reserved.
    Reserved {
        /// When the reservation expires.
        expires_at: Timestamp,
    },
    /// Too few units are available; none is reserved.
    Insufficient {
        /// The SKUs with too few units.
        shortages: Vec<Shortage>,
    },
    /// Some SKUs are unknown; no unit is reserved.
    UnknownSkus {
        /// The unknown SKUs.
        skus: Vec<Sku>,
    },
    /// The reservation was released or expired before; no unit is reserved.
    Gone,
}

/// The outcome of [`Inventory::revise`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReviseOutcome {
    /// The reservation has the requested units.
    Revised,
    /// Too few units are available; the reservation is unchanged.
    Insufficient {
        /// The SKUs with too few units.
        shortages: Vec<Shortage>,
    },
    /// Some SKUs are unknown; the reservation is unchanged.
    UnknownSkus {
        /// The unknown SKUs.
        skus: Vec<Sku>,
    },
    /// The reservation is unknown, released or expired.
    Gone,
}

/// The outcome of [`Inventory::extend`] and [`Inventory::commit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StockOutcome {
    /// The operation succeeded, now or at an earlier attempt.
    Done {
        /// When the reservation expires; absent once it is committed.
        expires_at: Option<Timestamp>,
    },
    /// The reservation is unknown, released or expired.
    Gone,
}

/// The status of a reservation at the inventory service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredReservationStatus {
    /// The units are reserved.
    Held,
    /// The units were deducted from stock for good (stock commit).
    Committed,
    /// The reservation was released; its units are available again.
    Released,
    /// The reservation expired; its units are available again.
    Expired,
}

/// A reservation as the inventory service stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredReservation {
    /// The status.
    pub status: StoredReservationStatus,
    /// The units, with each SKU once.
    pub lines: Vec<SkuQuantity>,
    /// When the reservation expires; absent unless it is held.
    pub expires_at: Option<Timestamp>,
}

impl StoredReservation {
    /// Creates a reservation.
    #[must_use]
    pub const fn new(
        status: StoredReservationStatus,
        lines: Vec<SkuQuantity>,
        expires_at: Option<Timestamp>,
    ) -> Self {
        Self {
            status,
            lines,
            expires_at,
        }
    }
}

/// The inventory service.
///
/// An adapter MUST NOT oversell: the units of all held and committed reservations never exceed the
/// stock, whatever calls run concurrently. Every call MUST be idempotent: a repetition has no further
/// effect.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// Returns the products of these SKUs. An adapter MUST leave out SKUs it does not know.
    ///
    /// # Errors
    /// If the call failed.
    async fn products(
        &self,
        call: &CallContext,
        skus: &[Sku],
    ) -> Result<Vec<Product>, ServiceError>;

    /// Reserves units, all or none.
    ///
    /// An adapter MUST answer a repeated id as it did before and reserve nothing more. After
    /// [`release`](Self::release) of the id it MUST answer [`ReserveOutcome::Gone`], also if the
    /// release arrived first.
    ///
    /// # Errors
    /// If the call failed.
    async fn reserve(
        &self,
        call: &CallContext,
        reserve: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError>;

    /// Replaces the units of a reservation, held or committed, by exactly these, all or none:
    /// surplus units are released, missing ones are reserved (or deducted, if it is committed).
    ///
    /// # Errors
    /// If the call failed.
    async fn revise(
        &self,
        call: &CallContext,
        id: &Reference,
        lines: &[SkuQuantity],
    ) -> Result<ReviseOutcome, ServiceError>;

    /// Extends a reservation, so that it expires `ttl` from now.
    ///
    /// # Errors
    /// If the call failed.
    async fn extend(
        &self,
        call: &CallContext,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, ServiceError>;

    /// Deducts the reserved units from stock for good (stock commit). An adapter MUST answer a
    /// repetition as it did before.
    ///
    /// # Errors
    /// If the call failed.
    async fn commit(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<StockOutcome, ServiceError>;

    /// Releases a reservation: its units, held or committed, are available again. An adapter MUST
    /// accept an id that it does not know, and MUST release units only once.
    ///
    /// # Errors
    /// If the call failed.
    async fn release(&self, call: &CallContext, id: &Reference) -> Result<(), ServiceError>;

    /// Returns the reservation with this id; `None` if there never was one.
    ///
    /// # Errors
    /// If the call failed.
    async fn find(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<Option<StoredReservation>, ServiceError>;
}
