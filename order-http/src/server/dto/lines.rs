//! Lines as they are asked for, adjustments, and units by SKU.

use super::{Faults, Object, Wire, price};
use order_core::command::NewLine;
use order_core::order::{Adjustment, AdjustmentKind, SkuUnits};
use order_core::value::{InvalidValue, Label, LineId, ProductName, Quantity, Sku};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Anything that is no quantity at all counts as none, which is refused as out of range.
fn quantity(units: i64) -> Result<Quantity, InvalidValue> {
    Quantity::new(u32::try_from(units).unwrap_or(0))
}

/// A line of an order as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLine)]
pub(crate) struct NewLineWire {
    /// The product.
    #[schema(required = true, value_type = String, max_length = 64, example = "abc123")]
    #[serde(default)]
    sku: Option<String>,
    /// How many.
    #[schema(required = true, value_type = u32, minimum = 1, maximum = 1_000_000, example = 2)]
    #[serde(default)]
    quantity: Option<i64>,
    /// The agreed price of one, in minor units; none: what the inventory service quotes. Not for
    /// customers.
    #[schema(minimum = 0, example = 1999)]
    #[serde(default)]
    unit_price: Option<i64>,
    /// The product's name; none: what the inventory service quotes. Not for customers.
    #[schema(max_length = 200)]
    #[serde(default)]
    name: Option<String>,
}

impl Wire for NewLineWire {
    type Core = NewLine;

    fn read(self, faults: &mut Faults) -> Option<NewLine> {
        let sku = faults.required("sku", self.sku, Sku::parse);
        let quantity = faults.required("quantity", self.quantity, quantity);
        let unit_price = faults.optional("unit_price", self.unit_price, price);
        let name = faults.optional("name", self.name, ProductName::parse);
        Some(NewLine {
            sku: sku?,
            quantity: quantity?,
            unit_price: unit_price?,
            name: name?,
        })
    }
}

/// Units of one product.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SkuUnits)]
pub(crate) struct SkuUnitsWire {
    /// The product.
    #[schema(required = true, value_type = String, max_length = 64, example = "abc123")]
    #[serde(default)]
    pub(crate) sku: Option<String>,
    /// How many.
    #[schema(required = true, value_type = u32, minimum = 1, maximum = 1_000_000, example = 1)]
    #[serde(default)]
    pub(crate) quantity: Option<i64>,
}

impl Wire for SkuUnitsWire {
    type Core = SkuUnits;

    fn read(self, faults: &mut Faults) -> Option<SkuUnits> {
        let sku = faults.required("sku", self.sku, Sku::parse);
        let quantity = faults.required("quantity", self.quantity, quantity);
        Some(SkuUnits::new(sku?, quantity?.get()))
    }
}

/// A part of the total that is not the price of goods.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Adjustment)]
pub(crate) struct AdjustmentWire {
    /// What it is for. A discount is taken off, all else is added.
    #[schema(required = true, value_type = super::schema::AdjustmentKind, example = "shipping")]
    #[serde(default)]
    kind: Option<String>,
    /// Minor units, never negative.
    #[schema(required = true, value_type = i64, minimum = 0, example = 500)]
    #[serde(default)]
    amount: Option<i64>,
    /// What a person reads of it.
    #[schema(max_length = 200, example = "Standard")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The line it belongs to; none: the whole order. In a request the first line is `"1"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line_id: Option<String>,
}

impl Wire for AdjustmentWire {
    type Core = Adjustment;

    fn read(self, faults: &mut Faults) -> Option<Adjustment> {
        let kind = faults.required("kind", self.kind, |kind| kind.parse::<AdjustmentKind>());
        let amount = faults.required("amount", self.amount, price);
        let label = faults.optional("label", self.label, Label::parse);
        let line = faults.optional("line_id", self.line_id, |id| id.parse::<LineId>());
        let (kind, amount, label) = (kind?, amount?, label?);
        Some(match line? {
            Some(line) => Adjustment::of_line(kind, amount, label, line),
            None => Adjustment::of_order(kind, amount, label),
        })
    }
}

impl From<&Adjustment> for AdjustmentWire {
    fn from(adjustment: &Adjustment) -> Self {
        Self {
            kind: Some(adjustment.kind.to_string()),
            amount: Some(adjustment.amount.minor()),
            label: adjustment.label.clone().map(String::from),
            line_id: adjustment.line.map(|line| line.to_string()),
        }
    }
}

/// The body of `PUT /v1/orders/{id}/lines`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReviseLines)]
pub(crate) struct ReviseLinesWire {
    /// The lines from now on.
    #[schema(required = true, value_type = Vec<NewLineWire>, min_items = 1, max_items = 500)]
    #[serde(default)]
    lines: Option<Vec<Object<NewLineWire>>>,
    /// The adjustments from now on, those of lines among them; none leaves those of the whole
    /// order.
    #[schema(value_type = Option<Vec<AdjustmentWire>>)]
    #[serde(default)]
    adjustments: Option<Vec<Object<AdjustmentWire>>>,
}

impl Wire for ReviseLinesWire {
    type Core = order_core::command::Command;

    fn read(self, faults: &mut Faults) -> Option<Self::Core> {
        let lines = faults.each_required("lines", self.lines);
        let adjustments = match self.adjustments {
            Some(adjustments) => faults.each("adjustments", adjustments).map(Some),
            None => Some(None),
        };
        Some(Self::Core::ReviseLines {
            lines: lines?,
            adjustments: adjustments?,
        })
    }
}
