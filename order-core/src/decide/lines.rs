//! Replacing the lines before anything is released.

use super::Refused;
use super::place::{check_sums, new_lines};
use crate::command::NewLine;
use crate::draft::Draft;
use crate::event::Happening;
use crate::order::{Adjustment, Line, LineUnits, Order, SkuUnits};
use crate::refusal::{Refusal, RefusalCode};
use crate::value::LineId;

pub(super) fn revise(
    draft: &mut Draft<'_>,
    lines: &[NewLine],
    adjustments: Option<&[Adjustment]>,
    refused: &Refused,
) -> Result<(), Refusal> {
    let order = &draft.order;
    before_release(order, refused)?;
    refused.unless(
        !order.revision_pending(),
        RefusalCode::StockNotSettled,
        "stock for the last revision is not settled yet",
    )?;
    refused.unless(
        order.is_priced(),
        RefusalCode::StockNotSettled,
        "the present lines are not priced yet",
    )?;
    refused.unless(
        lines.iter().all(|line| line.unit_price.is_some()),
        RefusalCode::InvalidAmount,
        "every line needs a unit price",
    )?;
    let revised = keep_ids(order, new_lines(lines, LineId::FIRST, &draft.ctx, refused)?);
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
    check_sums(&revised, &adjustments, refused)?;
    draft.emit(Happening::LinesRevised {
        lines: revised,
        adjustments,
    });
    Ok(())
}

/// Nothing has gone to the warehouse, and no payment is under way.
pub(super) fn before_release(order: &Order, refused: &Refused) -> Result<(), Refusal> {
    refused.unless(
        order.nothing_shipped(),
        RefusalCode::AlreadyShipped,
        "something was shipped",
    )?;
    refused.unless(
        order.nothing_released(),
        RefusalCode::AlreadyReleased,
        "the warehouse was asked: call it back first",
    )?;
    refused.unless(
        !order.has_open_attempt(),
        RefusalCode::PaymentInProgress,
        "a payment is under way",
    )
}

/// A line of a SKU that was there before keeps its id and name; others get new ids.
fn keep_ids(order: &Order, mut lines: Vec<Line>) -> Vec<Line> {
    let mut before: Vec<&Line> = order.lines.iter().collect();
    let mut fresh = order
        .lines
        .iter()
        .map(|line| line.id)
        .max()
        .map_or(LineId::FIRST, LineId::next);
    for line in &mut lines {
        if let Some(place) = before.iter().position(|old| old.sku == line.sku) {
            let old = before.remove(place);
            line.id = old.id;
            line.name = line.name.take().or_else(|| old.name.clone());
        } else {
            line.id = fresh;
            fresh = fresh.next();
        }
    }
    lines
}

/// Shares units by SKU out over the lines, in order, as far as `room` goes.
///
/// # Errors
/// If a SKU is not part of the order, nothing is named, or there are more units than room.
pub(super) fn share(
    order: &Order,
    units: &[SkuUnits],
    room: impl Fn(&Line) -> u32,
    refused: &Refused,
) -> Result<Vec<LineUnits>, Refusal> {
    let mut shared = Vec::<LineUnits>::new();
    for (place, one) in units.iter().enumerate() {
        refused.unless(
            order.lines.iter().any(|line| line.sku == one.sku),
            RefusalCode::UnknownSku,
            format!("lines[{place}].sku is not part of the order"),
        )?;
        refused.unless(
            one.quantity > 0,
            RefusalCode::InvalidAmount,
            format!("lines[{place}].quantity must not be zero"),
        )?;
        let mut left = one.quantity;
        for line in order.lines.iter().filter(|line| line.sku == one.sku) {
            let taken: u32 = shared
                .iter()
                .filter(|units| units.line == line.id)
                .map(|units| units.units)
                .sum();
            let part = left.min(room(line).saturating_sub(taken));
            if part > 0 {
                shared.push(LineUnits::new(line.id, part));
                left -= part;
            }
        }
        refused.unless(
            left == 0,
            RefusalCode::TooManyUnits,
            format!(
                "lines[{place}]: {} units asked for, {} open",
                one.quantity,
                one.quantity - left
            ),
        )?;
    }
    refused.unless(
        !shared.is_empty(),
        RefusalCode::NothingOpen,
        "there is no unit to do this with",
    )?;
    Ok(merge(shared))
}

/// Each line once.
fn merge(units: Vec<LineUnits>) -> Vec<LineUnits> {
    let mut merged = Vec::<LineUnits>::new();
    for one in units {
        match merged.iter_mut().find(|units| units.line == one.line) {
            Some(units) => units.units = units.units.saturating_add(one.units),
            None => merged.push(one),
        }
    }
    merged
}
