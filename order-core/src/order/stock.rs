//! Stock: the units of an order by SKU, as the inventory service counts them.

use super::{Fulfillment, LineQuantity, Order, OrderLine};
use crate::value::Sku;
use serde::{Deserialize, Serialize};

/// A number of units of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SkuQuantity {
    /// Identifies the product.
    pub sku: Sku,
    /// A count of units; may be zero.
    pub quantity: u32,
}

impl SkuQuantity {
    /// Makes a count of units of a SKU.
    #[must_use]
    pub const fn new(sku: Sku, quantity: u32) -> Self {
        Self { sku, quantity }
    }
}

/// A SKU with less stock than was requested.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Shortage {
    /// Identifies the product.
    pub sku: Sku,
    /// Units requested.
    pub requested: u32,
    /// Units in stock.
    pub available: u32,
}

impl Shortage {
    /// Makes the shortage of a SKU.
    #[must_use]
    pub const fn new(sku: Sku, requested: u32, available: u32) -> Self {
        Self {
            sku,
            requested,
            available,
        }
    }
}

/// Sums the units by SKU, sorted by SKU, without SKUs of zero units.
#[must_use]
pub fn merge_by_sku(units: impl IntoIterator<Item = SkuQuantity>) -> Vec<SkuQuantity> {
    let mut merged: Vec<SkuQuantity> = units.into_iter().filter(|one| one.quantity > 0).collect();
    merged.sort_unstable_by(|one, other| one.sku.cmp(&other.sku));
    merged.dedup_by(|one, kept| {
        let same = one.sku == kept.sku;
        if same {
            kept.quantity = kept.quantity.saturating_add(one.quantity);
        }
        same
    });
    merged
}

impl Order {
    /// Returns the units that should be reserved or committed for the order as it is: ordered or
    /// lost in transit, less those restocked. For a closed order: those of its reservation that
    /// were shipped or lost and not restocked.
    #[must_use]
    pub fn stock_target(&self) -> Vec<SkuQuantity> {
        let closed = self.status.is_closed();
        let target = merge_by_sku(self.lines.iter().map(|line: &OrderLine| {
            let units = if closed {
                line.units_out()
            } else {
                line.units_to_reserve()
            };
            SkuQuantity::new(line.sku.clone(), units)
        }));
        match &self.reservation {
            Some(reservation) if closed => merge_by_sku(target.into_iter().filter_map(|out| {
                let covered = reservation.lines.iter().find(|one| one.sku == out.sku)?;
                Some(SkuQuantity::new(
                    out.sku,
                    out.quantity.min(covered.quantity),
                ))
            })),
            Some(_) | None => target,
        }
    }

    /// Returns whether all stock can be released: the order is closed, nothing of it has shipped,
    /// and no fulfillment is planned or at the warehouse.
    #[must_use]
    pub fn gives_back_all_stock(&self) -> bool {
        self.status.is_closed()
            && !self.fulfillments.iter().any(Fulfillment::is_waiting)
            && self.stock_target().is_empty()
    }

    /// Converts units of lines into units of SKUs. Unknown lines are skipped.
    #[must_use]
    pub fn skus_of(&self, units: &[LineQuantity]) -> Vec<SkuQuantity> {
        merge_by_sku(units.iter().filter_map(|one| {
            let line = self.line(one.line)?;
            Some(SkuQuantity::new(line.sku.clone(), one.units))
        }))
    }
}
