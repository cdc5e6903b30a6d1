//! Units of lines, shown with their SKU.

use crate::server::dto::units::UnitsDto;
use order_core::order::{LineQuantity, Order};

/// Returns the units with the SKUs of their lines.
pub(super) fn by_sku(order: &Order, units: &[LineQuantity]) -> Vec<UnitsDto> {
    units
        .iter()
        .filter_map(|units| {
            let line = order.line(units.line)?;
            Some(UnitsDto::new(line, units.units))
        })
        .collect()
}
