//! Stock, in the words of the inventory service: units by SKU.

use super::{Fulfillment, Line, LineUnits, Order};
use crate::value::Sku;
use serde::{Deserialize, Serialize};

/// So many units of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SkuUnits {
    /// The product.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
}

impl SkuUnits {
    /// So many units of this SKU.
    #[must_use]
    pub const fn new(sku: Sku, quantity: u32) -> Self {
        Self { sku, quantity }
    }
}

/// A SKU of which there is less than was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Shortage {
    /// The product.
    pub sku: Sku,
    /// Units asked for.
    pub requested: u32,
    /// Units there are.
    pub available: u32,
}

impl Shortage {
    /// So many asked for, so many there.
    #[must_use]
    pub const fn new(sku: Sku, requested: u32, available: u32) -> Self {
        Self {
            sku,
            requested,
            available,
        }
    }
}

/// The units summed by SKU, sorted by SKU, those of none left out.
#[must_use]
pub fn merge_by_sku(units: impl IntoIterator<Item = SkuUnits>) -> Vec<SkuUnits> {
    let mut merged: Vec<SkuUnits> = units.into_iter().filter(|one| one.quantity > 0).collect();
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
    /// The units that must be held or taken for it as it stands: still ordered or lost on the way,
    /// less what came back into stock. Once it will not go on: those of its reservation that have
    /// left and did not come back.
    #[must_use]
    pub fn stock_target(&self) -> Vec<SkuUnits> {
        let closed = self.status.is_closed();
        let target = merge_by_sku(self.lines.iter().map(|line: &Line| {
            let units = if closed { line.gone() } else { line.stock() };
            SkuUnits::new(line.sku.clone(), units)
        }));
        match &self.reservation {
            Some(reservation) if closed => merge_by_sku(target.into_iter().filter_map(|gone| {
                let covered = reservation.covers.iter().find(|one| one.sku == gone.sku)?;
                Some(SkuUnits::new(gone.sku, gone.quantity.min(covered.quantity)))
            })),
            Some(_) | None => target,
        }
    }

    /// Whether all stock goes back: it will not go on, nothing of it has left, and nothing is with
    /// the warehouse that may yet leave.
    #[must_use]
    pub fn gives_back_all_stock(&self) -> bool {
        self.status.is_closed()
            && !self.fulfillments.iter().any(Fulfillment::is_waiting)
            && self.stock_target().is_empty()
    }

    /// Units of lines, in the words of the inventory service.
    #[must_use]
    pub fn skus_of(&self, units: &[LineUnits]) -> Vec<SkuUnits> {
        merge_by_sku(units.iter().filter_map(|one| {
            let line = self.line(one.line)?;
            Some(SkuUnits::new(line.sku.clone(), one.units))
        }))
    }
}
