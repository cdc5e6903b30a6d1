//! Adjustments of an order, as they are read and written.

use super::numbers::price;
use super::validation::{RequestBody, ValidationErrors};
use order_core::order::{Adjustment, AdjustmentKind};
use order_core::value::{Label, LineNo};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of the total that is not the price of goods.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Adjustment)]
pub(crate) struct AdjustmentDto {
    /// A discount is subtracted, everything else is added.
    #[schema(required = true, value_type = super::enums::AdjustmentKind, example = "shipping")]
    #[serde(default)]
    kind: Option<String>,
    /// Minor units, never negative.
    #[schema(required = true, value_type = i64, minimum = 0, example = 500)]
    #[serde(default)]
    amount: Option<i64>,
    /// The text shown to people.
    #[schema(max_length = 200, example = "Standard")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The line that is adjusted; absent for the whole order. In a request the first line is `"1"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line_id: Option<String>,
}

impl RequestBody for AdjustmentDto {
    type Core = Adjustment;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Adjustment> {
        let kind = errors.required("kind", self.kind, |kind| kind.parse::<AdjustmentKind>());
        let amount = errors.required("amount", self.amount, price);
        let label = errors.optional("label", self.label, Label::parse);
        let line = errors.optional("line_id", self.line_id, |id| id.parse::<LineNo>());
        let (kind, amount, label) = (kind?, amount?, label?);
        Some(match line? {
            Some(line) => Adjustment::of_line(kind, amount, label, line),
            None => Adjustment::of_order(kind, amount, label),
        })
    }
}

impl From<&Adjustment> for AdjustmentDto {
    fn from(adjustment: &Adjustment) -> Self {
        Self {
            kind: Some(adjustment.kind.to_string()),
            amount: Some(adjustment.amount.minor()),
            label: adjustment.label.clone().map(String::from),
            line_id: adjustment.line.map(|line| line.to_string()),
        }
    }
}
