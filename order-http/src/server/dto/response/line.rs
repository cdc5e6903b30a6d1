//! Lines of an order.

use order_core::money::Amount;
use order_core::order::OrderLine;
use serde::Serialize;
use utoipa::ToSchema;

/// A line of an order. Counts are units.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderLine)]
pub(crate) struct LineResponse {
    #[schema(example = "1")]
    id: String,
    #[schema(example = "abc123")]
    sku: String,
    /// The product's name when it was ordered; null if none is known.
    name: Option<String>,
    #[schema(example = 2)]
    quantity: u32,
    /// Minor units; null until the inventory service has quoted it.
    #[schema(example = 1999)]
    unit_price: Option<i64>,
    /// The price of the units still ordered, in minor units.
    #[schema(example = 3998)]
    total: i64,
    cancelled: u32,
    shipped: u32,
    delivered: u32,
    return_requested: u32,
    returned: u32,
    lost: u32,
    /// Units shipped although they were not, or no longer, ordered.
    excess: u32,
}

impl From<&OrderLine> for LineResponse {
    fn from(line: &OrderLine) -> Self {
        Self {
            id: line.id.to_string(),
            sku: line.sku.to_string(),
            name: line.name.clone().map(String::from),
            quantity: line.quantity.get(),
            unit_price: line.unit_price.map(Amount::minor),
            total: line.total().minor(),
            cancelled: line.cancelled,
            shipped: line.shipped,
            delivered: line.delivered,
            return_requested: line.return_requested,
            returned: line.returned,
            lost: line.lost,
            excess: line.overshipped,
        }
    }
}
