//! An inventory service in memory: products, stock and reservations under one lock.

mod shelves;

pub use shelves::Shelf;

use self::shelves::{Held, Shelves};
use super::builders::{code, sku, usd};
use super::{Faults, locked};
use crate::money::Money;
use crate::order::{SkuUnits, merge_by_sku};
use crate::ports::{
    Call, Clock, Inventory, OutsideError, Product, ReservationStatus, ReservationView, Reserve,
    ReserveOutcome, ReviseOutcome, StockOutcome,
};
use crate::reference::Reference;
use crate::time::{Timestamp, after};
use crate::value::{Sku, StorefrontId};
use async_trait::async_trait;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An inventory service whose stock, by storefront and SKU, cannot be oversold, and whose
/// reservations lapse by its clock. A product is called as its SKU is.
///
/// Methods of its [`Faults`]: `products`, `reserve`, `revise`, `extend`, `commit`, `release`,
/// `find`.
pub struct MemoryInventory {
    clock: Arc<dyn Clock>,
    shelves: Mutex<Shelves>,
    faults: Faults,
}

impl MemoryInventory {
    /// A service without products, by this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            shelves: Mutex::default(),
            faults: Faults::default(),
        }
    }

    /// The same with a product at the default storefront: so many units, at so many US cents.
    ///
    /// # Panics
    /// If the literal is not valid.
    #[must_use]
    pub fn with(self, sku_text: &str, units: u32, unit_price: i64) -> Self {
        let storefront = StorefrontId::default();
        self.stock(&storefront, &sku(sku_text), usd(unit_price), units);
        self
    }

    /// From now on there are so many units of a product in all, those reserved among them, at this
    /// price.
    pub fn stock(&self, storefront: &StorefrontId, sku: &Sku, unit_price: Money, units: u32) {
        locked(&self.shelves).stock(storefront, sku, unit_price, units);
    }

    /// What there is of a product, and for whom; nothing if it is not known.
    #[must_use]
    pub fn shelf(&self, storefront: &StorefrontId, sku: &Sku) -> Shelf {
        self.open(storefront).shelf(storefront, sku)
    }

    /// Lets a reservation lapse before its time. Answers whether it was held.
    pub fn lapse(&self, storefront: &StorefrontId, id: &Reference) -> bool {
        let mut shelves = self.open(storefront);
        match shelves.find(storefront, id) {
            Some(held) if held.status == ReservationStatus::Held => {
                held.status = ReservationStatus::Expired;
                true
            }
            Some(_) | None => false,
        }
    }

    /// What goes wrong with the next calls, and a log of all.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The shelves, with what has lapsed by now put back.
    fn open(&self, storefront: &StorefrontId) -> std::sync::MutexGuard<'_, Shelves> {
        let now = self.clock.now();
        let mut shelves = locked(&self.shelves);
        shelves.expire(storefront, now);
        shelves
    }

    fn until(&self, ttl: Duration) -> Timestamp {
        after(self.clock.now(), ttl)
    }

    fn try_reserve(&self, call: &Call, wish: &Reserve) -> Result<ReserveOutcome, OutsideError> {
        let storefront = &call.storefront;
        let lines = merge_by_sku(wish.lines.iter().cloned());
        let mut shelves = self.open(storefront);
        if let Some(held) = shelves.find(storefront, &wish.id) {
            return match held.status {
                ReservationStatus::Released | ReservationStatus::Expired => {
                    Ok(ReserveOutcome::Gone)
                }
                ReservationStatus::Held | ReservationStatus::Committed if held.asked != lines => {
                    Err(OutsideError::refused(
                        code("reservation_differs"),
                        "the id was used for other lines",
                    ))
                }
                ReservationStatus::Held | ReservationStatus::Committed => {
                    Ok(ReserveOutcome::Reserved {
                        expires_at: held.expires_at,
                    })
                }
            };
        }
        let skus = shelves.unknown(storefront, &lines);
        if !skus.is_empty() {
            return Ok(ReserveOutcome::UnknownSkus { skus });
        }
        let shortages = shelves.shortages(storefront, &lines, &[]);
        if !shortages.is_empty() {
            return Ok(ReserveOutcome::Insufficient { shortages });
        }
        let expires_at = self.until(wish.ttl);
        shelves.put(
            storefront,
            &wish.id,
            Held {
                status: ReservationStatus::Held,
                asked: lines.clone(),
                lines,
                expires_at,
            },
        );
        Ok(ReserveOutcome::Reserved { expires_at })
    }

    fn try_revise(&self, call: &Call, id: &Reference, lines: &[SkuUnits]) -> ReviseOutcome {
        let storefront = &call.storefront;
        let lines = merge_by_sku(lines.iter().cloned());
        let mut shelves = self.open(storefront);
        let Some(had) = shelves
            .find(storefront, id)
            .filter(|held| held.keeps_units())
            .map(|held| held.lines.clone())
        else {
            return ReviseOutcome::Gone;
        };
        let skus = shelves.unknown(storefront, &lines);
        if !skus.is_empty() {
            return ReviseOutcome::UnknownSkus { skus };
        }
        let shortages = shelves.shortages(storefront, &lines, &had);
        if !shortages.is_empty() {
            return ReviseOutcome::Insufficient { shortages };
        }
        if let Some(held) = shelves.find(storefront, id) {
            held.lines = lines;
        }
        ReviseOutcome::Revised
    }

    fn try_extend(&self, call: &Call, id: &Reference, ttl: Duration) -> StockOutcome {
        let until = self.until(ttl);
        match self.open(&call.storefront).find(&call.storefront, id) {
            Some(held) if held.status == ReservationStatus::Held => {
                held.expires_at = held.expires_at.max(until);
                StockOutcome::Done {
                    expires_at: Some(held.expires_at),
                }
            }
            Some(held) if held.status == ReservationStatus::Committed => {
                StockOutcome::Done { expires_at: None }
            }
            Some(_) | None => StockOutcome::Gone,
        }
    }

    fn try_commit(&self, call: &Call, id: &Reference) -> StockOutcome {
        match self.open(&call.storefront).find(&call.storefront, id) {
            Some(held) if held.keeps_units() => {
                held.status = ReservationStatus::Committed;
                StockOutcome::Done { expires_at: None }
            }
            Some(_) | None => StockOutcome::Gone,
        }
    }
}

