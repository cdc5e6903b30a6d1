//! The lines of a new order, and the body of `PUT /v1/orders/{id}/lines`.

use crate::server::dto::adjustment::AdjustmentDto;
use crate::server::dto::json_object::JsonObject;
use crate::server::dto::numbers::{price, quantity};
use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::command::Command;
use order_core::new_order::NewLine;
use order_core::value::{ProductName, Sku};
use serde::Deserialize;
use utoipa::ToSchema;

/// A line of a new order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLine)]
pub(crate) struct NewLineBody {
    #[schema(required = true, value_type = String, max_length = 64, example = "abc123")]
    #[serde(default)]
    sku: Option<String>,
    /// Units.
    #[schema(required = true, value_type = u32, minimum = 1, maximum = 1_000_000, example = 2)]
    #[serde(default)]
    quantity: Option<i64>,
    /// The agreed price of one unit, in minor units; absent for the price that the inventory service
    /// quotes. A customer must not set it.
    #[schema(minimum = 0, example = 1999)]
    #[serde(default)]
    unit_price: Option<i64>,
    /// The product's name; absent for the one that the inventory service quotes. A customer must not
    /// set it.
    #[schema(max_length = 200)]
    #[serde(default)]
    name: Option<String>,
}

impl RequestBody for NewLineBody {
    type Core = NewLine;

    fn parse(self, errors: &mut ValidationErrors) -> Option<NewLine> {
        let sku = errors.required("sku", self.sku, Sku::parse);
        let quantity = errors.required("quantity", self.quantity, quantity);
        let unit_price = errors.optional("unit_price", self.unit_price, price);
        let name = errors.optional("name", self.name, ProductName::parse);
        let mut line = NewLine::new(sku?, quantity?);
        line.unit_price = unit_price?;
        line.name = name?;
        Some(line)
    }
}

/// Replaces the lines of an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReviseLines)]
pub(crate) struct ReviseLinesBody {
    /// All lines of the order from now on.
    #[schema(required = true, value_type = Vec<NewLineBody>, min_items = 1, max_items = 500)]
    #[serde(default)]
    lines: Option<Vec<JsonObject<NewLineBody>>>,
    /// All adjustments from now on, those of lines included. Absent: those there are, where discounts
    /// and taxes of a line follow its quantity; required where its price changes.
    #[schema(value_type = Option<Vec<AdjustmentDto>>)]
    #[serde(default)]
    adjustments: Option<Vec<JsonObject<AdjustmentDto>>>,
}

impl RequestBody for ReviseLinesBody {
    type Core = Command;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Command> {
        let lines = errors.required_list("lines", self.lines);
        let adjustments = match self.adjustments {
            Some(adjustments) => errors.list("adjustments", adjustments).map(Some),
            None => Some(None),
        };
        Some(Command::ReviseLines {
            lines: lines?,
            adjustments: adjustments?,
        })
    }
}
