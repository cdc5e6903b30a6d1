//! A line: so many of one product at one price, and how many of them went where.

use crate::money::Amount;
use crate::value::{LineId, ProductName, Quantity, Sku};
use serde::{Deserialize, Serialize};

/// One line of an order.
///
/// Counts are units. At all times `cancelled + shipped <= quantity`, `delivered <= shipped` and
/// `returned <= return_requested <= shipped`; what was shipped beyond that is in `excess`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Line {
    /// Its id within the order.
    pub id: LineId,
    /// What was ordered.
    pub sku: Sku,
    /// The product's name when it was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ProductName>,
    /// How many were ordered.
    pub quantity: Quantity,
    /// The price of one as agreed; `None` until the inventory service has quoted it.
    pub unit_price: Option<Amount>,
    /// Cancelled before they were shipped.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub cancelled: u32,
    /// On their way or arrived, less what was lost.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub shipped: u32,
    /// Arrived.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub delivered: u32,
    /// Asked to come back, whether or not they have.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub return_requested: u32,
    /// Came back.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub returned: u32,
    /// Came back and went into stock again.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub restocked: u32,
    /// Lost on the way; open again.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub lost: u32,
    /// Shipped although not ordered, or not any more.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub excess: u32,
}

/// Whether a count is left out where the line is stored.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none_yet(count: &u32) -> bool {
    *count == 0
}

impl Line {
    pub(crate) fn new(
        id: LineId,
        sku: Sku,
        name: Option<ProductName>,
        quantity: Quantity,
        unit_price: Option<Amount>,
    ) -> Self {
        Self {
            id,
            sku,
            name,
            quantity,
            unit_price,
            cancelled: 0,
            shipped: 0,
            delivered: 0,
            return_requested: 0,
            returned: 0,
            restocked: 0,
            lost: 0,
            excess: 0,
        }
    }

    /// Units still ordered: not cancelled.
    #[must_use]
    pub fn active(&self) -> u32 {
        self.quantity.get().saturating_sub(self.cancelled)
    }

    /// Units still ordered that have not left.
    #[must_use]
    pub fn unshipped(&self) -> u32 {
        self.active().saturating_sub(self.shipped)
    }

    /// Units that arrived and were not asked to come back.
    #[must_use]
    pub fn returnable(&self) -> u32 {
        self.delivered.saturating_sub(self.return_requested)
    }

    /// Units that stock must be held or was taken for.
    #[must_use]
    pub fn stock(&self) -> u32 {
        self.active()
            .saturating_add(self.lost)
            .saturating_sub(self.restocked)
    }

    /// Units that have left, or were lost, and did not come back into stock.
    #[must_use]
    pub fn gone(&self) -> u32 {
        self.shipped
            .saturating_add(self.lost)
            .saturating_sub(self.restocked)
    }

    /// The price of the units still ordered, in minor units.
    #[must_use]
    pub fn total(&self) -> Amount {
        Amount::saturating_from(self.value_of(self.active()))
    }

    /// The price of so many units, in minor units; nothing while there is no price.
    pub(crate) fn value_of(&self, units: u32) -> i128 {
        self.unit_price
            .map_or(0, |price| i128::from(price.minor()) * i128::from(units))
    }

    /// Whether the counts are as they must be.
    #[must_use]
    pub fn counts_hold(&self) -> bool {
        u64::from(self.cancelled) + u64::from(self.shipped) <= u64::from(self.quantity.get())
            && self.delivered <= self.shipped
            && self.returned <= self.return_requested
            && self.return_requested <= self.shipped
            && self.restocked <= self.returned
    }
}

/// So many units of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LineUnits {
    /// The line.
    pub line: LineId,
    /// How many of its units.
    pub units: u32,
}

impl LineUnits {
    /// So many units of this line.
    #[must_use]
    pub const fn new(line: LineId, units: u32) -> Self {
        Self { line, units }
    }
}

/// The price and name a line was quoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PricedLine {
    /// The line.
    pub line: LineId,
    /// The product's name.
    pub name: Option<ProductName>,
    /// The price of one.
    pub unit_price: Amount,
}

impl PricedLine {
    /// The quote for this line.
    #[must_use]
    pub const fn new(line: LineId, name: Option<ProductName>, unit_price: Amount) -> Self {
        Self {
            line,
            name,
            unit_price,
        }
    }
}
