//! What is added to, or taken off, the price of the goods.

use crate::money::Amount;
use crate::value::{Label, LineId};
use serde::{Deserialize, Serialize};

coded! {
    /// What an adjustment is for. The kind says the sign; the amount is never negative.
    pub enum AdjustmentKind as "kind of adjustment" {
        /// Added: the price of shipping.
        Shipping = "shipping",
        /// Added: tax.
        Tax = "tax",
        /// Taken off: a discount.
        Discount = "discount",
        /// Added: any other fee.
        Fee = "fee",
    }
}

/// A part of the total that is not the price of goods.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Adjustment {
    /// What it is for.
    pub kind: AdjustmentKind,
    /// How much, in minor units, never negative.
    pub amount: Amount,
    /// What a person reads of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The line it belongs to; none: the whole order. A line's adjustment shrinks with the units
    /// that are cancelled or returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
}

impl Adjustment {
    /// An adjustment of the whole order.
    #[must_use]
    pub const fn of_order(kind: AdjustmentKind, amount: Amount, label: Option<Label>) -> Self {
        Self {
            kind,
            amount,
            label,
            line: None,
        }
    }

    /// An adjustment of one line.
    #[must_use]
    pub const fn of_line(
        kind: AdjustmentKind,
        amount: Amount,
        label: Option<Label>,
        line: LineId,
    ) -> Self {
        Self {
            kind,
            amount,
            label,
            line: Some(line),
        }
    }

    /// What it adds to the total: negative for a discount.
    pub(crate) fn signed(&self, amount: i128) -> i128 {
        match self.kind {
            AdjustmentKind::Discount => -amount,
            AdjustmentKind::Shipping | AdjustmentKind::Tax | AdjustmentKind::Fee => amount,
        }
    }
}
