//! Stock and reservations per storefront. Takes every instant as an argument.

use order_core::money::Money;
use order_core::order::{Shortage, SkuQuantity};
use order_core::ports::{Product, ReserveOutcome, StoredReservation, StoredReservationStatus};
use order_core::reference::Reference;
use order_core::time::Timestamp;
use order_core::value::{ProductName, Sku, StorefrontId};
use std::collections::{BTreeMap, HashMap};

/// The units of a product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StockLevel {
    /// On hand, reserved and committed ones included.
    pub total: u32,
    /// Reserved and not committed.
    pub reserved: u32,
    /// Committed: sold, and not restocked.
    pub committed: u32,
}

impl StockLevel {
    /// Returns how many units can still be reserved.
    #[must_use]
    pub const fn available(&self) -> u32 {
        self.total
            .saturating_sub(self.reserved)
            .saturating_sub(self.committed)
    }
}

/// A reservation, and the units it holds.
#[derive(Debug, Clone)]
pub(super) struct KeptReservation {
    pub(super) status: StoredReservationStatus,
    /// The lines of the first request, which distinguish a repetition from another request.
    pub(super) requested: Vec<SkuQuantity>,
    pub(super) lines: Vec<SkuQuantity>,
    pub(super) expires_at: Timestamp,
}

impl KeptReservation {
    pub(super) const fn keeps_units(&self) -> bool {
        matches!(
            self.status,
            StoredReservationStatus::Held | StoredReservationStatus::Committed
        )
    }

    pub(super) fn view(&self) -> StoredReservation {
        let is_held = self.status == StoredReservationStatus::Held;
        StoredReservation::new(
            self.status,
            self.lines.clone(),
            is_held.then_some(self.expires_at),
        )
    }
}

/// The id of a reservation was used for other lines.
pub(super) struct OtherLines;

#[derive(Debug, Default)]
pub(super) struct Stock {
    products: BTreeMap<(StorefrontId, Sku), (Money, u32)>,
    reservations: HashMap<(StorefrontId, Reference), KeptReservation>,
}

impl Stock {
    pub(super) fn set_product(
        &mut self,
        storefront: &StorefrontId,
        sku: &Sku,
        price: Money,
        units: u32,
    ) {
        let key = (storefront.clone(), sku.clone());
        self.products.insert(key, (price, units));
    }

    pub(super) fn products(&self, storefront: &StorefrontId, skus: &[Sku]) -> Vec<Product> {
        skus.iter()
            .filter_map(|sku| {
                let (price, _) = self.products.get(&(storefront.clone(), sku.clone()))?;
                let available = self.level(storefront, sku).available();
                let name = ProductName::parse(sku.as_str()).ok();
                Some(Product::new(sku.clone(), name, *price, available))
            })
            .collect()
    }

    pub(super) fn level(&self, storefront: &StorefrontId, sku: &Sku) -> StockLevel {
        let mut level = StockLevel {
            total: self
                .products
                .get(&(storefront.clone(), sku.clone()))
                .map_or(0, |(_, units)| *units),
            ..StockLevel::default()
        };
        for ((at, _), reservation) in &self.reservations {
            if at != storefront {
                continue;
            }
            let units = units_of(&reservation.lines, sku);
            if reservation.status == StoredReservationStatus::Held {
                level.reserved = level.reserved.saturating_add(units);
            } else if reservation.status == StoredReservationStatus::Committed {
                level.committed = level.committed.saturating_add(units);
            }
        }
        level
    }

    pub(super) fn unknown(&self, storefront: &StorefrontId, lines: &[SkuQuantity]) -> Vec<Sku> {
        lines
            .iter()
            .map(|line| line.sku.clone())
            .filter(|sku| {
                !self
                    .products
                    .contains_key(&(storefront.clone(), sku.clone()))
            })
            .collect()
    }

    /// Returns the shortages of a reservation that holds the units `had` already.
    pub(super) fn shortages(
        &self,
        storefront: &StorefrontId,
        lines: &[SkuQuantity],
        had: &[SkuQuantity],
    ) -> Vec<Shortage> {
        lines
            .iter()
            .filter_map(|line| {
                let own = units_of(had, &line.sku);
                let free = self.level(storefront, &line.sku).available();
                let available = free.saturating_add(own);
                // It keeps its units, even if stock has shrunk below what is reserved.
                (line.quantity > own && line.quantity > available)
                    .then(|| Shortage::new(line.sku.clone(), line.quantity, available))
            })
            .collect()
    }

    pub(super) fn find(
        &mut self,
        storefront: &StorefrontId,
        id: &Reference,
    ) -> Option<&mut KeptReservation> {
        self.reservations.get_mut(&(storefront.clone(), *id))
    }

    /// Reserves units, all or none, and sorted by SKU. A repetition gets the outcome of the first request.
    pub(super) fn reserve(
        &mut self,
        storefront: &StorefrontId,
        id: &Reference,
        lines: Vec<SkuQuantity>,
        expires_at: Timestamp,
    ) -> Result<ReserveOutcome, OtherLines> {
        if let Some(kept) = self.find(storefront, id) {
            return if !kept.keeps_units() {
                Ok(ReserveOutcome::Gone)
            } else if kept.requested == lines {
                Ok(ReserveOutcome::Reserved {
                    expires_at: kept.expires_at,
                })
            } else {
                Err(OtherLines)
            };
        }
        let skus = self.unknown(storefront, &lines);
        if !skus.is_empty() {
            return Ok(ReserveOutcome::UnknownSkus { skus });
        }
        let shortages = self.shortages(storefront, &lines, &[]);
        if !shortages.is_empty() {
            return Ok(ReserveOutcome::Insufficient { shortages });
        }
        let kept = KeptReservation {
            status: StoredReservationStatus::Held,
            requested: lines.clone(),
            lines,
            expires_at,
        };
        self.reservations.insert((storefront.clone(), *id), kept);
        Ok(ReserveOutcome::Reserved { expires_at })
    }

    /// Marks a reservation as released, even one that was never made.
    pub(super) fn release(&mut self, storefront: &StorefrontId, id: &Reference, now: Timestamp) {
        self.reservations
            .entry((storefront.clone(), *id))
            .or_insert_with(|| KeptReservation {
                status: StoredReservationStatus::Released,
                requested: Vec::new(),
                lines: Vec::new(),
                expires_at: now,
            })
            .status = StoredReservationStatus::Released;
    }

    pub(super) fn expire(&mut self, storefront: &StorefrontId, now: Timestamp) {
        for ((at, _), reservation) in &mut self.reservations {
            if at == storefront
                && reservation.status == StoredReservationStatus::Held
                && reservation.expires_at <= now
            {
                reservation.status = StoredReservationStatus::Expired;
            }
        }
    }
}

fn units_of(lines: &[SkuQuantity], sku: &Sku) -> u32 {
    lines
        .iter()
        .filter(|line| &line.sku == sku)
        .fold(0, |sum, line| sum.saturating_add(line.quantity))
}
