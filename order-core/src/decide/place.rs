//! Placing an order.

use super::Refused;
use crate::command::{NewLine, PlaceOrder};
use crate::draft::Context;
use crate::event::{Happening, Placement};
use crate::order::{Adjustment, Line, totals_fit};
use crate::refusal::{Refusal, RefusalCode};
use crate::time;
use crate::value::LineId;

pub(super) fn place(
    place: &PlaceOrder,
    ctx: &Context<'_>,
    refused: &Refused,
) -> Result<Happening, Refusal> {
    let lines = new_lines(&place.lines, LineId::FIRST, ctx, refused)?;
    check_sums(&lines, &place.adjustments, refused)?;
    Ok(Happening::OrderPlaced(Box::new(Placement {
        id: place.id,
        storefront: place.storefront.clone(),
        customer_id: place.customer_id.clone(),
        currency: place.currency.unwrap_or(ctx.policies.currency),
        lines,
        adjustments: place.adjustments.clone(),
        metadata: place.metadata.clone(),
        deadline: time::after(ctx.now, ctx.policies.acceptance_window),
        payment_method: place.personal.payment_token.is_some(),
        personal: place.personal.clone(),
    })))
}

/// Numbers the lines from `first`.
pub(super) fn new_lines(
    lines: &[NewLine],
    first: LineId,
    ctx: &Context<'_>,
    refused: &Refused,
) -> Result<Vec<Line>, Refusal> {
    refused.unless(
        !lines.is_empty(),
        RefusalCode::NoLines,
        "an order has at least one line",
    )?;
    let most = ctx.policies.max_lines;
    refused.unless(
        lines.len() <= most,
        RefusalCode::TooManyLines,
        format!("an order has at most {most} lines"),
    )?;
    for (place, line) in lines.iter().enumerate() {
        refused.unless(
            line.unit_price.is_none_or(|price| !price.is_negative()),
            RefusalCode::InvalidAmount,
            format!("lines[{place}].unit_price must not be negative"),
        )?;
    }
    let ids = std::iter::successors(Some(first), |id| Some(id.next()));
    Ok(ids
        .zip(lines)
        .map(|(id, line)| {
            Line::new(
                id,
                line.sku.clone(),
                line.name.clone(),
                line.quantity,
                line.unit_price,
            )
        })
        .collect())
}

/// Adjustments name lines there are, no amount is negative, and the sums can be counted.
pub(super) fn check_sums(
    lines: &[Line],
    adjustments: &[Adjustment],
    refused: &Refused,
) -> Result<(), Refusal> {
    for (place, adjustment) in adjustments.iter().enumerate() {
        refused.unless(
            !adjustment.amount.is_negative(),
            RefusalCode::InvalidAmount,
            format!("adjustments[{place}].amount must not be negative"),
        )?;
        refused.unless(
            adjustment
                .line
                .is_none_or(|id| lines.iter().any(|line| line.id == id)),
            RefusalCode::UnknownLine,
            format!("adjustments[{place}].line names no line of the order"),
        )?;
    }
    match totals_fit(lines, adjustments) {
        Ok(true) => Ok(()),
        Ok(false) => Err(refused.because(
            RefusalCode::NegativeTotal,
            "the discounts exceed what they are taken off",
        )),
        Err(_) => Err(refused.because(
            RefusalCode::AmountTooLarge,
            "the order's total is larger than can be counted",
        )),
    }
}
