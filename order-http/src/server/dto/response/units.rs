//! Units of lines, shown by SKU.

use crate::server::dto::sku_quantity::SkuQuantityDto;
use order_core::order::{LineQuantity, Order};

/// Returns the units with the SKUs of their lines.
pub(super) fn by_sku(order: &Order, units: &[LineQuantity]) -> Vec<SkuQuantityDto> {
    units
        .iter()
        .filter_map(|units| {
            let line = order.line(units.line)?;
            Some(SkuQuantityDto::new(&line.sku, units.units))
        })
        .collect()
}
