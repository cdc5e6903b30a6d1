//! A quantity of one product, as reservations and fulfillments list it.

use serde::{Deserialize, Serialize};

/// A quantity of one product: what is reserved, or put into a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineItem {
    /// The product's SKU.
    pub sku: String,
    /// Units, at least 1.
    pub quantity: u32,
}

impl LineItem {
    /// Creates a line of `quantity` units of `sku`.
    pub fn new(sku: impl Into<String>, quantity: u32) -> Self {
        Self {
            sku: sku.into(),
            quantity,
        }
    }
}
