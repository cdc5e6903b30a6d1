//! The inventory service: prices and stock.

use super::{Call, OutsideError};
use crate::money::Money;
use crate::order::{Shortage, SkuUnits};
use crate::reference::Reference;
use crate::time::Timestamp;
use crate::value::{ProductName, Sku};
use async_trait::async_trait;
use std::time::Duration;

/// A product as it is sold now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Product {
    /// The SKU.
    pub sku: Sku,
    /// The name.
    pub name: Option<ProductName>,
    /// The price of one.
    pub unit_price: Money,
    /// Units that can be reserved.
    pub available: u32,
}

impl Product {
    /// A product at this price.
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

/// Units to be set aside together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reserve {
    /// What the reservation is known by from now on.
    pub id: Reference,
    /// The units, each SKU once.
    pub lines: Vec<SkuUnits>,
    /// How long they are set aside.
    pub ttl: Duration,
}

impl Reserve {
    /// Sets these units aside for so long.
    #[must_use]
    pub const fn new(id: Reference, lines: Vec<SkuUnits>, ttl: Duration) -> Self {
        Self { id, lines, ttl }
    }
}

/// What became of a wish to set units aside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReserveOutcome {
    /// All are set aside.
    Reserved {
        /// Until then.
        expires_at: Timestamp,
    },
    /// There is too little; nothing is set aside.
    Insufficient {
        /// Of what.
        shortages: Vec<Shortage>,
    },
    /// Some products are not known; nothing is set aside.
    UnknownSkus {
        /// Which.
        skus: Vec<Sku>,
    },
    /// The reservation was released or has expired before; nothing is set aside.
    Gone,
}

/// What became of a wish to change a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReviseOutcome {
    /// It covers the units asked for.
    Revised,
    /// There is too little; it covers what it did before.
    Insufficient {
        /// Of what.
        shortages: Vec<Shortage>,
    },
    /// Some products are not known; it covers what it did before.
    UnknownSkus {
        /// Which.
        skus: Vec<Sku>,
    },
    /// There is no such reservation any more.
    Gone,
}

/// What became of a wish to extend or commit a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StockOutcome {
    /// It was done, now or before.
    Done {
        /// When the reservation lapses; none once it is taken.
        expires_at: Option<Timestamp>,
    },
    /// There is no such reservation any more.
    Gone,
}

/// Where a reservation stands at the inventory service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReservationStatus {
    /// Set aside.
    Held,
    /// Taken.
    Committed,
    /// Given back.
    Released,
    /// Lapsed.
    Expired,
}

/// A reservation as the inventory service has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReservationView {
    /// Where it stands.
    pub status: ReservationStatus,
    /// What it covers.
    pub lines: Vec<SkuUnits>,
    /// When it lapses, if it is held.
    pub expires_at: Option<Timestamp>,
}

impl ReservationView {
    /// A reservation of these units.
    #[must_use]
    pub const fn new(
        status: ReservationStatus,
        lines: Vec<SkuUnits>,
        expires_at: Option<Timestamp>,
    ) -> Self {
        Self {
            status,
            lines,
            expires_at,
        }
    }
}

/// Holds the stock.
///
/// Stock MUST never be oversold: the units of all reservations that are held or committed never
/// exceed what there is, whatever runs side by side.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// The products among these SKUs that there are; those not known are left out.
    ///
    /// # Errors
    /// If the service gave no answer.
    async fn products(&self, call: &Call, skus: &[Sku]) -> Result<Vec<Product>, OutsideError>;

    /// Sets units aside, all or nothing.
    ///
    /// The same id again MUST get the same answer and set nothing more aside. After
    /// [`release`](Self::release) it MUST be [`ReserveOutcome::Gone`], also where the release came
    /// first.
    ///
    /// # Errors
    /// If the service gave no answer.
    async fn reserve(&self, call: &Call, reserve: &Reserve)
    -> Result<ReserveOutcome, OutsideError>;

    /// Makes a reservation, held or committed, cover exactly these units, all or nothing: what is
    /// less goes back, what is more is set aside or taken.
    ///
    /// # Errors
    /// If the service gave no answer.
    async fn revise(
        &self,
        call: &Call,
        id: &Reference,
        lines: &[SkuUnits],
    ) -> Result<ReviseOutcome, OutsideError>;

    /// Holds a reservation for `ttl` from now.
    ///
    /// # Errors
    /// If the service gave no answer.
    async fn extend(
        &self,
        call: &Call,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, OutsideError>;

    /// Takes the reserved units for good. Again: the same answer.
    ///
    /// # Errors
    /// If the service gave no answer.
    async fn commit(&self, call: &Call, id: &Reference) -> Result<StockOutcome, OutsideError>;

    /// Gives back what is held or taken, if anything is. Again: nothing more goes back.
    ///
    /// # Errors
    /// If the service gave no answer.
    async fn release(&self, call: &Call, id: &Reference) -> Result<(), OutsideError>;

    /// The reservation with this id; `None` if there never was one.
    ///
    /// # Errors
    /// If the service gave no answer.
    async fn find(
        &self,
        call: &Call,
        id: &Reference,
    ) -> Result<Option<ReservationView>, OutsideError>;
}
