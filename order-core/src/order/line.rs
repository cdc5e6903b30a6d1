//! The lines of an order: units of one product at one price, and counts of what became of them.

use crate::money::Amount;
use crate::value::{LineNo, ProductName, Quantity, Sku};
use serde::{Deserialize, Serialize};

/// One line of an order.
///
/// Counts are in units. Invariants: `cancelled + shipped <= quantity`, `delivered <= shipped` and
/// `returned <= return_requested <= shipped`. Units shipped beyond that are in `overshipped`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrderLine {
    /// Identifies the line within the order.
    pub id: LineNo,
    /// The product.
    pub sku: Sku,
    /// The product's name when the order was placed; `None` if neither caller nor inventory named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ProductName>,
    /// Units ordered, including those cancelled later.
    pub quantity: Quantity,
    /// The agreed price of one unit, in minor units; `None` until the inventory service has quoted it.
    pub unit_price: Option<Amount>,
    /// Units cancelled before they were shipped.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub cancelled: u32,
    /// Units that left the warehouse and were not lost.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub shipped: u32,
    /// Units that arrived.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub delivered: u32,
    /// Units in requested returns, whether or not they were received.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub return_requested: u32,
    /// Units received in returns.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub returned: u32,
    /// Units received in returns and restocked.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub restocked: u32,
    /// Units lost in transit; they have to be shipped again.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub lost: u32,
    /// Units shipped that were not ordered, or not any more.
    #[serde(default, rename = "excess", skip_serializing_if = "is_none_yet")]
    pub overshipped: u32,
}

/// Returns whether a count is left out of the stored form.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none_yet(count: &u32) -> bool {
    *count == 0
}

impl OrderLine {
    pub(crate) fn new(
        id: LineNo,
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
            overshipped: 0,
        }
    }

    /// Returns the units ordered and not cancelled.
    #[must_use]
    pub fn remaining(&self) -> u32 {
        self.quantity.get().saturating_sub(self.cancelled)
    }

    /// Returns the units ordered, not cancelled and not shipped.
    #[must_use]
    pub fn unshipped(&self) -> u32 {
        self.remaining().saturating_sub(self.shipped)
    }

    /// Returns the units delivered for which no return was requested.
    #[must_use]
    pub fn returnable(&self) -> u32 {
        self.delivered.saturating_sub(self.return_requested)
    }

    /// Returns the units for which stock must be reserved or committed.
    #[must_use]
    pub fn units_to_reserve(&self) -> u32 {
        self.remaining()
            .saturating_add(self.lost)
            .saturating_sub(self.restocked)
    }

    /// Returns the units that were shipped or lost and were not restocked.
    #[must_use]
    pub fn units_out(&self) -> u32 {
        self.shipped
            .saturating_add(self.lost)
            .saturating_sub(self.restocked)
    }

    /// Returns the price of the units not cancelled, in minor units, saturating.
    #[must_use]
    pub fn total(&self) -> Amount {
        Amount::saturating_from(self.value_of(self.remaining()))
    }

    /// Returns the price of a number of units, in minor units; zero while there is no price.
    pub(crate) fn value_of(&self, units: u32) -> i128 {
        self.unit_price
            .map_or(0, |price| i128::from(price.minor()) * i128::from(units))
    }

    /// Returns whether the counts keep the invariants of a line.
    #[must_use]
    pub fn counts_hold(&self) -> bool {
        u64::from(self.cancelled) + u64::from(self.shipped) <= u64::from(self.quantity.get())
            && self.delivered <= self.shipped
            && self.returned <= self.return_requested
            && self.return_requested <= self.shipped
            && self.restocked <= self.returned
    }
}

/// A number of units of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LineQuantity {
    /// Identifies the line within the order.
    pub line: LineNo,
    /// A count of units.
    pub units: u32,
}

impl LineQuantity {
    /// Makes a count of units of a line.
    #[must_use]
    pub const fn new(line: LineNo, units: u32) -> Self {
        Self { line, units }
    }
}

/// Names the line that units belong to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LineSelector {
    /// The line of this number.
    Line(LineNo),
    /// Any line of this product. Refused where its units are worth more on one line than on another.
    Sku(Sku),
}

/// A number of units, as a command names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UnitSelection {
    /// The line they belong to.
    pub of: LineSelector,
    /// A count of units.
    pub quantity: u32,
}

impl UnitSelection {
    /// Selects units of a line.
    #[must_use]
    pub const fn of_line(line: LineNo, quantity: u32) -> Self {
        Self {
            of: LineSelector::Line(line),
            quantity,
        }
    }

    /// Selects units of a product.
    #[must_use]
    pub const fn of_sku(sku: Sku, quantity: u32) -> Self {
        Self {
            of: LineSelector::Sku(sku),
            quantity,
        }
    }
}

impl From<super::SkuQuantity> for UnitSelection {
    fn from(units: super::SkuQuantity) -> Self {
        Self::of_sku(units.sku, units.quantity)
    }
}

/// The price and name that the inventory service quoted for a line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PricedLine {
    /// Identifies the line within the order.
    pub line: LineNo,
    /// The product's name; `None` if the inventory service gave none.
    pub name: Option<ProductName>,
    /// The price of one unit, in minor units.
    pub unit_price: Amount,
}

impl PricedLine {
    /// Makes the quote for a line.
    #[must_use]
    pub const fn new(line: LineNo, name: Option<ProductName>, unit_price: Amount) -> Self {
        Self {
            line,
            name,
            unit_price,
        }
    }
}
