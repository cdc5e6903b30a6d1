//! Units of one product, as they are read and written.

use super::numbers::quantity;
use super::validation::{RequestBody, ValidationErrors};
use order_core::order::SkuQuantity;
use order_core::value::Sku;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Units of one product.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SkuQuantity)]
pub(crate) struct SkuQuantityDto {
    #[schema(required = true, value_type = String, max_length = 64, example = "abc123")]
    #[serde(default)]
    sku: Option<String>,
    /// Units.
    #[schema(required = true, value_type = u32, minimum = 1, maximum = 1_000_000, example = 1)]
    #[serde(default)]
    quantity: Option<i64>,
}

impl SkuQuantityDto {
    pub(crate) fn new(sku: &Sku, units: u32) -> Self {
        Self {
            sku: Some(sku.to_string()),
            quantity: Some(i64::from(units)),
        }
    }
}

impl RequestBody for SkuQuantityDto {
    type Core = SkuQuantity;

    fn parse(self, errors: &mut ValidationErrors) -> Option<SkuQuantity> {
        let sku = errors.required("sku", self.sku, Sku::parse);
        let quantity = errors.required("quantity", self.quantity, quantity);
        Some(SkuQuantity::new(sku?, quantity?.get()))
    }
}
