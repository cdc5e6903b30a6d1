//! An inventory service in memory: products, stock and reservations under one lock.

mod stock;

pub use stock::StockLevel;

use self::stock::{OtherLines, Stock};
use crate::builders::{code, sku, usd};
use crate::faults::Faults;
use crate::lock::locked;
use async_trait::async_trait;
use order_core::money::Money;
use order_core::order::{Order, SkuQuantity, merge_by_sku};
use order_core::ports::{
    CallContext, Clock, CommitOutcome, Inventory, Product, ReserveOutcome, ReserveRequest,
    ReviseOutcome, ServiceError, StockOutcome, StockReservation, StoredReservation,
    StoredReservationStatus,
};
use order_core::reference::Reference;
use order_core::time::{Timestamp, after};
use order_core::value::{Sku, StorefrontId};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An inventory service in memory. Stock is kept per storefront and SKU and is never oversold;
/// reservations expire by the given clock. The name of a product is its SKU.
///
/// Methods that its [`Faults`] know: `products`, `reserve`, `revise`, `extend`, `commit`, `release`,
/// `find`.
pub struct MemoryInventory {
    clock: Arc<dyn Clock>,
    stock: Mutex<Stock>,
    faults: Faults,
}

impl MemoryInventory {
    /// Returns a service without products, whose reservations expire by this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            stock: Mutex::default(),
            faults: Faults::default(),
        }
    }

    /// Adds a product at the default storefront; `unit_price` is in US cents.
    ///
    /// # Panics
    /// If the literal is not valid.
    #[must_use]
    pub fn with(self, sku_text: &str, units: u32, unit_price: i64) -> Self {
        let storefront = StorefrontId::default();
        self.stock(&storefront, &sku(sku_text), usd(unit_price), units);
        self
    }

    /// Sets the price of a product and its units on hand, reserved ones included.
    pub fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32) {
        locked(&self.stock).set_product(storefront, sku, unit_price, units);
    }

    /// Returns the stock of a product; all zero if the product is unknown.
    #[must_use]
    pub fn stock_level(&self, storefront: &StorefrontId, sku: &Sku) -> StockLevel {
        self.current(storefront).level(storefront, sku)
    }

    /// Expires a reservation ahead of time. Returns whether it was active.
    pub fn expire(&self, storefront: &StorefrontId, id: &Reference) -> bool {
        let mut stock = self.current(storefront);
        match stock.find(storefront, id) {
            Some(reservation) if reservation.status == StoredReservationStatus::Held => {
                reservation.status = StoredReservationStatus::Expired;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Returns the planned failures of the next calls, with a log of all calls so far.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Returns the stock after expiring what is due.
    fn current(&self, storefront: &StorefrontId) -> std::sync::MutexGuard<'_, Stock> {
        let now = self.clock.now();
        let mut stock = locked(&self.stock);
        stock.expire(storefront, now);
        stock
    }

    fn expiry_after(&self, ttl: Duration) -> Timestamp {
        after(self.clock.now(), ttl)
    }

    fn try_reserve(
        &self,
        call: &CallContext,
        request: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError> {
        let lines = merge_by_sku(request.lines.iter().cloned());
        let expires_at = self.expiry_after(request.ttl);
        self.current(&call.storefront)
            .reserve(&call.storefront, &request.id, lines, expires_at)
            .map_err(|OtherLines| {
                ServiceError::refused(
                    code("reservation_differs"),
                    "the id was used for other lines",
                )
            })
    }

    /// Reserves the stock of a change, as of its order's last update. Returns the outcome of the change
    /// if there is not enough.
    pub(super) fn reserve_for(
        &self,
        order: &Order,
        reserve: StockReservation,
    ) -> Option<CommitOutcome> {
        let StockReservation {
            id,
            lines,
            expires_at,
            ..
        } = reserve;
        let storefront = order.storefront();
        let mut stock = locked(&self.stock);
        stock.expire(storefront, order.updated_at());
        match stock.reserve(storefront, &id, lines, expires_at) {
            Ok(ReserveOutcome::Insufficient { shortages }) => Some(CommitOutcome::OutOfStock {
                shortages,
                unknown: Vec::new(),
            }),
            Ok(ReserveOutcome::UnknownSkus { skus }) => Some(CommitOutcome::OutOfStock {
                shortages: Vec::new(),
                unknown: skus,
            }),
            Ok(ReserveOutcome::Reserved { .. }) => {
                if let Some(kept) = stock.find(storefront, &id) {
                    kept.expires_at = kept.expires_at.max(expires_at);
                }
                None
            }
            Ok(_) | Err(OtherLines) => Some(CommitOutcome::ReservationIdTaken),
        }
    }

    fn try_revise(
        &self,
        call: &CallContext,
        id: &Reference,
        lines: &[SkuQuantity],
    ) -> ReviseOutcome {
        let storefront = &call.storefront;
        let lines = merge_by_sku(lines.iter().cloned());
        let mut stock = self.current(storefront);
        let Some(had) = stock
            .find(storefront, id)
            .filter(|reservation| reservation.keeps_units())
            .map(|reservation| reservation.lines.clone())
        else {
            return ReviseOutcome::Gone;
        };
        let skus = stock.unknown(storefront, &lines);
        if !skus.is_empty() {
            return ReviseOutcome::UnknownSkus { skus };
        }
        let shortages = stock.shortages(storefront, &lines, &had);
        if !shortages.is_empty() {
            return ReviseOutcome::Insufficient { shortages };
        }
        if let Some(reservation) = stock.find(storefront, id) {
            reservation.lines = lines;
        }
        ReviseOutcome::Revised
    }

    fn try_extend(&self, call: &CallContext, id: &Reference, ttl: Duration) -> StockOutcome {
        let until = self.expiry_after(ttl);
        match self.current(&call.storefront).find(&call.storefront, id) {
            Some(reservation) if reservation.status == StoredReservationStatus::Held => {
                reservation.expires_at = reservation.expires_at.max(until);
                StockOutcome::Done {
                    expires_at: Some(reservation.expires_at),
                }
            }
            Some(reservation) if reservation.status == StoredReservationStatus::Committed => {
                StockOutcome::Done { expires_at: None }
            }
            Some(_) | None => StockOutcome::Gone,
        }
    }

    fn try_commit(&self, call: &CallContext, id: &Reference) -> StockOutcome {
        match self.current(&call.storefront).find(&call.storefront, id) {
            Some(reservation) if reservation.keeps_units() => {
                reservation.status = StoredReservationStatus::Committed;
                StockOutcome::Done { expires_at: None }
            }
            Some(_) | None => StockOutcome::Gone,
        }
    }
}

impl fmt::Debug for MemoryInventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryInventory")
            .field("stock", &locked(&self.stock))
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Inventory for MemoryInventory {
    async fn products(
        &self,
        call: &CallContext,
        skus: &[Sku],
    ) -> Result<Vec<Product>, ServiceError> {
        let work = || {
            let stock = self.current(&call.storefront);
            Ok(stock.products(&call.storefront, skus))
        };
        self.faults.around("products", call, work).await
    }

    async fn reserve(
        &self,
        call: &CallContext,
        reserve: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError> {
        let work = || self.try_reserve(call, reserve);
        self.faults.around("reserve", call, work).await
    }

    async fn revise(
        &self,
        call: &CallContext,
        id: &Reference,
        lines: &[SkuQuantity],
    ) -> Result<ReviseOutcome, ServiceError> {
        let work = || Ok(self.try_revise(call, id, lines));
        self.faults.around("revise", call, work).await
    }

    async fn extend(
        &self,
        call: &CallContext,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, ServiceError> {
        let work = || Ok(self.try_extend(call, id, ttl));
        self.faults.around("extend", call, work).await
    }

    async fn commit(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<StockOutcome, ServiceError> {
        let work = || Ok(self.try_commit(call, id));
        self.faults.around("commit", call, work).await
    }

    async fn release(&self, call: &CallContext, id: &Reference) -> Result<(), ServiceError> {
        let work = || {
            self.current(&call.storefront)
                .release(&call.storefront, id, self.clock.now());
            Ok(())
        };
        self.faults.around("release", call, work).await
    }

    async fn find(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<Option<StoredReservation>, ServiceError> {
        let work = || {
            let mut stock = self.current(&call.storefront);
            Ok(stock
                .find(&call.storefront, id)
                .map(|reservation| reservation.view()))
        };
        self.faults.around("find", call, work).await
    }
}
