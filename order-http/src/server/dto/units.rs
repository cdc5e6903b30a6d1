//! Units of a line, as they are read and written.

use super::numbers::quantity;
use super::validation::{RequestBody, ValidationErrors};
use order_core::order::{OrderLine, UnitSelection};
use order_core::value::{LineNo, Sku};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Units of one line. A request names the line by `line_id`, or by `sku` where only one line has it or
/// a unit is worth the same on each of them; an answer gives both.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Units)]
pub(crate) struct UnitsDto {
    /// The id of the line.
    #[schema(example = "1")]
    #[serde(default)]
    line_id: Option<String>,
    #[schema(max_length = 64, example = "abc123")]
    #[serde(default)]
    sku: Option<String>,
    /// Units.
    #[schema(required = true, value_type = u32, minimum = 1, maximum = 1_000_000, example = 1)]
    #[serde(default)]
    quantity: Option<i64>,
}

impl UnitsDto {
    pub(crate) fn new(line: &OrderLine, units: u32) -> Self {
        Self {
            line_id: Some(line.id.to_string()),
            sku: Some(line.sku.to_string()),
            quantity: Some(i64::from(units)),
        }
    }
}

impl RequestBody for UnitsDto {
    type Core = UnitSelection;

    fn parse(self, errors: &mut ValidationErrors) -> Option<UnitSelection> {
        let quantity = errors.required("quantity", self.quantity, quantity);
        match (self.line_id, self.sku) {
            (Some(line), None) => {
                let line = errors.check("line_id", line.parse::<LineNo>());
                Some(UnitSelection::of_line(line?, quantity?.get()))
            }
            (None, sku @ Some(_)) => {
                let sku = errors.required("sku", sku, Sku::parse);
                Some(UnitSelection::of_sku(sku?, quantity?.get()))
            }
            (None, None) => {
                errors.add("sku", "required", "sku or line_id is required");
                None
            }
            (Some(_), Some(_)) => {
                errors.add("line_id", "too-many", "give line_id or sku, not both");
                None
            }
        }
    }
}
