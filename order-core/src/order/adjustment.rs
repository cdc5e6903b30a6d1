//! Adjustments: shipping, tax, discounts and fees.

use crate::money::Amount;
use crate::value::{Label, LineNo};
use serde::{Deserialize, Serialize};

string_enum! {
    /// The kind of an adjustment, which determines its sign; the amount is never negative.
    pub enum AdjustmentKind as "kind of adjustment" {
        /// The price of shipping; added.
        Shipping = "shipping",
        /// Tax; added.
        Tax = "tax",
        /// A discount; subtracted.
        Discount = "discount",
        /// Any other fee; added.
        Fee = "fee",
    }
}

/// A part of an order's total other than the price of the goods.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Adjustment {
    /// The kind, which determines the sign.
    pub kind: AdjustmentKind,
    /// In minor units, never negative.
    pub amount: Amount,
    /// The title shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The line it belongs to; `None` for the whole order. Units have their share of discounts and
    /// taxes; shipping and fees stay whole while any unit of the line, or of the order, is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineNo>,
}

impl Adjustment {
    /// Makes an adjustment of the whole order.
    #[must_use]
    pub const fn of_order(kind: AdjustmentKind, amount: Amount, label: Option<Label>) -> Self {
        Self {
            kind,
            amount,
            label,
            line: None,
        }
    }

    /// Makes an adjustment of one line.
    #[must_use]
    pub const fn of_line(
        kind: AdjustmentKind,
        amount: Amount,
        label: Option<Label>,
        line: LineNo,
    ) -> Self {
        Self {
            kind,
            amount,
            label,
            line: Some(line),
        }
    }
}