impl fmt::Debug for MemoryInventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryInventory")
            .field("shelves", &locked(&self.shelves))
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Inventory for MemoryInventory {
    async fn products(&self, call: &Call, skus: &[Sku]) -> Result<Vec<Product>, OutsideError> {
        let work = || {
            let shelves = self.open(&call.storefront);
            Ok(shelves.products(&call.storefront, skus))
        };
        self.faults.around("products", call, work).await
    }

    async fn reserve(
        &self,
        call: &Call,
        reserve: &Reserve,
    ) -> Result<ReserveOutcome, OutsideError> {
        let work = || self.try_reserve(call, reserve);
        self.faults.around("reserve", call, work).await
    }

    async fn revise(
        &self,
        call: &Call,
        id: &Reference,
        lines: &[SkuUnits],
    ) -> Result<ReviseOutcome, OutsideError> {
        let work = || Ok(self.try_revise(call, id, lines));
        self.faults.around("revise", call, work).await
    }

    async fn extend(
        &self,
        call: &Call,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, OutsideError> {
        let work = || Ok(self.try_extend(call, id, ttl));
        self.faults.around("extend", call, work).await
    }

    async fn commit(&self, call: &Call, id: &Reference) -> Result<StockOutcome, OutsideError> {
        let work = || Ok(self.try_commit(call, id));
        self.faults.around("commit", call, work).await
    }

    async fn release(&self, call: &Call, id: &Reference) -> Result<(), OutsideError> {
        let work = || {
            self.open(&call.storefront)
                .release(&call.storefront, id, self.clock.now());
            Ok(())
        };
        self.faults.around("release", call, work).await
    }

    async fn find(
        &self,
        call: &Call,
        id: &Reference,
    ) -> Result<Option<ReservationView>, OutsideError> {
        let work = || {
            let mut shelves = self.open(&call.storefront);
            Ok(shelves.find(&call.storefront, id).map(|held| held.view()))
        };
        self.faults.around("find", call, work).await
    }
}
