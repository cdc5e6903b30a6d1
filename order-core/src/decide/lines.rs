//! Replaces the lines before anything is released; resolves units by SKU to lines.

use super::ensure::{Denial, ensure, ensure_editable, ensure_revision_settled};
use super::place::{check_sums, new_lines};
use crate::event::EventPayload;
use crate::new_order::NewLine;
use crate::order::{Adjustment, LineQuantity, Order, OrderLine, SkuQuantity};
use crate::refusal::RefusalCode;
use crate::transition::EventSink;
use crate::value::LineNo;

pub(super) fn revise(
    sink: &mut EventSink<'_>,
    lines: &[NewLine],
    adjustments: Option<&[Adjustment]>,
) -> Result<(), Denial> {
    let order = &sink.order;
    ensure_editable(order)?;
    ensure_revision_settled(order)?;
    ensure(
        order.is_priced(),
        RefusalCode::StockNotSettled,
        "the present lines are not priced yet",
    )?;
    ensure(
        lines.iter().all(|line| line.unit_price.is_some()),
        RefusalCode::InvalidAmount,
        "every line needs a unit price",
    )?;
    let revised = keep_ids(order, new_lines(lines, LineNo::FIRST, &sink.ctx)?);
    let adjustments = adjustments.map_or_else(
        || {
            order
                .adjustments
                .iter()
                .filter(|adjustment| adjustment.line.is_none())
                .cloned()
                .collect()
        },
        <[Adjustment]>::to_vec,
    );
    check_sums(&revised, &adjustments)?;
    sink.emit(EventPayload::LinesRevised {
        lines: revised,
        adjustments,
    });
    Ok(())
}

/// Keeps the number and name of a line whose SKU was there before; others get new numbers.
fn keep_ids(order: &Order, mut lines: Vec<OrderLine>) -> Vec<OrderLine> {
    let mut before: Vec<&OrderLine> = order.lines.iter().collect();
    let mut fresh = order
        .lines
        .iter()
        .map(|line| line.id)
        .max()
        .map_or(LineNo::FIRST, LineNo::next);
    for line in &mut lines {
        if let Some(index) = before.iter().position(|old| old.sku == line.sku) {
            let old = before.remove(index);
            line.id = old.id;
            line.name = line.name.take().or_else(|| old.name.clone());
        } else {
            line.id = fresh;
            fresh = fresh.next();
        }
    }
    lines
}

/// Distributes units by SKU over the lines, in order, at most `room` of each.
///
/// # Errors
/// If a SKU is not part of the order, no unit is named, or more units than there is room for.
pub(super) fn resolve_units(
    order: &Order,
    units: &[SkuQuantity],
    room: impl Fn(&OrderLine) -> u32,
) -> Result<Vec<LineQuantity>, Denial> {
    let mut resolved = Vec::<LineQuantity>::new();
    for (index, one) in units.iter().enumerate() {
        ensure(
            order.lines.iter().any(|line| line.sku == one.sku),
            RefusalCode::UnknownSku,
            format_args!("lines[{index}].sku is not part of the order"),
        )?;
        ensure(
            one.quantity > 0,
            RefusalCode::InvalidAmount,
            format_args!("lines[{index}].quantity must not be zero"),
        )?;
        let mut left = one.quantity;
        for line in order.lines.iter().filter(|line| line.sku == one.sku) {
            let used: u32 = resolved
                .iter()
                .filter(|units| units.line == line.id)
                .map(|units| units.units)
                .sum();
            let part = left.min(room(line).saturating_sub(used));
            if part > 0 {
                resolved.push(LineQuantity::new(line.id, part));
                left -= part;
            }
        }
        ensure(
            left == 0,
            RefusalCode::TooManyUnits,
            format_args!(
                "lines[{index}]: {} units asked for, {} open",
                one.quantity,
                one.quantity - left
            ),
        )?;
    }
    ensure(
        !resolved.is_empty(),
        RefusalCode::NothingOpen,
        "there is no unit to do this with",
    )?;
    Ok(merge(resolved))
}

/// Sums the units of each line.
fn merge(units: Vec<LineQuantity>) -> Vec<LineQuantity> {
    let mut merged = Vec::<LineQuantity>::new();
    for one in units {
        match merged.iter_mut().find(|units| units.line == one.line) {
            Some(units) => units.units = units.units.saturating_add(one.units),
            None => merged.push(one),
        }
    }
    merged
}
