//! Places an order: numbers its lines and checks its sums.

use super::ensure::{Denial, deny, ensure};
use crate::command::PlaceOrder;
use crate::event::{EventPayload, OrderPlaced};
use crate::new_order::NewLine;
use crate::order::{Adjustment, OrderLine, SumsError, check_sums as check_worth};
use crate::refusal::RefusalCode;
use crate::time;
use crate::transition::Context;
use crate::value::LineNo;

/// Numbers and checks the lines, and decides the currency and the deadline.
pub(super) fn place(place: &PlaceOrder, ctx: &Context<'_>) -> Result<EventPayload, Denial> {
    let lines = new_lines(&place.order.lines, LineNo::FIRST, ctx)?;
    check_sums(&lines, &place.order.adjustments)?;
    Ok(placed(place, lines, ctx))
}

/// The same without a check of the sums, which are not known before the prices are.
pub(super) fn draft(place: &PlaceOrder, ctx: &Context<'_>) -> Result<EventPayload, Denial> {
    let lines = new_lines(&place.order.lines, LineNo::FIRST, ctx)?;
    Ok(placed(place, lines, ctx))
}

fn placed(place: &PlaceOrder, lines: Vec<OrderLine>, ctx: &Context<'_>) -> EventPayload {
    EventPayload::OrderPlaced(Box::new(OrderPlaced::new(
        place,
        place.order.currency.unwrap_or(ctx.policy.currency),
        lines,
        time::after(ctx.now, ctx.policy.acceptance_window),
    )))
}

/// Numbers the lines from `first`, and checks how many there are and their prices.
pub(super) fn new_lines(
    lines: &[NewLine],
    first: LineNo,
    ctx: &Context<'_>,
) -> Result<Vec<OrderLine>, Denial> {
    ensure(
        !lines.is_empty(),
        RefusalCode::NoLines,
        "an order has at least one line",
    )?;
    let max_lines = ctx.policy.max_lines;
    ensure(
        lines.len() <= max_lines,
        RefusalCode::TooManyLines,
        format_args!("an order has at most {max_lines} lines"),
    )?;
    for (index, line) in lines.iter().enumerate() {
        ensure(
            line.unit_price.is_none_or(|price| !price.is_negative()),
            RefusalCode::InvalidAmount,
            format_args!("lines[{index}].unit_price must not be negative"),
        )?;
    }
    let ids = std::iter::successors(Some(first), |id| Some(id.next()));
    Ok(ids
        .zip(lines)
        .map(|(id, line)| {
            OrderLine::new(
                id,
                line.sku.clone(),
                line.name.clone(),
                line.quantity,
                line.unit_price,
            )
        })
        .collect())
}

/// Denies negative amounts, adjustments of unknown lines, discounts that exceed what they reduce, and
/// sums that do not fit an [`Amount`](crate::money::Amount).
pub(super) fn check_sums(lines: &[OrderLine], adjustments: &[Adjustment]) -> Result<(), Denial> {
    for (index, adjustment) in adjustments.iter().enumerate() {
        ensure(
            !adjustment.amount.is_negative(),
            RefusalCode::InvalidAmount,
            format_args!("adjustments[{index}].amount must not be negative"),
        )?;
        ensure(
            adjustment
                .line
                .is_none_or(|id| lines.iter().any(|line| line.id == id)),
            RefusalCode::UnknownLine,
            format_args!("adjustments[{index}].line names no line of the order"),
        )?;
    }
    match check_worth(lines, adjustments) {
        Ok(()) => Ok(()),
        Err(SumsError::DiscountTooLarge { adjustment }) => Err(deny(
            RefusalCode::NegativeTotal,
            format_args!("adjustments[{adjustment}]: the discounts exceed what they are taken off"),
        )),
        Err(SumsError::Overflow) => Err(deny(
            RefusalCode::AmountTooLarge,
            "the order's total is larger than can be counted",
        )),
    }
}
